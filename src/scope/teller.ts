import type { ScopeEvent } from "./events.ts";
import type { Shared } from "./shared.ts";

/** Without its time, of each event by itself. */
export type Untimed<E extends ScopeEvent = ScopeEvent> = E extends ScopeEvent
  ? Omit<E, "t">
  : never;

/** How long a turn that is only counted lasts at most. */
const quietMs = 1000;

/** Tells the worker what happened, and when. */
export class Teller {
  readonly #shared: Shared;
  readonly #startMs = performance.now();
  #hasLost = false;
  #pretendedMs: number | undefined;
  #quietUntilMs = -Infinity;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** Whether something was lost since the last call: it did not fit. */
  takeLoss(): boolean {
    const hasLost = this.#hasLost;
    this.#hasLost = false;
    return hasLost;
  }

  /** Whether what happens now is one of the turns that are only counted. */
  get isQuiet(): boolean {
    return performance.now() < this.#quietUntilMs;
  }

  /** Who makes no waits any more is told of again after a while. */
  setQuiet(isQuiet: boolean): void {
    this.#quietUntilMs = isQuiet ? performance.now() + quietMs : -Infinity;
  }

  /** Has what `tell` tells have happened at `ms`, by `performance.now()`. */
  pretend(ms: number, tell: () => void): void {
    this.#pretendedMs = ms;
    try {
      tell();
    } finally {
      this.#pretendedMs = undefined;
    }
  }

  /** @param ms When it happened, by `performance.now()`. */
  tell(event: Untimed, ms = this.#pretendedMs ?? performance.now()): void {
    const t = Math.round((ms - this.#startMs) * 1000) / 1000;
    const { type, ...rest } = event;
    const line = JSON.stringify({ type, t: Math.max(t, 0), ...rest });
    if (this.#shared.write(line)) return;
    this.#hasLost = true;
    if (type === "wake") this.#shared.count("turns", 1);
    if (type === "io") this.#shared.count("operations", 1);
  }
}

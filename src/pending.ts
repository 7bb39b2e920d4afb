import { clearTimeout, setTimeout } from "node:timers";
import { invalidType, options } from "./arguments.ts";
import { msUntil } from "./deadline.ts";
import { AbortError } from "./errors.ts";

/** What a wait that does not hold the thread takes. */
export interface SignalOptions {
  /** Ends the wait with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The signal among the options, which has not been aborted.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {AbortError} ABORT_ERR
 */
export function signalOf(settings: SignalOptions): AbortSignal | undefined {
  options(settings, "options");
  const { signal } = settings;
  if (signal === undefined) return undefined;
  if (!(signal instanceof AbortSignal)) {
    throw invalidType("options.signal", "an AbortSignal", signal);
  }
  if (signal.aborted) throw new AbortError(signal.reason);
  return signal;
}

/** Who is to be told of a signal. */
class Aborts {
  readonly callbacks = new Set<() => void>();

  readonly tell = (): void => {
    for (const callback of [...this.callbacks]) callback();
  };
}

/** One listener stands for all of a signal's waits: Node warns of many. */
const aborts = new WeakMap<AbortSignal, Aborts>();

function listen(signal: AbortSignal, callback: () => void): void {
  let known = aborts.get(signal);
  if (known === undefined) aborts.set(signal, (known = new Aborts()));
  if (known.callbacks.size === 0) signal.addEventListener("abort", known.tell);
  known.callbacks.add(callback);
}

function unlisten(signal: AbortSignal, callback: () => void): void {
  const known = aborts.get(signal);
  if (known?.callbacks.delete(callback) !== true) return;
  if (known.callbacks.size > 0) return;
  signal.removeEventListener("abort", known.tell);
}

/** The most that a timer of Node's counts. */
const longestMs = 2 ** 31 - 1;

/** Whose promise it is. */
export interface PendingOwner {
  /** The time is over: it must settle the promise. */
  onDeadline(): void;
  /**
   * Called once, before whoever awaits it goes on.
   * @param error What it is rejected with, if it is.
   */
  onSettled?(error?: unknown): void;
}

/**
 * A promise with a deadline and an `AbortSignal`; it lets go of both when it is
 * settled, by whatever comes first.
 */
export class Pending<T> {
  readonly promise: Promise<T>;
  readonly #deadline: number;
  readonly #signal: AbortSignal | undefined;
  readonly #owner: PendingOwner;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #onAbort: (() => void) | undefined;
  #isSettled = false;

  constructor(
    deadline: number,
    signal: AbortSignal | undefined,
    owner: PendingOwner,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#deadline = deadline;
    this.#signal = signal;
    this.#owner = owner;
    if (deadline !== Infinity) this.#startTimer();
    if (signal !== undefined) {
      this.#onAbort = () => {
        this.reject(new AbortError(signal.reason));
      };
      listen(signal, this.#onAbort);
    }
  }

  // Node's timers count whole milliseconds and may be early by a part of one.
  #startTimer(): void {
    const ms = Math.min(Math.ceil(msUntil(this.#deadline)), longestMs);
    const timer = setTimeout(() => {
      if (msUntil(this.#deadline) > 0) this.#startTimer();
      else this.#owner.onDeadline();
    }, ms);
    if (this.#timer?.hasRef() === false) timer.unref();
    this.#timer = timer;
  }

  /** Whether it has been resolved or rejected. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Whether its timer keeps the process alive, which it does at first. */
  keep(isKept: boolean): void {
    if (isKept) this.#timer?.ref();
    else this.#timer?.unref();
  }

  resolve(value: T): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#resolve(value);
  }

  /** Who has aborted it, and closed what it waits for, hears of the abort. */
  reject(error: unknown): void {
    if (this.#isSettled) return;
    const signal = this.#signal;
    const isAborted = signal?.aborted === true;
    const isTold = error instanceof AbortError || !isAborted;
    const told = isTold ? error : new AbortError(signal.reason);
    this.#settle(told);
    this.#reject(told);
  }

  #settle(error?: unknown): void {
    this.#isSettled = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    if (this.#signal !== undefined && this.#onAbort !== undefined) {
      unlisten(this.#signal, this.#onAbort);
    }
    this.#owner.onSettled?.(error);
  }
}

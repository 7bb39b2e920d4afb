import { clearTimeout, setTimeout } from "node:timers";
import { deadlineAfter, msUntil } from "../deadline.ts";
import { AbortError } from "../errors.ts";
import { Pending } from "../pending.ts";
import { ETIMEDOUT, osError } from "../result.ts";
import { mayEndNow, nextTurn } from "../turns.ts";
import type { Interest, Waiter } from "./place.ts";
import { type Limits, waits } from "./waits.ts";

/** The longest pause between two tries where the system can't tell when. */
const longestPauseMs = 32;

/** What a try gives that would have to wait. */
export const AGAIN: unique symbol = Symbol("again");

/** What an attempt is about. */
export interface Attempt<T> {
  /** What to wait for between two tries; asked for when it has to wait. */
  readonly interests: () => readonly Interest[];
  /** How an error names the call. */
  readonly syscall: string;
  readonly limits: Limits;
  /** Never blocks. */
  readonly once: () => T | typeof AGAIN;
  /** Whether the first try is known to be in vain. */
  readonly isInVain?: () => boolean;
  /** How far it has come; who gets on has not tried in vain. */
  readonly progress?: () => number;
  /** What there is when the time is over; a `TimeoutError` unless given. */
  readonly otherwise?: () => T;
  /** Adds to an error what is known of it. */
  readonly explain?: (error: unknown) => void;
}

/**
 * Descriptors whose calls have yet to have their turn, and how many those are:
 * who comes later must not overtake them, or bytes would change places.
 */
const queued = new Map<number, number>();

function count(interests: readonly Interest[], difference: number): void {
  for (const { fd } of interests) {
    const left = (queued.get(fd) ?? 0) + difference;
    if (left === 0) queued.delete(fd);
    else queued.set(fd, left);
  }
}

function hasQueued(interests: readonly Interest[]): boolean {
  return queued.size > 0 && interests.some(({ fd }) => queued.has(fd));
}

/**
 * Tries until there is a result, and waits between.
 * @throws {TimeoutError} ETIMEDOUT
 * @throws {AbortError} ABORT_ERR
 * @throws {BusyError} ERR_BUSY
 */
export function attempt<T>(asked: Attempt<T>): Promise<T> {
  return promised(() => {
    const interests = asked.interests();
    for (const interest of interests) waits.checkFree(interest);
    const mayWait = asked.limits.deadline !== 0;
    if (mayWait && asked.isInVain?.() === true && !hasQueued(interests)) {
      return new Trial(asked).begin(interests);
    }
    if (!mayEndNow() || hasQueued(interests)) {
      return attemptLater(asked, interests);
    }
    const result = asked.once();
    if (result !== AGAIN) return Promise.resolve(result);
    return new Trial(asked).begin(asked.interests());
  }, asked.explain);
}

/** What `call` gives, or a promise that is rejected with what it throws. */
export function promised<T>(
  call: () => Promise<T>,
  explain?: (error: unknown) => void,
): Promise<T> {
  try {
    return call();
  } catch (error) {
    explain?.(error);
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it is
    return Promise.reject(error);
  }
}

/** All else has its turn first. */
async function attemptLater<T>(
  asked: Attempt<T>,
  interests: readonly Interest[],
): Promise<T> {
  count(interests, 1);
  try {
    await turn(asked.limits).finally(() => {
      count(interests, -1);
    });
    // Who had its turn before may wait by now.
    for (const interest of asked.interests()) waits.checkFree(interest);
    const result = asked.once();
    if (result !== AGAIN) return result;
  } catch (error) {
    asked.explain?.(error);
    throw error;
  }
  return new Trial(asked).begin(asked.interests());
}

/** An attempt that has to wait. */
class Trial<T> implements Waiter {
  readonly #asked: Attempt<T>;
  readonly #pending: Pending<T>;
  /** What it waits for now. */
  #interests: readonly Interest[] = [];
  #reached = 0;
  /** How often in a row it was told to try, and tried in vain. */
  #tries = 0;
  #pause: NodeJS.Timeout | undefined;

  constructor(asked: Attempt<T>) {
    this.#asked = asked;
    const { deadline, signal } = asked.limits;
    // One that does not wait ends by itself.
    this.#pending = new Pending<T>(
      deadline === 0 ? Infinity : deadline,
      signal,
      () => {
        this.#end();
      },
      (error) => {
        if (error !== undefined) asked.explain?.(error);
        this.#rest();
      },
    );
  }

  get syscall(): string {
    return this.#asked.syscall;
  }

  begin(interests: readonly Interest[]): Promise<T> {
    if (this.#asked.limits.deadline === 0) this.#end();
    else this.#wait(interests, false);
    return this.#pending.promise;
  }

  #wait(interests: readonly Interest[], isAgain: boolean): void {
    this.#reached = this.#asked.progress?.() ?? 0;
    try {
      waits.enter(interests, this, this.#asked.limits.signal, isAgain);
      this.#interests = interests;
    } catch (error) {
      this.onError(error);
    }
  }

  /** Waits no more, for the time being or for ever. */
  #rest(): void {
    if (this.#interests.length > 0) waits.leave(this.#interests, this);
    this.#interests = [];
    if (this.#pause !== undefined) clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  onReady(): void {
    // "Ready" and "not ready" by turns: a datagram's receiver whose queue is full
    // can't be waited for.
    if (this.#tries >= 2) {
      this.#rest();
      const ms = Math.min(2 ** (this.#tries - 2), longestPauseMs);
      this.#pause = setTimeout(() => {
        this.#try();
      }, ms);
    } else {
      this.#try();
    }
  }

  onError(error: unknown): void {
    this.#pending.reject(error);
  }

  #try(): void {
    try {
      const result = this.#asked.once();
      if (result !== AGAIN) {
        this.#pending.resolve(result);
        return;
      }
      const isFurther = (this.#asked.progress?.() ?? 0) > this.#reached;
      this.#tries = isFurther ? 1 : this.#tries + 1;
      this.#rest();
      this.#wait(this.#asked.interests(), true);
    } catch (error) {
      this.onError(error);
    }
  }

  /** The time is over. */
  #end(): void {
    const { once, otherwise, syscall, interests } = this.#asked;
    try {
      // The thread may have been busy when it came.
      const late = once();
      if (late !== AGAIN) this.#pending.resolve(late);
      else if (otherwise !== undefined) this.#pending.resolve(otherwise());
      else throw timedOut(syscall, interests());
    } catch (error) {
      this.onError(error);
    }
  }
}

/** Rests, each time twice as long. */
export async function rest(times: number, limits: Limits): Promise<void> {
  const { deadline, signal } = limits;
  const pauseMs = Math.min(2 ** times, longestPauseMs, msUntil(deadline));
  const pause: Pending<void> = new Pending<void>(
    deadlineAfter(pauseMs),
    signal,
    () => {
      pause.resolve();
    },
  );
  await pause.promise;
}

/** Lets everything else have its turn. */
export async function turn({ signal }: Limits): Promise<void> {
  await new Promise<void>(nextTurn);
  if (signal?.aborted === true) throw new AbortError(signal.reason);
}

/** The error when the time is over. */
function timedOut(syscall: string, interests: readonly Interest[]): Error {
  const [only, ...others] = interests;
  const fd = others.length === 0 ? only?.fd : undefined;
  return osError(ETIMEDOUT, syscall, { fd, text: "timed out" });
}

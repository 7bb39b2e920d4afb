import { clearTimeout, setTimeout } from "node:timers";
import { deadlineAfter, msUntil } from "../deadline.ts";
import { AbortError } from "../errors.ts";
import { Pending, type PendingOwner } from "../pending.ts";
import { ETIMEDOUT, osError } from "../result.ts";
import { mayEndNow, nextTurn } from "../turns.ts";
import type { Interest, Waiter } from "./place.ts";
import { type Limits, waits } from "./waits.ts";

/** The longest pause between two tries where the system can't tell when. */
const longestPauseMs = 32;

/** What a try gives that would have to wait. */
export const AGAIN: unique symbol = Symbol("again");

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
  return interests.some(({ fd }) => queued.has(fd));
}

/**
 * A call that is tried until it has a result, and waits between. It tries where
 * it is told that it may: one promise for the whole call, however often.
 */
export abstract class Attempt<T> implements Waiter, PendingOwner {
  /** How an error names the call. */
  abstract readonly syscall: string;
  readonly limits: Limits;
  #pending: Pending<T> | undefined;
  /** What it waits for now; undefined while it does not wait. */
  #interests: readonly Interest[] | undefined;
  #reached = 0;
  /** How often in a row it was told to try, and tried in vain. */
  #tries = 0;
  #pause: NodeJS.Timeout | undefined;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  /** What to wait for between two tries; asked for when it has to wait. */
  protected abstract interests(): readonly Interest[];

  /**
   * Checks that nobody waits for what it may have to.
   * @throws {BusyError} ERR_BUSY
   */
  protected checkFree(): void {
    for (const { fd, events } of this.interests()) waits.checkFree(fd, events);
  }

  /** Tries; never blocks. */
  protected abstract once(): T | typeof AGAIN;

  /** Whether the first try is known to be in vain. */
  protected isInVain(): boolean {
    return false;
  }

  /** How far it has come; who gets on has not tried in vain. */
  protected progress(): number {
    return 0;
  }

  /** What there is when the time is over; a `TimeoutError` unless given. */
  protected otherwise(): T | typeof AGAIN {
    return AGAIN;
  }

  /** Adds to an error what is known of it. */
  protected explain(error: unknown): unknown {
    return error;
  }

  /**
   * Begins.
   * @throws {TimeoutError} ETIMEDOUT
   * @throws {AbortError} ABORT_ERR
   * @throws {BusyError} ERR_BUSY
   */
  start(): Promise<T> {
    try {
      this.checkFree();
      const isQueued = queued.size > 0 && hasQueued(this.interests());
      if (!isQueued && this.limits.deadline !== 0 && this.isInVain()) {
        return this.#begin(this.interests());
      }
      if (isQueued || !mayEndNow()) return this.#startLater(this.interests());
      const result = this.once();
      if (result !== AGAIN) return Promise.resolve(result);
      return this.#begin(this.interests());
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it is
      return Promise.reject(this.explain(error));
    }
  }

  /** All else has its turn first. */
  async #startLater(interests: readonly Interest[]): Promise<T> {
    count(interests, 1);
    try {
      try {
        await turn(this.limits);
      } finally {
        count(interests, -1);
      }
      // Who had its turn before may wait by now.
      this.checkFree();
      const result = this.once();
      if (result !== AGAIN) return result;
    } catch (error) {
      throw this.explain(error);
    }
    return this.#begin(this.interests());
  }

  #begin(interests: readonly Interest[]): Promise<T> {
    const { deadline, signal } = this.limits;
    const isLook = deadline === 0;
    const pending = new Pending<T>(isLook ? Infinity : deadline, signal, this);
    this.#pending = pending;
    if (isLook) this.onDeadline();
    else this.#wait(interests, false);
    return pending.promise;
  }

  #wait(interests: readonly Interest[], isAgain: boolean): void {
    // A `fileno()` may have ended it.
    if (this.#pending?.isSettled === true) return;
    this.#reached = this.progress();
    try {
      waits.enter(interests, this.limits.signal, isAgain);
      this.#interests = interests;
    } catch (error) {
      this.onError(error);
    }
  }

  /** Waits no more, for the time being or for ever. */
  #rest(): void {
    if (this.#interests !== undefined) waits.leave(this.#interests);
    this.#interests = undefined;
    if (this.#pause !== undefined) clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  onReady(): void {
    if (this.#tries < 2) {
      this.#try();
      return;
    }
    // "Ready" and "not ready" by turns: a datagram's receiver whose queue is full
    // can't be waited for.
    this.#rest();
    const ms = Math.min(2 ** (this.#tries - 2), longestPauseMs);
    this.#pause = setTimeout(() => {
      this.#try();
    }, ms);
  }

  #try(): void {
    try {
      const result = this.once();
      if (result !== AGAIN) {
        this.#pending?.resolve(result);
        return;
      }
      const isFurther = this.progress() > this.#reached;
      this.#tries = isFurther ? 1 : this.#tries + 1;
      this.#rest();
      this.#wait(this.interests(), true);
    } catch (error) {
      this.onError(error);
    }
  }

  onDeadline(): void {
    try {
      // The thread may have been busy when it came.
      const late = this.once();
      const result = late === AGAIN ? this.otherwise() : late;
      if (result === AGAIN) throw timedOut(this.syscall, this.interests());
      this.#pending?.resolve(result);
    } catch (error) {
      this.onError(error);
    }
  }

  onError(error: unknown): void {
    this.#pending?.reject(error);
  }

  onSettled(error?: unknown): void {
    if (error !== undefined) this.explain(error);
    this.#rest();
  }
}

/** Rests, each time twice as long. */
export async function rest(times: number, limits: Limits): Promise<void> {
  const { deadline, signal } = limits;
  const pauseMs = Math.min(2 ** times, longestPauseMs, msUntil(deadline));
  const pause: Pending<void> = new Pending<void>(
    deadlineAfter(pauseMs),
    signal,
    {
      onDeadline: () => {
        pause.resolve();
      },
    },
  );
  await pause.promise;
}

/** Lets everything else have its turn. */
export async function turn({ signal }: Limits): Promise<void> {
  await new Promise<void>(nextTurn);
  if (signal?.aborted === true) throw new AbortError(signal.reason);
}

/** What `call` gives, or a promise that is rejected with what it throws. */
export function promised<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (error) {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it is
    return Promise.reject(error);
  }
}

/** The error when the time is over. */
function timedOut(syscall: string, interests: readonly Interest[]): Error {
  const [only, ...others] = interests;
  const fd = others.length === 0 ? only?.fd : undefined;
  return osError(ETIMEDOUT, syscall, { fd, text: "timed out" });
}

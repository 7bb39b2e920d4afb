import { deadlineAfter, msUntil } from "../deadline.ts";
import { AbortError } from "../errors.ts";
import { Pending } from "../pending.ts";
import { ETIMEDOUT, osError } from "../result.ts";
import { mayEndNow, nextTurn } from "../turns.ts";
import type { Interest } from "./place.ts";
import { type Limits, waits } from "./waits.ts";

/** The longest pause between two tries where the system can't tell when. */
const longestPauseMs = 32;

/** What an attempt is about. */
export interface Attempt<T> {
  /** What to wait for between two tries; asked for when it has to wait. */
  readonly interests: () => readonly Interest[];
  /** How an error names the call. */
  readonly syscall: string;
  readonly limits: Limits;
  /** Never blocks; undefined if it would have to. */
  readonly once: () => T | undefined;
  /** How far it has come; who gets on has not tried in vain. */
  readonly progress?: () => number;
  /** What there is when the time is over; a `TimeoutError` unless given. */
  readonly otherwise?: () => T;
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
export async function attempt<T>({
  interests,
  syscall,
  limits,
  once,
  otherwise,
  progress = () => 0,
}: Attempt<T>): Promise<T> {
  const asked = interests();
  for (const interest of asked) waits.checkFree(interest);
  if (!mayEndNow() || hasQueued(asked)) {
    count(asked, 1);
    try {
      await turn(limits);
    } finally {
      count(asked, -1);
    }
    // Who had its turn before may wait by now.
    for (const interest of interests()) waits.checkFree(interest);
  }
  let reached = 0;
  let tries = 0;
  for (let isAgain = false; ; isAgain = true) {
    const result = once();
    if (result !== undefined) return result;
    if (progress() > reached) tries = 0;
    reached = progress();
    const isInTime = await wait(interests(), syscall, limits, tries++, isAgain);
    if (isInTime) continue;
    // The thread may have been busy when it came.
    const late = once() ?? otherwise?.();
    if (late !== undefined) return late;
    throw timedOut(syscall, interests());
  }
}

/** Waits until another try is worth while. Gives whether there is time left. */
async function wait(
  interests: readonly Interest[],
  syscall: string,
  limits: Limits,
  tries: number,
  isAgain: boolean,
): Promise<boolean> {
  if (limits.deadline === 0) return false;
  if (!(await waits.wait(interests, syscall, limits, isAgain))) return false;
  // "Ready" and "not ready" by turns: a datagram's receiver whose queue is full
  // can't be waited for.
  if (tries >= 2) await rest(tries - 2, limits);
  return msUntil(limits.deadline) > 0;
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

import { performance } from "node:perf_hooks";
import { invalidType } from "./arguments.ts";

/**
 * A time-out as every function here takes it, in milliseconds: `undefined`,
 * `null` and `Infinity` wait for ever, 0 or less looks and returns at once.
 */
export type Timeout = number | null | undefined;

/**
 * A time-out as the library goes on with it: from 0 to `Infinity`.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE: NaN, or no number.
 */
export function timeout(timeoutMs: Timeout, name = "timeoutMs"): number {
  if (timeoutMs === undefined || timeoutMs === null) return Infinity;
  if (typeof timeoutMs !== "number" || Number.isNaN(timeoutMs)) {
    throw invalidType(
      name,
      "a number of milliseconds, undefined or null",
      timeoutMs,
    );
  }
  return Math.max(timeoutMs, 0);
}

/**
 * Milliseconds on the monotonic clock, which nobody sets; bound once, so that a
 * test's fake timers do not stop a real wait.
 */
export const now: () => number = performance.now.bind(performance);

/** The moment at which a time-out that begins now is over. */
export function deadlineAfter(timeoutMs: number): number {
  return timeoutMs === 0 || timeoutMs === Infinity
    ? timeoutMs
    : now() + timeoutMs;
}

/** The milliseconds until a deadline, 0 once it is over. */
export function msUntil(deadline: number): number {
  return deadline === 0 || deadline === Infinity
    ? deadline
    : Math.max(deadline - now(), 0);
}

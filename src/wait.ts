import { isMainThread } from "node:worker_threads";
import { INTERRUPTED } from "./constants.ts";
import { deadlineAfter, msUntil } from "./deadline.ts";
import { EINTR } from "./result.ts";
import { native } from "./native.ts";
import { endsWait, interruptFd } from "./signals.ts";

/**
 * How long one native wait lasts at most. `worker.terminate()` takes effect
 * when JavaScript runs again, so that a worker looks up ten times a second; a
 * main thread does so as seldom as a timer of the kernel allows.
 */
const sliceMs = isMainThread ? 2 ** 31 : 100;

/**
 * Blocks in `attempt`, a native wait that takes how long it may last and what
 * to watch for signals, until it has a result or the time is over.
 *
 * An interrupted wait goes on with the time that is left, unless a signal
 * listener waits to run.
 * @returns The native result: 0 after the time, `-EINTR` for a listener.
 */
export function wait(
  timeoutMs: number,
  attempt: (timeoutMs: number, interruptFd: number) => number,
): number {
  // A look needs nothing of what follows.
  if (timeoutMs === 0) {
    const result = attempt(0, -1);
    if (result !== EINTR) return result;
  }
  const deadline = deadlineAfter(timeoutMs);
  let left = timeoutMs;
  for (;;) {
    // A look does not wait, so there is no wait that a signal could end.
    const result = attempt(
      Math.min(left, sliceMs),
      timeoutMs === 0 ? -1 : interruptFd(),
    );
    if (result === INTERRUPTED) return EINTR;
    if (result === EINTR) {
      if (endsWait()) return EINTR;
    } else if (result !== 0) {
      return result;
    }
    left = msUntil(deadline);
    if (left === 0) return 0;
  }
}

/**
 * Blocks until `fd` has one of `events` of poll(2); with fd -1, for the time.
 * @returns Its revents, 0 after the time, or -errno.
 */
export function waitFor(fd: number, events: number, timeoutMs: number): number {
  return wait(timeoutMs, (ms, signals) =>
    native.waitFor(fd, events, ms, signals),
  );
}

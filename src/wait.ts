import { isMainThread } from "node:worker_threads";
import { INTERRUPTED } from "./constants.ts";
import { deadlineAfter, msUntil } from "./deadline.ts";
import { EINTR } from "./result.ts";
import { native } from "./native.ts";
import {
  asleepMs,
  eventsOf,
  observe,
  tellAsleep,
  waitChannel,
} from "./observe.ts";
import { endsWait, interruptFd } from "./signals.ts";

/**
 * How long one native wait lasts at most. `worker.terminate()` takes effect
 * when JavaScript runs again, so that a worker looks up ten times a second; a
 * main thread waits for ever without the kernel's timer, else as long as that
 * can count.
 */
function slice(ms: number): number {
  if (!isMainThread) return Math.min(ms, 100);
  return ms === Infinity ? ms : Math.min(ms, 2 ** 31);
}

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
  // A look, which does not wait, is no wait that a signal could end.
  if (timeoutMs === 0) {
    const result = attempt(0, -1);
    return result === EINTR && !endsWait() ? 0 : result;
  }
  return waitUntil(deadlineAfter(timeoutMs), timeoutMs, attempt);
}

function waitUntil(
  deadline: number,
  timeoutMs: number,
  attempt: (timeoutMs: number, interruptFd: number) => number,
): number {
  let left = timeoutMs;
  // Who listens is told once of a wait that lasts.
  let isNew = waitChannel.hasSubscribers;
  for (;;) {
    const ms = isNew ? Math.min(slice(left), asleepMs) : slice(left);
    const result = attempt(ms, interruptFd());
    if (result === INTERRUPTED) return EINTR;
    if (result === EINTR) {
      if (endsWait()) return EINTR;
    } else if (result !== 0) {
      return result;
    }
    left = msUntil(deadline);
    if (left === 0) return 0;
    if (isNew && result === 0) {
      isNew = false;
      tellAsleep();
    }
  }
}

/**
 * Blocks until `fd` has one of `events` of poll(2); with fd -1, for the time.
 * @returns Its revents, 0 after the time, or -errno.
 */
export function waitFor(fd: number, events: number, timeoutMs: number): number {
  const block = (): number =>
    wait(timeoutMs, (ms, signals) => native.waitFor(fd, events, ms, signals));
  if (!waitChannel.hasSubscribers || timeoutMs === 0) return block();
  return observe(
    "poll",
    timeoutMs,
    () => (fd < 0 ? [] : [{ fd, events: eventsOf(events) }]),
    block,
    (revents) => (revents > 0 ? [{ fd, events: eventsOf(revents) }] : []),
  );
}

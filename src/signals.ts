/**
 * Whether a signal waits for JavaScript to run its listener.
 *
 * A blocking wait goes on after a signal (PEP 475), unless the program has a
 * listener that wants to run. JavaScript can run it only when the stack has
 * unwound, so such a wait has to end.
 */
import { constants } from "node:os";
import { isMainThread } from "node:worker_threads";
import { native } from "./native.ts";
import { hasLibuv } from "./runtime.ts";

/**
 * Signals whose listeners don't end a wait. Node listens to SIGWINCH itself
 * from the first output to a terminal on, libuv to SIGCHLD from the first
 * child on, profilers live on SIGPROF.
 */
const ignored: ReadonlySet<string> = new Set([
  "SIGWINCH",
  "SIGCHLD",
  "SIGPROF",
]);

const counted: ReadonlySet<string> = new Set(
  Object.keys(constants.signals).filter((name) => !ignored.has(name)),
);

let listeners = 0;

/** Only the main thread's process object hears signals. */
if (isMainThread) {
  for (const signal of counted) listeners += process.listenerCount(signal);
  process.on("newListener", (event: string | symbol) => {
    if (typeof event === "string" && counted.has(event)) listeners++;
  });
  process.on("removeListener", (event: string | symbol) => {
    if (typeof event === "string" && counted.has(event)) listeners--;
  });
}

const pipe = hasLibuv ? native.signalPipe() : -1;

/**
 * The descriptor that a wait has to watch beside its own, or -1: readable from
 * the moment when a signal with a listener comes until libuv has seen it.
 */
export function interruptFd(): number {
  return listeners > 0 ? pipe : -1;
}

/**
 * Whether an EINTR has to end a wait. Where the pipe is watched it alone says
 * so: the EINTR may have been a profiler's.
 */
export function endsWait(): boolean {
  return listeners > 0 && pipe === -1;
}

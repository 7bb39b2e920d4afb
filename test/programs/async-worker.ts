/**
 * A worker whose selectors wait without holding its thread, each for a descriptor
 * that it is given; it posts whose wait has ended, and how.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { BaseSelector } from "posix-select/selectors";

const { fds, watcher, timeoutMs } = workerData as {
  readonly fds: readonly number[];
  readonly watcher: string;
  readonly timeoutMs?: number;
};
if (watcher === "thread") {
  const versions = { ...process.versions, bun: "1.0.0" };
  Object.defineProperty(process, "versions", { value: versions });
}
const { hasLibuv } = await import("../../src/runtime.ts");
if (hasLibuv !== (watcher === "loop")) throw new Error("another one watches");
const { EpollSelector, EVENT_READ, PollSelector, SelectSelector } =
  await import("posix-select/selectors");

const classes = [SelectSelector, PollSelector, EpollSelector ?? PollSelector];
const selectors: BaseSelector[] = [];
for (const [i, fd] of fds.entries()) {
  const selector = new (classes[i % classes.length] ?? PollSelector)();
  selector.register(fd, EVENT_READ);
  selectors.push(selector);
  void selector.selectAsync(timeoutMs).then((found) => {
    parentPort?.postMessage({ fd, found: found.map(([key]) => key.fd) });
    selector.close();
  });
}
// Nothing of it is watched before the loop's next turn.
setImmediate(() => {
  const handles = selectors.map((it) => it.wakeupHandle());
  parentPort?.postMessage({ handles });
});

import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

/** The state of a thread, as the kernel names it: `S` while it sleeps. */
function stateOf(pid: number, thread: number): string | undefined {
  const status = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
  // The program's name, in parentheses, may have blanks in it.
  return status.slice(status.lastIndexOf(")") + 2)[0];
}

/**
 * Waits until a process's main thread sleeps in the kernel. Where the system
 * does not tell, a signal may come before the sleep instead: that, too, must
 * work.
 */
export async function untilAsleep(pid: number): Promise<void> {
  if (process.platform !== "linux") return;
  while (stateOf(pid, pid) !== "S") await setImmediate();
}

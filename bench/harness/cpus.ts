import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { which } from "./tools.ts";

/** The numbers of the CPUs that we may use: "0-3,8" is 0, 1, 2, 3 and 8. */
function allowed(): number[] {
  const status = readFileSync("/proc/self/status", "utf8");
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? "0";
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/**
 * A command on the first or the second CPU that we may use; undefined if it can't
 * be kept there.
 */
export function pinned(
  command: readonly string[],
  index: number,
): readonly string[] | undefined {
  const taskset = which("taskset");
  const cpu = allowed()[index];
  if (taskset === "" || cpu === undefined) return undefined;
  return [taskset, "-c", String(cpu), ...command];
}

/** Keeps a process's first thread there; its others go where they like. */
export function pinFirstThread(pid: number, index: number): void {
  const cpu = allowed()[index];
  const args = ["-c", "-p", String(cpu), String(pid)];
  if (cpu !== undefined) spawnSync(which("taskset"), args);
}

/** Whether a server and its clients can each be kept on a CPU. */
export function canPin(): { one: boolean; two: boolean } {
  const isLinux = process.platform === "linux";
  return {
    one: isLinux && pinned([], 0) !== undefined,
    two: isLinux && pinned([], 1) !== undefined,
  };
}

/** The CPU's time of all of a process's threads, in nanoseconds. */
export function cpuOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks)
    .map((task) => readFileSync(`${tasks}/${task}/schedstat`, "utf8"))
    .reduce((sum, text) => sum + Number(text.split(" ")[0]), 0);
}

/** The memory that a process has, in bytes. */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) * 1024;
}

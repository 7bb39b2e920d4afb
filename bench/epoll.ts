import type { Benchmark } from "./harness/benchmark.ts";
import { measureCalls } from "./harness/calls.ts";
import { c, node, python } from "./harness/tools.ts";
import { waitCases } from "./harness/wait-cases.ts";

export const epoll: Benchmark = {
  name: "epoll",
  title: "EpollSelector.select()",
  figures: [{ name: "ns", unit: "ns a call", picture: "ratios" }],
  competitors: () => [
    { name: "C", tool: c("wait", "epoll") },
    { name: "posix-select", tool: node("wait", "epoll") },
    { name: "CPython", tool: python("wait.py", "epoll", "1") },
    { name: "CPython, 2 threads", tool: python("wait.py", "epoll", "2") },
  ],
  missing: () =>
    process.platform === "linux" ? undefined : "there is no epoll here",
  run: async (competitors, results, settings) => {
    const sizes = settings.isQuick ? [10, 1000] : [10, 100, 1000, 9000];
    const cases = waitCases(sizes, () => [0, 1, 10, 100]);
    await measureCalls(cases, competitors, results, settings);
  },
};

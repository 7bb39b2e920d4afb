import type { Benchmark } from "./harness/benchmark.ts";
import { measureCalls } from "./harness/calls.ts";
import { c, node, python } from "./harness/tools.ts";
import { waitCases } from "./harness/wait-cases.ts";

export const select: Benchmark = {
  name: "select",
  title: "select() on sockets, all given each time",
  figures: [{ name: "ns", unit: "ns a call", picture: "ratios" }],
  competitors: () => [
    { name: "C", tool: c("wait", "select") },
    { name: "posix-select", tool: node("wait", "select") },
    { name: "CPython", tool: python("wait.py", "select", "1") },
    { name: "CPython, 2 threads", tool: python("wait.py", "select", "2") },
  ],
  run: async (competitors, results, settings) => {
    const cases = waitCases([1, 10, 100, 1000], (n) => [0, 1, n]);
    await measureCalls(cases, competitors, results, settings);
  },
};

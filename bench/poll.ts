import type { Benchmark } from "./harness/benchmark.ts";
import { measureCalls } from "./harness/calls.ts";
import { c, node, python } from "./harness/tools.ts";
import { waitCases } from "./harness/wait-cases.ts";

export const poll: Benchmark = {
  name: "poll",
  title: "PollSelector.select()",
  figures: [{ name: "ns", unit: "ns a call", picture: "ratios" }],
  competitors: () => [
    { name: "C", tool: c("wait", "poll") },
    { name: "posix-select", tool: node("wait", "poll") },
    { name: "CPython", tool: python("wait.py", "poll", "1") },
    { name: "CPython, 2 threads", tool: python("wait.py", "poll", "2") },
  ],
  run: async (competitors, results, settings) => {
    const cases = waitCases([1, 10, 100, 1000], (n) => [0, 1, n]);
    await measureCalls(cases, competitors, results, settings);
  },
};

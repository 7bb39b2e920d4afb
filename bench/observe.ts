import type { Benchmark } from "./harness/benchmark.ts";
import { measureCalls } from "./harness/calls.ts";
import { node } from "./harness/tools.ts";
import { waitCases } from "./harness/wait-cases.ts";

export const observe: Benchmark = {
  name: "observe",
  title: "What it costs to be watched: select(), told of to somebody",
  figures: [
    {
      name: "ns",
      unit: "ns a call",
      picture: "ratios",
      reference: "nobody listens",
    },
  ],
  competitors: () => [
    { name: "nobody listens", tool: node("wait", "select") },
    { name: "a subscriber", tool: node("wait", "select", "subscriber") },
    { name: "the scope", tool: node("wait", "select", "scope") },
  ],
  run: async (competitors, results, settings) => {
    const cases = waitCases([1, 100], (n) => [0, n]);
    await measureCalls(cases, competitors, results, settings);
  },
};

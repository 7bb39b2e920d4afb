import type { Benchmark } from "./harness/benchmark.ts";
import { type Case, measureCalls } from "./harness/calls.ts";
import { c, node, python } from "./harness/tools.ts";

const sizes = [
  ["64 B", 64],
  ["4 KiB", 4096],
  ["64 KiB", 65_536],
] as const;

const cases: readonly Case[] = [
  ...sizes.map(([name, bytes]) => ({
    name: `send, recvInto ${name}`,
    argument: `recvInto/${bytes}`,
  })),
  ...sizes.map(([name, bytes]) => ({
    name: `send, recv ${name}`,
    argument: `recv/${bytes}`,
  })),
  { name: "nothing to receive", argument: "empty/64" },
];

export const io: Benchmark = {
  name: "io",
  title: "Sending and receiving on a pair of sockets",
  figures: [{ name: "ns", unit: "ns for both", picture: "ratios" }],
  competitors: () => [
    { name: "C", tool: c("io") },
    { name: "posix-select", tool: node("io") },
    { name: "CPython", tool: python("io.py", "1") },
    { name: "CPython, 2 threads", tool: python("io.py", "2") },
  ],
  run: async (competitors, results, settings) => {
    await measureCalls(cases, competitors, results, settings);
  },
};

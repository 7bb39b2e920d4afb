import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Benchmark } from "./harness/benchmark.ts";
import { c, commandOf, node, which } from "./harness/tools.ts";

/** The instructions that a program has needed, not the kernel's for it. */
type Count = (command: readonly string[], input: string) => Promise<number>;

/** What a program says on stderr. */
async function run(
  program: string,
  args: readonly string[],
  input: string,
): Promise<string> {
  const running = promisify(execFile)(program, args, { timeout: 120_000 });
  running.child.stdin?.end(input);
  return (await running).stderr;
}

/** By the processor's own counters: hardly any virtual machine has them. */
const perf: Count = async (command, input) => {
  const args = ["stat", "-x,", "-e", "instructions:u", "--", ...command];
  const said = await run("perf", args, input);
  return Number(/^(\d+),.*instructions/m.exec(said)?.[1]);
};

/** By a machine of its own, some fifty times slower. */
const valgrind: Count = async (command, input) => {
  const options = [
    "--tool=cachegrind",
    "--cache-sim=no",
    "--branch-sim=no",
    "--cachegrind-out-file=/dev/null",
  ];
  const said = await run("valgrind", [...options, ...command], input);
  const found = /I\s+refs:\s+([\d,]+)/.exec(said)?.[1] ?? "NaN";
  return Number(found.replaceAll(",", ""));
};

async function counter(): Promise<Count | undefined> {
  const hasPerf = which("perf") !== "";
  if (hasPerf && (await perf(["true"], "").catch(() => 0)) > 0) return perf;
  return which("valgrind") === "" ? undefined : valgrind;
}

const cases = [
  { name: "select() on 1 socket, 0 ready", mechanism: "select", of: "1/0" },
  { name: "select() on 100, 1 ready", mechanism: "select", of: "100/1" },
  { name: "PollSelector, 1 socket, 0 ready", mechanism: "poll", of: "1/0" },
  { name: "PollSelector, 100, 1 ready", mechanism: "poll", of: "100/1" },
  {
    name: "EpollSelector, 10 sockets, 0 ready",
    mechanism: "epoll",
    of: "10/0",
  },
  { name: "EpollSelector, 10, 1 ready", mechanism: "epoll", of: "10/1" },
  { name: "EpollSelector, 100, 100 ready", mechanism: "epoll", of: "100/100" },
];

export const instructions: Benchmark = {
  name: "instructions",
  title: "Instructions of one wait outside the kernel",
  figures: [
    { name: "instructions", unit: "instructions a call", picture: "values" },
  ],
  competitors: () => [
    { name: "C", tool: c("wait") },
    { name: "posix-select", tool: node("wait") },
  ],
  run: async (competitors, results, { isQuick }) => {
    const found = await counter();
    if (found === undefined) {
      results.note("There is neither a perf that counts nor valgrind.");
      return;
    }
    results.note(
      found === perf ? "Counted by perf stat." : "Counted by cachegrind.",
    );
    if (isQuick) results.note("A smoke run counts C's only.");
    const measured = isQuick ? competitors.slice(0, 1) : competitors;
    for (const { name: title, mechanism, of } of isQuick
      ? cases.slice(0, 1)
      : cases) {
      for (const { name, tool } of measured) {
        const [program = "", ...args] = commandOf(tool);
        // On one thread, what the compiler does comes at the same place each time.
        const options =
          program === process.execPath
            ? ["--single-threaded", "--predictable"]
            : [];
        const command = [program, ...options, ...args, mechanism];
        // Two runs that differ in nothing else: the beginning cancels out.
        const warm = 40_000;
        const more = of === "100/100" ? 5000 : 20_000;
        const [few = NaN, many = NaN] = await Promise.all(
          [warm, warm + more].map((calls) =>
            found(command, `${of} =${warm}\n${of} =${calls}\n`),
          ),
        );
        results.add("instructions", title, name, (many - few) / more);
      }
    }
  },
};

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Benchmark } from "./harness/benchmark.ts";
import { runLoad } from "./harness/load.ts";
import { Program } from "./harness/program.ts";
import { c } from "./harness/tools.ts";

const lesson = fileURLToPath(
  new URL("../examples/22-many-processes/index.ts", import.meta.url),
);

/** For a shell: runs a command, and ends it when stdin ends. */
const guard = '"$@" & read -r _; kill $!';

/** The processes that a process has started. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .split(" ")
    .filter((text) => text !== "")
    .map(Number);
}

export const processes: Benchmark = {
  name: "processes",
  title: "Lesson 22: one port, and one or two processes that serve it",
  figures: [
    {
      name: "messages",
      unit: "answers a second, with as many processes that ask",
      isMoreBetter: true,
      picture: "values",
      reference: "1 process",
    },
    {
      name: "cpu",
      unit: "ns of the servers' CPU an answer",
      picture: "values",
      reference: "1 process",
    },
  ],
  competitors: () =>
    [1, 2].map((count) => ({
      name: count === 1 ? "1 process" : `${count} processes`,
      tool: {
        command: [
          ...["/bin/sh", "-c", guard, "guard"],
          ...[process.execPath, "--import", "tsx", lesson, "0"],
          ...["--processes", String(count)],
        ],
      },
    })),
  missing,
  run: async (competitors, results, { isQuick }) => {
    const cores = availableParallelism();
    results.note(
      `There are ${cores} cores for servers and clients together: twice as many answers from two processes take four.`,
    );
    const limits = isQuick ? { warmMs: 5, ms: 15 } : { warmMs: 300, ms: 1000 };
    for (let round = 0; round < (isQuick ? 1 : 4); round++) {
      for (const [index, { name, tool }] of competitors.entries()) {
        if ("missing" in tool) continue;
        await using server = new Program(tool.command);
        let line = "";
        while (!line.startsWith("Listening")) line = await server.line();
        const port = line.split(":")[1] ?? "";
        const pids = childrenOf(server.pid).flatMap(childrenOf);
        // "Hello world\n" is 12 bytes.
        const load = { clients: 50, answer: 12, ...limits };
        const found = await Promise.all(
          // Each sees its own messages, and the time of all servers.
          Array.from({ length: index + 1 }, () => runLoad(port, pids, load)),
        );
        const messages = found.reduce((sum, r) => sum + r.messagesASecond, 0);
        const busy = found.map((r) => r.cpuNs * r.messagesASecond);
        const cpu = busy.reduce((sum, b) => sum + b, 0) / busy.length;
        results.add("messages", "50 clients each", name, messages);
        results.add("cpu", "50 clients each", name, cpu / messages);
      }
    }
  },
};

function missing(): string | undefined {
  const load = c("load");
  return "missing" in load ? `no clients: ${load.missing}` : undefined;
}

import { spawnSync } from "node:child_process";
import type { Benchmark } from "./harness/benchmark.ts";
import { canPin, memoryOf, pinned } from "./harness/cpus.ts";
import { runLoad } from "./harness/load.ts";
import { Program } from "./harness/program.ts";
import { rotated } from "./harness/statistics.ts";
import { c, commandOf, node, python } from "./harness/tools.ts";

/** How many descriptors a process may have. */
function limit(): number {
  const { stdout } = spawnSync("sh", ["-c", "ulimit -Hn"], {
    encoding: "utf8",
  });
  return stdout.trim() === "unlimited" ? Infinity : Number(stdout);
}

export const scale: Benchmark = {
  name: "scale",
  title: "One client that speaks among many that are silent",
  figures: [
    {
      name: "memory",
      unit: "bytes of the process a connection",
      picture: "values",
      reference: "net",
    },
    {
      name: "heap",
      unit: "bytes of JavaScript's heap a connection, and what it holds outside",
      picture: "values",
      reference: "net",
    },
    {
      name: "cpu",
      unit: "ns of the server's CPU a message of the one that speaks",
      picture: "values",
    },
  ],
  competitors: () => [
    { name: "C", tool: c("server", "echo") },
    { name: "posix-select, selector", tool: node("echo-selector") },
    { name: "posix-select, promises", tool: node("echo-promises") },
    { name: "net", tool: node("echo-net") },
    { name: "CPython selectors", tool: python("echo.py") },
  ],
  missing,
  run: async (competitors, results, { isQuick }) => {
    const most = limit() - 200;
    const wanted = isQuick ? [1, 100] : [1, 1000, 9000];
    const sizes = wanted.filter((size) => size <= most);
    if (sizes.length < wanted.length) {
      results.note(`The system allows ${most + 200} descriptors only.`);
    }
    const limits = isQuick ? { warmMs: 5, ms: 15 } : { warmMs: 100, ms: 300 };
    for (let round = 0; round < (isQuick ? 1 : 3); round++) {
      for (const idle of sizes) {
        for (const { name, tool } of rotated(competitors, round)) {
          const command = pinned(commandOf(tool), 0) ?? [];
          await using server = new Program(command);
          const port = await server.line();
          const pin = (load: readonly string[]): readonly string[] =>
            pinned(load, 0) ?? load;
          const pids = [server.pid];
          // What the first clients of all need is not theirs.
          await runLoad(port, pids, { clients: 50, ...limits }, pin);
          const heap = Number(await server.ask("memory"));
          const memory = memoryOf(server.pid);
          const load = { clients: 1, idle, ...limits };
          const title = `${idle} idle`;
          const { cpuNs } = await runLoad(port, pids, load, pin, async () => {
            const heapNow = Number(await server.ask("memory"));
            if (idle === 1) return;
            const added = memoryOf(server.pid) - memory;
            results.add("memory", title, name, added / idle);
            if (heapNow > 0) {
              results.add("heap", title, name, (heapNow - heap) / idle);
            }
          });
          results.add("cpu", title, name, cpuNs);
        }
      }
    }
  },
};

function missing(): string | undefined {
  const load = c("load");
  if ("missing" in load) return `no clients: ${load.missing}`;
  return canPin().one ? undefined : "there is no taskset";
}

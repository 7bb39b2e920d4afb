import { spawnSync } from "node:child_process";
import type { Benchmark } from "./harness/benchmark.ts";
import { canPin, cpuOf, pinned } from "./harness/cpus.ts";
import { Program } from "./harness/program.ts";
import { rotated } from "./harness/statistics.ts";
import { bun, c, commandOf, node, system } from "./harness/tools.ts";

/** Runs wrk for whole seconds, and gives how many requests a second it made. */
function wrk(
  port: string,
  connections: number,
  cpu: number,
): { perSecond: number; requests: number } {
  const args = ["-t1", `-c${connections}`, "-d1s", `http://127.0.0.1:${port}/`];
  const command = [...commandOf(system("wrk")), ...args];
  const [program = "", ...rest] = pinned(command, cpu) ?? command;
  const { stdout } = spawnSync(program, rest, {
    encoding: "utf8",
    timeout: 30_000,
  });
  const problem = /Socket errors: connect [1-9].*|Non-2xx.*/.exec(stdout)?.[0];
  const perSecond = Number(/Requests\/sec:\s*([\d.]+)/.exec(stdout)?.[1]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  if (problem !== undefined || Number.isNaN(perSecond)) {
    throw new Error(problem ?? `wrk said: ${stdout}`);
  }
  return { perSecond, requests };
}

export const http: Benchmark = {
  name: "http",
  title: '"hello" over HTTP/1.1, kept alive',
  figures: [
    {
      name: "requests",
      unit: "requests a second, server and wrk on one CPU",
      isMoreBetter: true,
      picture: "values",
      reference: "node:http",
    },
    {
      name: "cpu",
      unit: "ns of the server's CPU a request, on one CPU",
      picture: "values",
      reference: "node:http",
    },
    {
      name: "requests-2",
      unit: "requests a second, server and wrk on a CPU each",
      isMoreBetter: true,
      picture: "values",
      reference: "node:http",
    },
    {
      name: "cpu-2",
      unit: "ns of the server's CPU a request, on a CPU of its own",
      picture: "values",
      reference: "node:http",
    },
  ],
  competitors: () => [
    { name: "node:http", tool: node("http-node") },
    { name: "posix-select, selector", tool: node("http-selector") },
    { name: "net, fixed answer", tool: node("http-net") },
    { name: "C, fixed answer", tool: c("server", "http") },
    { name: "Bun", tool: bun("http-bun") },
  ],
  missing,
  run: async (competitors, results, { isQuick }) => {
    const can = canPin();
    // Each takes whole seconds.
    const measured = isQuick ? competitors.slice(0, 2) : competitors;
    const rounds = isQuick ? 1 : 4;
    for (let round = 0; round < rounds; round++) {
      for (const cpu of can.two && !isQuick ? [0, 1] : [0]) {
        for (const { name, tool } of rotated(measured, round)) {
          const command = pinned(commandOf(tool), 0) ?? [];
          await using server = new Program(command);
          const port = await server.line();
          if (!isQuick) wrk(port, cpu > 0 ? 50 : 500, cpu); // to warm up
          for (const connections of isQuick || cpu > 0 ? [50] : [50, 500]) {
            const before = cpuOf(server.pid);
            const { perSecond, requests } = wrk(port, connections, cpu);
            const ns = (cpuOf(server.pid) - before) / requests;
            const title = `${connections} connections`;
            const suffix = cpu === 0 ? "" : "-2";
            results.add(`requests${suffix}`, title, name, perSecond);
            results.add(`cpu${suffix}`, title, name, ns);
          }
        }
      }
    }
  },
};

function missing(): string | undefined {
  const tool = system("wrk");
  if ("missing" in tool) return tool.missing;
  return canPin().one ? undefined : "there is no taskset";
}

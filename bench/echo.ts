import type { Benchmark } from "./harness/benchmark.ts";
import { canPin, pinned } from "./harness/cpus.ts";
import { runLoad } from "./harness/load.ts";
import { Program } from "./harness/program.ts";
import { rotated } from "./harness/statistics.ts";
import {
  bun,
  c,
  commandOf,
  node,
  nodeWith,
  python,
  pythonWith,
} from "./harness/tools.ts";

const cases = [
  { name: "1 client", clients: 1 },
  { name: "50 clients", clients: 50 },
  { name: "500 clients", clients: 500 },
  { name: "50 clients, 16 at once", clients: 50, batch: 16 },
];

export const echo: Benchmark = {
  name: "echo",
  title: "A TCP server that echoes 64 bytes",
  figures: [
    {
      name: "messages",
      unit: "messages a second, server and clients on one CPU",
      isMoreBetter: true,
      picture: "ratios",
    },
    {
      name: "cpu",
      unit: "ns of the server's CPU a message, on one CPU",
      picture: "ratios",
    },
    {
      name: "user",
      unit: "ns of it not in the kernel (roughly: counted by the clock's ticks)",
      picture: "values",
    },
    {
      name: "messages-2",
      unit: "messages a second, server and clients on a CPU each",
      isMoreBetter: true,
      picture: "ratios",
    },
    {
      name: "cpu-2",
      unit: "ns of the server's CPU a message, on a CPU of its own",
      picture: "ratios",
    },
  ],
  competitors: () => [
    { name: "C", tool: c("server", "echo") },
    { name: "posix-select, selector", tool: node("echo-selector") },
    { name: "posix-select, for await", tool: node("echo-async") },
    { name: "posix-select, promises", tool: node("echo-promises") },
    { name: "net", tool: node("echo-net") },
    { name: "epoll of npm", tool: nodeWith("epoll", "echo-npm-epoll") },
    { name: "CPython selectors", tool: python("echo.py") },
    { name: "uvloop", tool: pythonWith("uvloop", "echo_uvloop.py") },
    { name: "Bun", tool: bun("echo-bun") },
  ],
  missing,
  run: async (competitors, results, { isQuick }) => {
    const can = canPin();
    if (!can.two && !isQuick)
      results.note("There is no second CPU for the clients.");
    const limits = isQuick ? { warmMs: 5, ms: 15 } : { warmMs: 120, ms: 350 };
    const rounds = isQuick ? 1 : 3;
    const measured = isQuick ? cases.filter((_, i) => i !== 2) : cases;
    for (let round = 0; round < rounds; round++) {
      for (const clientsCpu of can.two && !isQuick ? [0, 1] : [0]) {
        for (const { name, tool } of rotated(competitors, round)) {
          const command = pinned(commandOf(tool), 0) ?? [];
          await using server = new Program(command);
          const port = await server.line();
          const pin = (load: readonly string[]): readonly string[] =>
            pinned(load, clientsCpu) ?? load;
          // Compilers take their time: what is measured is what comes after it.
          const warm = { clients: 50, warmMs: 1, ms: isQuick ? 5 : 700 };
          await runLoad(port, [server.pid], warm, pin);
          for (const { name: title, ...clients } of measured) {
            const { messagesASecond, cpuNs, userNs } = await runLoad(
              port,
              [server.pid],
              { ...clients, ...limits },
              pin,
            );
            const suffix = clientsCpu === 0 ? "" : "-2";
            results.add(`messages${suffix}`, title, name, messagesASecond);
            results.add(`cpu${suffix}`, title, name, cpuNs);
            if (suffix === "") results.add("user", title, name, userNs);
          }
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

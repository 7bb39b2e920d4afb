import type { Benchmark, Competitor, Results } from "./harness/benchmark.ts";
import { canPin, pinned } from "./harness/cpus.ts";
import { type Load, type LoadResult, runLoad } from "./harness/load.ts";
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
    const rounds = isQuick ? 1 : 4;
    const measured = isQuick ? cases.filter((_, i) => i !== 2) : cases;
    for (let round = 0; round < rounds; round++) {
      for (const clientsCpu of can.two && !isQuick ? [0, 1] : [0]) {
        const servers = await startAll(rotated(competitors, round));
        try {
          await measureRound(servers, measured, clientsCpu, results, isQuick);
        } finally {
          await Promise.all(servers.map(({ program }) => program.end()));
        }
      }
    }
  },
};

interface Server {
  readonly name: string;
  readonly program: Program;
  readonly port: string;
}

async function startAll(competitors: readonly Competitor[]): Promise<Server[]> {
  const servers: Server[] = [];
  for (const { name, tool } of competitors) {
    const program = new Program(pinned(commandOf(tool), 0) ?? []);
    servers.push({ name, program, port: await program.line() });
  }
  return servers;
}

/** They take turns: who is not measured sleeps. */
async function measureRound(
  servers: readonly Server[],
  measured: typeof cases,
  clientsCpu: number,
  results: Results,
  isQuick: boolean,
): Promise<void> {
  const limits = isQuick ? { warmMs: 5, ms: 15 } : { warmMs: 120, ms: 350 };
  const suffix = clientsCpu === 0 ? "" : "-2";
  const run = ({ program, port }: Server, load: Load): Promise<LoadResult> =>
    runLoad(
      port,
      [program.pid],
      load,
      (command) => pinned(command, clientsCpu) ?? command,
    );
  // Compilers take their time, again when there are many clients, and when they
  // leave: what is measured is what comes after it.
  for (const clients of isQuick ? [50] : [50, 500]) {
    const warm = { clients, warmMs: 1, ms: isQuick ? 5 : 500 };
    for (const server of servers) await run(server, warm);
  }
  for (const { name: title, ...clients } of measured) {
    for (const server of servers) {
      const { messagesASecond, cpuNs, userNs } = await run(server, {
        ...clients,
        ...limits,
      });
      results.add(`messages${suffix}`, title, server.name, messagesASecond);
      results.add(`cpu${suffix}`, title, server.name, cpuNs);
      if (suffix === "") results.add("user", title, server.name, userNs);
    }
  }
}

function missing(): string | undefined {
  const load = c("load");
  if ("missing" in load) return `no clients: ${load.missing}`;
  return canPin().one ? undefined : "there is no taskset";
}

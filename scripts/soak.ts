/**
 * Load and time, on loopback: `npm run soak -- --minutes 2`, or
 * `-- --connections 200000 --clients 9000` for so much of each, however long.
 */
import { parseArgs } from "node:util";
import { soak } from "../test/soak/soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    connections: { type: "string" },
    clients: { type: "string", default: "9000" },
    seed: { type: "string" },
  },
});
const minutes = Number(values.minutes ?? 2);
const clients = Number(values.clients);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const connections =
  values.connections === undefined ? undefined : Number(values.connections);
if (!(minutes > 0 && clients > 0 && !Number.isNaN(connections))) {
  throw new Error("--minutes, --connections and --clients are numbers");
}

const problems = await soak(
  { ms: minutes * 60_000, connections, clients, seed },
  (line) => {
    console.log(line);
  },
);
for (const problem of problems) console.log(`wrong: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/**
 * Threads that wait while their worker, the process or a selector ends:
 * `npm run test:threads -- --rounds 1000 --kind terminate --seed 1`.
 * None may crash or hang. Over `dist`.
 */
import { parseArgs } from "node:util";
import {
  isKind,
  kinds,
  plan,
  type Round,
  runRounds,
} from "../test/helpers/thread-rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1000" },
    kind: { type: "string" },
    seed: { type: "string" },
    width: { type: "string", default: "2" },
  },
});
const count = Number(values.rounds);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const width = Number(values.width);
if (!(count > 0 && width > 0 && Number.isInteger(seed))) {
  throw new Error("--rounds, --width and --seed are whole numbers");
}
const only = kinds.filter((kind) => kind === (values.kind ?? kind));
if (values.kind !== undefined && !isKind(values.kind)) {
  throw new Error(`--kind is one of ${kinds.join(", ")}`);
}

console.log(`${count} rounds, seed ${seed}`);
const began = performance.now();
const done = new Map<string, number>();
let failures = 0;
let next = began;

await runRounds(plan(count, seed, only), width, (round, problem) => {
  done.set(round.kind, (done.get(round.kind) ?? 0) + 1);
  if (problem !== "") report(round, problem);
  if (performance.now() < next) return;
  next = performance.now() + 10_000;
  const sum = [...done.values()].reduce((a, b) => a + b, 0);
  console.log(`${sum} rounds, ${failures} failed`);
});

function report({ kind, seed, watcher }: Round, problem: string): void {
  failures++;
  process.exitCode = 1;
  const file = "test/programs/threads.mjs";
  console.log(`node --expose-gc ${file} ${kind} ${seed} ${watcher}`);
  console.log(problem.slice(0, 4000));
}

for (const kind of only) {
  console.log(`${String(done.get(kind) ?? 0).padStart(6)}  ${kind}`);
}
const seconds = Math.round((performance.now() - began) / 1000);
console.log(`${count} rounds in ${seconds} s, ${failures} failed`);

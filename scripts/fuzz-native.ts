/**
 * Calls the addon's functions and the public ones with anything at all:
 * `npm run fuzz:native -- --calls 1000000 --seed 1 --layer raw`.
 */
import { parseArgs } from "node:util";
import { fuzz, layers } from "../test/fuzz/campaign.ts";

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "1000000" },
    seed: { type: "string" },
    layer: { type: "string" },
  },
});

const calls = Number(values.calls);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
const chosen = layers.filter((layer) => layer === (values.layer ?? layer));
if (!(calls > 0) || !Number.isInteger(seed) || chosen.length === 0) {
  throw new Error(`--layer is one of ${layers.join(", ")}`);
}

console.log(`seed ${seed}`);
for (const layer of chosen) {
  const begin = performance.now();
  let next = begin;
  const found = await fuzz({
    layer,
    seed,
    calls: calls / chosen.length,
    progress: (done) => {
      if (performance.now() < next) return;
      next += 10_000;
      console.log(`${layer}: ${done} calls`);
    },
  });
  const seconds = (performance.now() - begin) / 1000;
  console.log(
    `${layer}: ${calls / chosen.length} calls in ${seconds.toFixed(1)} s, ${found.length} wrong`,
  );
  for (const wrong of found) console.log(`  ${wrong}`);
  if (found.length > 0) process.exitCode = 1;
}

// npm run bench                      all benchmarks: some minutes
// npm run bench -- select echo       some of them
// npm run bench -- --quick           a smoke run, whose figures say nothing
// npm run bench -- --out FOLDER      where the results go, bench/results unless told
//
// Each benchmark's competitors run in processes of their own and take turns. What
// is printed is also written: NAME.json with all samples, NAME.FIGURE.svg.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { benchmarks } from "./benchmarks.ts";
import { type Benchmark, Results } from "./harness/benchmark.ts";
import { chart } from "./harness/chart.ts";
import { describeMachine, machineText } from "./harness/machine.ts";
import type { Report } from "./harness/report.ts";
import { table } from "./harness/table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    out: {
      type: "string",
      default: fileURLToPath(new URL("results", import.meta.url)),
    },
  },
});
const unknown = positionals.filter(
  (wanted) => !benchmarks.some(({ name }) => name === wanted),
);
if (unknown.length > 0) {
  const names = benchmarks.map(({ name }) => name).join(", ");
  console.error(`There is no ${unknown.join(", ")}, but ${names}`);
  process.exit(1);
}

mkdirSync(values.out, { recursive: true });
const machine = describeMachine();
console.log(machineText(machine));
if (values.quick) console.log("A smoke run: the figures say nothing.");
for (const benchmark of benchmarks) {
  if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
  await run(benchmark);
}

async function run(benchmark: Benchmark): Promise<void> {
  const { name, title } = benchmark;
  const missing = benchmark.missing?.();
  console.log(`\n${name}: ${title}`);
  if (missing !== undefined) {
    console.log(`  left out: ${missing}`);
    return;
  }
  const competitors = benchmark.competitors();
  const leftOut = competitors.flatMap(({ name, tool }) =>
    "missing" in tool ? [`${name}: ${tool.missing}`] : [],
  );
  const present = competitors.filter(({ tool }) => !("missing" in tool));
  const results = new Results();
  const begin = performance.now();
  await benchmark.run(present, results, { isQuick: values.quick });
  const seconds = Math.round((performance.now() - begin) / 1000);

  const figures = benchmark.figures.map((figure) => {
    const reference = figure.reference ?? "C";
    const list = results.of(figure, present);
    return { figure, reference, results: list };
  });
  for (const { figure, reference, results } of figures) {
    if (results.length === 0) continue;
    console.log(`\n${figure.unit}`);
    console.log(table(results, reference));
    const svg = chart(title, figure, results, reference);
    writeFileSync(join(values.out, `${name}.${figure.name}.svg`), svg);
  }
  const notes = [
    ...results.notes,
    ...leftOut.map((text) => `Left out: ${text}`),
  ];
  for (const note of notes) console.log(`  ${note}`);
  console.log(`  (${seconds} s)`);

  const report: Report = {
    benchmark: name,
    title,
    date: new Date().toISOString(),
    isQuick: values.quick,
    seconds,
    machine,
    notes,
    figures: figures.map(({ figure, reference, results }) => ({
      name: figure.name,
      unit: figure.unit,
      reference,
      results,
    })),
  };
  const json = `${JSON.stringify(report, null, 2)}\n`;
  writeFileSync(join(values.out, `${name}.json`), json);
}

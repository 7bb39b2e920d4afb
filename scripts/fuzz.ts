/**
 * Runs random programs with our library and with CPython, and compares what they
 * say: `npm run fuzz -- --programs 100000 --seed 1 --mechanism epoll`.
 */
import { parseArgs } from "node:util";
import { type Report, runCampaign } from "../test/differential/campaign.ts";
import { differences } from "../test/differential/differences.ts";
import { Python, whyNot } from "../test/differential/python.ts";
import { mechanisms } from "../test/differential/steps.ts";

const { values } = parseArgs({
  options: {
    programs: { type: "string", default: "100000" },
    seed: { type: "string" },
    mechanism: { type: "string" },
  },
});

const programs = Number(values.programs);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
const mechanism = mechanisms.find((name) => name === values.mechanism);
if (!(programs > 0) || !Number.isInteger(seed)) {
  throw new Error("--programs and --seed are whole numbers");
}
if (values.mechanism !== undefined && mechanism === undefined) {
  throw new Error(`--mechanism is one of ${mechanisms.join(", ")}`);
}

const reason = whyNot();
if (reason === undefined) await run();
else console.log(`nothing was compared: ${reason}`);

async function run(): Promise<void> {
  console.log(`seed ${seed}, ${programs} programs`);
  const begin = performance.now();
  let next = begin;
  using python = new Python();
  const report = await runCampaign({
    python,
    seed,
    programs,
    mechanism,
    progress: (report) => {
      if (performance.now() < next) return;
      next += 5000;
      console.log(rate(report, begin));
    },
  });
  console.log(rate(report, begin));
  console.log(table(report));
  if (report.failure === undefined) return;
  console.log(`\nunexplained:\n${report.failure.listing}`);
  console.log(JSON.stringify(report.failure.program));
  process.exitCode = 1;
}

function rate(report: Report, begin: number): string {
  const seconds = (performance.now() - begin) / 1000;
  const each = Math.round(report.programs / seconds);
  return `${report.programs} programs, ${report.steps} steps, ${each} programs a second`;
}

function table(report: Report): string {
  const rows = differences.map((difference) => {
    const count = String(report.used.get(difference) ?? 0);
    return `${count.padStart(9)}  ${difference.title}`;
  });
  const { passing } = report;
  rows.push(`${String(passing.length).padStart(9)}  (did not come again)`);
  return ["known differences:", ...rows, ...passing].join("\n");
}

import { compare, listing, shrink } from "./compare.ts";
import type { Difference } from "./differences.ts";
import { generate } from "./generator.ts";
import { runOurs } from "./ours.ts";
import type { Python } from "./python.ts";
import { seedOf } from "./random.ts";
import { type Mechanism, mechanisms, type Program } from "./steps.ts";

/** A program of which the two sides say different things. */
export interface Failure {
  readonly program: Program;
  readonly listing: string;
}

/** What a run of many programs has found so far. */
export interface Report {
  programs: number;
  steps: number;
  /** How often each known difference was met. */
  readonly used: Map<Difference, number>;
  /** Differences that did not come again when the program was repeated. */
  readonly passing: string[];
  failure: Failure | undefined;
}

export interface Campaign {
  readonly python: Python;
  readonly seed: number;
  readonly programs: number;
  /** All mechanisms by turns unless given. */
  readonly mechanism?: Mechanism | undefined;
  /** Told from time to time. */
  readonly progress?: (report: Report) => void;
}

/** How many programs go to CPython at once. */
const batchSize = 100;
/** How often a program has to fail before it counts. */
const repeats = 3;

/** Runs random programs until one fails. */
export async function runCampaign(campaign: Campaign): Promise<Report> {
  const { python } = campaign;
  const report: Report = {
    programs: 0,
    steps: 0,
    used: new Map(),
    passing: [],
    failure: undefined,
  };
  let next = programsFrom(campaign, 0);
  let theirs = python.run(next);
  while (next.length > 0) {
    const programs = next;
    const running = theirs;
    // CPython has the next ones while we are at these.
    next = programsFrom(campaign, report.programs + programs.length);
    theirs = next.length > 0 ? python.run(next) : Promise.resolve([]);
    const ours = programs.map(runOurs);
    const results = await running;
    for (const [index, program] of programs.entries()) {
      const mine = ours[index];
      const other = results[index];
      if (!mine || !other) throw new Error("a result is missing");
      const { failedAt, used } = compare(program, mine, other);
      for (const one of used) {
        report.used.set(one, (report.used.get(one) ?? 0) + 1);
      }
      report.programs++;
      report.steps += program.steps.length;
      if (failedAt === undefined) continue;
      await theirs;
      if (await fails(python, program)) {
        report.failure = await failureOf(python, program);
        return report;
      }
      report.passing.push(listing(program, mine, other));
    }
    campaign.progress?.(report);
  }
  return report;
}

function programsFrom(campaign: Campaign, first: number): readonly Program[] {
  const count = Math.min(batchSize, campaign.programs - first);
  return Array.from({ length: Math.max(count, 0) }, (_, i) => {
    const index = first + i;
    const turn = mechanisms[index % mechanisms.length] ?? "select";
    const mechanism = campaign.mechanism ?? turn;
    return generate(mechanism, seedOf(campaign.seed, index));
  });
}

/** Whether a program fails every time. */
async function fails(python: Python, program: Program): Promise<boolean> {
  for (let i = 0; i < repeats; i++) {
    const [theirs] = await python.run([program]);
    const ours = runOurs(program);
    if (!theirs) return false;
    if (compare(program, ours, theirs).failedAt === undefined) return false;
  }
  return true;
}

async function failureOf(python: Python, program: Program): Promise<Failure> {
  const shortest = await shrink(program, (next) => fails(python, next));
  const [theirs] = await python.run([shortest]);
  if (!theirs) throw new Error("a result is missing");
  const ours = runOurs(shortest);
  return { program: shortest, listing: listing(shortest, ours, theirs) };
}

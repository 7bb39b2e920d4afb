import type { Competitor, Results, Settings } from "./benchmark.ts";
import { Pace } from "./pace.ts";
import { Program } from "./program.ts";
import { rotated } from "./statistics.ts";
import { commandOf } from "./tools.ts";

/** A case of a benchmark, with the name that programs know it by. */
export interface Case {
  readonly name: string;
  readonly argument: string;
}

/**
 * Measures calls in a loop. All competitors are there at once, and each measures
 * for a moment when it is asked: they take turns, so that a machine which becomes
 * slower does so for all. Several processes of each, one after another. What is
 * disturbed is measured again.
 */
export async function measureCalls(
  cases: readonly Case[],
  competitors: readonly Competitor[],
  results: Results,
  { isQuick }: Settings,
): Promise<void> {
  const processes = isQuick ? 1 : 5;
  const rounds = isQuick ? 1 : 3;
  const ms = isQuick ? 2 : 10;
  const warmMs = isQuick ? 2 : 60;
  await using pace = isQuick ? undefined : Pace.of();
  for (let process = 0; process < processes; process++) {
    const programs = competitors.map(({ name, tool }) => ({
      name,
      program: new Program(commandOf(tool)),
    }));
    try {
      for (const { name, argument } of cases) {
        for (const { program } of programs) {
          await program.ask(`${argument} ${warmMs}`);
          pace?.keep(program);
        }
        for (let round = 0; round < rounds; round++) {
          for (const competitor of rotated(programs, round + process)) {
            const measure = async (): Promise<number> =>
              Number(await competitor.program.ask(`${argument} ${ms}`));
            const ns = await (pace ? pace.undisturbed(measure) : measure());
            results.add("ns", name, competitor.name, ns);
          }
        }
      }
    } finally {
      await Promise.all(programs.map(({ program }) => program.end()));
    }
  }
  if (pace !== undefined) results.note(pace.note);
}

import type { Competitor, Results, Settings } from "./benchmark.ts";
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
 * slower does so for all. Several processes of each, one after another.
 */
export async function measureCalls(
  cases: readonly Case[],
  competitors: readonly Competitor[],
  results: Results,
  { isQuick }: Settings,
): Promise<void> {
  const processes = isQuick ? 1 : 5;
  const rounds = isQuick ? 1 : 4;
  const ms = isQuick ? 2 : 15;
  const warmMs = isQuick ? 2 : 60;
  for (let process = 0; process < processes; process++) {
    const programs = competitors.map(({ name, tool }) => ({
      name,
      program: new Program(commandOf(tool)),
    }));
    try {
      for (const { name, argument } of cases) {
        for (const { program } of programs) {
          await program.ask(`${argument} ${warmMs}`);
        }
        for (let round = 0; round < rounds; round++) {
          for (const competitor of rotated(programs, round + process)) {
            const ns = await competitor.program.ask(`${argument} ${ms}`);
            results.add("ns", name, competitor.name, Number(ns));
          }
        }
      }
    } finally {
      await Promise.all(programs.map(({ program }) => program.end()));
    }
  }
}

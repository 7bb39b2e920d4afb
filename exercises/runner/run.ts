import { type Exercise, Failure } from "./exercise.ts";
import { type Terms, Trial } from "./trial.ts";

/** What came of an exercise's checks. */
export interface Outcome {
  /** The names of the checks that passed. */
  readonly passed: readonly string[];
  /** The first that did not. */
  readonly failed?: {
    readonly name: string;
    /** What a client saw, and what became of the program. */
    readonly message: string;
  };
}

/** Runs an exercise's checks on a program, which has ended when this resolves. */
export async function run(
  exercise: Exercise,
  terms: Omit<Terms, "burnsACore">,
): Promise<Outcome> {
  const { burnsACore } = exercise;
  const trial = new Trial({ ...terms, burnsACore });
  const passed: string[] = [];
  try {
    for (const check of exercise.checks) {
      const { name } = check;
      try {
        await check.run(trial);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        const message = [error.message, ...(await trial.lastWords())].join(
          "\n",
        );
        return { passed, failed: { name, message } };
      }
      passed.push(name);
    }
    return { passed };
  } finally {
    await trial.end();
  }
}

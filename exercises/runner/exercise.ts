import type { Trial } from "./trial.ts";

/** What a check tells of a program that does not do what it should. */
export class Failure extends Error {}

/** One thing that the program should do. */
export interface Check {
  /** A fact, which holds once the exercise is solved. */
  readonly name: string;
  /** Drives the program; throws a `Failure` that tells what a client saw. */
  readonly run: (trial: Trial) => Promise<void> | void;
}

/** @param name A fact, which holds once the exercise is solved. */
export function check(name: string, run: Check["run"]): Check {
  return { name, run };
}

/** What `checks/NN-name.ts` says of `NN-name.ts`. */
export interface Exercise {
  readonly title: string;
  /** What the program should do: the header's "It should". */
  readonly task: string;
  /** From a nudge to nearly the answer. */
  readonly hints: readonly string[];
  /** In this order; the first that fails is the last that runs. */
  readonly checks: readonly Check[];
  /** Whether it never sleeps, and is right not to. */
  readonly burnsACore?: boolean;
  /** Why it can't be done on this machine. */
  readonly missing?: string | undefined;
}

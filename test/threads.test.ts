/** The short form of `npm run test:threads`. */
import { expect, test } from "vitest";
import { kinds, plan, runRounds } from "./helpers/thread-rounds.ts";

test("threads that wait end with their worker and process, and harm nobody", async () => {
  const problems: unknown[] = [];
  await runRounds(plan(2 * kinds.length, 1), 2, (round, problem) => {
    if (problem !== "") problems.push({ ...round, problem });
  });
  expect(problems).toEqual([]);
}, 300_000);

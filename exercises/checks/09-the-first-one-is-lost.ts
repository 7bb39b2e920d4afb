import { check, type Exercise } from "../runner/exercise.ts";

export const exercise: Exercise = {
  title: "The first one is lost",
  task: "Print the running average and the largest of all numbers so far: with 4 5 9 the lines 4 4, then 4.5 5, then 6 9.",
  hints: [
    "Where does a generator stand that was just made, and has never been asked for anything? It has not run a single line.",
    "What next(value) brings is what the yield gives at which the generator stands. A new one stands at none: the first value is received by nobody.",
    "Call next() once, before it is used, so that it runs to its first yield. In Python: next(generator), or the coroutine decorator.",
  ],
  checks: [
    check("average and largest, from the first number on", async (trial) => {
      await trial.prints(["4", "5", "9", "-2"], "4 4\n4.5 5\n6 9\n4 9\n");
    }),
  ],
};

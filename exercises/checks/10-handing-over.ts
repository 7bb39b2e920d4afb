import { check, type Exercise } from "../runner/exercise.ts";

export const exercise: Exercise = {
  title: "Handing over",
  task: "Add up two groups of numbers; / ends a group. What is no number is reported by the group that it came to, and left out.",
  hints: [
    "Run it: node --import tsx exercises/10-handing-over.ts 1 2 / 10 20 / and see what group A hears of your numbers.",
    "for ... of calls next() with nothing in it: what both() is sent arrives at both()'s own yield, and is dropped there. An error that is thrown in arrives there as well. And what the group returns, for ... of does not give to anybody.",
    "JavaScript has a word for all of it, as Python has yield from: const sum = yield* ...",
  ],
  checks: [
    check("numbers reach the group that they are meant for", async (trial) => {
      await trial.prints(
        ["1", "2", "/", "10", "20", "/"],
        "group A begins\ngroup A: 1\ngroup A: 3\ngroup B begins\ngroup B: 10\ngroup B: 30\nthe sums are 3 and 30\n",
      );
    }),
    check("so do errors, and the group goes on", async (trial) => {
      await trial.prints(
        ["1", "x", "2", "/", "/"],
        "group A begins\ngroup A: 1\ngroup A: RangeError: x is no number\ngroup A: 3\ngroup B begins\nthe sums are 3 and 0\n",
      );
    }),
  ],
};

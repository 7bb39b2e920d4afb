import { check, type Exercise } from "../runner/exercise.ts";

export const exercise: Exercise = {
  title: "Nobody goes home",
  task: "Run two generators by turns, one step each, and end when both have ended: D 0 i 1 m 2 a 3 and so on.",
  hints: [
    'What does next() of a generator give once it has ended? Try it: node -e "const g = (function*() {})(); console.log(g.next(), g.next())"',
    "Python's StopIteration is in JavaScript a property of what next() gives: done. A generator that is done has nothing to say, now or later.",
    "Take done as well as value. If it is true, neither print the value nor put the task back: continue.",
  ],
  checks: [
    check(
      "letters and numbers take turns, and both come to an end",
      async (trial) => {
        await trial.prints(["Dima", "6"], "D\n0\ni\n1\nm\n2\na\n3\n4\n5\n");
      },
    ),
    check("one of them may have nothing at all", async (trial) => {
      await trial.prints(["", "2"], "0\n1\n");
    }),
  ],
};

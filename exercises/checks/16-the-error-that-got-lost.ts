import { quoted } from "../runner/client.ts";
import { check, type Exercise, Failure } from "../runner/exercise.ts";

export const exercise: Exercise = {
  title: "The error that got lost",
  task: "Run a generator that yields futures. Each gives it its value, or throws its error where the generator waits. What leaves the generator, a value or an error, is the outcome of the task's own future.",
  hints: [
    "Run it as the header says. The generator asks for missing, and gets the text undefined. Where is the try that was meant for it?",
    "A generator can be entered in two ways: next(value) goes on after the yield, throw(error) throws at it.",
    "If the outcome has an error, call generator.throw(outcome.error) instead of generator.next(value).",
    "And what comes out of either, because nobody in the generator caught it, belongs to the task's own future: try around it, and result.settle({ error }) in the catch.",
  ],
  checks: [
    check("values come in", async (trial) => {
      await trial.prints(
        ["one", "two"],
        "this is one\nthis is two\n{ value: 'this is two' }\n",
      );
    }),
    check("errors are thrown where the generator waits", async (trial) => {
      await trial.prints(
        ["one", "missing-1", "two"],
        "this is one\nvisit: Error: there is no missing-1\nthis is two\n{ value: 'this is two' }\n",
      );
    }),
    check(
      "an error that leaves the generator is the task's outcome",
      async (trial) => {
        const output = await trial.run(["missing-2"]);
        const lines = output.split("\n");
        const [first = "", second = ""] = lines;
        if (
          first !== "visit: Error: there is no missing-2" ||
          !/^\{$|^\{ error: /.test(second) ||
          !output.includes("error: Error: there is no missing-2")
        ) {
          throw new Failure(
            `The task should end with the outcome { error: there is no missing-2 }. The program printed ${quoted(output)}.`,
          );
        }
      },
    ),
  ],
};

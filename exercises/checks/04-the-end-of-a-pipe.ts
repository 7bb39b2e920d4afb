import { closeSync, writeSync } from "node:fs";
import { pipe } from "posix-select/fd";
import { check, type Exercise, Failure } from "../runner/exercise.ts";
import type { Trial } from "../runner/trial.ts";

/** What the program prints when somebody writes to it and then ends the pipe. */
async function piped(
  trial: Trial,
  write: (say: (text: string) => void) => void,
): Promise<string> {
  const [readEnd, writeEnd] = pipe();
  const program = trial.start([], readEnd);
  closeSync(readEnd);
  write((text) => {
    writeSync(writeEnd, text);
  });
  closeSync(writeEnd);
  await trial.finished(program);
  return program.stdout;
}

function expectCount(output: string, bytes: number): void {
  const found = /^(\d+) bytes$/m.exec(output);
  if (found?.[1] === String(bytes)) return;
  throw new Failure(
    found
      ? `${bytes} bytes were written to the pipe, and it counted ${found[1]}.`
      : `${bytes} bytes were written to the pipe, and it counted none.`,
  );
}

export const exercise: Exercise = {
  title: "The end of a pipe",
  task: "Count the bytes that come through a pipe, with poll(), and print the count once the pipe has ended.",
  hints: [
    "Try it as the header says. What does poll() say at first, and what last? Which of the two does the program act upon?",
    "poll() reports the end of a pipe by itself, as POLLHUP, whether it was asked to or not. While something is left to be read it says POLLIN too; after that POLLHUP alone, each time it is asked.",
    "Read in both cases: a read gives what is left, and at the end 0. So the condition is to hold for POLLIN as well as for POLLHUP: revents & (POLLIN | POLLHUP).",
  ],
  checks: [
    check(
      "it counts what comes while the pipe is open, and ends when it ends",
      async (trial) => {
        const words = await piped(trial, (pipe) => {
          pipe("hello");
        });
        expectCount(words, 5);
      },
    ),
    check(
      "a pipe that ends at once loses nothing of what is in it",
      async (trial) => {
        const words = await piped(trial, (pipe) => {
          pipe("x".repeat(10_000));
        });
        expectCount(words, 10_000);
      },
    ),
  ],
};

/** Ctrl-C, which each program is there to be ended by at any time. */
import { expect, test } from "vitest";
import { Example, names, skipUnlessHere, sourceOf } from "./support.ts";

/** Those that have to clear up, and so listen to the signal. */
const withFolder = names.filter((name) => sourceOf(name).includes("mkdtemp"));

/** Those that take their time. */
const lasting = ["child-pipe", "eventfd", "fifo", "pty", "stdin", "timerfd"];

test.for(lasting)("%s: in the middle", async (name, { skip }) => {
  skipUnlessHere(name, skip);
  await using example = new Example(name);
  const { program } = example;
  await program.line();
  program.process.kill("SIGINT");
  const { code, signal, stderr } = await program.ended;
  expect(stderr).toBe("");
  const by = withFolder.includes(name) ? 130 : "SIGINT";
  // On a slow machine it may have ended by itself before.
  const isLimited = name !== "stdin";
  expect(isLimited ? [by, 0] : [by]).toContain(code ?? signal);
  expect(example.files()).toEqual([]);
  await example.gone();
});

test.for(withFolder)(
  "%s: when there is a file already",
  async (name, { skip }) => {
    skipUnlessHere(name, skip);
    await using example = new Example(name);
    const { program } = example;
    await example.file();
    program.process.kill("SIGINT");
    const { code, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
    expect(example.files()).toEqual([]);
    await example.gone();
  },
);

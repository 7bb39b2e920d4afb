import { describe, expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";
import { Terminal } from "../helpers/terminal.ts";
import { isInstalled, printed, sureToEnd } from "./lessons.ts";

const down = "\x1b[B";
const ctrlC = "\x03";

const hasTerminal = isInstalled("python3");
if (!hasTerminal) printed("python3 is not installed");

describe.skipIf(!hasTerminal)("npm run lesson, on a terminal", () => {
  function menu(): Terminal {
    return new Terminal(
      process.execPath,
      ...["--import", "tsx", "scripts/lesson.ts"],
    );
  }

  test("the arrow keys choose, and return runs it", async () => {
    await using terminal = menu();
    await terminal.output.take(
      /Which lesson\?[^]*01-blocking[^]*07-round-robin/,
    );
    terminal.press(down.repeat(6));
    await terminal.output.take(/❯ 07-round-robin/);
    terminal.press("\r");
    await terminal.output.take(/D\r\n[^]*i\r\n[^]*m\r\n[^]*a\r\n/);
    await terminal.output.take(/ended with code 0/);
  });

  test("Ctrl-C leaves the menu, and says nothing", async () => {
    await using terminal = menu();
    await terminal.output.take(/Which lesson\?/);
    terminal.press(ctrlC);
    const [text] = await terminal.output.take(/[^]*ended .*/);
    expect(text).not.toMatch(/error|^ {4}at /im);
  });

  test("Ctrl-C ends a lesson that was chosen", async () => {
    await using terminal = menu();
    await terminal.output.take(/Which lesson\?/);
    terminal.press(down.repeat(10));
    await terminal.output.take(/❯ 11-async-await/);
    terminal.press("\r");
    await terminal.output.take(/0 seconds have passed/);
    terminal.press(ctrlC);
    await terminal.output.take(/ended by signal 2/);
  });
});

describe("--repl", () => {
  test("is refused where a lesson has nothing to try", async () => {
    await using program = sureToEnd(
      new Program("scripts/lesson.ts", ["3", "--repl"]),
    );
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      "Lesson 3 has no functions to try. These have: 7, 9, 10, 11.\n",
    );
  });

  test("names what there is", async () => {
    await using program = sureToEnd(
      new Program("scripts/lesson.ts", ["9", "--repl"]),
    );
    program.process.stdin?.end();
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [, names = ""] =
      /^Here are: (.+)\. End with \.exit$/m.exec(stdout) ?? [];
    expect(names.split(", ")).toEqual(
      expect.arrayContaining(["getGeneratorState", "average", "subgen"]),
    );
  });
});

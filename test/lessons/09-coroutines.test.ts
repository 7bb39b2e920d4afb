import { expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";
import { commandsOf, played, quoted } from "./documented.ts";
import { sureToEnd } from "./lessons.ts";

const file = "09-coroutines.ts";

test("it prints what the header says, and ends by itself", async () => {
  await using lesson = sureToEnd(new Program(`examples/${file}`));
  const { code, stdout, stderr } = await lesson.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split("\n").slice(0, -1)).toEqual(quoted(file, "Observe"));
  // And what that must be, whatever the header says.
  const states = [...stdout.matchAll(/GEN_[A-Z]+/g)].map(String);
  expect(states).toEqual([
    "GEN_CREATED",
    "GEN_SUSPENDED",
    "GEN_CLOSED",
    "GEN_RUNNING",
    "GEN_CLOSED",
  ]);
  expect(stdout).toMatch(/: 4\n.*: 4\.5\n.*: 5\.33\n/);
});

test("the REPL does what the header says", async () => {
  const session = quoted(file, "Run");
  const commands = commandsOf(session);
  expect(commands).not.toEqual([]);
  expect(await played(["9"], commands)).toEqual(session);
});

test("a primed coroutine waits, and each one counts for itself", async () => {
  expect(
    await played(
      ["9"],
      [
        "const first = average(), second = average()",
        "getGeneratorState(first)",
        "[first.next(1).value, second.next(2).value, first.next(2).value]",
        "try { first.throw('other') } catch (error) { console.log(error) }",
        "const primed = coroutine(subgen)()",
        "getGeneratorState(primed)",
        'primed.next("at once")',
      ],
    ),
  ).toEqual([
    "> const first = average(), second = average()",
    "> getGeneratorState(first)",
    "'GEN_SUSPENDED'",
    "> [first.next(1).value, second.next(2).value, first.next(2).value]",
    "[ 1, 2, 1.5 ]",
    "> try { first.throw('other') } catch (error) { console.log(error) }",
    "other",
    "> const primed = coroutine(subgen)()",
    "> getGeneratorState(primed)",
    "'GEN_SUSPENDED'",
    '> primed.next("at once")',
    "Subgen received: at once",
    "{ value: 'bye', done: true }",
  ]);
});

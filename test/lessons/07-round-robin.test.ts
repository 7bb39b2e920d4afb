import { expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";
import { commandsOf, played, quoted } from "./documented.ts";
import { sureToEnd } from "./lessons.ts";

const file = "07-round-robin.ts";

test("it prints what the header says, and ends by itself", async () => {
  await using lesson = sureToEnd(new Program(`examples/${file}`));
  const { code, stdout, stderr } = await lesson.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [first = "", second = ""] = stdout.split("---\n");
  const turns = [first, second].map((lines) => lines.split("\n").slice(0, -1));
  expect(turns.map((items) => items.join(" "))).toEqual(
    quoted(file, "Observe"),
  );
  expect(turns).toEqual([
    ["D", "0", "i", "1", "m", "2", "a", "3"],
    Array.from("any string")
      .flatMap((letter, number) => [letter, String(number)])
      .concat("10"),
  ]);
});

test("the REPL does what the header says", async () => {
  const session = quoted(file, "Run");
  const commands = commandsOf(session);
  expect(commands).not.toEqual([]);
  expect(await played(["7"], commands)).toEqual(session);
});

test("who is over leaves the others their turns", async () => {
  expect(
    await played(
      ["7"],
      [
        'const tasks = [genOfString(""), genOfNumbers(1), genOfString("abc")]',
        "roundRobin([...tasks, genOfNumbers(2)])",
        "tasks.map((task) => task.next().done)",
        "roundRobin([])",
      ],
    ),
  ).toEqual([
    '> const tasks = [genOfString(""), genOfNumbers(1), genOfString("abc")]',
    "> roundRobin([...tasks, genOfNumbers(2)])",
    ...["0", "a", "0", "b", "1", "c"],
    "> tasks.map((task) => task.next().done)",
    "[ true, true, true ]",
    "> roundRobin([])",
  ]);
});

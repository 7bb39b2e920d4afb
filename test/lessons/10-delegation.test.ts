import { expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";
import { commandsOf, played, quoted } from "./documented.ts";
import { sureToEnd } from "./lessons.ts";

const file = "10-delegation.ts";

test("it prints what the header says, and ends by itself", async () => {
  await using lesson = sureToEnd(new Program(`examples/${file}`));
  const { code, stdout, stderr } = await lesson.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [byHand, builtIn, letters] = stdout.split("---\n");
  expect(builtIn).toBe(byHand);
  const lines = `${builtIn}${letters}`.split("\n").slice(0, -1);
  expect(lines).toEqual(quoted(file, "Observe"));
});

test("the REPL does what the header says", async () => {
  const session = quoted(file, "Run");
  const commands = commandsOf(session);
  expect(commands).not.toEqual([]);
  expect(await played(["10"], commands)).toEqual(session);
});

/** A talk with an inner generator of one's own, through a delegator. */
const talk = (delegate: string): string[] => [
  "function* quick() { return 'at once' }",
  `${delegate}(quick()).next()`,

  "function* deaf() { for (;;) try { yield 1 } catch { yield 2 } }",
  `const first = ${delegate}(deaf())`,
  "[first.next(), first.throw(new Error()), first.next()].map((s) => s.value)",

  "function* weak() { console.log(yield 'a'); throw 'of its own' }",
  `const second = ${delegate}(weak())`,
  "second.next()",
  "try { second.next('b') } catch (error) { console.log(error) }",
  "second.next()",

  "function* tidy() { try { yield 'work' } finally { console.log('tidy') } }",
  "const inner = tidy()",
  `const third = ${delegate}(${delegate}(inner))`,
  "third.next()",
  "third.return('enough')",
  "[getGeneratorState(inner), getGeneratorState(third)]",

  `const fourth = ${delegate}(subgen())`,
  "fourth.return('before it began')",
];

test.each(["delegatorByHand", "delegator"])(
  "%s passes everything on",
  async (delegate) => {
    const said = (await played(["10"], talk(delegate))).filter(
      (line) => !line.startsWith("> "),
    );
    expect(said).toEqual([
      "Delegator got: at once",
      "{ value: 'at once', done: true }",
      "[ 1, 2, 1 ]",
      "{ value: 'a', done: false }",
      "b",
      "of its own",
      "{ value: undefined, done: true }",
      "{ value: 'work', done: false }",
      "tidy",
      "{ value: 'enough', done: true }",
      "[ 'GEN_CLOSED', 'GEN_CLOSED' ]",
      "{ value: 'before it began', done: true }",
    ]);
  },
);

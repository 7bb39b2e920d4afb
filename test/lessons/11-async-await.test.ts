import { expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";
import { commandsOf, played, quoted } from "./documented.ts";
import { sureToEnd } from "./lessons.ts";

const file = "11-async-await.ts";

test("it prints what the header says, and ends by itself", async () => {
  await using lesson = sureToEnd(new Program(`examples/${file}`, ["10"]));
  const { code, stdout, stderr } = await lesson.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [byHand = "", builtIn] = stdout.split("---\n");
  expect(builtIn).toBe(byHand);
  expect(byHand.split("\n").slice(0, -1)).toEqual(quoted(file, "Observe"));
});

test("a tick is a second unless it is told, and Ctrl-C ends it", async () => {
  const start = performance.now();
  await using lesson = sureToEnd(new Program(`examples/${file}`));
  await lesson.match(/^3$/); // two ticks after the beginning
  expect(performance.now() - start).toBeGreaterThan(1990);
  lesson.process.kill("SIGINT");
  expect(await lesson.ended).toMatchObject({ signal: "SIGINT", stderr: "" });
});

test.concurrent.each(["abc", "-1", "1e10", ""])(
  "the bad tick %s is one clear line and exit code 1",
  async (tick) => {
    await using lesson = sureToEnd(new Program(`examples/${file}`, [tick]));
    expect(await lesson.ended).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `A tick takes so many milliseconds, not ${tick}\n`,
    });
  },
);

test("the REPL does what the header says", async () => {
  const session = quoted(file, "Run");
  const commands = commandsOf(session);
  expect(commands).not.toEqual([]);
  expect(await played(["11", "10"], commands)).toEqual(session);
});

/** What happens to an async function, and to a generator in the runner. */
const behaviour = (begin: string, wait: string, end: string): string[] => [
  `await ${begin} return ${wait} Promise.resolve(1) + 1 ${end}`,
  `await ${begin} try { ${wait} Promise.reject(2) } catch (e) { return e } ${end}`,
  `await ${begin} ${wait} Promise.reject(3) ${end}.catch((e) => [e])`,
  `await ${begin} throw 4 ${end}.catch((e) => [e])`,
  `await ${begin} try { ${wait} Promise.reject() } catch { throw 5 } ${end}.catch((e) => [e])`,
  `await ${begin} return Promise.resolve(6) ${end}`,
  `${begin} console.log("it begins at once") ${end}.finally(() => 0) && 7`,
  `await ${begin} for (let i = 0; i < 1e4; i++) ${wait} Promise.resolve(); return 8 ${end}`,
];

test("the runner does with a generator what await does", async () => {
  const results = async (commands: readonly string[]) =>
    (await played(["11", "10"], commands)).filter(
      (line) => !line.startsWith("> "),
    );
  const expected = [
    ...["2", "2", "[ 3 ]", "[ 4 ]", "[ 5 ]", "6"],
    ...["it begins at once", "7", "8"],
  ];
  const asyncs = behaviour("(async function () {", "await", "})()");
  expect(await results(asyncs)).toEqual(expected);
  const generators = behaviour("run((function* () {", "yield", "})())");
  // `yield` binds loosest.
  const bracketed = generators.map((text) =>
    text.replace(
      "return yield Promise.resolve(1) + 1",
      "return (yield Promise.resolve(1)) + 1",
    ),
  );
  expect(await results(bracketed)).toEqual(expected);
});

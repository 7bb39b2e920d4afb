// npm run exercise                  checks the next unsolved exercise
// npm run exercise 8                checks exercise 8
// npm run exercise -- --hint [8]    gives a hint, each time one more
// npm run exercise -- --help        tells the rest
import { existsSync, watch } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { catalogue, type Entry } from "../exercises/runner/catalogue.ts";
import { endAll } from "../exercises/runner/program.ts";
import { Progress } from "../exercises/runner/progress.ts";
import { type Outcome, run } from "../exercises/runner/run.ts";
import { wrapped } from "../exercises/runner/text.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const help = `npm run exercise                     checks the next unsolved exercise
npm run exercise 8                   checks exercise 8
npm run exercise -- --hint [8]       gives a hint, each time one more
npm run exercise -- --solution [8]   tells where the solution is
npm run exercise -- --watch [8]      checks again whenever you save
npm run exercise -- --list           lists the exercises
npm run exercise -- --all            checks all of them`;

const options = {
  all: { type: "boolean" },
  help: { type: "boolean" },
  hint: { type: "boolean" },
  list: { type: "boolean" },
  solution: { type: "boolean" },
  watch: { type: "boolean" },
} as const;

type Command = keyof typeof options | "check";

function wrong(message: string): never {
  console.error(`${message} (npm run exercise -- --help tells more)`);
  process.exit(1);
}

/** What is to be done, and with which exercise, if that is said. */
function order(): { command: Command; wanted: string | undefined } {
  try {
    const { values, positionals } = parseArgs({
      options,
      allowPositionals: true,
    });
    const commands = Object.keys(values) as (keyof typeof options)[];
    const [command = "check"] = commands;
    const [wanted, ...more] = positionals;
    if (commands.length > 1) {
      wrong(`One thing at a time: --${commands.join(" or --")}`);
    }
    if (more.length > 0) wrong("One exercise at a time");
    if (wanted !== undefined && ["all", "help", "list"].includes(command)) {
      wrong(`--${command} takes no exercise: ${wanted}`);
    }
    return { command, wanted };
  } catch (error) {
    const [sentence = ""] = String(error).split(". ");
    wrong(sentence.replace(/^\w*Error(?: \[\w+\])?: /, ""));
  }
}

// Whatever ends this program ends those that it has started.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    endAll();
    process.kill(process.pid, signal);
  });
}
process.on("exit", endAll);

const { command, wanted } = order();
const entries = await catalogue(root);
const progress = new Progress(root);

function isOpen(entry: Entry): boolean {
  if (entry.exercise.missing !== undefined) return false;
  return progress.stateOf(entry) !== "solved";
}

function named(number: string): Entry {
  const entry = /^\d+$/.test(number)
    ? entries.find((each) => each.number === Number(number))
    : entries.find(({ name }) => name === number);
  if (entry) return entry;
  const numbers = entries.map((each) => each.number).join(", ");
  return wrong(`There is no exercise ${number}. There are ${numbers}`);
}

/** The one that is asked for, else the next to be solved. */
function chosen(): Entry | undefined {
  return wanted === undefined ? entries.find(isOpen) : named(wanted);
}

const congratulation =
  "All exercises are solved, congratulations: you have mended every part of an event loop.";

function isDone(entry: Entry | undefined): entry is undefined {
  if (entry === undefined) console.log(congratulation);
  return entry === undefined;
}

/** Runs an exercise's checks, and remembers what came of it. */
async function checked(entry: Entry): Promise<Outcome> {
  const { exercise, file } = entry;
  if (!existsSync(join(root, file))) {
    const message = `There is no ${file}: git checkout ${file} brings it back.`;
    return { passed: [], failed: { name: "there is a program", message } };
  }
  const version = progress.version(entry);
  const outcome = await run(exercise, { root, file, patienceMs: 2000 });
  progress.setSolved(entry, outcome.failed ? undefined : version);
  return outcome;
}

/** The checks one by one, and what a client saw. */
function report({ passed, failed }: Outcome): void {
  for (const name of passed) console.log(`  [x] ${name}`);
  if (!failed) return;
  console.log(`  [ ] ${failed.name}\n`);
  console.log(wrapped(failed.message, "      "));
}

function title({ name, exercise }: Entry): string {
  return `${name}: ${exercise.title}`;
}

/** Checks one exercise, tells all about it, and whether it is solved. */
async function check(entry: Entry): Promise<boolean> {
  const { exercise, file } = entry;
  console.log(`${title(entry)}\n`);
  console.log(wrapped(exercise.task, "  "));
  console.log();
  if (exercise.missing !== undefined) {
    console.log(`  ${exercise.missing}`);
    return true;
  }
  const outcome = await checked(entry);
  report(outcome);
  console.log();
  if (outcome.failed) {
    const number = wanted === undefined ? "" : ` ${wanted}`;
    console.log(`  Edit:  ${file}`);
    console.log(`  Hint:  npm run exercise -- --hint${number}`);
    return false;
  }
  const next = entries.find(isOpen);
  if (!isDone(next))
    console.log(`Solved. Next: npm run exercise (${next.name})`);
  return true;
}

/** Checks all of them, some at a time; true if all are solved. */
async function checkAll(): Promise<boolean> {
  const waiting = entries.filter(({ exercise }) => !exercise.missing);
  const outcomes = new Map<Entry, Outcome>();
  let told = 0;
  const work = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
      outcomes.set(entry, await checked(entry));
      told += tellAll(entries.slice(told), outcomes);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const unsolved = [...outcomes.values()].filter(({ failed }) => failed).length;
  console.log();
  if (unsolved > 0)
    console.log(`${unsolved} of ${entries.length} are unsolved.`);
  else console.log(congratulation);
  return unsolved === 0;
}

/** Tells what came of the first ones, as far as it is known; of how many. */
function tellAll(first: Entry[], outcomes: Map<Entry, Outcome>): number {
  const next = first.findIndex(
    (entry) => !entry.exercise.missing && !outcomes.has(entry),
  );
  const known = next < 0 ? first : first.slice(0, next);
  for (const entry of known) {
    const { missing } = entry.exercise;
    const { failed } = outcomes.get(entry) ?? {};
    console.log(`[${failed || missing ? " " : "x"}] ${title(entry)}`);
    const text = missing ?? failed?.message;
    if (text !== undefined) console.log(wrapped(text, "      "));
  }
  return known.length;
}

function list(): void {
  for (const entry of entries) {
    const state = progress.stateOf(entry);
    const { missing } = entry.exercise;
    const note =
      missing === undefined
        ? state === "changed"
          ? "  (edited since it was solved)"
          : ""
        : "  (not on this system)";
    console.log(`[${state === "solved" ? "x" : " "}] ${title(entry)}${note}`);
  }
  const open = entries.filter(isOpen);
  console.log(
    `\n${entries.length - open.length} of ${entries.length} are done.`,
  );
}

function hint(entry: Entry): void {
  const { hints } = entry.exercise;
  const given = Math.min(progress.hintsOf(entry) + 1, hints.length);
  progress.setHints(entry, given);
  console.log(`${title(entry)}\n`);
  for (const [index, text] of hints.slice(0, given).entries()) {
    console.log(`  Hint ${index + 1} of ${hints.length}:`);
    console.log(`${wrapped(text, "    ")}\n`);
  }
  const number = wanted === undefined ? "" : ` ${wanted}`;
  console.log(
    given < hints.length
      ? `  One more:  npm run exercise -- --hint${number}`
      : `  That was the last. Solution:  npm run exercise -- --solution${number}`,
  );
}

function solution({ file, solution }: Entry): void {
  console.log(`${solution} is the solution, and tells what was wrong.`);
  console.log(`What differs from yours:  diff ${file} ${solution}`);
}

/** Checks again with each change, and goes on to the next one when solved. */
async function checkWatching(): Promise<void> {
  let wake = (): void => undefined;
  const changed = new Set<string>();
  const watcher = watch(join(root, "exercises"), (_, file) => {
    if (file === null) return;
    changed.add(`exercises/${file}`);
    wake();
  });
  for (let entry = chosen(); !isDone(entry);) {
    const { file } = entry;
    changed.clear();
    if (process.stdout.isTTY) console.clear();
    const isSolved = await check(entry);
    const next = isSolved && wanted === undefined ? chosen() : entry;
    if (next !== entry) {
      console.log();
      entry = next;
      continue;
    }
    console.log("\nIt is checked again when you save it; Ctrl-C ends this.");
    while (!changed.has(file)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    // An editor writes in several steps.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  watcher.close();
}

switch (command) {
  case "all":
    if (!(await checkAll())) process.exitCode = 1;
    break;
  case "check": {
    const entry = chosen();
    if (!isDone(entry) && !(await check(entry))) process.exitCode = 1;
    break;
  }
  case "help":
    console.log(help);
    break;
  case "hint": {
    const entry = chosen();
    if (!isDone(entry)) hint(entry);
    break;
  }
  case "list":
    list();
    break;
  case "solution": {
    const entry = chosen();
    if (!isDone(entry)) solution(entry);
    break;
  }
  case "watch":
    await checkWatching();
    break;
}

// npm run lesson                 a menu; a list where there is no terminal
// npm run lesson 3 [port]        runs one, in this very process
// npm run lesson 9 -- --repl     runs one, and opens a REPL with its functions
import { readdirSync, readFileSync } from "node:fs";
import repl from "node:repl";
import * as inspect from "posix-select/inspect";

const folder = new URL("../examples/", import.meta.url);

interface Lesson {
  readonly number: number;
  readonly name: string;
  readonly url: URL;
  /** What it is about, in a line: its header's first. */
  readonly title: string;
  /** Whether it gives functions to play with. */
  readonly hasExports: boolean;
}

const lessons: readonly Lesson[] = readdirSync(folder)
  .filter((name) => /^\d\d-/.test(name))
  .sort()
  .map((name) => {
    const file = name.endsWith(".ts") ? name : `${name}/index.ts`;
    const url = new URL(file, folder);
    const source = readFileSync(url, "utf8");
    return {
      number: Number.parseInt(name, 10),
      name: name.replace(".ts", ""),
      url,
      title: /^ \* \d\d - (.+)$/m.exec(source)?.[1] ?? "",
      hasExports: /^export /m.test(source),
    };
  });

function list(): void {
  for (const { name, title } of lessons) {
    console.log(`${name.padEnd(21)} ${title}`);
  }
  console.log("\nRun one: npm run lesson 3 [port]");
}

/** Lets the user choose with the arrow keys; undefined after Ctrl-C. */
async function choose(): Promise<Lesson | undefined> {
  const { default: select } = await import("@inquirer/select");
  try {
    return await select({
      message: "Which lesson?",
      pageSize: Math.max((process.stdout.rows || 24) - 3, 4),
      choices: lessons.map((lesson) => ({
        value: lesson,
        name: `${lesson.name.padEnd(21)} ${lesson.title}`,
        short: lesson.name,
      })),
      loop: false,
    });
  } catch (error) {
    if (error instanceof Error && error.name === "ExitPromptError") return;
    throw error;
  }
}

/** Runs it; it sees its own arguments, as if it had been started by itself. */
async function run(lesson: Lesson, args: readonly string[]): Promise<object> {
  process.argv.splice(2, Infinity, ...args);
  return (await import(lesson.url.href)) as object;
}

/** As `python -i` does: what the lesson has made is there to be tried. */
async function play(lesson: Lesson, args: readonly string[]): Promise<void> {
  const exported = await run(lesson, args);
  const names = { ...inspect, ...exported };
  console.log(`\nHere are: ${Object.keys(names).join(", ")}. End with .exit`);
  const prompt = `lesson ${lesson.number}> `;
  Object.assign(repl.start({ prompt }).context, names);
}

const [wanted, ...rest] = process.argv.slice(2);
const args = rest.filter((arg) => arg !== "--repl");
const wantsRepl = args.length < rest.length;
const lesson = lessons.find(({ number }) => number === Number(wanted));

if (wanted === undefined) {
  if (process.stdin.isTTY && process.stdout.isTTY) {
    const chosen = await choose();
    if (chosen !== undefined) await run(chosen, []);
  } else {
    list();
  }
} else if (lesson === undefined) {
  console.error(`There is no lesson ${wanted}. There are:\n`);
  process.exitCode = 1;
  list();
} else if (!wantsRepl) {
  await run(lesson, args);
} else if (lesson.hasExports) {
  await play(lesson, args);
} else {
  const having = lessons.filter(({ hasExports }) => hasExports);
  const numbers = having.map(({ number }) => number).join(", ");
  console.error(
    `Lesson ${wanted} has no functions to try. These have: ${numbers}.`,
  );
  process.exitCode = 1;
}

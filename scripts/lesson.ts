// npm run lesson                 a menu; a list where there is no terminal
// npm run lesson 3 [port]        runs one, in this very process
// npm run lesson 9 -- --repl     runs one, and opens a REPL with its functions
// npm run lesson 3 -- --scope    runs one, and shows its loop in a page
// npm run lesson 3 -- --trace out.json --report out.html
//                                runs one, and writes what the loop did
import { readdirSync, readFileSync } from "node:fs";
import repl from "node:repl";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as inspect from "posix-select/inspect";
import { startScope } from "../src/scope/start.ts";

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
  const [trace, report] = [textOf("trace"), textOf("report")];
  if (trace !== undefined && trace === report) {
    console.error("--trace and --report want two files");
    process.exit(1);
  }
  const isShown = values.scope !== undefined;
  if (isShown || trace !== undefined || report !== undefined) {
    const program = fileURLToPath(lesson.url);
    startScope({ program, port: isShown ? 0 : undefined, trace, report });
  }
  return (await import(lesson.url.href)) as object;
}

/** The file that an option names. */
function textOf(name: "trace" | "report"): string | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^[^-]/.test(value)) return value;
  const ending = name === "trace" ? "json" : "html";
  console.error(`--${name} wants a file's name: --${name} out.${ending}`);
  process.exit(1);
}

/** As `python -i` does: what the lesson has made is there to be tried. */
async function play(lesson: Lesson, args: readonly string[]): Promise<void> {
  const exported = await run(lesson, args);
  const names = { ...inspect, ...exported };
  console.log(`\nHere are: ${Object.keys(names).join(", ")}. End with .exit`);
  const prompt = `lesson ${lesson.number}> `;
  Object.assign(repl.start({ prompt }).context, names);
}

/** Ours, and those that the lesson is to see: whatever else there is. */
const options = {
  repl: { type: "boolean" },
  scope: { type: "boolean" },
  trace: { type: "string" },
  report: { type: "string" },
} as const;
const { values, tokens } = parseArgs({
  options,
  strict: false,
  tokens: true,
  allowPositionals: true,
});
const [wanted, ...args] = tokens.flatMap((token) => {
  if (token.kind === "positional") return [token.value];
  if (token.kind === "option-terminator" || token.name in options) return [];
  return [
    token.inlineValue === true
      ? `${token.rawName}=${token.value}`
      : token.rawName,
  ];
});

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
} else if (values.repl !== true) {
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

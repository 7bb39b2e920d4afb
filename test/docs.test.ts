/** What the texts say holds: their programs, commands and links. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createConnection } from "posix-select/socket";
import * as promises from "posix-select/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { compile } from "./helpers/compile.ts";
import { type Block, Markdown, root, texts } from "./helpers/markdown.ts";

// A comment before a block, which no reader sees, says how it is tested:
//
// <!-- not checked: why -->      no program, or a part of one
// <!-- not run: why -->          it is checked, but not run
// <!-- Linux -->                 it is run on Linux only
// <!-- ends by SIGINT -->        it is run until it listens to SIGINT, and sent one
// <!-- answers "a" with "b" -->  its server on port 5001 is run, and asked
//
// What it prints is said by `// prints: ...`, or by a block "text" behind it,
// under the comment <!-- output -->. Nothing is printed to stderr.

const documents = texts().map((file) => Markdown.read(file));

/** Those whose blocks are parts of lessons; lessons/course.test.ts has them. */
const quoting = ["examples/README.md", "examples/README.ru.md"];

const checked = documents
  .filter(({ file }) => !quoting.includes(file))
  .flatMap(({ blocks }) => blocks)
  .filter(
    ({ language, comment }) =>
      language === "ts" && !comment.startsWith("not checked: "),
  );

/** How many programs each text has at least: none gets lost. */
const least: Readonly<Record<string, number>> = {
  "README.md": 4,
  "docs/platforms.md": 2,
  "docs/python.md": 5,
  "docs/troubleshooting.md": 12,
};

const fence = "```";

/** What has to be found. */
const wrong = new Markdown(
  "wrong.md",
  `# One, \`two\` & [three](four.md#five)

${fence}ts
const text: string = 1;
console.log(text); // prints: 2
${fence}

<!-- output -->

${fence}text
1
${fence}

## One
## One

${fence}ts
throw new Error("on purpose");
${fence}

<!-- noted: nothing -->
${fence}ts
console.error("on purpose");
${fence}
`,
);

/** A package of its own: the programs, and what they import of the project. */
const cache = join(root, "coverage");
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "docs-"));
let problems: readonly string[] = [];

function pathOf({ file, line }: Block): string {
  return join(root, `${file}-${line}.mts`);
}

beforeAll(() => {
  const wrongs = wrong.blocks.filter(({ language }) => language === "ts");
  // Each has the lines of its text, so that what is said of it is found there.
  const sources = [...checked, ...wrongs].map((block) => ({
    path: pathOf(block),
    text: "\n".repeat(block.line - 1) + block.text,
  }));
  problems = compile(sources, folder);
  const { name, type, exports } = manifest;
  const own = JSON.stringify({ name, type, exports });
  writeFileSync(
    join(folder, "package.json"),
    own.replaceAll("./dist/", "./src/"),
  );
  for (const binaries of ["build", "prebuilds"]) {
    const there = join(root, binaries);
    if (existsSync(there)) symlinkSync(there, join(folder, binaries));
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What is wrong with the types of a file, seen from the project's folder. */
function problemsIn(file: string): string[] {
  return problems
    .map((problem) => relative(root, problem))
    .filter((problem) => problem.startsWith(`${file}-`));
}

/** What a program is to print, as far as its text says so. */
function promisedBy(block: Block, document: Markdown): string | undefined {
  const lines = [...block.text.matchAll(/\/\/ prints: (.*)$/gm)];
  if (lines.length > 0) {
    return lines.map(([, line = ""]) => `${line}\n`).join("");
  }
  const next = document.blocks[document.blocks.indexOf(block) + 1];
  return next?.comment === "output" ? next.text : undefined;
}

/** What is said before a program: when it is ready to be spoken to. */
const announcing = `
import { writeSync } from "node:fs";
process.on("newListener", (name) => {
  if (name === "SIGINT") writeSync(1, "listens to SIGINT\\n");
});
globalThis.announced = (server) => {
  writeSync(1, server.getsockname().port + "\\n");
  return server;
};
`;

/** A block that runs, until the `using` block ends that it was started in. */
class Running implements AsyncDisposable {
  readonly process;
  stdout = "";
  stderr = "";
  readonly ended: Promise<unknown[]>;

  constructor(block: Block) {
    const path = join(folder, `${block.file}-${block.line}.mjs`);
    const source = readFileSync(path, "utf8");
    const announced = "announced(createServer({ port: 0 }))";
    writeFileSync(
      path,
      source.replaceAll("createServer({ port: 5001 })", announced),
    );
    const preload = `data:text/javascript,${encodeURIComponent(announcing)}`;
    this.process = spawn(
      process.execPath,
      ["--enable-source-maps", "--import", preload, path],
      // One that never ends must not outlive its test.
      { cwd: root, timeout: 40_000, killSignal: "SIGKILL" },
    );
    this.process.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = once(this.process, "close");
  }

  /** What it says first: a line. */
  async line(): Promise<string> {
    while (!this.stdout.includes("\n")) {
      const isOver = await Promise.race([
        this.ended.then(() => true),
        once(this.process.stdout, "data").then(() => false),
      ]);
      if (isOver) throw new Error(`it ended: ${this.stdout}${this.stderr}`);
    }
    return this.stdout.split("\n")[0] ?? "";
  }

  async interrupt(): Promise<unknown[]> {
    this.process.kill("SIGINT");
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
  }
}

let atWork = 0;

/** Does a few works at a time: each starts a process. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  while (atWork >= 2) await sleep(5);
  atWork++;
  try {
    return await work();
  } finally {
    atWork--;
  }
}

async function answers(block: Block, asked: string, answer: string) {
  await using program = new Running(block);
  const port = Number(await program.line());
  // Two at once: that is what it shows.
  const clients = [1, 2].map(() =>
    createConnection({ host: "127.0.0.1", port }),
  );
  for (const client of clients.reverse()) {
    client.sendAll(asked);
    let said = "";
    while (said.length < answer.length) {
      const data = await promises.recv(client, 4096, { timeoutMs: 30_000 });
      if (data.length === 0) throw new Error(`it said only: ${said}`);
      said += data.toString();
    }
    expect(said).toBe(answer);
  }
  for (const client of clients) client.close();
  expect(await program.interrupt()).toEqual([null, "SIGINT"]);
}

async function run(block: Block, document: Markdown): Promise<void> {
  const [, asked = "", answer = ""] =
    /^answers (".*") with (".*")$/.exec(block.comment) ?? [];
  if (asked !== "") {
    await answers(block, textOf(asked), textOf(answer));
    return;
  }
  await using program = new Running(block);
  if (block.comment === "ends by SIGINT") {
    expect(await program.line()).toBe("listens to SIGINT");
    expect(await program.interrupt()).toEqual([0, null]);
    return;
  }
  const [code, signal] = await program.ended;
  if (code !== 0 || program.stderr !== "") {
    throw new Error(`${String(code)} ${String(signal)}: ${program.stderr}`);
  }
  const promised = promisedBy(block, document);
  const said = program.stdout.replaceAll("listens to SIGINT\n", "");
  if (promised !== undefined) expect(said).toBe(promised);
}

/** What a string in JSON stands for. */
function textOf(json: string): string {
  return String(JSON.parse(json));
}

function isRun({ comment }: Block): boolean {
  if (comment === "Linux") return process.platform === "linux";
  return !comment.startsWith("not run: ");
}

test("the programs of the texts have the right types", () => {
  const others = problems.filter((problem) => !problem.includes("wrong.md-"));
  expect(others).toEqual([]);
});

test.each(Object.entries(least))("%s has %i programs, or more", (file, n) => {
  const own = checked.filter((block) => block.file === file);
  expect(own.length).toBeGreaterThanOrEqual(n);
  expect(own.filter(isRun).length).toBeGreaterThanOrEqual(n - 2);
});

describe.concurrent("a program in", () => {
  for (const document of documents) {
    for (const block of document.blocks) {
      if (!checked.includes(block) || !isRun(block)) continue;
      test(`${block.file}:${block.line} does what is said`, () =>
        inTurn(() => run(block, document)));
    }
  }
});

/** Whether a comment before a block is one that is understood here. */
function isUnderstood({ language, comment }: Block): boolean {
  if (comment === "output") return language === "text";
  if (language !== "ts" || comment === "") return true;
  return (
    /^not (checked|run): \S/.test(comment) ||
    /^answers ".*" with ".*"$/.test(comment) ||
    ["Linux", "ends by SIGINT"].includes(comment)
  );
}

describe.each(documents.map((document) => [document.file, document] as const))(
  "%s",
  (_, document) => {
    test("has no comment before a block that nobody understands", () => {
      const strange = document.blocks.filter((block) => !isUnderstood(block));
      expect(strange).toEqual([]);
    });

    test("names commands and programs that there are", () => {
      const { text } = document;
      for (const [, script = ""] of text.matchAll(/npm run ([\w:-]+)/g)) {
        expect(Object.keys(manifest.scripts)).toContain(script);
      }
      for (const [, file = ""] of text.matchAll(/--import tsx (\S+\.ts)/g)) {
        expect(existsSync(join(root, file)), file).toBe(true);
      }
    });

    test("links to what is there", () => {
      for (const { line, target } of document.links) {
        if (/^[a-z]+:/.test(target)) continue;
        const where = `${document.file}:${line}: ${target}`;
        const [path = "", anchor] = target.split("#");
        const file = document.resolve(path);
        expect(existsSync(join(root, file)), where).toBe(true);
        if (anchor === undefined) continue;
        expect([...Markdown.read(file).anchors], where).toContain(anchor);
      }
    });
  },
);

test("there are links, with anchors too, and commands", () => {
  const targets = documents.flatMap(({ links }) =>
    links.map(({ target }) => target),
  );
  expect(targets.length).toBeGreaterThan(100);
  expect(targets.filter((it) => it.includes("#")).length).toBeGreaterThan(3);
  const all = documents.map(({ text }) => text).join("");
  expect([...all.matchAll(/npm run /g)].length).toBeGreaterThan(10);
});

describe("what is wrong is found", () => {
  const [first, , failing, warning] = wrong.blocks;
  if (!first || !failing || !warning) throw new Error("no blocks");

  test("a wrong type, with the text's line", () => {
    expect(problemsIn("wrong.md")).toEqual([
      "wrong.md-4.mts:4: Type 'number' is not assignable to type 'string'.",
    ]);
  });

  test("another output", async () => {
    await expect(run(first, wrong)).rejects.toThrow("to be '2");
  });

  test("a program that fails, with the text's line", async () => {
    const where = /Error: on purpose[^]*wrong\.md-18\.mts:18/;
    await expect(run(failing, wrong)).rejects.toThrow(where);
  });

  test("a program that says something to stderr", async () => {
    await expect(run(warning, wrong)).rejects.toThrow("0 null: on purpose");
  });

  test("links, anchors and comments, read as GitHub reads them", () => {
    expect(wrong.links).toEqual([{ line: 1, target: "four.md#five" }]);
    expect([...wrong.anchors]).toEqual(["one-two--three", "one", "one-1"]);
    const comments = ["", "output", "", "noted: nothing"];
    expect(wrong.blocks.map(({ comment }) => comment)).toEqual(comments);
    expect(wrong.blocks.filter((block) => !isUnderstood(block))).toEqual([
      warning,
    ]);
  });
});

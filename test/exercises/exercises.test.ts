import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { catalogue } from "../../exercises/runner/catalogue.ts";
import { endAll } from "../../exercises/runner/program.ts";
import { run } from "../../exercises/runner/run.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const entries = await catalogue(root);

// A test that runs out of time leaves its programs behind.
afterAll(endAll);

/** What a client sees of each program as long as it is unsolved. */
const faults: Record<string, string> = {
  "01-the-one-who-left":
    'The first client typed "hello" and ended its side, and was then told again and again "You said 0 bytes".',
  "02-nothing-yet":
    'A client typed "hello" after it had thought for a while, and the server hung up without the answer "Hello world".',
  "03-one-leaves-all-fall":
    'The second client then typed "still there?" when the first had left, and the server hung up without the answer "Hello world".\nYour program ended (exit code 1): OSError: EBADF: bad file descriptor, select (rlist[3] is closed) (exercises/03-one-leaves-all-fall.ts, line 46)',
  "04-the-end-of-a-pipe":
    "The program did not end. It is in an endless loop: it takes a whole core. It had printed:\n    poll() says POLLIN",
  "05-the-edge":
    'The client typed "abcdefghabcdefghabcdefghabcdefghabcdefgh..." (161 bytes), and got no more than "abcdefghabcdefgh" within 1 s',
  "06-the-ghosts":
    'The only client typed "how many?" when three others had left, and got "3 here", not "1 here".',
  "07-nobody-goes-home":
    "The program prints without end: D 0 i 1 m 2 a 3 undefined 4 undefined 5 undefined undefined",
  "08-three-faults":
    "The server ended before it had served anybody.\nYour program ended (exit code 0).",
  "09-the-first-one-is-lost":
    "It printed:\n    0 -Infinity\n    5 5\n    7 9\n    4 9",
  "10-handing-over":
    "It printed:\n    group A begins\n    group B begins\n    the sums are 0 and 0",
  "11-one-after-another":
    "The site was asked for 1 of 5 pages, and then for no more within 1 s: the program waited for the first answer.",
  "13-half-a-request":
    'A browser on a slow line had only said "GET /no" when it was answered "HTTP/1.1 404 Not Found". It was going to ask for /nothing.',
  "14-the-rest": "A client asked for 16777216 bytes and got ",
  "15-the-silent-ones":
    "The silent client had 800 ms, and was still connected after 1800 ms, while another one was talking.",
  "16-the-error-that-got-lost":
    "It printed:\n    this is one\n    undefined\n    this is two",
  "17-one-turn-too-few":
    'The client typed "hello" and got no answer within 1 s. Then another client connected, and at once the answer came.',
  "21-the-second-ctrl-c":
    "After Ctrl-C another client came, and was served like everybody else.",
};

const linuxOnly = ["04-the-end-of-a-pipe", "05-the-edge"];
const here = entries.filter(
  ({ name }) => process.platform === "linux" || !linuxOnly.includes(name),
);

describe.concurrent("each exercise", () => {
  test.each(here)(
    "$name fails as it is meant to",
    async ({ name, file, exercise }) => {
      const outcome = await run(exercise, { root, file, patienceMs: 1000 });
      expect(outcome.failed?.message).toContain(faults[name]);
    },
  );

  test.each(here)("$name has a solution that passes", async (entry) => {
    const { solution: file, exercise } = entry;
    const outcome = await run(exercise, { root, file, patienceMs: 20_000 });
    expect(outcome).toEqual({
      passed: exercise.checks.map(({ name }) => name),
    });
  });
});

/** The header's paragraphs by their labels, on one line each. */
function header(file: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, file), "utf8");
  const [, comment = ""] = /^\/\*\*\n([\s\S]*?)\n \*\//.exec(text) ?? [];
  const parts = comment
    .split(/\n(?= \* [A-Z][\w ]*:)/)
    .map((part) => part.replaceAll(/\s*\n \*\s*/g, " ").trim());
  return new Map(
    parts.map((part): [string, string] => {
      const [, label = "", words = ""] = /^\* ([^:]*): +(.*)$/.exec(part) ?? [];
      return [label, words];
    }),
  );
}

/** How many lines are code. */
function codeLines(file: string): number {
  return readFileSync(join(root, file), "utf8")
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .split("\n")
    .filter((line) => /\S/.test(line) && !/^\s*\/\//.test(line)).length;
}

describe.each(entries)(
  "$name",
  ({ name, number, file, solution, exercise }) => {
    const text = readFileSync(join(root, file), "utf8");
    const solved = readFileSync(join(root, solution), "utf8");
    const title = `Exercise ${String(number).padStart(2, "0")} - ${exercise.title}`;

    test("its header says what its checks say", () => {
      expect(text).toContain(`/**\n * ${title}\n *\n`);
      expect(solved).toContain(`/**\n * ${title}: the solution\n *\n`);
      const labels = header(file);
      for (const label of ["Lesson", "Now", "Run", "Mend"]) {
        expect(labels.get(label), label).toBeTruthy();
      }
      expect(labels.get("Run")).toContain(`node --import tsx ${file}`);
      expect(labels.get("It should")).toBe(exercise.task);
      expect(header(solution).get("It should")).toBe(exercise.task);
      expect(header(solution).get("Was wrong")).toBeTruthy();
    });

    test("it marks what is to be mended, and the solution marks nothing", () => {
      expect(text.slice(text.indexOf("*/"))).toContain("TODO");
      expect(solved).not.toContain("TODO");
    });

    test("it is short, and uses public modules only", () => {
      for (const each of [file, solution]) {
        expect(codeLines(each)).toBeLessThanOrEqual(65);
      }
      for (const [, from] of (text + solved).matchAll(/\bfrom "([^"]+)"/g)) {
        expect(from).toMatch(/^(node:|posix-select\/)/);
      }
    });

    test("it has several hints, and a row in the table", () => {
      expect(exercise.hints.length).toBeGreaterThanOrEqual(3);
      const readme = readFileSync(join(root, "exercises/README.md"), "utf8");
      expect(readme).toContain(`| [${name}](${name}.ts) |`);
    });
  },
);

test("each has a number of its own, and a fault that is known here", () => {
  const numbers = entries.map(({ number }) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(Object.keys(faults)).toEqual(entries.map(({ name }) => name));
});

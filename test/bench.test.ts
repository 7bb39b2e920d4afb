/** Every benchmark starts, ends and reports. What it finds is not judged here. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const names = [
  "select",
  "poll",
  "epoll",
  "io",
  "echo",
  "http",
  "scale",
  "processes",
  "observe",
  "instructions",
];

/** Of what a benchmark writes, what is looked at here. */
interface Report {
  readonly figures: readonly {
    readonly name: string;
    readonly results: readonly { readonly median: number }[];
  }[];
}

const out = mkdtempSync(join(tmpdir(), "bench-"));
let output = "";

beforeAll(async () => {
  const program = ["--import", "tsx", "bench/run.ts", "--quick", "--out", out];
  const options = { cwd: root, timeout: 230_000 };
  const run = promisify(execFile)(process.execPath, program, options);
  output = (await run).stdout;
  const leftOut = output.split("\n").filter((line) => /left out:/i.test(line));
  console.log(leftOut.join("\n"));
}, 240_000); // alone it takes a quarter of a minute

afterAll(() => {
  rmSync(out, { recursive: true });
});

test.each(names)("%s starts, ends and reports", (name) => {
  expect(output).toMatch(new RegExp(`^${name}: `, "m"));
  const reason = new RegExp(`^${name}: .*\n  left out: (.*)$`, "m");
  const missing = reason.exec(output)?.[1];
  if (missing !== undefined) return;

  const report = JSON.parse(
    readFileSync(join(out, `${name}.json`), "utf8"),
  ) as Report;
  expect(report).toMatchObject({ benchmark: name, isQuick: true });
  const measured = report.figures.filter(({ results }) => results.length > 0);
  expect(measured).not.toEqual([]);
  for (const { name: figure, results } of measured) {
    const medians = results.map(({ median }) => median);
    expect(medians.every(Number.isFinite)).toBe(true);
    expect(existsSync(join(out, `${name}.${figure}.svg`))).toBe(true);
  }
});

test("docs/performance.md has the table and the picture of each figure", () => {
  const folder = join(root, "docs");
  const page = readFileSync(join(folder, "performance.md"), "utf8");
  const marks = /<!-- figure (\S+) -->([^]*?)<!-- end -->/g;
  const found = [...page.matchAll(marks)];
  const told = new Set(found.map(([, place = ""]) => place.split(".")[0]));
  expect([...told]).toEqual(expect.arrayContaining(names));
  for (const [, place = "", text = ""] of found) {
    expect(text, place).toMatch(/^\| .*\n\| --- /m);
    const [, picture = ""] = /^!\[.*\]\((.*)\)$/m.exec(text) ?? [];
    expect(readFileSync(join(folder, picture), "utf8")).toMatch(/^<svg /);
  }
});

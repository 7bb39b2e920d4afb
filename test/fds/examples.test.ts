/** Each program does what its header says, and leaves nothing behind. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { quoted } from "../lessons/documented.ts";
import { root } from "../lessons/lessons.ts";
import {
  Example,
  folder,
  names,
  needsLinux,
  needsPython,
  skipUnlessHere,
  sourceOf,
} from "./support.ts";

/** What is left of the lines where the machine's haste decides about the rest. */
const comparable: Readonly<Record<string, (lines: string[]) => unknown>> = {
  // How often a timer has expired when it is looked at.
  timerfd: (lines) =>
    lines.map((line) => line.replace(/^Expired.*/, "Expired")),
  // How many parts are done when they are looked at.
  eventfd: (lines) => [...new Set(lines.map(withoutNumber))],
  // Which of two children is first.
  "child-pipe": (lines) =>
    ["fast", "slow"].map((name) => lines.filter((l) => l.startsWith(name))),
};

function withoutNumber(line: string): string {
  return line.replace(/\d+ parts?/, "some");
}

function compared(name: string, lines: string[]): unknown {
  return comparable[name]?.(lines) ?? lines;
}

/** What is true of the numbers, however hasty the machine is. */
const facts: Readonly<Record<string, (text: string, ms: number) => void>> = {
  timerfd(text, ms) {
    const expiries = [...text.matchAll(/^Expired (\d+) .* (\d+)$/gm)];
    const counts = expiries.map(([, count]) => Number(count));
    const totals = expiries.map(([, , total]) => Number(total));
    expect(totals).toEqual(counts.map((_, i) => sum(counts.slice(0, i + 1))));
    expect(counts[2]).toBeGreaterThanOrEqual(3); // it was held for 350 ms
    expect(ms).toBeGreaterThanOrEqual(100 * sum(counts));
  },
  eventfd(text) {
    const parts = [...text.matchAll(/(\d+) parts?$/gm)];
    expect(sum(parts.map(([, count]) => Number(count)))).toBe(6);
    const [, after = ""] = text.split("held");
    // At most one read, for all that rang meanwhile.
    expect(after).toMatch(/^[^\n]*\n(The worker [^\n]*\n)?$/);
  },
};

function sum(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

test("the table of the README has all of them, and no others", () => {
  const text = readFileSync(join(root, folder, "README.md"), "utf8");
  const rows = [...text.matchAll(/^\| \[(.+)\]\(\1\) \| (.+) \| (.+) \|$/gm)];
  expect(rows.map(([, file]) => file).sort()).toEqual(
    names.map((name) => `${name}.ts`),
  );
  for (const [, file = "", , systems = ""] of rows) {
    const name = file.replace(".ts", "");
    const isPortable = !needsLinux.includes(name) && name !== "seqpacket";
    expect([file, systems.includes("macOS")]).toEqual([file, isPortable]);
    const isPython = needsPython.includes(name);
    expect([file, systems.includes("python3")]).toEqual([file, isPython]);
  }
});

describe.each(names)("%s", (name) => {
  const source = sourceOf(name);

  test("reads alone, is short, and tells how it is run", () => {
    const imports = [...source.matchAll(/\b(?:from|import) "([^"]+)"/g)];
    const foreign = imports
      .map(([, from = ""]) => from)
      .filter((from) => !/^(node:|posix-select\/)/.test(from));
    expect(foreign).toEqual([]);
    const code = source
      .replaceAll(/\/\*[^]*?\*\//g, "")
      .split("\n")
      .filter((line) => !/^\s*(\/\/.*)?$/.test(line));
    expect(code.length).toBeGreaterThanOrEqual(15);
    expect(code.length).toBeLessThanOrEqual(50);
    expect(source).toMatch(
      new RegExp(
        ` \\* Run: {16}(echo hello \\| )?node --import tsx ${folder}/${name}\\.ts\n`,
      ),
    );
  });

  test("prints what its header says, ends by itself, and leaves nothing", async ({
    skip,
  }) => {
    skipUnlessHere(name, skip);
    const start = performance.now();
    await using example = new Example(name);
    example.program.process.stdin?.end("hello\n");
    const { code, signal, stdout, stderr } = await example.program.ended;
    expect({ code, signal, stderr }).toEqual({
      code: 0,
      signal: null,
      stderr: "",
    });
    const lines = stdout
      .replace("is a socket", "is a pipe") // Node's "pipe" to a child
      .split("\n")
      .slice(0, -1);
    const said = quoted(`fds/${name}.ts`, "Observe");
    expect(said).not.toEqual([]);
    expect(compared(name, lines)).toEqual(compared(name, said));
    facts[name]?.(stdout, performance.now() - start);
    expect(example.files()).toEqual([]);
    await example.gone();
  });
});

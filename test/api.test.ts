/** The API reference, which `npm run docs` makes of the doc comments. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import settings from "../typedoc.json" with { type: "json" };

const root = fileURLToPath(new URL("..", import.meta.url));

test("every module of the package is in it", () => {
  const sources = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === "string"
      ? []
      : [entry.default.replace("./dist/", "src/").replace(/\.js$/, ".ts")],
  );
  expect([...settings.entryPoints].sort()).toEqual(sources.sort());
});

/** What typedoc says of a module, with the project's settings. */
function judged(source: string): { isGood: boolean; text: string } {
  const folder = mkdtempSync(join(tmpdir(), "posix-select-api-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const compilerOptions = { module: "NodeNext", strict: true, types: [] };
  for (const [name, content] of [
    ["api.ts", source],
    ["tsconfig.json", { compilerOptions, files: ["api.ts"] }],
    [
      "typedoc.json",
      {
        extends: join(root, "typedoc.json"),
        entryPoints: ["api.ts"],
        tsconfig: "tsconfig.json",
        intentionallyNotExported: [],
        intentionallyNotDocumented: [],
      },
    ],
  ] as const) {
    const text =
      typeof content === "string" ? content : JSON.stringify(content);
    writeFileSync(join(folder, name), text);
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "node_modules/typedoc/bin/typedoc"), "--emit", "none"],
    { cwd: folder, encoding: "utf8" },
  );
  return { isGood: status === 0, text: stdout + stderr };
}

test("what has no comment, or a link that leads nowhere, is an error", () => {
  const { isGood, text } = judged(`
    /**
     * About it.
     * @module api
     */
    export const { constant } = { constant: 1 };
    export function call(): void {}
    export class Made {}
    export type Named = number | string;
    /** It is documented. */
    export class Some {
      method(): void {}
      /** It is documented, see {@link nowhere}. */
      documented(): void {}
    }
    /** It is documented. */
    export interface Record {
      field: number;
    }
  `);
  const names = [...text.matchAll(/(\S+) \(\w+\), defined in/g)];
  expect(names.map(([, name]) => name).sort()).toEqual([
    "Made",
    "Named",
    "Record.field",
    "Some.method",
    "call",
    "constant",
  ]);
  expect(text).toContain('"nowhere"');
  expect(isGood).toBe(false);
});

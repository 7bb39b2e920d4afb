/** The types of `dist`, as the projects of those who use the package see them. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

/** A project that has the package, and Node's types, in its node_modules. */
function project(options: object, type: "module" | "commonjs"): string {
  const folder = mkdtempSync(join(tmpdir(), "posix-select-consumer-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules/posix-select"));
  symlinkSync(
    join(root, "node_modules/@types/node"),
    join(folder, "node_modules/@types/node"),
  );
  const compilerOptions = {
    target: "ES2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: ["node"],
    ...options,
  };
  const files = ["consumer.ts"];
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files }),
  );
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type }));
  cpSync(join(root, "test/types/consumer.ts"), join(folder, "consumer.ts"));
  return folder;
}

/** What the compiler says of a project. */
function compiled(folder: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, "-p", folder], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout + stderr;
}

test.each([
  ["Node16", { module: "Node16", moduleResolution: "Node16" }],
  ["bundler", { module: "ESNext", moduleResolution: "bundler" }],
])("a project with moduleResolution %s compiles", (_, options) => {
  expect(compiled(project(options, "module"))).toBe("");
});

test("a project of CommonJS modules compiles, for Node 20.19 and newer", () => {
  const options = { module: "Node20" };
  expect(compiled(project(options, "commonjs"))).toBe("");
});

test("what is wrong in a project is told", () => {
  const folder = project({ module: "NodeNext", skipLibCheck: true }, "module");
  writeFileSync(
    join(folder, "consumer.ts"),
    'import { select } from "posix-select/select";\nselect(0, [], []);\n',
  );
  expect(compiled(folder)).toContain("error TS2345");
});

/** The types of `dist`, as the projects of those who use the package see them. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import manifest from "../package.json" with { type: "json" };

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

// No project here has `types` or `lib`: what TypeScript has by itself.
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

const entries = Object.values(manifest.exports).flatMap((entry) =>
  typeof entry === "string" ? [] : [entry.types],
);

test.each(entries)("%s asks for Node's types by itself", (types) => {
  const [first] = readFileSync(join(root, types), "utf8").split("\n");
  expect(first).toMatch(/^\/\/\/ <reference types="node" /);
});

test("Node's types are all that `using` takes", () => {
  const folder = project({ module: "NodeNext" }, "module");
  writeFileSync(
    join(folder, "consumer.ts"),
    `import { createServer } from "posix-select/socket";
using server = createServer({ port: 0 });
export const fd: number = server.fileno();
`,
  );
  expect(compiled(folder)).toBe("");
});

test("what is wrong in a project is told", () => {
  const folder = project({ module: "NodeNext", skipLibCheck: true }, "module");
  writeFileSync(
    join(folder, "consumer.ts"),
    'import { select } from "posix-select/select";\nselect(0, [], []);\n',
  );
  expect(compiled(folder)).toContain("error TS2345");
});

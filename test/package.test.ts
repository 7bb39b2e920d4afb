/** What a user of the package gets, from `dist`, in a plain Node. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import manifest from "../package.json" with { type: "json" };

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program in the project's folder, which knows itself by its name. */
function run(source: string, type: "module" | "commonjs"): string {
  return execFileSync(
    process.execPath,
    [`--input-type=${type}`, "--no-warnings", "-e", source],
    { cwd: root, encoding: "utf8" },
  ).trim();
}

const modules = Object.keys(manifest.exports)
  .filter((name) => name !== "./package.json" && name !== "./scope")
  .map((name) => name.replace(".", manifest.name));

test.each(modules)("%s can be imported and required", (name) => {
  const names = "Object.keys(m).sort().join()";
  const imported = run(
    `import * as m from "${name}"; console.log(${names})`,
    "module",
  );
  const required = run(
    `const m = require("${name}"); console.log(${names})`,
    "commonjs",
  );
  expect(imported).not.toBe("");
  expect(required).toBe(imported);
});

test("import and require() give the same copy", () => {
  const source = `
    import { createRequire } from "node:module";
    import { OSError } from "posix-select/errors";
    import { Socket } from "posix-select";
    const required = createRequire(import.meta.url)("posix-select");
    console.log(required.OSError === OSError, required.Socket === Socket);
  `;
  expect(run(source, "module")).toBe("true true");
});

test("the scope can be required too: it begins at once", () => {
  const off = 'process.env.POSIX_SELECT_SCOPE_PORT = "off";';
  const end = 'console.log("here")';
  const required = `${off} require("posix-select/scope"); ${end}`;
  expect(run(required, "commonjs")).toBe("here");
  const imported = `${off} await import("posix-select/scope"); ${end}`;
  expect(run(imported, "module")).toBe("here");
});

test("the whole package in one is all of its modules but inspect", () => {
  // Which loads the engine's inspector, a thing that few programs want.
  const wanted = modules.filter((name) => !/\/(inspect|promises)$/.test(name));
  const source = `
    const all = require("posix-select");
    const parts = ${JSON.stringify(wanted)}.map((name) => require(name));
    const names = new Set(parts.flatMap((part) => Object.keys(part)));
    console.log(JSON.stringify([...names].filter((name) => !(name in all))));
  `;
  expect(run(source, "commonjs")).toBe("[]");
});

test("the awaitable waits are one name in it, as fs.promises is", () => {
  const source = `
    const { promises } = require("posix-select");
    const same = promises.recv === require("posix-select/promises").recv;
    console.log(same);
  `;
  expect(run(source, "commonjs")).toBe("true");
});

/** What its loader says where it is a part of another program's file. */
function saidBy(source: string, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "posix-select package's "));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const manifestText = JSON.stringify({ name, type: "module" });
  writeFileSync(join(folder, "package.json"), manifestText);
  mkdirSync(join(folder, "dist"));
  const file = join(folder, "dist/program.js");
  writeFileSync(file, source);
  return spawnSync(process.execPath, [file], { encoding: "utf8" }).stderr;
}

const loader = readFileSync(join(root, "dist/native.js"), "utf8");
const bundled =
  "posix-select was bundled: leave it external (esbuild: --external:posix-select)";

test("a bundle as a module is told to leave the package out", () => {
  expect(saidBy(loader, "app")).toContain(`Error: ${bundled}`);
});

test("a bundle as CommonJS too, which knows no import.meta.url", () => {
  const source = loader.replaceAll("import.meta.url", "undefined");
  expect(saidBy(source, "app")).toContain(`Error: ${bundled}`);
});

test("without a binary the command is told, for any shell", () => {
  const said = saidBy(loader, "posix-select");
  expect(said).not.toContain("bundled");
  const [, command = ""] = /; `(node .*)` builds one/.exec(said) ?? [];
  const words = execFileSync("sh", ["-c", `printf '%s\\n' ${command}`], {
    encoding: "utf8",
  });
  expect(words).toMatch(
    /^node\n\/.*posix-select package's .*\/dist\/build\.js\n$/,
  );
});

test("the changelog knows the version", () => {
  const changelog = readFileSync(`${root}/CHANGELOG.md`, "utf8");
  expect(changelog).toContain(`## ${manifest.version}`);
});

/**
 * Compiles what tests start as programs, once for all of them. tsx does the same
 * for each, with the same compiler; but its own start takes more than most do.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transform } from "esbuild";
import type { TestProject } from "vitest/node";
import manifest from "../../package.json" with { type: "json" };
import type { Project } from "./loader.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where programs are, and what they import. */
const folders = [
  "bench",
  "examples",
  "exercises",
  "scripts",
  "src",
  "test/helpers",
  "test/kqueue",
  "test/programs",
];

/** Compiles a file of the project as tsx does. */
async function compile(file: string, to: string): Promise<void> {
  const { code } = await transform(readFileSync(join(root, file), "utf8"), {
    loader: "ts",
    format: "esm",
    target: `node${process.versions.node}`,
    sourcemap: "inline",
    sourcefile: basename(file), // it lies where its URL says
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, code);
}

async function compileAll(out: string): Promise<void> {
  for (const folder of folders) {
    const names = readdirSync(join(root, folder), {
      recursive: true,
      encoding: "utf8",
    });
    for (const name of names.filter((name) => name.endsWith(".ts"))) {
      const file = join(folder, name);
      await compile(file, join(out, `${file}.js`));
    }
  }
  await compile("test/helpers/loader.ts", join(out, "loader.mjs"));
}

/** For vitest: before the first test, and after the last one. */
export default async function setup(
  project: TestProject,
): Promise<(() => void) | undefined> {
  if (process.env["TEST_LOADER"] !== undefined) return undefined;
  const out = mkdtempSync(join(tmpdir(), "posix-select-"));
  const modules = Object.entries(manifest.exports).flatMap(([name, entry]) => {
    if (typeof entry === "string") return [];
    const source = entry.default
      .replace("./dist/", "src/")
      .replace(/\.js$/, ".ts");
    const url = pathToFileURL(join(root, source)).href;
    return [[name.replace(".", manifest.name), url] as const];
  });
  const told: Project = {
    root: pathToFileURL(root).href,
    modules: Object.fromEntries(modules),
  };
  writeFileSync(join(out, "project.json"), JSON.stringify(told));
  await compileAll(out);
  project.onTestsRerun(() => compileAll(out));
  process.env["TEST_LOADER"] = pathToFileURL(join(out, "loader.mjs")).href;
  return () => {
    rmSync(out, { recursive: true });
  };
}

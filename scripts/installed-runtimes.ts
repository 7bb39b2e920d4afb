/**
 * The runtimes that the package is tried in, as npm has them for this machine:
 * in node_modules/.cache/runtimes, apart from the project's own packages.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "node_modules/.cache/runtimes");

export interface Runtime {
  readonly name: string;
  /** The npm package that has it for this machine, under a name of its own. */
  readonly package: string;
  readonly file: string;
  readonly options: readonly string[];
}

const { arch, platform } = process;
const bunSystem = `${platform}-${arch === "arm64" ? "aarch64" : arch}`;
const denoSystem = `${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`;

export const nodes: readonly Runtime[] = [20, 22, 24, 26].map((version) => ({
  name: `Node ${String(version)}`,
  package: `node${String(version)}@npm:node-${platform}-${arch}@${String(version)}`,
  file: `node${String(version)}/bin/node`,
  options: [],
}));

export const bun: Runtime = {
  name: "Bun",
  package: `@oven/bun-${bunSystem}@latest`,
  file: `@oven/bun-${bunSystem}/bin/bun`,
  options: [],
};

export const runtimes: readonly Runtime[] = [
  ...nodes,
  bun,
  {
    name: "Deno",
    package: `@deno/${denoSystem}@latest`,
    file: `@deno/${denoSystem}/deno`,
    // What the package wants; and what the facts' own web server does.
    options: [
      "run",
      ...["--allow-ffi", "--allow-read", "--allow-env"],
      "--allow-net=127.0.0.1",
    ],
  },
];

/** The one that runs this. */
export const nodeAtHand: Runtime = {
  name: "this Node",
  package: "",
  file: process.execPath,
  options: [],
};

export function pathOf({ file }: Runtime): string {
  return resolve(folder, "node_modules", file);
}

/** Installs those that are not there. */
export function install(wanted: readonly Runtime[]): void {
  const missing = wanted.filter((runtime) => !existsSync(pathOf(runtime)));
  if (missing.length === 0) return;
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
  const packages = missing.map((runtime) => runtime.package);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", ...packages], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

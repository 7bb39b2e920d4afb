/**
 * The package managers that the package is installed by, as npm has them: in
 * node_modules/.cache/package-managers, apart from the project's own packages.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  bun,
  install as installRuntimes,
  nodes,
  pathOf,
} from "./installed-runtimes.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, "node_modules/.cache/package-managers");

export interface Manager {
  readonly name: string;
  /** The npm package that has it, under a name of its own; Bun is a runtime. */
  readonly package?: string;
  /** A program of Node's, or Bun itself. */
  readonly file: string;
  /** Adds a tarball to the project in the working directory. */
  readonly add: readonly string[];
  /** That no script of a package may run. */
  readonly ignoreScripts: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  };
  /** What it wants in the empty project. */
  readonly files?: Readonly<Record<string, string>>;
}

const flag = { args: ["--ignore-scripts"] } as const;

function npm(version: number): Manager {
  return {
    name: `npm ${String(version)}`,
    package: `npm${String(version)}@npm:npm@${String(version)}`,
    file: join(cache, `node_modules/npm${String(version)}/bin/npm-cli.js`),
    add: ["install", "--no-audit", "--no-fund"],
    ignoreScripts: flag,
  };
}

export const managers: readonly Manager[] = [
  npm(10),
  npm(11),
  npm(12),
  {
    name: "pnpm",
    package: "pnpm@latest",
    file: join(cache, "node_modules/pnpm/bin/pnpm.mjs"),
    add: ["add"],
    ignoreScripts: flag,
  },
  {
    name: "yarn 1",
    package: "yarn1@npm:yarn@1",
    file: join(cache, "node_modules/yarn1/bin/yarn.js"),
    add: ["add", "--no-progress"],
    ignoreScripts: flag,
  },
  {
    name: "yarn berry",
    package: "@yarnpkg/cli-dist@latest",
    file: join(cache, "node_modules/@yarnpkg/cli-dist/bin/yarn.js"),
    add: ["add"],
    ignoreScripts: { env: { YARN_ENABLE_SCRIPTS: "false" } },
    files: {
      ".yarnrc.yml": "nodeLinker: node-modules\nenableTelemetry: false\n",
      "yarn.lock": "",
    },
  },
  { name: "bun", file: pathOf(bun), add: ["add"], ignoreScripts: flag },
];

/** The newest Node: npm 12 wants more than 20. */
export const newestNode = pathOf(nodes.at(-1) ?? bun);

/** Gets those that are missing, each by itself: one may not be had. */
export function install(): void {
  installRuntimes([...nodes, bun]);
  mkdirSync(cache, { recursive: true });
  const manifest = join(cache, "package.json");
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
  for (const { name, file, package: wanted } of managers) {
    if (wanted === undefined || existsSync(file)) continue;
    try {
      execFileSync(
        "npm",
        ["install", "--no-audit", "--no-fund", "--ignore-scripts", wanted],
        { cwd: cache, stdio: "ignore" },
      );
    } catch {
      console.log(`${name}: not to be had`);
    }
  }
}

export function isInstalled({ file }: Manager): boolean {
  return existsSync(file);
}

/** The npm that runs this, or that is on the PATH; it looks into its cache. */
export function npmAtHand(): Manager {
  const text = (command: string, ...args: readonly string[]): string =>
    execFileSync(command, args, { encoding: "utf8" }).trim();
  const file = process.env["npm_execpath"] ?? "";
  const cacheFolder = text("npm", "config", "get", "cache");
  return {
    ...npm(0),
    name: "npm",
    file: file.endsWith("npm-cli.js")
      ? file
      : realpathSync(text("sh", "-c", "command -v npm")),
    add: [...npm(0).add, "--prefer-offline", `--cache=${cacheFolder}`],
  };
}

// npm run test:runtimes             what holds in each runtime, as a table
// npm run test:runtimes -- --suite  and the tests of the library on each Node
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "node_modules/.cache/runtimes");

interface Runtime {
  readonly name: string;
  /** The npm package that has it for this machine, under a name of its own. */
  readonly package: string;
  readonly file: string;
  readonly options: readonly string[];
}

const { arch, platform } = process;
const bunSystem = `${platform}-${arch === "arm64" ? "aarch64" : arch}`;
const denoSystem = `${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`;

const nodes = [20, 22, 24, 26].map((version) => ({
  name: `Node ${String(version)}`,
  package: `node${String(version)}@npm:node-${platform}-${arch}@${String(version)}`,
  file: `node${String(version)}/bin/node`,
  options: [],
}));

const runtimes: readonly Runtime[] = [
  ...nodes,
  {
    name: "Bun",
    package: `@oven/bun-${bunSystem}@latest`,
    file: `@oven/bun-${bunSystem}/bin/bun`,
    options: [],
  },
  {
    name: "Deno",
    package: `@deno/${denoSystem}@latest`,
    file: `@deno/${denoSystem}/deno`,
    options: ["run", "--allow-all"],
  },
];

function pathOf({ file }: Runtime): string {
  return join(folder, "node_modules", file);
}

/** Installs those that are not there, apart from the project's own packages. */
function install(): void {
  const missing = runtimes.filter((runtime) => !existsSync(pathOf(runtime)));
  if (missing.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const packages = missing.map((runtime) => runtime.package);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", ...packages], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

interface Fact {
  readonly name: string;
  /** Empty if it holds. */
  readonly problem: string;
}

function isFact(value: unknown): value is Fact {
  return typeof value === "object" && value !== null && "problem" in value;
}

/** What a runtime says of each fact; what it did not get to is missing. */
function check(runtime: Runtime): { facts: Fact[]; end: string } {
  const { stdout, stderr, status, signal } = spawnSync(
    pathOf(runtime),
    [...runtime.options, join(root, "test/runtimes/facts.mjs")],
    { cwd: root, encoding: "utf8", timeout: 120_000 },
  );
  const facts = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): unknown => JSON.parse(line))
    .filter(isFact);
  const end =
    status === 0 ? "" : `${String(status)} ${String(signal)} ${stderr}`;
  return { facts, end };
}

const { values } = parseArgs({ options: { suite: { type: "boolean" } } });
install();

const names = new Set<string>();
const found = new Map<Runtime, Map<string, string>>();
for (const runtime of runtimes) {
  const { facts, end } = check(runtime);
  found.set(
    runtime,
    new Map(facts.map(({ name, problem }) => [name, problem])),
  );
  for (const { name, problem } of facts) {
    names.add(name);
    if (problem !== "") console.log(`${runtime.name}: ${name}: ${problem}`);
  }
  if (end !== "") console.log(`${runtime.name}: ${end}`);
  if (end !== "" || facts.length === 0) process.exitCode = 1;
}

const width = Math.max(...[...names].map((name) => name.length));
console.log(
  [" ".repeat(width), ...runtimes.map(({ name }) => name.padEnd(8))].join("  "),
);
for (const name of names) {
  const cells = runtimes.map((runtime) => {
    const problem = found.get(runtime)?.get(name);
    if (problem !== "") process.exitCode = 1;
    return (problem === "" ? "yes" : "no").padEnd(8);
  });
  console.log([name.padEnd(width), ...cells].join("  "));
}

if (values.suite === true) {
  for (const runtime of nodes) {
    console.log(`\n${runtime.name}: the tests of the library`);
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const left = ["test/lessons/**", "test/exercises/**", "test/fds/**"];
    const { status } = spawnSync(
      pathOf(runtime),
      [vitest, "run", ...left.flatMap((files) => ["--exclude", files])],
      { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
    );
    if (status !== 0) process.exitCode = 1;
  }
}

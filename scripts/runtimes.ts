// npm run test:runtimes             what holds in each runtime, as a table
// npm run test:runtimes -- --suite  and the tests of the library on each Node
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  install,
  nodes,
  pathOf,
  type Runtime,
  runtimes,
} from "./installed-runtimes.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

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
install(runtimes);

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

// npm run check    what is looked at without being run, two at a time
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { inTurn } from "./in-turn.ts";

const run = promisify(execFile);

/** The slowest first. */
const names = [
  "lint:ts",
  "lint:native",
  "typecheck",
  "format:check",
  "docs:check",
  "check:package",
];

/** Runs a script of package.json, and says whether it succeeded, and all else. */
async function check(name: string): Promise<void> {
  const options = { maxBuffer: 2 ** 26 };
  const start = performance.now();
  let end = "fine";
  const { stdout, stderr } = await run(
    "npm",
    ["run", "--silent", name],
    options,
  ).catch((error: unknown) => {
    end = "FAILED";
    process.exitCode = 1;
    const { stdout = "", stderr = String(error) } = error as {
      stdout?: string;
      stderr?: string;
    };
    return { stdout, stderr };
  });
  const seconds = ((performance.now() - start) / 1000).toFixed();
  console.log(`\n> ${name}: ${end}, in ${seconds} s`);
  console.log(`${stdout}${stderr}`.trimEnd());
}

const step = inTurn(2);
await Promise.all(names.map((name) => step(() => check(name))));

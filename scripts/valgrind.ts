// npm run test:valgrind    every function called with anything (test/fuzz), under
//                          valgrind's memcheck; needs Debian's valgrind
//
// What Node and V8 do themselves is left out by scripts/valgrind.supp: only what
// has the addon in its stack is reported.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const log = join(tmpdir(), `posix-select-valgrind-${String(process.pid)}.log`);

/** Reports, each with its stack, of which only the addon's are ours. */
function ours(text: string): string[] {
  const reports = text.replaceAll(/^==\d+== ?/gm, "").split(/\n\s*\n/);
  return reports.filter(
    (report) =>
      report.includes("posix_select") &&
      /Invalid|uninitialised|overlap|definitely lost|points to/.test(report),
  );
}

function run(layer: string, calls: number): void {
  const begin = performance.now();
  const { status, error, stdout } = spawnSync(
    "valgrind",
    [
      "--quiet",
      "--leak-check=full",
      "--show-leak-kinds=definite",
      "--num-callers=30",
      "--fair-sched=yes",
      "--max-stackframe=4194304",
      `--suppressions=${join(root, "scripts/valgrind.supp")}`,
      `--log-file=${log}`,
      process.execPath,
      // Machine code that V8 makes is nothing that valgrind could follow fast.
      "--jitless",
      "--no-node-snapshot",
      "--expose-gc",
      "--import",
      "tsx",
      "test/programs/fuzz.ts",
      layer,
      "1",
      String(calls),
    ],
    { cwd: root, encoding: "utf8", timeout: 600_000, maxBuffer: 2 ** 26 },
  );
  if (error !== undefined && !error.message.includes("TIMEDOUT")) {
    console.log(`nothing was tried: ${error.message}`);
    process.exitCode = 1;
    return;
  }
  const found = ours(readFileSync(log, "utf8"));
  rmSync(log);
  const isOver = status === 0 && stdout.includes('"over"');
  const seconds = Math.round((performance.now() - begin) / 1000);
  const fault = isOver ? "" : `, ended with ${String(status)}`;
  console.log(
    `memcheck, ${calls} ${layer} calls, ${seconds} s: ${found.length} reports${fault}`,
  );
  for (const report of found) console.log(report);
  if (!isOver || found.length > 0) process.exitCode = 1;
}

run("raw", 1200);
run("public", 400);

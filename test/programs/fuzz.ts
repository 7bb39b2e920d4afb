/**
 * Calls the library with anything, in a process that may die of it:
 * layer, seed, calls, and "trace" to print each call before it is made.
 *
 * It prints a line of JSON for each batch that it begins, and one in the end.
 * Its folder is one that goes with it: Unix sockets leave files.
 */
import { mkdtempSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { readable } from "posix-select/promises";
import { socketpair } from "posix-select/socket";
import { native } from "../../src/native.ts";
import { Random, seedOf } from "../differential/random.ts";
import { openFds, unnamed } from "../fuzz/descriptors.ts";
import { PublicRun } from "../fuzz/public.ts";
import { RawRun } from "../fuzz/raw.ts";
import { wrongPublic } from "../fuzz/verdict.ts";

const [layer, seedText, callsText, mode] = process.argv.slice(2);
const seed = Number(seedText);
const calls = Number(callsText);
const batch = 250;

const wrong: string[] = [];

function tell(fact: object): void {
  writeSync(1, `${JSON.stringify(fact)}\n`);
}

process.on("warning", (warning) => {
  if (warning.name === "ResourceWarning") wrong.push(String(warning));
});
process.on("uncaughtException", (error) => {
  const fault = wrongPublic(error);
  if (fault !== undefined) wrong.push(`uncaught: ${fault} ${error.stack}`);
});

const folder = mkdtempSync(join(tmpdir(), "posix-select-fuzz-"));
process.chdir(folder);
process.on("exit", () => {
  rmSync(folder, { recursive: true });
});

// What is opened once and stays is no leak.
const waiter = native.waiterOpen(() => undefined);
{
  const [left, right] = socketpair();
  await readable(left, { timeoutMs: 1 }).catch(() => undefined);
  left.close();
  right.close();
  await setImmediate();
}
const foreign = openFds();

/** Those of them that are open still: the folder's own is not. */
for (const fd of foreign) if (native.isOpen(fd) !== 0) foreign.delete(fd);

/** What is open, and was not in the beginning, by its number. */
function stillOpen(): [fd: number, what: string][] {
  return [...openFds()].flatMap((fd) => {
    const what = foreign.has(fd) ? undefined : unnamed(fd);
    return what === undefined ? [] : [[fd, what]];
  });
}

for (let done = 0, index = 0; done < calls; done += batch, index++) {
  const own = mode === "trace" ? seed : seedOf(seed, index);
  tell({ batch: own, done });
  const random = new Random(own);
  const isTraced = mode === "trace";
  if (layer === "raw") {
    const run = new RawRun(random, foreign, waiter, isTraced);
    for (let i = 0; i < batch; i++) run.call();
    await setImmediate();
    run.end(openFds());
    wrong.push(...run.wrong);
  } else {
    const run = new PublicRun(random, foreign, isTraced);
    for (let i = 0; i < batch; i++) {
      run.call();
      if (i % 50 === 49) await setImmediate();
    }
    await run.end();
    wrong.push(...run.wrong);
  }
  for (const [fd, what] of stillOpen()) {
    wrong.push(`fd ${fd}, ${what}, is left open`);
    native.close(fd);
  }
  if (index % 16 === 0) globalThis.gc?.();
  if (wrong.length > 0) {
    tell({ batch: own, wrong: wrong.splice(0) });
    if (isTraced) break;
  }
}
// It ends by itself: nothing that was called may keep it, unless it was told to.
if (typeof waiter !== "number") native.waiterKeep(waiter, 0);
tell({ over: true });

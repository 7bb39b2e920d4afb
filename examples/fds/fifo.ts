/**
 * FIFO: a pipe with a name, and those who come and go
 *
 * Shows:              a FIFO that outlives its writers. It is opened without waiting
 *                     for one, and a second descriptor of our own keeps it from
 *                     ending: a FIFO without any writer is readable for ever (EOF).
 * Run:                node --import tsx examples/fds/fifo.ts
 * Observe:            three processes write to it, never more than two at a time,
 *                     and for a while nobody.
 *                       Anna has come
 *                       Bob has come
 *                       Anna goes
 *                       Bob goes
 *                       Nobody is there, and it has not ended
 *                       Carl has come
 *                       Carl goes
 *
 * What is written at once, up to PIPE_BUF bytes, comes out in one piece: writers
 * don't mix their lines.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TimeoutError } from "posix-select/errors";
import { readable } from "posix-select/promises";

process.once("SIGINT", () => process.exit(130));
const folder = mkdtempSync(join(tmpdir(), "fifo-"));
process.on("exit", () => {
  rmSync(folder, { recursive: true });
});

const path = join(folder, "fifo");
execFileSync("mkfifo", [path]);
const fifo = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
openSync(path, constants.O_WRONLY); // ours: there is a writer always

/** A process that opens the FIFO, and closes it when its input ends. */
function visit(name: string): ChildProcess {
  const script = 'exec >"$0"; echo "$1 has come"; read -r _; echo "$1 goes"';
  return spawn("/bin/sh", ["-c", script, path, name], {
    stdio: ["pipe", "ignore", "ignore"],
  });
}

const buffer = Buffer.alloc(4096);

/** What is written next, whoever writes it; everything else in Node goes on. */
async function heard(timeoutMs?: number): Promise<string> {
  await readable(fifo, timeoutMs === undefined ? {} : { timeoutMs });
  return buffer.toString("utf8", 0, readSync(fifo, buffer)).trim();
}

/** Sends a visitor away, and waits until it has left. */
async function leave(visitor: ChildProcess): Promise<void> {
  visitor.stdin?.end();
  console.log(await heard());
  if (visitor.exitCode === null) await once(visitor, "exit");
}

const anna = visit("Anna");
console.log(await heard());
const bob = visit("Bob");
console.log(await heard());
await leave(anna);
await leave(bob);
try {
  console.log(await heard(200));
} catch (error) {
  if (!(error instanceof TimeoutError)) throw error;
  console.log("Nobody is there, and it has not ended");
}
const carl = visit("Carl");
console.log(await heard());
await leave(carl);

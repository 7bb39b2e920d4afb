/**
 * stdin: descriptor 0, and process.stdin left alone
 *
 * Shows:              standard input awaited as what it is, a descriptor. One call
 *                     for a terminal, a pipe, a file and /dev/null. Nothing is read
 *                     ahead, no mode is changed, and what is not read is there for
 *                     others: a child, or who comes after us.
 * Run:                echo hello | node --import tsx examples/fds/stdin.ts
 *                     or with < README.md, < /dev/null, or nothing (then type; Ctrl-D
 *                     is the end, and Ctrl-C ends it at once)
 * Observe:            what comes, as it comes:
 *                       Descriptor 0 is a pipe
 *                       6 bytes: "hello\n"
 *                       The end
 *
 * process.stdin is a stream, and begins as soon as it is touched: it reads ahead,
 * and where it is a pipe, makes it non-blocking for all who have it.
 */
import { fstatSync, readSync } from "node:fs";
import { isatty } from "node:tty";
import { readable } from "posix-select/promises";

function kind(fd: number): string {
  const status = fstatSync(fd);
  if (isatty(fd)) return "a terminal";
  if (status.isFIFO()) return "a pipe";
  if (status.isSocket()) return "a socket";
  return status.isFile() ? "a file" : "a device";
}

console.log(`Descriptor 0 is ${kind(0)}`);
const buffer = Buffer.alloc(60);
for (;;) {
  await readable(0); // everything else in Node goes on
  const bytes = readSync(0, buffer);
  if (bytes === 0) break;
  const text = JSON.stringify(buffer.toString("utf8", 0, bytes));
  console.log(`${bytes} ${bytes === 1 ? "byte" : "bytes"}: ${text}`);
}
console.log("The end");

/**
 * Exercise 04 - The end of a pipe
 *
 * Lesson:     04-poll
 * It should:  Count the bytes that come through a pipe, with poll(), and
 *             print the count once the pipe has ended.
 * Now:        the count never comes, and the program takes a whole core.
 * Run:        node --import tsx exercises/04-the-end-of-a-pipe.ts
 * Try:        printf hello | node --import tsx exercises/04-the-end-of-a-
 *             pipe.ts
 * Mend:       the place marked TODO, then: npm run exercise
 */
import { readSync, writeSync } from "node:fs";
import { poll, POLLHUP, POLLIN } from "posix-select/select";

const name = new Map([
  [POLLIN, "POLLIN"],
  [POLLHUP, "POLLHUP"],
  [POLLIN | POLLHUP, "POLLIN and POLLHUP"],
]);

const stdin = 0;
const poller = poll();
poller.register(stdin, POLLIN);

const buffer = Buffer.alloc(1024);
let bytes = 0;
let last = 0;

for (;;) {
  for (const [, revents] of poller.poll()) {
    if (revents !== last) {
      writeSync(1, `poll() says ${name.get(revents) ?? revents}\n`);
      last = revents;
    }
    // TODO: and if it says something else?
    if (revents & POLLIN) {
      const count = readSync(stdin, buffer);
      bytes += count;
      if (count === 0) {
        writeSync(1, `${bytes} bytes\n`);
        process.exit();
      }
    }
  }
}

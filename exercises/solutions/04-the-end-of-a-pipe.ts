/**
 * Exercise 04 - The end of a pipe: the solution
 *
 * It should:  Count the bytes that come through a pipe, with poll(), and
 *             print the count once the pipe has ended.
 * Was wrong:  At the end of a pipe poll() reports POLLHUP, asked or not, and
 *             no POLLIN once all is read. Nobody acted on it, so that poll()
 *             said the same again at once, for ever. Reading is still right:
 *             it gives what is left, and then 0.
 * Run:        node --import tsx exercises/solutions/04-the-end-of-a-pipe.ts
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
    if (revents & (POLLIN | POLLHUP)) {
      const count = readSync(stdin, buffer);
      bytes += count;
      if (count === 0) {
        writeSync(1, `${bytes} bytes\n`);
        process.exit();
      }
    }
  }
}

/** Waits for what comes on process.stdin and prints it, until its end. */
import { readSync, writeSync } from "node:fs";
import { select } from "posix-select/select";

const say = (line: string): number => writeSync(1, `${line}\n`);
const { stdin } = process;

const [early] = select([stdin], [], [], 0);
say(`a look finds nothing: ${early.length === 0}`);

const buffer = Buffer.alloc(100);
const [ready] = select([stdin], [], []);
say(`the very object: ${ready[0] === stdin}`);
for (;;) {
  const length = readSync(stdin.fd, buffer);
  say(`read: ${buffer.toString("utf8", 0, length)}`);
  if (length === 0) break;
  select([stdin], [], []);
}
process.exit();

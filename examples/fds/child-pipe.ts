/**
 * A child's pipe: results beside its output
 *
 * Shows:              a real pipe given to a child as its descriptor 3, and awaited
 *                     at the other end. Two children at once, a pipe each, in one
 *                     selector: `for await` tells which of them has said something.
 * Run:                node --import tsx examples/fds/child-pipe.ts
 * Observe:            what a child says on descriptor 3 does not mix with what it
 *                     prints, which goes straight to the terminal.
 *                       fast says: 1 of 2
 *                       slow says: 1 of 2
 *                       fast says: 2 of 2
 *                       fast has ended
 *                       slow says: 2 of 2
 *                       slow has ended
 *
 * Node's own `stdio: [..., "pipe"]` is no pipe but a Unix socket, and on Linux a
 * child can't open that by its name, as this one does: /dev/fd/3 is ENXIO then.
 */
import { spawn } from "node:child_process";
import { closeSync, readSync } from "node:fs";
import { pipe } from "posix-select/fd";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";

const selector = new DefaultSelector<string, number>();

/** Starts a child that works in two parts, of so many seconds each. */
function start(name: string, seconds: number): void {
  const script = `for part in 1 2; do
    sleep ${seconds}
    echo "$part of 2" >/dev/fd/3
  done`;
  const [ours, theirs] = pipe();
  spawn("/bin/sh", ["-c", script], {
    stdio: ["ignore", "inherit", "inherit", theirs],
  });
  closeSync(theirs); // the child has its own: when that closes, ours ends
  selector.register(ours, EVENT_READ, name);
}

start("fast", 0.2);
start("slow", 0.3);

const buffer = Buffer.alloc(4096);
for await (const ready of selector) {
  for (const [{ fd, data: name }] of ready) {
    const text = buffer.toString("utf8", 0, readSync(fd, buffer));
    for (const line of text.split("\n").slice(0, -1)) {
      console.log(`${name} says: ${line}`);
    }
    if (text !== "") continue;
    console.log(`${name} has ended`);
    selector.unregister(fd);
    closeSync(fd);
  }
  if (selector.getMap().size === 0) selector.close(); // ends the loop
}

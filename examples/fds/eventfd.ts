/**
 * eventfd: a thread rings, and the main thread hears it
 *
 * Shows:              a counter that is a descriptor, readable while it is not 0. A
 *                     write adds to it, and a read takes all of it. To ring is one
 *                     system call, so any thread can do it, also one of a library
 *                     in C that knows nothing of JavaScript.
 * Run:                node --import tsx examples/fds/eventfd.ts
 * Observe:            rings add up while nobody hears them: three are one read.
 *                       The worker has done 1 part
 *                       The worker has done 1 part
 *                       The worker has done 1 part
 *                       The main thread is held while the worker does the rest
 *                       The worker has done 3 parts
 *
 * Linux only; elsewhere a pipe does the same with two descriptors.
 */
import { closeSync, readSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { eventfd } from "posix-select/fd";
import { readable } from "posix-select/promises";

if (eventfd === undefined) {
  console.error("This needs Linux: there is no eventfd here.");
  process.exit(1);
}

/** Works for a while, and rings after each part; holds its own thread. */
const program = `
  const { bell, done } = require("node:worker_threads").workerData;
  for (let part = 1; part <= 6; part++) {
    Atomics.wait(done, 1, 0, 100); // this is the work
    require("node:fs").writeSync(bell, new BigUint64Array([1n]));
    Atomics.store(done, 0, part);
    Atomics.notify(done, 0);
  }
`;

const bell = eventfd();
const done = new Int32Array(new SharedArrayBuffer(8));
const rings = new BigUint64Array(1); // eight bytes, in the machine's order
let total = 0;

/** Waits until it has rung; everything else in Node goes on. */
async function heard(): Promise<void> {
  await readable(bell);
  readSync(bell, rings); // takes all, so that the counter is 0 again
  const parts = Number(rings[0]);
  total += parts;
  console.log(`The worker has done ${parts} ${parts === 1 ? "part" : "parts"}`);
}

new Worker(program, { eval: true, workerData: { bell, done } });
while (total < 3) await heard();
console.log("The main thread is held while the worker does the rest");
for (let part = total; part < 6; part = Atomics.load(done, 0)) {
  Atomics.wait(done, 0, part);
}
while (total < 6) await heard();
closeSync(bell);

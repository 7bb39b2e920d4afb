/**
 * timerfd: a timer in the kernel that loses nothing
 *
 * Shows:              a periodic timer that is a descriptor. It is readable once it
 *                     has expired, and a read says how often that was since the
 *                     last one: also while nobody looked.
 * Run:                node --import tsx examples/fds/timerfd.ts
 * Observe:            the thread is held for 350 ms in between, and no expiry is
 *                     lost. (setInterval() would call back once.)
 *                       Expired 1 time, in all 1
 *                       Expired 1 time, in all 2
 *                       The thread is held for 350 ms
 *                       Expired 3 times, in all 5
 *                       Expired 1 time, in all 6
 *
 * Linux only; kqueue has timers of its own (EVFILT_TIMER).
 */
import { closeSync, readSync } from "node:fs";
import { timerfd } from "posix-select/fd";
import { readable } from "posix-select/promises";

if (timerfd === undefined) {
  console.error("This needs Linux: there is no timerfd here.");
  process.exit(1);
}

const timer = timerfd({ intervalMs: 100 });
const expiries = new BigUint64Array(1); // eight bytes, in the machine's order
let total = 0;

/** Waits until the timer has expired; everything else in Node goes on. */
async function tick(): Promise<void> {
  await readable(timer);
  readSync(timer, expiries); // takes the count, so that it begins at 0 again
  const count = Number(expiries[0]);
  total += count;
  const times = count === 1 ? "time" : "times";
  console.log(`Expired ${count} ${times}, in all ${total}`);
}

await tick();
await tick();
console.log("The thread is held for 350 ms");
const end = performance.now() + 350;
while (performance.now() < end);
await tick();
await tick();
closeSync(timer);

/**
 * Opens descriptors until none is left, and prints what the calls that make one
 * say to that. Run it with a low limit.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { eventfd, pipe, timerfd } from "posix-select/fd";
import { select } from "posix-select/select";

const opened: number[] = [];

/** Takes all descriptors that are left; tells how many. */
function fill(): number {
  const before = opened.length;
  for (;;) {
    try {
      opened.push(openSync("/dev/null", "r"));
    } catch {
      return opened.length - before;
    }
  }
}

function free(count: number): void {
  for (const fd of opened.splice(-count)) closeSync(fd);
}

function outcome(make: () => unknown): unknown {
  try {
    make();
    return "made";
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    const { name, message } = error;
    return { name, message, ...Object.fromEntries(Object.entries(error)) };
  }
}

fill();
const full = {
  pipe: outcome(() => pipe()),
  ...(eventfd && { eventfd: outcome(() => eventfd?.()) }),
  ...(timerfd && { timerfd: outcome(() => timerfd?.({ initialMs: 1 })) }),
};
const selectNeedsNone = select(opened, [], [], 0)[0].length === opened.length;
free(1);
const oneLeft = { pipe: outcome(() => pipe()), stillOneLeft: fill() === 1 };
free(2);
const twoLeft = { pipe: outcome(() => pipe()) };
free(20);
writeSync(1, JSON.stringify({ full, oneLeft, twoLeft, selectNeedsNone }));

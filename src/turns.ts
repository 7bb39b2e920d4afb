/**
 * Fairness: what never has to wait must not starve the rest of the program.
 *
 * A promise that is resolved at once goes on before any timer and before other
 * input and output. So waits may end at once for some milliseconds; those after
 * them end in the next turn of the runtime's loop.
 */
import { setImmediate } from "node:timers";
import { now } from "./deadline.ts";

/** How long all else waits at most, beside what a single call takes. */
const shareMs = 5;
/** The clock is looked at once for so many. */
const some = 64;

let left = some;
let begin = now();

/** A turn of the loop begins: all else has had its turn. */
export function beginTurn(): void {
  left = some;
  begin = now();
}

/** Whether a wait may end at once; if not, it is to end in `nextTurn()`. */
export function mayEndNow(): boolean {
  if (left-- > 0) return true;
  if (now() - begin > shareMs) return false;
  left = some;
  return true;
}

/** Calls back once everything else had its turn. */
export function nextTurn(callback: () => void): void {
  setImmediate(() => {
    beginTurn();
    callback();
  });
}

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
/** So many calls cost nothing but this count. */
const free = 32;
/** The clock is looked at once for so many more. */
const some = 32;

let left = free;
/** Since when more than the free ones have been made; undefined if they weren't. */
let begin: number | undefined;

/** A turn of the loop begins: all else has had its turn. */
function beginTurn(): void {
  left = free;
  begin = undefined;
}

/** Whether a wait may end at once; if not, it is to end in `nextTurn()`. */
export function mayEndNow(): boolean {
  if (left-- > 0) return true;
  if (begin === undefined) {
    begin = now();
    setImmediate(beginTurn).unref();
  } else if (now() - begin > shareMs) {
    return false;
  }
  left = some;
  return true;
}

/** Calls back once everything else had its turn. */
export function nextTurn(callback: () => void): void {
  setImmediate(callback);
}

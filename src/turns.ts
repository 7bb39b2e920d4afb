/**
 * Fairness: what never has to wait must not starve the rest of the program.
 *
 * A promise that is resolved at once goes on before any timer and before other
 * input and output. So many waits may end at once in a turn of Node's loop;
 * those after them end in the next one.
 */
import { setImmediate } from "node:timers";

const most = 64;
let left = most;
let isScheduled = false;

function begin(): void {
  left = most;
  isScheduled = false;
}

/** Whether a wait may end at once; if not, it is to end in `nextTurn()`. */
export function mayEndNow(): boolean {
  if (!isScheduled) {
    isScheduled = true;
    setImmediate(begin).unref();
  }
  return left-- > 0;
}

/** Calls back once everything else had its turn. */
export function nextTurn(callback: () => void): void {
  setImmediate(callback);
}

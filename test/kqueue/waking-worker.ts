/** Ends the wait of a selector in another thread, after a while. */
import { workerData } from "node:worker_threads";
import { wakeup } from "posix-select/selectors";

const { handle, afterMs } = workerData as { handle: number; afterMs: number };

Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, afterMs);
wakeup(handle);

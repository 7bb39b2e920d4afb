/** Waits for nothing, and tells what came of it and how long it took. */
import { parentPort, workerData } from "node:worker_threads";
import { select, type Timeout } from "posix-select/select";

const begin = performance.now();
const given = select([], [], [], workerData as Timeout);
parentPort?.postMessage([given, performance.now() - begin]);

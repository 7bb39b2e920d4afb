/** A worker that blocks in the call that it is told. */
import { parentPort, workerData } from "node:worker_threads";
import { blockingCall } from "./blocking-calls.ts";

const call = blockingCall(String(workerData));
parentPort?.postMessage("ready");
call();
parentPort?.postMessage("the call ended");

import { Worker } from "node:worker_threads";
import { loading } from "./programs.ts";

/**
 * Starts a TypeScript program of `test/programs/` in a worker. Node 20 gives a
 * worker none of the loaders of its process, so the worker asks for one itself.
 */
export function startWorker(name: string, workerData: unknown): Worker {
  const url = new URL(`../programs/${name}`, import.meta.url);
  const source = `${loading}.then(() => import(${JSON.stringify(url.href)}));`;
  return new Worker(source, { eval: true, workerData });
}

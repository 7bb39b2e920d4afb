/** Begins to watch this thread. */
import { isMainThread, Worker } from "node:worker_threads";
import { Recorder } from "./recorder.ts";
import { Shared } from "./shared.ts";
import { Tasks } from "./tasks.ts";
import { Teller } from "./teller.ts";

/** What the scope is to do. */
export interface ScopeOptions {
  /** The program's file; the process's main file unless given. */
  readonly program?: string | undefined;
  /** The page's port on 127.0.0.1, 0 for a free one; no page unless given. */
  readonly port?: number | undefined;
  /** A file for a trace, in the Trace Event Format. */
  readonly trace?: string | undefined;
  /** A file for a report: the page, with all that was recorded in it. */
  readonly report?: string | undefined;
}

/** What its thread is given. */
export interface WorkerSettings extends ScopeOptions {
  readonly memory: SharedArrayBuffer;
}

/** How long its thread may take to be there, and to write the rest at the end. */
const startMs = 30_000;
const endMs = 5_000;

let isStarted = false;

/**
 * Watches this thread's waits, sockets and generators from now on. It returns
 * when the page can be opened, whose address is written to standard error.
 */
export function startScope(options: ScopeOptions): void {
  // Preloaded modules are loaded in each worker too, the scope's own among them.
  if (isStarted || !isMainThread) return;
  isStarted = true;
  const shared = new Shared();
  const settings: WorkerSettings = { ...options, memory: shared.memory };
  const worker = startWorker(settings);
  // The program lives without it.
  worker.on("error", (error) => {
    shared.abandon();
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(`scope: ${text}\n`);
  });
  worker.unref();
  shared.awaitPort(startMs);
  const teller = new Teller(shared);
  const { pid, version, versions } = process;
  const program = options.program ?? process.argv[1] ?? "(no file)";
  const runtime = versions["bun"]
    ? `Bun ${versions["bun"]}`
    : versions["deno"]
      ? `Deno ${versions["deno"]}`
      : `Node ${version}`;
  const at = new Date().toISOString();
  teller.tell({ type: "start", program, pid, runtime, at });
  const tasks = new Tasks(teller);
  tasks.watch();
  const recorder = new Recorder(shared, teller, tasks);
  recorder.start();
  process.on("exit", () => {
    recorder.end();
    shared.end(endMs);
  });
}

/** It has none of the program's preloaded modules: not this one either. */
function startWorker(workerData: WorkerSettings): Worker {
  const settings = { workerData, execArgv: [], env: withoutPreloads() };
  if (import.meta.url.endsWith(".js")) {
    return new Worker(new URL("./worker.js", import.meta.url), settings);
  }
  // From its sources: a worker has none of the loaders of its process.
  const url = new URL("./worker.ts", import.meta.url);
  const tsx = JSON.stringify(import.meta.resolve("tsx/esm/api"));
  // If it can't be loaded, nobody is to wait for its port: see shared.ts.
  const source = `
    import(${tsx}).then(({ register }) => {
      register();
      return import(${JSON.stringify(url.href)});
    }).catch((error) => {
      const words = new Int32Array(require("node:worker_threads").workerData.memory);
      Atomics.store(words, 4, -1);
      Atomics.notify(words, 4);
      throw error;
    });
  `;
  return new Worker(source, { ...settings, eval: true });
}

function withoutPreloads(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  delete env["NODE_OPTIONS"];
  return env;
}

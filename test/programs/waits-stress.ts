/**
 * Everything that waits without holding the thread, in several threads at once:
 * for sanitizers, and for whoever looks for a crash. The other threads are
 * terminated in the middle, or end by themselves if `--to-the-end` is given.
 *
 * node --import tsx test/programs/waits-stress.ts [rounds] [--to-the-end]
 */
import { once } from "node:events";
import { closeSync } from "node:fs";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { pipe } from "posix-select/fd";
import { readable, recv, sendAll } from "posix-select/promises";
import {
  DefaultSelector,
  EVENT_READ,
  PollSelector,
  type SelectorConstructor,
  SelectSelector,
} from "posix-select/selectors";
import { socketpair } from "posix-select/socket";
import { startWorker } from "../helpers/workers.ts";

/** Bytes go to and fro between two sockets. */
async function pingPong(turns: number): Promise<void> {
  const [left, right] = socketpair();
  using a = left;
  using b = right;
  const other = (async () => {
    for (let i = 0; i < turns; i++) await sendAll(b, await recv(b, 10));
  })();
  for (let i = 0; i < turns; i++) {
    await sendAll(a, "x");
    await recv(a, 10);
  }
  await other;
}

/** A selector's waits: ready, timed out, woken, closed in the middle. */
async function selects(constructor: SelectorConstructor): Promise<void> {
  const selector = new constructor();
  const [left, right] = socketpair();
  using a = left;
  using b = right;
  selector.register(a, EVENT_READ);
  await selector.selectAsync(1);
  b.send("x");
  let turns = 0;
  for await (const ready of selector) {
    if (ready.length === 0 || ++turns === 20) break;
  }
  a.recv(10);
  const woken = selector.selectAsync();
  selector.wakeup();
  await woken;
  const closed = selector.selectAsync().catch(() => undefined);
  selector.close();
  await closed;
}

/** A descriptor is closed while it is waited for. */
async function closing(): Promise<void> {
  const [left, right] = socketpair();
  using b = right;
  const waiting = recv(left, 10).catch(() => undefined);
  left.close();
  await waiting;
  const [reader, writer] = pipe();
  await readable(reader, { timeoutMs: 1 }).catch(() => undefined);
  closeSync(reader);
  closeSync(writer);
  b.close();
}

async function round(): Promise<void> {
  await Promise.all([
    pingPong(50),
    selects(PollSelector),
    selects(SelectSelector),
    selects(DefaultSelector),
    closing(),
  ]);
}

if (isMainThread) {
  const rounds = Number(process.argv[2] ?? 5);
  const isToTheEnd = process.argv.includes("--to-the-end");
  for (let i = 0; i < rounds; i++) {
    const worker = startWorker("waits-stress.ts", isToTheEnd);
    const exit = once(worker, "exit");
    await Promise.all([round(), once(worker, "message")]);
    if (!isToTheEnd) await worker.terminate();
    await exit;
  }
  console.log(`${String(rounds)} rounds`);
} else {
  await round();
  parentPort?.postMessage("round");
  while (workerData === false) await round();
}

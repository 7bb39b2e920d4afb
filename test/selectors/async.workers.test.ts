/** Workers whose selectors wait without holding their threads. */
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import {
  DefaultSelector,
  EVENT_READ,
  PollSelector,
  wakeup,
} from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { startWorker } from "../helpers/workers.ts";
import { RemoteWaker } from "./support.ts";
import { expectPending, subjects } from "./async/support.ts";

/** A worker with waits of its own, which are pending. */
class Waiting implements AsyncDisposable {
  readonly worker: Worker;
  readonly handles: readonly number[];
  readonly pairs: readonly (readonly [Socket, Socket])[];
  readonly #ended: unknown[] = [];
  readonly #exit: Promise<unknown>;

  private constructor(
    worker: Worker,
    handles: readonly number[],
    pairs: readonly (readonly [Socket, Socket])[],
  ) {
    this.worker = worker;
    this.handles = handles;
    this.pairs = pairs;
    this.#exit = once(worker, "exit");
    worker.on("message", (message) => this.#ended.push(message));
  }

  /** One with three waits, of a selector of each class. */
  static async start(cleanup: Cleanup, watcher: string): Promise<Waiting> {
    const pairs = [1, 2, 3].map(() => cleanup.both(socketpair()));
    const fds = pairs.map(([near]) => near.fileno());
    const worker = startWorker("async-worker.ts", { fds, watcher });
    const [message] = (await once(worker, "message")) as [
      { handles: readonly number[] },
    ];
    return new Waiting(worker, message.handles, pairs);
  }

  get fds(): number[] {
    return this.pairs.map(([near]) => near.fileno()).sort((a, b) => a - b);
  }

  /** What its waits have found, once all have ended and so has it. */
  async found(): Promise<unknown[]> {
    await this.#exit;
    return this.#ended.sort((a, b) => numberOf(a) - numberOf(b));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.terminate();
  }
}

/** How often workers are ended, and how many at a time. */
const [rounds, count] = process.env["LONG"] === undefined ? [1, 3] : [2, 5];

const numberOf = (message: unknown): number =>
  (message as { readonly fd: number }).fd;

describe.each(["loop", "thread"])("with a %s that watches", (watcher) => {
  test("several workers have waits of their own", async () => {
    using cleanup = new Cleanup();
    const start = (): Promise<Waiting> => Waiting.start(cleanup, watcher);
    const all = await Promise.all([start(), start(), start(), start()]);
    try {
      for (const { pairs } of all) for (const [, far] of pairs) far.send("x");
      // A worker ends by itself when its waits have.
      for (const it of all) {
        const expected = it.fds.map((fd) => ({ fd, found: [fd] }));
        expect(await it.found()).toEqual(expected);
      }
    } finally {
      await Promise.all(all.map((it) => it.worker.terminate()));
    }
  });

  test("another thread ends a worker's waits with wakeup(handle)", async () => {
    using cleanup = new Cleanup();
    await using it = await Waiting.start(cleanup, watcher);
    for (const handle of it.handles) wakeup(handle);
    const expected = it.fds.map((fd) => ({ fd, found: [] }));
    expect(await it.found()).toEqual(expected);
  });

  test("terminate() in mid-wait ends the worker, and nothing else", async () => {
    using cleanup = new Cleanup();
    const [near, far] = cleanup.both(socketpair());
    for (const SelectorClass of [DefaultSelector, PollSelector]) {
      const selector = cleanup.use(new SelectorClass());
      const key = selector.register(near, EVENT_READ);
      const wait = selector.selectAsync();
      for (let round = 0; round < rounds; round++) {
        const few = await Promise.all(
          Array.from({ length: count }, () => Waiting.start(cleanup, watcher)),
        );
        for (const [i, { pairs }] of few.entries()) {
          // Of some, a wait ends at that very moment.
          if (i % 2 === 0) pairs[i % 3]?.[1].send("x");
        }
        const ended = await Promise.all(few.map((it) => it.worker.terminate()));
        expect(ended).toEqual(few.map(() => 1));
      }
      await expectPending(wait);
      far.send("x");
      expect(await wait).toEqual([[key, EVENT_READ]]);
      near.recv(1);
    }
  });
});

test.each(subjects)(
  "%s: another thread ends a wait here",
  async (_, SelectorClass) => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new SelectorClass());
    const [near, far] = cleanup.both(socketpair());
    const key = selector.register(near, EVENT_READ);
    await using waker = await RemoteWaker.start(selector.wakeupHandle());
    // What it did before a wait counts once.
    await waker.call(300);
    expect(await selector.selectAsync()).toEqual([]);
    const wait = selector.selectAsync();
    await expectPending(wait);
    const called = waker.call(2);
    far.send("x");
    expect(await wait).toEqual([[key, EVENT_READ]]);
    await called;
    near.recv(1);
    for (let i = 0; i < 3; i++) {
      const wait = selector.selectAsync();
      waker.go();
      expect(await wait).toEqual([]);
    }
  },
);

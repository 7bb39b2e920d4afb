/** Faults that were found in use, each with what showed it. */
import { AsyncLocalStorage } from "node:async_hooks";
import { closeSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Worker } from "node:worker_threads";
import { once } from "node:events";
import { expect, test } from "vitest";
import {
  AbortError,
  ClosedError,
  OSError,
  TimeoutError,
} from "posix-select/errors";
import { readable, recv, select, sendAll } from "posix-select/promises";
import {
  DefaultSelector,
  EVENT_PRIORITY,
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
} from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import { Interest, Place, type Waiter } from "../../src/promises/place.ts";
import { Cleanup } from "../helpers/cleanup.ts";
import { startWorker } from "../helpers/workers.ts";
import { expectRejection } from "./support.ts";

const isLinux = process.platform === "linux";

/** How many epolls this process has open. */
function epolls(): number {
  const files = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return files.filter((file) => file.includes("eventpoll")).length;
}

test.runIf(isLinux)("a worker that has waited leaves no epoll", async () => {
  const run = async (): Promise<void> => {
    const worker: Worker = startWorker("waiting-worker.ts", undefined);
    const [code] = (await once(worker, "exit")) as [number];
    expect(code).toBe(0);
  };
  await run();
  const before = epolls();
  for (let i = 0; i < 3; i++) await run();
  expect(epolls()).toBe(before);
});

/** Does so much in this turn that all else is put off. */
function useUpTurn(socket: Socket): void {
  const end = performance.now() + 20;
  while (performance.now() < end) void select([], [socket], [], 0);
  // The clock is looked at once for 64.
  for (let i = 0; i < 64; i++) void select([], [socket], [], 0);
}

test("who comes later does not overtake who was put off", async () => {
  using cleanup = new Cleanup();
  const [a, b] = cleanup.both(socketpair());
  const [other] = cleanup.both(socketpair());
  const later = setImmediate().then(() => sendAll(a, "2"));
  useUpTurn(other);
  await Promise.all([sendAll(a, "1"), later]);
  expect(b.recv(10).toString()).toBe("12");
});

/** Closes itself in a wait, and opens something under a number that was its own. */
class ClosingSelector extends PollSelector {
  isArmed = false;
  opened = -1;

  protected override wait(
    timeoutMs: number,
    report: (fd: number, events: number) => void,
  ): void {
    if (!this.isArmed) {
      super.wait(timeoutMs, report);
      return;
    }
    this.isArmed = false;
    this.close();
    this.opened = openSync("/dev/null", "r");
  }
}

test.runIf(isLinux).each(["the first look", "a look of the loop's"])(
  "a selector that closes itself in %s is closed, and touches nothing",
  async (look) => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const selector = new ClosingSelector();
    selector.register(b, EVENT_READ);
    const isFirst = look === "the first look";
    selector.isArmed = isFirst;
    const wait = selector.selectAsync();
    selector.isArmed = !isFirst;
    a.send("x");
    await expectRejection(wait, ClosedError, {});
    for (let i = 0; i < 5; i++) await setImmediate();
    expect(readlinkSync(`/proc/self/fd/${selector.opened}`)).toBe("/dev/null");
    closeSync(selector.opened);
  },
);

test("who aborts a wait and closes its socket hears of the abort", async () => {
  using cleanup = new Cleanup();
  const [a] = cleanup.both(socketpair());
  const controller = new AbortController();
  const { signal } = controller;
  signal.addEventListener("abort", () => {
    a.close();
  });
  const wait = recv(a, 10, { signal });
  controller.abort("enough");
  await expectRejection(wait, AbortError, { cause: "enough" });
});

test("what the first who waited had in its context is let go", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const storage = new AsyncLocalStorage<object>();
  using cleanup = new Cleanup();
  const [a, b] = cleanup.both(socketpair());
  const selector = cleanup.use(new DefaultSelector());
  selector.register(b, EVENT_READ);
  const refs: WeakRef<object>[] = [];
  /** In a function of its own, so that no variable keeps the store. */
  const run = async (wait: () => Promise<unknown>): Promise<void> => {
    const store = {};
    refs.push(new WeakRef(store));
    const promise = storage.run(store, wait);
    await setImmediate();
    a.send("x");
    await promise;
  };
  await run(() => recv(b, 10));
  await run(() => selector.selectAsync());
  for (let i = 0; i < 50; i++) {
    await setImmediate();
    collect();
    if (refs.every((ref) => ref.deref() === undefined)) break;
  }
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined]);
});

test("a number that nobody has slows no later wait down", async () => {
  using cleanup = new Cleanup();
  const [socket] = cleanup.both(socketpair());
  let asked = 0;
  const changing = {
    fileno: () => (asked++ < 2 ? socket.fileno() : 2 ** 31 - 1),
  };
  const refused = select([changing], [], []);
  await expectRejection(refused, OSError, { code: "EBADF" });
  // Longer than what is waited for is looked at.
  const late = readable(socket, { timeoutMs: 1100 });
  await expectRejection(late, TimeoutError, { code: "ETIMEDOUT" });
});

test("who waits for two events is told once of both", () => {
  const told: string[] = [];
  const waiter = (name: string): Waiter => ({
    syscall: "poll",
    onReady: () => told.push(name),
    onError: () => undefined,
  });
  const place = new Place(3);
  const outer = EVENT_READ | EVENT_PRIORITY;
  place.add(new Interest(waiter("outer"), 3, outer, undefined));
  place.add(new Interest(waiter("inner"), 3, EVENT_WRITE, undefined));
  place.tell(outer | EVENT_WRITE);
  expect(told).toEqual(["outer", "inner"]);
});

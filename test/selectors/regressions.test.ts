/** Faults that the selectors had, each with what showed it. */
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ClosedError, InterruptedError } from "posix-select/errors";
import {
  epoll,
  Epoll,
  EPOLLET,
  EPOLLIN,
  EPOLLRDHUP,
} from "posix-select/select";
import {
  BaseSelector,
  EpollSelector,
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
  SelectSelector,
  wakeup,
} from "posix-select/selectors";
import { SHUT_WR, type Socket, socketpair } from "posix-select/socket";
import { native } from "../../src/native.ts";
import { KqueueSelector } from "../../src/selectors/kqueue.ts";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { darwin } from "../kqueue/darwin-constants.ts";
import { SimulatedKqueue } from "../kqueue/simulated-kqueue.ts";

const classes: [string, () => BaseSelector][] = [
  ["SelectSelector", () => new SelectSelector()],
  ["PollSelector", () => new PollSelector()],
  [
    "KqueueSelector, simulated",
    () => new KqueueSelector(new SimulatedKqueue(), darwin),
  ],
];
if (EpollSelector !== undefined) {
  const Selector = EpollSelector;
  classes.push(["EpollSelector", () => new Selector()]);
}

function neverMind(): void {
  // A mechanism that watches nothing.
}

describe.each(classes)("%s", (name, make) => {
  test("its waker does not take a number that a key still has", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(make());
    const [near] = cleanup.both(socketpair());
    selector.register(near, EVENT_READ | EVENT_WRITE);
    near.close(); // its number is the next one to be given
    const handle = selector.wakeupHandle();
    if (name !== "PollSelector" && name !== "SelectSelector") {
      expect(selector.select(0)).toEqual([]); // the kernel has forgotten it
    }
    selector.unregister(near);
    for (let i = 0; i < 3; i++) {
      wakeup(handle);
      const start = performance.now();
      expect(selector.select(20_000)).toEqual([]);
      expect(performance.now() - start).toBeLessThan(10_000);
      expect(selector.select(0)).toEqual([]);
    }
  });

  test("a listener gets its turn though something is always ready", async () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(make());
    const [near] = cleanup.both(socketpair());
    selector.register(near, EVENT_WRITE);
    let heard = 0;
    const listener = (): void => {
      heard++;
    };
    process.on("SIGUSR2", listener);
    try {
      process.kill(process.pid, "SIGUSR2");
      expect(() => {
        for (let turn = 0; turn < 10_000; turn++) selector.select();
      }).toThrow(InterruptedError);
      while (heard === 0) await setImmediate();
    } finally {
      process.off("SIGUSR2", listener);
    }
  });

  test("fileno() that closes the selector leaves nothing registered", () => {
    using cleanup = new Cleanup();
    const selector = make();
    const [near] = cleanup.both(socketpair());
    const closing = {
      fileno(): number {
        selector.close();
        return near.fileno();
      },
    };
    expectThrow(() => selector.register(closing, EVENT_READ), ClosedError, {
      code: "ERR_CLOSED",
    });
  });
});

test("a select() within a select() takes nothing from the outer one", () => {
  class Nested extends BaseSelector<undefined, number> {
    isInner = false;
    add = neverMind;
    remove = neverMind;
    wait(_: number, report: (fd: number, events: number) => void): void {
      if (!this.isInner) {
        this.isInner = true;
        report(0, EVENT_READ);
        expect(this.select(0)).toHaveLength(1);
      }
      report(1, EVENT_READ);
    }
  }
  using selector = new Nested();
  selector.register(0, EVENT_READ);
  selector.register(1, EVENT_READ);
  expect(selector.select(0).map(([{ fd }]) => fd)).toEqual([0, 1]);
});

test("wakeup() during a wait is there for the next one", () => {
  const times: number[] = [];
  class Woken extends BaseSelector<undefined, number> {
    add = neverMind;
    remove = neverMind;
    wait(timeoutMs: number): void {
      times.push(timeoutMs);
      if (times.length === 1) this.wakeup();
    }
  }
  using selector = new Woken();
  for (let i = 0; i < 3; i++) selector.select(100);
  expect(times).toEqual([100, 0, 100]);
});

describe.skipIf(EpollSelector === undefined)("EpollSelector", () => {
  if (EpollSelector === undefined || epoll === undefined) return;
  const Selector = EpollSelector;
  const makeEpoll = epoll;

  test("a leftover does not stop its own file from coming back", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new Selector());
    const [near, far] = cleanup.both(socketpair());
    const spare = cleanup.use(near.dup());
    const number = near.fileno();
    selector.register(near, EVENT_READ);
    near.close();
    selector.unregister(near);
    const again = cleanup.use(spare.dup()); // the same file and number
    expect(again.fileno()).toBe(number);
    const key = selector.register(again, EVENT_READ);
    far.send("x");
    expect(selector.select(0)).toEqual([[key, EVENT_READ]]);
    selector.unregister(again);
    expect(selector.select(0)).toEqual([]);
  });

  test("many leftovers do not hide what is ready from a look", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new Selector());
    const pair = (): [Socket, Socket] => {
      const [near, far] = cleanup.both(socketpair());
      far.send("x");
      selector.register(near, EVENT_READ);
      return [near, far];
    };
    for (let i = 0; i < 300; i++) {
      const [near] = pair();
      cleanup.use(near.dup());
      near.close();
      selector.unregister(near);
    }
    const [near] = pair();
    expect(selector.select(0)).toEqual([[selector.getKey(near), EVENT_READ]]);
  });

  test("options are for whom they were given, whatever fileno() does", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new Selector());
    const [near, far] = cleanup.both(socketpair());
    const [other] = cleanup.both(socketpair());
    let handle = 0;
    const busy = {
      fileno(): number {
        if (handle === 0) {
          selector.register(other, EVENT_READ);
          handle = selector.wakeupHandle();
        }
        return near.fileno();
      },
    };
    selector.register(busy, EVENT_READ, undefined, { oneShot: true });
    far.send("x");
    expect(selector.select(0)).toHaveLength(1);
    expect(selector.select(0)).toHaveLength(0); // once
    for (let i = 0; i < 3; i++) {
      wakeup(handle); // it is not heard only once
      const start = performance.now();
      expect(selector.select(20_000)).toEqual([]);
      expect(performance.now() - start).toBeLessThan(10_000);
    }
  });

  test("an edge that comes between two rounds of poll() is told", () => {
    using cleanup = new Cleanup();
    const owner = cleanup.use(makeEpoll());
    const other = Epoll?.fromFd(owner.fileno());
    const pairs = Array.from({ length: 140 }, () => cleanup.both(socketpair()));
    const mask = EPOLLIN | EPOLLRDHUP | EPOLLET;
    for (const [near, far] of pairs) {
      owner.register(near, mask);
      far.send("x");
    }
    const { epollWait } = native;
    let rounds = 0;
    native.epollWait = () => {
      if (++rounds === 2) pairs[0]?.[1].shutdown(SHUT_WR);
      epollWait?.();
    };
    try {
      const found = new Map(other?.poll(0));
      expect(found.size).toBe(140);
      expect(found.get(pairs[0]?.[0].fileno() ?? -1)).toBe(
        EPOLLIN | EPOLLRDHUP,
      );
      expect(rounds).toBeGreaterThan(1);
    } finally {
      if (epollWait) native.epollWait = epollWait;
    }
    expect(other?.poll(0)).toEqual([]);
  });

  test("poll() of all that is registered is one round", () => {
    using cleanup = new Cleanup();
    const object = cleanup.use(makeEpoll());
    for (let i = 0; i < 128; i++) {
      const [near, far] = cleanup.both(socketpair());
      far.send("x");
      object.register(near, EPOLLIN);
    }
    const { epollWait } = native;
    let rounds = 0;
    native.epollWait = () => {
      rounds++;
      epollWait?.();
    };
    try {
      expect(object.poll(0)).toHaveLength(128);
      expect(rounds).toBe(1);
    } finally {
      if (epollWait) native.epollWait = epollWait;
    }
  });
});

/** What tells of nothing, again and again, while a selector waits. */
import { setTimeout } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import {
  type BaseSelector,
  EpollSelector,
  EVENT_PRIORITY,
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
  SelectSelector,
} from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import { native } from "../../../src/native.ts";
import { Cleanup } from "../../helpers/cleanup.ts";
import { warningsAfter } from "../support.ts";
import { countLooks, expectPending, OwnSelector } from "./support.ts";

/** A wait that turned round would look thousands of times in it. */
const noisyMs = 500;
/** It looks 3 times, then after 1, 2, 4 ... 64 ms, and a little to spare. */
const fewLooks = 40;

/** Expects that neither the loop nor the thread turns round and round. */
async function expectQuiet(): Promise<void> {
  const { calls } = vi.spyOn(native, "waiterWatch").mock;
  const callsBefore = calls.length;
  const before = performance.eventLoopUtilization();
  await setTimeout(noisyMs);
  const { utilization } = performance.eventLoopUtilization(before);
  expect(utilization).toBeLessThan(0.5);
  expect(calls.length - callsBefore).toBeLessThan(fewLooks);
}

/** A user's selector that says nothing, though something is ready. */
class Deaf extends OwnSelector {
  isDeaf = true;

  protected override wait(
    timeoutMs: number,
    report: (fd: number, events: number) => void,
  ): void {
    if (!this.isDeaf) super.wait(timeoutMs, report);
  }
}

export function noiseFacts(): void {
  describe("a selector of one's own that reports nothing of what is ready", () => {
    test("does not turn round, and is asked again and again", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new Deaf());
      const [near] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_WRITE);
      const wait = selector.selectAsync();
      const looks = countLooks(selector);
      const before = process.cpuUsage();
      await setTimeout(noisyMs);
      const { user, system } = process.cpuUsage(before);
      await expectPending(wait);
      expect(looks()).toBeGreaterThan(3);
      expect(looks()).toBeLessThan(fewLooks);
      expect((user + system) / 1000).toBeLessThan(noisyMs / 2);
      selector.isDeaf = false;
      expect(await wait).toEqual([[key, EVENT_WRITE]]);
      expect(await selector.selectAsync()).toEqual([[key, EVENT_WRITE]]);
    });

    test("can be woken, closed and left in time", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new Deaf());
      const [near] = cleanup.both(socketpair());
      selector.register(near, EVENT_WRITE);
      for (let i = 0; i < 10; i++) {
        expect(await selector.selectAsync(3)).toEqual([]);
      }
      const wait = selector.selectAsync();
      await expectPending(wait, 20);
      selector.wakeup();
      expect(await wait).toEqual([]);
      const last = selector.selectAsync();
      selector.close();
      await expect(last).rejects.toMatchObject({ code: "ERR_CLOSED" });
    });
  });

  // Linux's select(2) does not count a hang-up as urgent.
  test("SelectSelector: a hang-up that it does not count", async () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new SelectSelector());
    const [near, far] = cleanup.both(socketpair());
    const [other, its] = cleanup.both(socketpair());
    selector.register(near, EVENT_PRIORITY);
    const key = selector.register(other, EVENT_READ);
    const looks = countLooks(selector);
    const wait = selector.selectAsync();
    far.close();
    await setTimeout(noisyMs);
    expect(looks()).toBeLessThan(fewLooks);
    if (selector.select(0).length > 0) return; // a system that counts it
    await expectPending(wait);
    its.send("x");
    expect(await wait).toEqual([[key, EVENT_READ]]);
  });

  describe.skipIf(EpollSelector === undefined)("EpollSelector", () => {
    if (EpollSelector === undefined) return;
    const Selector = EpollSelector;

    test("a pending wait goes on with the set that was built anew", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new Selector());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      for (let i = 0; i < 5; i++) {
        const wait = selector.selectAsync();
        await expectPending(wait);
        const [lost, its] = cleanup.both(socketpair());
        selector.register(lost, EVENT_READ);
        cleanup.use(lost.dup());
        lost.close();
        selector.unregister(lost);
        its.send("x");
        await expectPending(wait);
        far.send("x");
        expect(await wait).toEqual([[key, EVENT_READ]]);
        near.recv(1);
      }
    });

    test("an edge is told once, and not lost between two waits", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new Selector());
      const [near, far] = cleanup.both(socketpair());
      const options = { edgeTriggered: true };
      const key = selector.register(near, EVENT_READ, undefined, options);
      for (let i = 0; i < 5; i++) {
        const wait = selector.selectAsync();
        if (i % 2 === 0) await expectPending(wait);
        far.send("x");
        expect(await wait).toEqual([[key, EVENT_READ]]);
        const next = selector.selectAsync(5);
        expect(await next).toEqual([]);
        far.send("x");
        await setTimeout(1);
        expect(await selector.selectAsync()).toEqual([[key, EVENT_READ]]);
      }
    });

    test("a one-shot is told once, and armed again during a wait", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new Selector());
      const [near, far] = cleanup.both(socketpair());
      const options = { oneShot: true };
      const key = selector.register(near, EVENT_READ, undefined, options);
      far.send("x");
      for (let i = 0; i < 5; i++) {
        expect(await selector.selectAsync()).toEqual([[key, EVENT_READ]]);
        const wait = selector.selectAsync();
        await expectPending(wait);
        selector.modify(near, EVENT_READ);
        expect(await wait).toHaveLength(1);
        selector.modify(near, EVENT_READ);
      }
    });
  });

  const all: [string, new () => BaseSelector][] = [
    ["PollSelector", PollSelector],
    ["a selector of one's own", OwnSelector],
  ];
  if (EpollSelector) all.push(["EpollSelector", EpollSelector]);

  test.each(all)(
    "what is left unread while nobody waits: %s",
    async (_, SelectorClass) => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      const wait = selector.selectAsync();
      far.send("x");
      expect(await wait).toEqual([[key, EVENT_READ]]);
      await expectQuiet();
      expect(await selector.selectAsync()).toEqual([[key, EVENT_READ]]);
    },
  );

  describe("a selector that is forgotten while it is watched", () => {
    const classes: [string, new () => BaseSelector][] = [
      ["PollSelector", PollSelector],
    ];
    if (EpollSelector) classes.push(["EpollSelector", EpollSelector]);

    async function lose(
      SelectorClass: new () => BaseSelector,
      near: Socket,
    ): Promise<void> {
      const selector = new SelectorClass();
      selector.register(near, EVENT_READ);
      expect(await selector.selectAsync(1)).toEqual([]);
    }

    test.each(classes)("is watched no more: %s", async (_, SelectorClass) => {
      using cleanup = new Cleanup();
      const [near, far] = cleanup.both(socketpair());
      await lose(SelectorClass, near);
      await warningsAfter(() => undefined);
      far.send("x");
      await expectQuiet();
    });
  });
}

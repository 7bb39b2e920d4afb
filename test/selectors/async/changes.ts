/** What may be done while a wait is pending. */
import { openSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  AlreadyRegisteredError,
  BusyError,
  PermissionError,
} from "posix-select/errors";
import {
  type BaseSelector,
  EVENT_READ,
  EVENT_WRITE,
  type SelectorConstructor,
  wakeup,
} from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { expectThrow } from "../../helpers/errors.ts";
import { timed } from "../../socket/support.ts";
import type { Mechanism } from "../contract.ts";
import { fullPipe, wrong } from "../support.ts";
import {
  countLooks,
  expectPending,
  expectRejection,
  timedAsync,
} from "./support.ts";

export function changeFacts(
  SelectorClass: SelectorConstructor,
  { watchesFiles }: Mechanism,
): void {
  /** A wait that is pending, for what comes from `far`. */
  async function pending(cleanup: Cleanup): Promise<{
    selector: BaseSelector;
    wait: ReturnType<BaseSelector["selectAsync"]>;
    near: Socket;
    far: Socket;
  }> {
    const selector = cleanup.use(new SelectorClass());
    const [near, far] = cleanup.both(socketpair());
    selector.register(near, EVENT_READ);
    const wait = selector.selectAsync();
    await expectPending(wait);
    return { selector, wait, near, far };
  }

  describe("while a wait is pending", () => {
    test("another one is refused, and the first goes on", async () => {
      using cleanup = new Cleanup();
      const { selector, wait, near, far } = await pending(cleanup);
      for (const timeoutMs of [undefined, 0, 10]) {
        const other = selector.selectAsync(timeoutMs);
        await expectRejection(other, BusyError, { code: "ERR_BUSY", fd: -1 });
      }
      const nonsense = selector.selectAsync(wrong("1"));
      await expectRejection(nonsense, TypeError, {});
      await expectPending(wait);
      far.send("x");
      const expected = [[selector.getKey(near), EVENT_READ]];
      expect(await wait).toEqual(expected);
      expect(await selector.selectAsync()).toEqual(expected);
    });

    test("another one is refused also if something is ready", async () => {
      using cleanup = new Cleanup();
      const { selector, wait, far } = await pending(cleanup);
      far.send("x");
      await expectRejection(selector.selectAsync(0), BusyError, {});
      expect(await wait).toHaveLength(1);
    });

    test("select() finds what is ready, and so does the wait", async () => {
      using cleanup = new Cleanup();
      const { selector, wait, near, far } = await pending(cleanup);
      expect(selector.select(0)).toEqual([]);
      const ms = timed(() => {
        expect(selector.select(5)).toEqual([]);
      });
      expect(ms).toBeGreaterThanOrEqual(5);
      await expectPending(wait);
      far.send("x");
      const expected = [[selector.getKey(near), EVENT_READ]];
      expect(selector.select()).toEqual(expected);
      expect(await wait).toEqual(expected);
    });

    test("what is read elsewhere does not end it", async () => {
      using cleanup = new Cleanup();
      const { selector, wait, near, far } = await pending(cleanup);
      for (let i = 0; i < 20; i++) {
        far.send("x");
        near.recv(1);
        await expectPending(wait, 1);
      }
      far.send("x");
      expect(await wait).toEqual([[selector.getKey(near), EVENT_READ]]);
    });

    test("register() of what is ready ends it", async () => {
      using cleanup = new Cleanup();
      const { selector, wait } = await pending(cleanup);
      const key = selector.register(fullPipe(cleanup)[0], EVENT_READ, "new");
      expect(await wait).toEqual([[key, EVENT_READ]]);
    });

    test("what register() added is watched too", async () => {
      using cleanup = new Cleanup();
      const { selector, wait } = await pending(cleanup);
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      await expectPending(wait);
      far.send("x");
      expect(await wait).toEqual([[key, EVENT_READ]]);
    });

    test("register() and the rest work with nothing registered", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const wait = selector.selectAsync();
      await expectPending(wait);
      const [near] = cleanup.both(socketpair());
      selector.register(near, EVENT_READ);
      const key = selector.modify(near, EVENT_WRITE);
      expect(await wait).toEqual([[key, EVENT_WRITE]]);
    });

    test("modify() counts: what is wanted now ends it", async () => {
      using cleanup = new Cleanup();
      const { selector, wait, near } = await pending(cleanup);
      const key = selector.modify(near, EVENT_READ | EVENT_WRITE, "data");
      expect(await wait).toEqual([[key, EVENT_WRITE]]);
    });

    test("modify() counts: what is not wanted any more does not", async () => {
      using cleanup = new Cleanup();
      const { selector, wait, far } = await pending(cleanup);
      const [other, its] = cleanup.both(socketpair());
      selector.register(other, EVENT_READ);
      const reads = countLooks(selector);
      const [full] = cleanup.both(socketpair());
      while (full.trySend(Buffer.alloc(4096)) !== undefined);
      selector.register(full, EVENT_READ);
      selector.modify(full, EVENT_WRITE);
      selector.modify(other, EVENT_READ, "after");
      selector.unregister(full);
      its.send("x");
      const key = selector.getKey(other);
      expect(key.data).toBe("after");
      expect(await wait).toEqual([[key, EVENT_READ]]);
      expect(reads()).toBeGreaterThan(0);
      far.send("x");
      expect(await selector.selectAsync()).toHaveLength(2);
    });

    test("what was unregistered does not end it", async () => {
      using cleanup = new Cleanup();
      const { selector, wait, near, far } = await pending(cleanup);
      selector.unregister(near);
      const looks = countLooks(selector);
      far.send("x");
      await expectPending(wait, 50);
      // Nothing is told of it any more.
      expect(looks()).toBe(0);
      const key = selector.register(near, EVENT_READ);
      expect(await wait).toEqual([[key, EVENT_READ]]);
    });

    test("what is refused changes nothing", async () => {
      using cleanup = new Cleanup();
      const { selector, wait, near, far } = await pending(cleanup);
      const call = (): unknown => selector.register(near, EVENT_WRITE);
      expectThrow(call, AlreadyRegisteredError, { fd: near.fileno() });
      const nonsense = (): unknown => selector.modify(near, 0);
      expectThrow(nonsense, RangeError, {});
      await expectPending(wait);
      far.send("x");
      expect(await wait).toEqual([[selector.getKey(near), EVENT_READ]]);
    });

    test(`register() of a file ${watchesFiles ? "ends" : "is EPERM: it goes on"}`, async () => {
      using cleanup = new Cleanup();
      const { selector, wait, near, far } = await pending(cleanup);
      const file = cleanup.fd(openSync(import.meta.filename, "r"));
      if (!watchesFiles) {
        const call = (): unknown => selector.register(file, EVENT_READ);
        expectThrow(call, PermissionError, { code: "EPERM" });
        far.send("x");
        expect(await wait).toEqual([[selector.getKey(near), EVENT_READ]]);
        return;
      }
      const key = selector.register(file, EVENT_READ);
      expect(await wait).toEqual([[key, EVENT_READ]]);
      // And it is gone as soon as the file is.
      selector.unregister(file);
      const looks = countLooks(selector);
      const next = selector.selectAsync();
      await expectPending(next, 50);
      expect(looks()).toBeLessThan(5);
      selector.register(file, EVENT_READ | EVENT_WRITE);
      expect(await next).toHaveLength(1);
    });
  });

  /** What ends a pending wait, at the loop's next turn. */
  const ends: Readonly<
    Record<string, (it: BaseSelector, near: Socket, far: Socket) => unknown>
  > = {
    "what comes": (_, __, far) => far.send("x"),
    "register()": (it, _, far) => it.register(far, EVENT_WRITE),
    "modify()": (it, near) => it.modify(near, EVENT_WRITE),
    "a new wakeup(handle)": (it) => {
      wakeup(it.wakeupHandle());
    },
  };

  test.each(Object.entries(ends))(
    "%s ends a wait before what is closed is looked for",
    async (_, end) => {
      using cleanup = new Cleanup();
      const times: number[] = [];
      // The machine may be slow, though not each time.
      while (times.length < 5 && !times.some((ms) => ms < 500)) {
        const { selector, wait, near, far } = await pending(cleanup);
        const ms = await timedAsync(async () => {
          end(selector, near, far);
          await wait;
        });
        times.push(ms);
      }
      expect(Math.min(...times)).toBeLessThan(500);
    },
  );
}

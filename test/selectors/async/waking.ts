/** `wakeup()` and `wakeup(handle)`, and waits that do not hold the thread. */
import { describe, expect, test } from "vitest";
import {
  AbortError,
  BusyError,
  ClosedError,
  NotRegisteredError,
} from "posix-select/errors";
import {
  type BaseSelector,
  EVENT_READ,
  type SelectorConstructor,
  wakeup,
} from "posix-select/selectors";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { expectThrow } from "../../helpers/errors.ts";
import { fullPipe } from "../support.ts";
import { expectPending, expectRejection } from "./support.ts";

export function wakingFacts(SelectorClass: SelectorConstructor): void {
  /** Expects that nothing ends the next wait, and ends it. */
  async function expectUnwoken(selector: BaseSelector): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    const wait = selector.selectAsync(undefined, { signal });
    await expectPending(wait);
    controller.abort();
    await expectRejection(wait, AbortError, {});
  }

  describe("wakeup()", () => {
    test("ends the pending wait, and no other", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      selector.register(cleanup.both(socketpair())[0], EVENT_READ);
      for (const timeoutMs of [undefined, 60_000]) {
        const wait = selector.selectAsync(timeoutMs);
        await expectPending(wait);
        selector.wakeup();
        expect(await wait).toEqual([]);
        await expectUnwoken(selector);
      }
    });

    test("before a wait ends the next one; several count once", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      for (const times of [1, 5]) {
        for (let i = 0; i < times; i++) selector.wakeup();
        // It would wait for ever.
        expect(await selector.selectAsync()).toEqual([]);
        await expectUnwoken(selector);
      }
    });

    test("does not hide what is ready", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      const wait = selector.selectAsync();
      far.send("x");
      selector.wakeup();
      expect(await wait).toEqual([[key, EVENT_READ]]);
      selector.wakeup();
      expect(await selector.selectAsync()).toEqual([[key, EVENT_READ]]);
      near.recv(1);
      await expectUnwoken(selector);
    });

    test("is taken by one wait, of either kind", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      selector.wakeup();
      expect(selector.select()).toEqual([]);
      await expectUnwoken(selector);
      selector.wakeup();
      expect(await selector.selectAsync()).toEqual([]);
      expect(selector.select(1)).toEqual([]);
      await expectUnwoken(selector);
    });

    test("is not taken by a wait that was refused", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      selector.wakeup();
      await expectRejection(selector.selectAsync(NaN), TypeError, {});
      const signal = AbortSignal.abort();
      const aborted = selector.selectAsync(undefined, { signal });
      await expectRejection(aborted, AbortError, {});
      expect(await selector.selectAsync()).toEqual([]);
      const wait = selector.selectAsync();
      await expectRejection(selector.selectAsync(), BusyError, {});
      selector.wakeup();
      expect(await wait).toEqual([]);
    });

    test("ends the wait at once when the loop's turn is full", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      for (let i = 0; i < 200; i++) {
        selector.wakeup();
        expect(await selector.selectAsync()).toEqual([]);
        const wait = selector.selectAsync();
        selector.wakeup();
        expect(await wait).toEqual([]);
      }
      await expectUnwoken(selector);
    });
  });

  describe("wakeup(handle)", () => {
    test.each(["before", "during"])(
      "ends a pending wait, if the handle was made %s it",
      async (when) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        selector.register(cleanup.both(socketpair())[0], EVENT_READ);
        if (when === "before") selector.wakeupHandle();
        for (const times of [1, 3, 1]) {
          const wait = selector.selectAsync();
          await expectPending(wait);
          const handle = selector.wakeupHandle();
          await expectPending(wait);
          for (let i = 0; i < times; i++) wakeup(handle);
          expect(await wait).toEqual([]);
          await expectUnwoken(selector);
        }
        expect(selector.getMap().size).toBe(1);
      },
    );

    test("before a wait ends the next one; several count once", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const handle = selector.wakeupHandle();
      for (const times of [1, 1000]) {
        for (let i = 0; i < times; i++) wakeup(handle);
        expect(await selector.selectAsync()).toEqual([]);
        await expectUnwoken(selector);
      }
    });

    test("does not hide what is ready", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const handle = selector.wakeupHandle();
      const wait = selector.selectAsync();
      const key = selector.register(fullPipe(cleanup)[0], EVENT_READ);
      wakeup(handle);
      expect(await wait).toEqual([[key, EVENT_READ]]);
      selector.unregister(key.fileobj);
      await expectUnwoken(selector);
    });

    test("of a selector that was closed meanwhile is refused", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const handle = selector.wakeupHandle();
      const wait = selector.selectAsync();
      selector.close();
      const call = (): void => {
        wakeup(handle);
      };
      expectThrow(call, ClosedError, { code: "ERR_CLOSED" });
      await expectRejection(wait, ClosedError, {});
    });

    test("its descriptor can't be unregistered", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const fd = selector.wakeupHandle() % 2 ** 21;
      for (const it of [fd, fd - 1]) {
        const call = (): unknown => selector.unregister(it);
        expectThrow(call, NotRegisteredError, {});
      }
    });
  });
}

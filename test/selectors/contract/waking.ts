/** `wakeup()` and `wakeupHandle()`. */
import { describe, expect, test } from "vitest";
import { ClosedError, InterruptedError } from "posix-select/errors";
import {
  EVENT_READ,
  type SelectorConstructor,
  wakeup,
} from "posix-select/selectors";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { openDescriptors } from "../../helpers/descriptors.ts";
import { expectThrow } from "../../helpers/errors.ts";
import { timed } from "../../socket/support.ts";
import { fullPipe, interrupted, RemoteWaker, wrong } from "../support.ts";

const isClosed = { code: "ERR_CLOSED" };
const waitMs = 20;

/** A call of `wakeup()` that is to be refused. */
const waking = (handle: unknown) => (): void => {
  wakeup(wrong(handle));
};

export function wakingFacts(SelectorClass: SelectorConstructor): void {
  /** Expects that nothing ends the next wait. */
  function expectUnwoken(selector: InstanceType<SelectorConstructor>): void {
    const ms = timed(() => {
      expect(selector.select(waitMs)).toEqual([]);
    });
    expect(ms).toBeGreaterThanOrEqual(waitMs);
  }

  describe("wakeup()", () => {
    test("ends the next wait at once; several count once", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      selector.register(cleanup.both(socketpair())[0], EVENT_READ);
      for (const times of [1, 5]) {
        for (let i = 0; i < times; i++) selector.wakeup();
        // It would wait for ever.
        expect(selector.select()).toEqual([]);
        expectUnwoken(selector);
      }
    });

    test("does not hide what is ready", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const key = selector.register(fullPipe(cleanup)[0], EVENT_READ);
      selector.wakeup();
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
      selector.unregister(key.fileobj);
      expectUnwoken(selector);
    });
  });

  describe("wakeupHandle()", () => {
    test("lets another thread end a wait", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      selector.register(cleanup.both(socketpair())[0], EVENT_READ);
      await using waker = await RemoteWaker.start(selector.wakeupHandle());
      for (let i = 0; i < 3; i++) {
        waker.go();
        // It would wait for ever.
        expect(selector.select()).toEqual([]);
        expectUnwoken(selector);
      }
    });

    test("lets another thread end the next wait; several count once", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      await using waker = await RemoteWaker.start(selector.wakeupHandle());
      for (const times of [2, 300, 5000]) {
        await waker.call(times);
        expect(selector.select()).toEqual([]);
        expectUnwoken(selector);
      }
    });

    test("does the same in this thread, together with wakeup()", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const handle = selector.wakeupHandle();
      wakeup(handle);
      selector.wakeup();
      wakeup(handle);
      expect(selector.select()).toEqual([]);
      expectUnwoken(selector);
    });

    test("is one number, of which the map and the results know nothing", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const handle = selector.wakeupHandle();
      expect(Number.isSafeInteger(handle)).toBe(true);
      expect(selector.wakeupHandle()).toBe(handle);
      expect(selector.getMap().size).toBe(0);
      expect([...selector.getMap()]).toEqual([]);
      const key = selector.register(fullPipe(cleanup)[0], EVENT_READ);
      wakeup(handle);
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
      expect(selector.getMap().size).toBe(1);
    });

    test("is another number for another selector", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const other = cleanup.use(new SelectorClass());
      expect(selector.wakeupHandle()).not.toBe(other.wakeupHandle());
      wakeup(other.wakeupHandle());
      expectUnwoken(selector);
      expect(other.select()).toEqual([]);
    });

    test("outlives an interrupted wait", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const handle = selector.wakeupHandle();
      const error = await interrupted(() => selector.select());
      expect(error).toBeInstanceOf(InterruptedError);
      wakeup(handle);
      expect(selector.select()).toEqual([]);
    });

    test("of a closed selector is refused, and nobody else is written to", () => {
      using cleanup = new Cleanup();
      const before = openDescriptors();
      const selector = cleanup.use(new SelectorClass());
      const handle = selector.wakeupHandle();
      const its = openDescriptors()
        .filter((it) => !before.includes(it) && it.includes("socket"))
        .map(parseFloat);
      selector.close();
      const sockets = [0, 1, 2].flatMap(() => cleanup.both(socketpair()));
      const numbers = sockets.map((it) => it.fileno());
      if (process.platform === "linux") {
        expect(its).toHaveLength(2);
        expect(numbers).toEqual(expect.arrayContaining(its));
      }
      expectThrow(waking(handle), ClosedError, isClosed);
      const byte = new Uint8Array(1);
      for (const socket of sockets) {
        expect(socket.tryRecvInto(byte)).toBeUndefined();
      }
    });

    test("of a selector whose number another's has now is refused", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const handle = selector.wakeupHandle();
      selector.close();
      const other = cleanup.use(new SelectorClass());
      other.wakeupHandle();
      expectThrow(waking(handle), ClosedError, isClosed);
      expectUnwoken(other);
    });
  });

  test("wakeup(handle) refuses what is no handle", () => {
    for (const handle of [-1, 0.5, NaN, 2 ** 53, Infinity]) {
      expectThrow(waking(handle), RangeError, { code: "ERR_OUT_OF_RANGE" });
    }
    for (const handle of [undefined, null, "1", {}, 1n]) {
      expectThrow(waking(handle), TypeError, { code: "ERR_INVALID_ARG_TYPE" });
    }
    // Descriptors, though no handles.
    for (const handle of [0, 1, 2]) {
      expectThrow(waking(handle), ClosedError, isClosed);
    }
  });
}

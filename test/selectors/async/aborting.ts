/** A wait with an `AbortSignal`. */
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { AbortError, BusyError, ClosedError } from "posix-select/errors";
import { EVENT_READ, type SelectorConstructor } from "posix-select/selectors";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { fullPipe, wrong } from "../support.ts";
import { expectPending, expectRejection, turns } from "./support.ts";

const listeners = (signal: AbortSignal): number =>
  getEventListeners(signal, "abort").length;

export function abortFacts(SelectorClass: SelectorConstructor): void {
  describe("a signal", () => {
    test("that was aborted before ends the wait before it begins", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const key = selector.register(fullPipe(cleanup)[0], EVENT_READ);
      const cause = new Error("not needed");
      const signal = AbortSignal.abort(cause);
      for (const timeoutMs of [undefined, 0, 10]) {
        const wait = selector.selectAsync(timeoutMs, { signal });
        await expectRejection(wait, AbortError, { code: "ABORT_ERR", cause });
      }
      expect(listeners(signal)).toBe(0);
      expect(await selector.selectAsync()).toEqual([[key, EVENT_READ]]);
    });

    test.each([undefined, 60_000])(
      "that is aborted meanwhile ends the wait, time-out %s",
      async (timeoutMs) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        const [near, far] = cleanup.both(socketpair());
        const key = selector.register(near, EVENT_READ);
        for (const reason of ["enough", undefined, null, new Error("x")]) {
          const controller = new AbortController();
          const { signal } = controller;
          const wait = selector.selectAsync(timeoutMs, { signal });
          await expectPending(wait);
          expect(listeners(signal)).toBe(1);
          controller.abort(reason);
          const name = "AbortError";
          const { reason: cause } = signal as { reason: unknown };
          const fields = { name, code: "ABORT_ERR", cause };
          await expectRejection(wait, AbortError, fields);
          expect(listeners(signal)).toBe(0);
        }
        const wait = selector.selectAsync(timeoutMs);
        await expectPending(wait);
        far.send("x");
        expect(await wait).toEqual([[key, EVENT_READ]]);
      },
    );

    test("that is aborted first wins, and nothing is lost", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      const controller = new AbortController();
      const { signal } = controller;
      const wait = selector.selectAsync(undefined, { signal });
      far.send("x");
      controller.abort();
      await expectRejection(wait, AbortError, { code: "ABORT_ERR" });
      expect(await selector.selectAsync()).toEqual([[key, EVENT_READ]]);
    });

    test("that is aborted afterwards changes nothing", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      const controller = new AbortController();
      const { signal } = controller;
      const first = selector.selectAsync(undefined, { signal });
      far.send("x");
      expect(await first).toEqual([[key, EVENT_READ]]);
      near.recv(1);
      const next = selector.selectAsync();
      controller.abort();
      await expectPending(next);
      far.send("x");
      expect(await next).toEqual([[key, EVENT_READ]]);
    });

    test("has no listener left, whatever ended the wait", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const { signal } = new AbortController();
      const begin = (timeoutMs?: number): Promise<unknown[]> =>
        selector.selectAsync(timeoutMs, { signal });

      expect(await begin(0)).toEqual([]);
      expect(listeners(signal), "a look").toBe(0);
      expect(await begin(1)).toEqual([]);
      expect(listeners(signal), "the time").toBe(0);
      const woken = begin();
      selector.wakeup();
      expect(await woken).toEqual([]);
      expect(listeners(signal), "wakeup()").toBe(0);

      selector.register(near, EVENT_READ);
      const parked = begin();
      await expectPending(parked);
      await expectRejection(begin(), BusyError, { code: "ERR_BUSY" });
      expect(listeners(signal), "the wait goes on").toBe(1);
      far.send("x");
      expect(await parked).toHaveLength(1);
      expect(listeners(signal), "something ready").toBe(0);
      for (let i = 0; i < 100; i++) expect(await begin()).toHaveLength(1);
      for (let i = 0; i < 100; i++) expect(await begin(0)).toHaveLength(1);
      expect(listeners(signal), "something ready at once").toBe(0);

      near.recv(1);
      const closed = begin();
      selector.close();
      await expectRejection(closed, ClosedError, { code: "ERR_CLOSED" });
      await expectRejection(begin(), ClosedError, { code: "ERR_CLOSED" });
      expect(listeners(signal), "close()").toBe(0);
    });

    test("ends the waits of several selectors", async () => {
      using cleanup = new Cleanup();
      const controller = new AbortController();
      const { signal } = controller;
      const waits = Array.from({ length: 10 }, () =>
        cleanup.use(new SelectorClass()).selectAsync(undefined, { signal }),
      );
      const ended = Promise.allSettled(waits);
      await turns();
      expect(listeners(signal)).toBeGreaterThan(0);
      controller.abort();
      for (const it of await ended) expect(it.status).toBe("rejected");
      expect(listeners(signal)).toBe(0);
    });
  });

  test.each([
    ["null", null],
    ["a number", 1],
    ["a string", "signal"],
    ["a signal that is null", { signal: null }],
    ["a signal that is none", { signal: { aborted: false } }],
    ["a controller", { signal: new AbortController() }],
  ])("options: %s is a rejection", async (_, options) => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new SelectorClass());
    const wait = selector.selectAsync(0, wrong(options));
    await expectRejection(wait, TypeError, { code: "ERR_INVALID_ARG_TYPE" });
    expect(await selector.selectAsync(0, {})).toEqual([]);
    expect(await selector.selectAsync(0, { signal: undefined })).toEqual([]);
  });

  test("options that throw are a rejection", async () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new SelectorClass());
    const error = new Error("no signal today");
    const options = {
      get signal(): AbortSignal {
        throw error;
      },
    };
    await expect(selector.selectAsync(0, options)).rejects.toBe(error);
    expect(await selector.selectAsync(0)).toEqual([]);
  });
}

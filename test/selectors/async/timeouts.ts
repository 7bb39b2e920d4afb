/** How long `selectAsync()` waits. */
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { EVENT_READ, type SelectorConstructor } from "posix-select/selectors";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { soonMs, wrong } from "../support.ts";
import { expectPending, expectRejection, timedAsync } from "./support.ts";

export function timeoutFacts(SelectorClass: SelectorConstructor): void {
  describe("a time-out", () => {
    test.each([0.3, 1, 1.5, 12.3, 30])(
      "of %d ms gives nothing, and not early, registered or not",
      async (timeoutMs) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        const [near, far] = cleanup.both(socketpair());
        const wait = (): Promise<number> =>
          timedAsync(async () => {
            expect(await selector.selectAsync(timeoutMs)).toEqual([]);
          });
        expect(await wait()).toBeGreaterThanOrEqual(timeoutMs);
        const key = selector.register(near, EVENT_READ);
        expect(await wait()).toBeGreaterThanOrEqual(timeoutMs);
        far.send("x");
        expect(await selector.selectAsync(soonMs)).toEqual([[key, EVENT_READ]]);
        selector.unregister(near);
        expect(await wait()).toBeGreaterThanOrEqual(timeoutMs);
      },
    );

    test("of a fraction is never early", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      selector.register(cleanup.both(socketpair())[0], EVENT_READ);
      for (let i = 0; i < 60; i++) {
        const timeoutMs = 0.01 + i / 20;
        const ms = await timedAsync(async () => {
          expect(await selector.selectAsync(timeoutMs)).toEqual([]);
        });
        expect(ms).toBeGreaterThanOrEqual(timeoutMs);
      }
    });

    test.each([0, -0, -1, -0.5, -1e300, -(2 ** 32) + 5, -Infinity])(
      "of %d looks",
      async (timeoutMs) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        // If one of these waited, it would do so for ever or for weeks.
        expect(await selector.selectAsync(timeoutMs)).toEqual([]);
        const [near, far] = cleanup.both(socketpair());
        const key = selector.register(near, EVENT_READ);
        expect(await selector.selectAsync(timeoutMs)).toEqual([]);
        far.send("x");
        const expected = [[key, EVENT_READ]];
        expect(await selector.selectAsync(timeoutMs)).toEqual(expected);
      },
    );

    test("of 0 gives nothing, however often in a row", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      for (let i = 0; i < 300; i++) {
        expect(await selector.selectAsync(0)).toEqual([]);
      }
      far.send("x");
      for (let i = 0; i < 300; i++) {
        expect(await selector.selectAsync(0)).toEqual([[key, EVENT_READ]]);
      }
    });

    test.each([
      ["undefined", undefined],
      ["null", null],
      ["Infinity", Infinity],
      ["10 ** 300", 1e300],
      ["2 ** 53 - 1", Number.MAX_SAFE_INTEGER],
      ["2 ** 32", 2 ** 32],
      ["2 ** 31 + 0.5", 2 ** 31 + 0.5],
      ["2 ** 31 - 1", 2 ** 31 - 1],
    ])("of %s waits until something is ready", async (_, timeoutMs) => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      const warnings: unknown[] = [];
      const listen = (warning: unknown): void => {
        warnings.push(warning);
      };
      process.on("warning", listen);
      const wait = selector.selectAsync(timeoutMs);
      // A timer of Node's that is asked for too much warns, and ends after 1 ms.
      await setTimeout(5);
      await expectPending(wait);
      far.send("x");
      expect(await wait).toEqual([[key, EVENT_READ]]);
      process.off("warning", listen);
      expect(warnings).toEqual([]);
    });

    test.each([NaN, "1", true, {}, [], 1n, Symbol("1")])(
      "of %o is a rejection",
      async (timeoutMs) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        const [near, far] = cleanup.both(socketpair());
        const key = selector.register(near, EVENT_READ);
        far.send("x");
        const wait = selector.selectAsync(wrong(timeoutMs));
        await expectRejection(wait, TypeError, {
          code: "ERR_INVALID_ARG_TYPE",
        });
        expect(await selector.selectAsync()).toEqual([[key, EVENT_READ]]);
      },
    );

    test("that is over does not hide what came before its end", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      for (let i = 0; i < 5; i++) {
        const end = performance.now() + 3;
        const wait = selector.selectAsync(2);
        far.send("x");
        while (performance.now() < end); // the thread is busy
        expect(await wait).toEqual([[key, EVENT_READ]]);
        near.recv(1);
      }
    });

    test("is forgotten when the wait has ended", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      const first = selector.selectAsync(5);
      far.send("x");
      expect(await first).toEqual([[key, EVENT_READ]]);
      near.recv(1);
      const wait = selector.selectAsync();
      await setTimeout(10);
      await expectPending(wait);
      far.send("x");
      expect(await wait).toEqual([[key, EVENT_READ]]);
    });
  });
}

/** How long `select()` waits. */
import { describe, expect, test } from "vitest";
import { InterruptedError } from "posix-select/errors";
import { EVENT_READ, type SelectorConstructor } from "posix-select/selectors";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { expectThrow } from "../../helpers/errors.ts";
import { timed } from "../../socket/support.ts";
import {
  fullPipe,
  interrupted,
  laterMs,
  readyLater,
  soonMs,
  wrong,
} from "../support.ts";

export function waitingFacts(SelectorClass: SelectorConstructor): void {
  describe("time-outs", () => {
    test.each([0.3, 1, 1.5, 12.3, 30])(
      "a wait of %d ms does not end early, registered or not",
      (timeoutMs) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        const [near] = cleanup.both(socketpair());
        const wait = (): number =>
          timed(() => {
            expect(selector.select(timeoutMs)).toEqual([]);
          });
        expect(wait()).toBeGreaterThanOrEqual(timeoutMs);
        selector.register(near, EVENT_READ);
        expect(wait()).toBeGreaterThanOrEqual(timeoutMs);
        selector.unregister(near);
        expect(wait()).toBeGreaterThanOrEqual(timeoutMs);
      },
    );

    test("many waits of a fraction are not one of them early", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near] = cleanup.both(socketpair());
      selector.register(near, EVENT_READ);
      for (let i = 0; i < 60; i++) {
        const timeoutMs = 0.01 + i / 70;
        const ms = timed(() => selector.select(timeoutMs));
        expect(ms).toBeGreaterThanOrEqual(timeoutMs);
      }
    });

    test.each([0, -0, -1, -0.5, -1e300, -(2 ** 32) + 5, -Infinity])(
      "%d looks and returns at once",
      (timeoutMs) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        // If one of these waited, it would do so for ever or for weeks.
        expect(selector.select(timeoutMs)).toEqual([]);
        const [near, far] = cleanup.both(socketpair());
        const key = selector.register(near, EVENT_READ);
        expect(selector.select(timeoutMs)).toEqual([]);
        far.send("x");
        expect(selector.select(timeoutMs)).toEqual([[key, EVENT_READ]]);
      },
    );

    test.each([
      ["undefined", undefined],
      ["null", null],
      ["Infinity", Infinity],
      ["10 ** 300", 1e300],
      ["2 ** 53 - 1", Number.MAX_SAFE_INTEGER],
      ["2 ** 32", 2 ** 32],
      ["2 ** 31 + 0.5", 2 ** 31 + 0.5],
    ])("%s waits until something is ready", (_, timeoutMs) => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near] = cleanup.both(socketpair());
      selector.register(near, EVENT_READ);
      const ms = timed(() => {
        const key = selector.register(readyLater(cleanup), EVENT_READ);
        expect(selector.select(timeoutMs)).toEqual([[key, EVENT_READ]]);
      });
      expect(ms).toBeGreaterThanOrEqual(laterMs);
    });

    test("none at all waits until something is ready", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const key = selector.register(readyLater(cleanup), EVENT_READ);
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
    });

    test("what is ready at the beginning is not waited for", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const key = selector.register(fullPipe(cleanup)[0], EVENT_READ);
      const ms = timed(() => {
        expect(selector.select(soonMs)).toEqual([[key, EVENT_READ]]);
      });
      expect(ms).toBeLessThan(soonMs);
    });

    test.each([NaN, "1", true, {}, [], 1n])("%o is refused", (timeoutMs) => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      selector.register(fullPipe(cleanup)[0], EVENT_READ);
      const call = (): unknown => selector.select(wrong(timeoutMs));
      expectThrow(call, TypeError, { code: "ERR_INVALID_ARG_TYPE" });
    });
  });

  describe("a signal that has a listener", () => {
    test("ends a wait, and nothing that is ready is lost", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      const error = await interrupted(() => selector.select());
      expect(error).toBeInstanceOf(InterruptedError);
      expect(error).toMatchObject({ code: "EINTR" });
      expect(selector.getKey(near)).toBe(key);
      far.send("x");
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
    });

    test("ends a wait for nothing, and does not end a look", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const error = await interrupted(() => {
        expect(selector.select(0)).toEqual([]);
        selector.select(soonMs);
      });
      expect(error).toBeInstanceOf(InterruptedError);
      expect(selector.select(1)).toEqual([]);
    });
  });
}

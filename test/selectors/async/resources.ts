/** Many selectors, and those that are forgotten. */
import { closeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type BaseSelector,
  EVENT_READ,
  type SelectorConstructor,
} from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { openDescriptors } from "../../helpers/descriptors.ts";
import type { Mechanism } from "../contract.ts";
import { limit, soonMs, warningsAfter } from "../support.ts";
import { hasShadow, expectPending } from "./support.ts";

const nothing = (): void => undefined;

export function resourceFacts(
  SelectorClass: SelectorConstructor,
  mechanism: Mechanism,
): void {
  test.skipIf(limit < 3300 /* the system allows no more */)(
    "1,000 selectors wait at once",
    async () => {
      using cleanup = new Cleanup();
      const all = Array.from({ length: 1000 }, () => {
        const selector = cleanup.use(new SelectorClass());
        const [near, far] = cleanup.both(socketpair());
        const key = selector.register(near, EVENT_READ);
        return { selector, near, far, key };
      });
      for (let round = 0; round < 2; round++) {
        const waits = all.map(({ selector }) => selector.selectAsync());
        await expectPending(Promise.race(waits));
        for (const { far } of all) far.send("x");
        for (const [i, found] of (await Promise.all(waits)).entries()) {
          expect(found).toEqual([[all[i]?.key, EVENT_READ]]);
        }
        for (const { near } of all) near.recv(1);
      }
      const waits = all.map(({ selector }) => selector.selectAsync());
      const odd = waits.filter((_, i) => i % 2 === 1);
      for (const [i, it] of all.entries()) {
        if (i % 2 === 0) it.selector.wakeup();
      }
      const even = await Promise.all(waits.filter((_, i) => i % 2 === 0));
      expect(even.flat()).toEqual([]);
      await expectPending(Promise.race(odd));
      for (const { far } of all) far.send("x");
      expect((await Promise.all(odd)).flat()).toHaveLength(500);
    },
  );

  /** What ends the wait of a selector that is forgotten afterwards. */
  const ends: Readonly<
    Record<string, (it: BaseSelector, far: Socket) => Promise<unknown>>
  > = {
    "found something at once": (it, far) => {
      far.send("x");
      return it.selectAsync();
    },
    "found something later": async (it, far) => {
      const wait = it.selectAsync(soonMs);
      await expectPending(wait);
      far.send("x");
      return wait;
    },
    "found nothing in time": (it) => it.selectAsync(1),
    "was aborted": async (it) => {
      const controller = new AbortController();
      const { signal } = controller;
      const wait = it.selectAsync(undefined, { signal });
      await expectPending(wait);
      controller.abort();
      await wait.catch(nothing);
    },
  };

  describe("a selector that is forgotten", () => {
    test.each(Object.entries(ends))(
      "is collected after its wait %s",
      async (_, end) => {
        using cleanup = new Cleanup();
        const [near, far] = cleanup.both(socketpair());
        const before = openDescriptors();
        const lose = async (): Promise<WeakRef<BaseSelector>> => {
          const selector = new SelectorClass();
          selector.register(near, EVENT_READ);
          await end(selector, far);
          return new WeakRef(selector);
        };
        const lost = await lose();
        const warnings = await warningsAfter(nothing);
        expect(lost.deref()).toBeUndefined();
        const its = openDescriptors()
          .filter((it) => !before.includes(it) && it.includes("eventpoll"))
          .map(parseFloat);
        for (const fd of its) closeSync(fd);
        // A shadow's loss is told by the next test.
        if (hasShadow(mechanism)) return;
        expect(warnings).toEqual([
          expect.stringMatching(/^ResourceWarning: unclosed \w+Selector/),
        ]);
      },
    );

    test("and leaves a descriptor open is warned about", async () => {
      using cleanup = new Cleanup();
      const [near] = cleanup.both(socketpair());
      const before = openDescriptors();
      const lose = async (): Promise<void> => {
        const selector = new SelectorClass();
        selector.register(near, EVENT_READ);
        await selector.selectAsync(1);
      };
      await lose();
      const warnings = await warningsAfter(nothing);
      const left = openDescriptors().filter((it) => !before.includes(it));
      const its = left.filter((it) => it.includes("eventpoll"));
      for (const fd of its.map(parseFloat)) closeSync(fd);
      expect(warnings).toHaveLength(its.length);
    });

    test("while its wait is pending is not collected, and the wait ends", async () => {
      using cleanup = new Cleanup();
      const [near, far] = cleanup.both(socketpair());
      const found: unknown[] = [];
      const lose = (timeoutMs?: number): WeakRef<BaseSelector> => {
        const selector = new SelectorClass();
        selector.register(near, EVENT_READ);
        void selector.selectAsync(timeoutMs).then((ready) => {
          found.push(ready.length);
          selector.close();
        });
        return new WeakRef(selector);
      };
      const lost = [lose(), lose(soonMs)];
      await warningsAfter(nothing);
      for (const it of lost) expect(it.deref()).toBeDefined();
      expect(found).toEqual([]);
      far.send("x");
      while (found.length < 2) await expectPending(new Promise(nothing), 1);
      expect(found).toEqual([1, 1]);
    });
  });
}

/** `close()` while somebody waits. */
import { openSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ClosedError } from "posix-select/errors";
import { EVENT_READ, type SelectorConstructor } from "posix-select/selectors";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { openDescriptors } from "../../helpers/descriptors.ts";
import type { Mechanism } from "../contract.ts";
import { wrong } from "../support.ts";
import { expectPending, expectRejection, turns } from "./support.ts";

const isClosed = { code: "ERR_CLOSED" };

export function closingFacts(
  SelectorClass: SelectorConstructor,
  { watchesFiles }: Mechanism,
): void {
  describe("close()", () => {
    test.each([
      ["close()", false],
      ["the end of a using block", true],
    ])("ends a pending wait with a ClosedError: %s", async (_, isUsing) => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      selector.register(cleanup.both(socketpair())[0], EVENT_READ);
      const wait = selector.selectAsync(60_000);
      await expectPending(wait);
      if (isUsing) selector[Symbol.dispose]();
      else selector.close();
      await expectRejection(wait, ClosedError, isClosed);
      selector.close();
    });

    test("ends a wait that has just begun", async () => {
      using cleanup = new Cleanup();
      // The last ones begin when the loop's turn is full.
      for (let i = 0; i < 100; i++) {
        const selector = cleanup.use(new SelectorClass());
        const wait = selector.selectAsync();
        selector.close();
        await expectRejection(wait, ClosedError, isClosed);
      }
    });

    test("wins over what is ready already", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      selector.register(near, EVENT_READ);
      const wait = selector.selectAsync();
      far.send("x");
      selector.close();
      await expectRejection(wait, ClosedError, isClosed);
    });

    test("does not take back what was found", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      far.send("x");
      // A turn of the loop that is not full yet.
      await turns();
      const wait = selector.selectAsync();
      selector.close();
      expect(await wait).toEqual([[key, EVENT_READ]]);
    });

    test("ends no other selector's wait", async () => {
      using cleanup = new Cleanup();
      const [near, far] = cleanup.both(socketpair());
      const [selector, other] = [new SelectorClass(), new SelectorClass()];
      cleanup.use(other);
      selector.register(near, EVENT_READ);
      const key = other.register(near, EVENT_READ);
      const ended = selector.selectAsync();
      const wait = other.selectAsync();
      selector.close();
      await expectRejection(ended, ClosedError, isClosed);
      await expectPending(wait);
      far.send("x");
      expect(await wait).toEqual([[key, EVENT_READ]]);
    });

    test("makes every later wait a rejection", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      await selector.selectAsync(0);
      selector.close();
      const never = new AbortController().signal;
      const calls = [
        () => selector.selectAsync(),
        () => selector.selectAsync(0),
        () => selector.selectAsync(NaN),
        () => selector.selectAsync(0, { signal: never }),
        () => selector.selectAsync(0, wrong(null)),
        () => selector[Symbol.asyncIterator]().next(),
      ];
      for (const call of calls) {
        await expectRejection(call(), ClosedError, isClosed);
      }
      expect(() => selector.ref().unref()).not.toThrow();
    });

    test("leaves nothing that disturbs the next of its number", async () => {
      using cleanup = new Cleanup();
      const [near, far] = cleanup.both(socketpair());
      for (let i = 0; i < 30; i++) {
        const selector = cleanup.use(new SelectorClass());
        const key = selector.register(near, EVENT_READ);
        const wait = selector.selectAsync();
        if (i % 3 !== 0) await turns(1);
        if (i % 2 === 0) {
          far.send("x");
          expect(await wait).toEqual([[key, EVENT_READ]]);
          near.recv(1);
          selector.close();
        } else {
          selector.close();
          await expectRejection(wait, ClosedError, isClosed);
        }
      }
    });

    test("leaves no descriptor open", async () => {
      using cleanup = new Cleanup();
      const [near, far] = cleanup.both(socketpair());
      const file = cleanup.fd(openSync(import.meta.filename, "r"));
      // What is made once, with the first wait.
      using first = new SelectorClass();
      await first.selectAsync(1);
      const before = openDescriptors();
      for (const end of ["nothing", "ready", "pending", "woken"]) {
        const selector = cleanup.use(new SelectorClass());
        selector.register(near, EVENT_READ);
        if (watchesFiles) selector.register(file, EVENT_READ);
        if (end === "woken") selector.wakeupHandle();
        if (end === "ready") far.send("x");
        if (end === "nothing") await selector.selectAsync(0);
        if (end === "ready") {
          expect(await selector.selectAsync()).not.toEqual([]);
        }
        if (watchesFiles) selector.unregister(file);
        near.tryRecvInto(Buffer.alloc(1));
        const wait = end === "pending" ? selector.selectAsync() : undefined;
        selector.close();
        if (wait) await expectRejection(wait, ClosedError, isClosed);
        await turns();
        const after = openDescriptors();
        const added = after.filter((it) => !before.includes(it));
        expect(added.filter((it) => !it.endsWith(" null"))).toEqual([]);
      }
    });
  });
}

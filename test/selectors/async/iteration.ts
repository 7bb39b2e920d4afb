/** `for await (const ready of selector)`. */
import { closeSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BusyError, OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  type BaseSelector,
  EVENT_READ,
  type SelectorConstructor,
} from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import type { Mechanism } from "../contract.ts";
import { fullPipe } from "../support.ts";
import { expectPending, expectRejection, turns } from "./support.ts";

export function iterationFacts(
  SelectorClass: SelectorConstructor,
  { closed }: Mechanism,
): void {
  function begin(cleanup: Cleanup): {
    selector: BaseSelector;
    near: Socket;
    far: Socket;
  } {
    const selector = cleanup.use(new SelectorClass());
    const [near, far] = cleanup.both(socketpair());
    selector.register(near, EVENT_READ);
    return { selector, near, far };
  }

  describe("for await", () => {
    test("gives what is ready, list by list, until close()", async () => {
      using cleanup = new Cleanup();
      const { selector, near, far } = begin(cleanup);
      const key = selector.getKey(near);
      let lists = 0;
      far.send("x");
      for await (const ready of selector) {
        expect(ready).toEqual([[key, EVENT_READ]]);
        expect(ready[0]?.[0]).toBe(key);
        near.recv(1);
        lists++;
        if (lists === 10) selector.close();
        else if (lists % 2 === 0) far.send("x");
        else void turns(3).then(() => far.send("x"));
      }
      expect(lists).toBe(10);
    });

    test("ends when the selector is closed while it waits", async () => {
      using cleanup = new Cleanup();
      const { selector } = begin(cleanup);
      const iterator = selector[Symbol.asyncIterator]();
      const next = iterator.next();
      await expectPending(next);
      selector.close();
      expect(await next).toEqual({ done: true, value: undefined });
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    });

    test("gives no empty lists", async () => {
      using cleanup = new Cleanup();
      const { selector, far } = begin(cleanup);
      const next = selector[Symbol.asyncIterator]().next();
      for (let i = 0; i < 5; i++) {
        selector.wakeup();
        await expectPending(next);
      }
      far.send("x");
      expect((await next).value).toHaveLength(1);
    });

    test("hears of what is registered in its body", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass<number>());
      selector.register(fullPipe(cleanup)[0], EVENT_READ, 0);
      const seen: number[] = [];
      for await (const ready of selector) {
        for (const [{ fileobj, data }] of ready) {
          seen.push(data);
          selector.unregister(fileobj);
          if (data === 5) selector.close();
          else {
            selector.register(fullPipe(cleanup)[0], EVENT_READ, data + 1);
          }
        }
      }
      expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test("leaves a usable selector behind after break", async () => {
      using cleanup = new Cleanup();
      const { selector, near, far } = begin(cleanup);
      const expected = [[selector.getKey(near), EVENT_READ]];
      far.send("x");
      for (let i = 0; i < 3; i++) {
        for await (const ready of selector) {
          expect(ready).toEqual(expected);
          break;
        }
      }
      expect(selector.select()).toEqual(expected);
      near.recv(1);
      const wait = selector.selectAsync();
      await expectPending(wait);
      far.send("x");
      expect(await wait).toEqual(expected);
    });

    test("leaves a usable selector behind after an exception", async () => {
      using cleanup = new Cleanup();
      const { selector, near, far } = begin(cleanup);
      const error = new Error("the consumer's");
      far.send("x");
      const consume = async (): Promise<void> => {
        for await (const ready of selector) {
          if (ready.length > 0) throw error;
        }
      };
      await expect(consume()).rejects.toBe(error);
      expect(selector.closed).toBe(false);
      near.recv(1);
      const again = consume();
      await expectPending(again);
      far.send("x");
      await expect(again).rejects.toBe(error);
      expect(await selector.selectAsync()).toHaveLength(1);
    });

    test("is refused while somebody waits, who goes on", async () => {
      using cleanup = new Cleanup();
      const { selector, far } = begin(cleanup);
      const first = selector[Symbol.asyncIterator]();
      const next = first.next();
      const second = selector[Symbol.asyncIterator]();
      await expectRejection(second.next(), BusyError, { code: "ERR_BUSY" });
      await expectRejection(selector.selectAsync(), BusyError, {});
      expect(await second.next()).toEqual({ done: true, value: undefined });
      await expectPending(next);
      far.send("x");
      expect((await next).value).toHaveLength(1);
      // Between two lists nobody waits.
      expect(await selector.selectAsync()).toHaveLength(1);
      expect((await first.next()).value).toHaveLength(1);
    });

    test.runIf(closed === "EBADF")(
      "throws what the wait throws, and can begin anew",
      async () => {
        using cleanup = new Cleanup();
        const { selector, near, far } = begin(cleanup);
        const [read, write] = pipe();
        writeSync(cleanup.fd(write), "x");
        selector.register(read, EVENT_READ);
        const lists: unknown[] = [];
        const consume = async (): Promise<void> => {
          for await (const ready of selector) {
            lists.push(ready);
            closeSync(read);
          }
        };
        await expectRejection(consume(), OSError, { code: "EBADF", fd: read });
        expect(lists).toHaveLength(1);
        selector.unregister(read);
        far.send("x");
        const [key, events] = (await selector.selectAsync())[0] ?? [];
        expect([key?.fileobj, events]).toEqual([near, EVENT_READ]);
      },
    );
  });
}

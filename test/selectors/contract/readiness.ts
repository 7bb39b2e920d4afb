/** What `select()` finds. */
import { closeSync, readSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  EVENT_READ,
  EVENT_WRITE,
  type SelectorConstructor,
} from "posix-select/selectors";
import { SHUT_WR, Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { expectThrow } from "../../helpers/errors.ts";
import { drain, fill } from "../../socket/support.ts";
import type { Mechanism } from "../contract.ts";
import { fillUpTo, fullPipe, limit, soonMs } from "../support.ts";

const BOTH = EVENT_READ | EVENT_WRITE;

export function readinessFacts(
  SelectorClass: SelectorConstructor,
  { closed }: Mechanism,
): void {
  describe("select() finds", () => {
    test("keys that are ready, each once, with what they are ready for", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, BOTH);
      expect(selector.select(0)).toEqual([[key, EVENT_WRITE]]);
      far.send("x");
      const found = selector.select(0);
      expect(found).toEqual([[key, BOTH]]);
      expect(found[0]?.[0]).toBe(key);
      expect(found[0]?.[0].fileobj).toBe(near);
      fill(near);
      expect(selector.select(0)).toEqual([[key, EVENT_READ]]);
      drain(near);
      expect(selector.select(0)).toEqual([]);
    });

    test("nothing that was not asked for", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const reading = selector.register(near, EVENT_READ);
      expect(selector.select(0)).toEqual([]);
      far.send("x");
      expect(selector.select(0)).toEqual([[reading, EVENT_READ]]);
      const writing = selector.modify(near, EVENT_WRITE);
      expect(selector.select(0)).toEqual([[writing, EVENT_WRITE]]);
    });

    test("again what was left unread", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read] = fullPipe(cleanup);
      const key = selector.register(read, EVENT_READ);
      for (let i = 0; i < 3; i++) {
        expect(selector.select()).toEqual([[key, EVENT_READ]]);
      }
      readSync(read, Buffer.alloc(1));
      expect(selector.select(0)).toEqual([]);
    });

    test.each([EVENT_READ, EVENT_WRITE, BOTH])(
      "a socket whose peer is gone ready for all it is watched for: %d",
      (events) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        const [near, far] = cleanup.both(socketpair());
        fill(near);
        const key = selector.register(near, events);
        expect(selector.select(0)).toEqual([]);
        far.close();
        expect(selector.select()).toEqual([[key, events]]);
        expect(selector.select()).toEqual([[key, events]]);
      },
    );

    test.each([EVENT_READ, EVENT_WRITE, BOTH])(
      "a connection that was refused ready for all it is watched for: %d",
      (events) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        // Bound, and not listening: nobody else gets this port meanwhile.
        const deaf = cleanup.use(new Socket());
        deaf.bind({ host: "127.0.0.1", port: 0 });
        const client = cleanup.use(new Socket());
        client.setBlocking(false);
        client.connectEx(deaf.getsockname());
        const key = selector.register(client, events);
        const found = selector.select(soonMs);
        expect(found.map(([it]) => it)).toEqual([key]);
        // It may be told of the one before the other.
        expect((found[0]?.[1] ?? 8) & ~events).toBe(0);
        expect(selector.select(soonMs)).toEqual([[key, events]]);
      },
    );

    test("a pipe whose reader is gone writable", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read, write] = cleanup.fds(pipe());
      closeSync(read);
      const key = selector.register(write, EVENT_WRITE);
      expect(selector.select()).toEqual([[key, EVENT_WRITE]]);
    });

    test("a pipe whose writer is gone readable", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read, write] = cleanup.fds(pipe());
      const key = selector.register(read, EVENT_READ);
      expect(selector.select(0)).toEqual([]);
      closeSync(write);
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
    });

    test("a peer that sends no more readable", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      expect(selector.select(0)).toEqual([]);
      far.shutdown(SHUT_WR);
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
    });

    const closedIs = {
      EBADF: "that a closed descriptor is registered, and says which one",
      ready: "a closed descriptor ready for all it is watched for",
      silent: "nothing of a closed descriptor",
    };
    test(closedIs[closed], () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const [read] = fullPipe(cleanup);
      const fd = near.fileno();
      const key = selector.register(near, BOTH);
      const other = selector.register(read, EVENT_READ);
      near.close();
      far.close();
      if (closed === "EBADF") {
        expectThrow(() => selector.select(), OSError, { code: "EBADF", fd });
        expectThrow(() => selector.select(0), OSError, { code: "EBADF", fd });
      } else {
        const found = closed === "ready" ? [[key, BOTH]] : [];
        const expected = [...found, [other, EVENT_READ]];
        for (let i = 0; i < 2; i++) {
          const ready = selector.select();
          expect(ready).toHaveLength(expected.length);
          expect(ready).toEqual(expect.arrayContaining(expected));
        }
      }
      expect(selector.unregister(near)).toBe(key);
      expect(selector.select()).toEqual([[other, EVENT_READ]]);
    });

    test.skipIf(limit < 1700 /* the system allows no more */)(
      "all of 1,500 that are ready in one call",
      () => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass<number>());
        const [near, far] = cleanup.both(socketpair());
        for (let i = 0; i < 1500; i++) {
          selector.register(cleanup.use(near.dup()), BOTH, i);
        }
        const all = Array.from({ length: 1500 }, (_, i) => i);
        const numbers = (events: number): number[] => {
          const ready = selector.select(0);
          expect(ready.filter((it) => it[1] !== events)).toEqual([]);
          return ready.map(([{ data }]) => data).sort((a, b) => a - b);
        };
        expect(numbers(EVENT_WRITE)).toEqual(all);
        far.send("x");
        expect(numbers(BOTH)).toEqual(all);
      },
    );

    test.skipIf(limit < 1300 /* the system allows no more */)(
      "descriptors above 1023 like any others",
      () => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        fillUpTo(cleanup, 1030);
        const [near, far] = cleanup.both(socketpair());
        expect(near.fileno()).toBeGreaterThan(1023);
        const key = selector.register(near, EVENT_READ);
        expect(selector.select(1)).toEqual([]);
        far.send("x");
        expect(selector.select()).toEqual([[key, EVENT_READ]]);
        expect(selector.unregister(near)).toBe(key);
        expect(selector.select(1)).toEqual([]);
      },
    );
  });

  describe("what select() gave", () => {
    test("is a new array each time, which nothing changes", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read, write] = fullPipe(cleanup);
      selector.register(read, EVENT_READ, "before");
      selector.register(write, EVENT_WRITE);
      const first = selector.select();
      const copy = structuredClone(first);
      expect(first).toHaveLength(2);
      selector.modify(read, EVENT_READ, "after");
      selector.unregister(write);
      const second = selector.select();
      expect(second).toHaveLength(1);
      expect(first).toEqual(copy);
      first.length = 0;
      expect(second).toHaveLength(1);
      expect(selector.select(0)).not.toBe(selector.select(0));
    });

    test("goes on when its keys are unregistered one by one", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const writers = Array.from({ length: 10 }, () => fullPipe(cleanup)[1]);
      for (const fd of writers) selector.register(fd, EVENT_WRITE);
      const seen: number[] = [];
      for (const [{ fd, fileobj }] of selector.select()) {
        seen.push(fd);
        selector.unregister(fileobj);
      }
      expect(seen.sort((a, b) => a - b)).toEqual(writers);
      expect(selector.getMap().size).toBe(0);
      expect(selector.select(0)).toEqual([]);
    });
  });
}

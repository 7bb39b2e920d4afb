/** `register()`, `unregister()` and `modify()`. */
import { closeSync, openSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  AlreadyRegisteredError,
  NotRegisteredError,
  OSError,
  PermissionError,
} from "posix-select/errors";
import {
  EVENT_PRIORITY,
  EVENT_READ,
  EVENT_WRITE,
  type SelectorConstructor,
} from "posix-select/selectors";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { expectThrow } from "../../helpers/errors.ts";
import type { Mechanism } from "../contract.ts";
import { closedFd, fullPipe, wrong } from "../support.ts";

const BOTH = EVENT_READ | EVENT_WRITE;
const outOfRange = { code: "ERR_OUT_OF_RANGE" };
const wrongType = { code: "ERR_INVALID_ARG_TYPE" };
const isOther = { code: "ERR_NOT_REGISTERED" };

const noEvents = [0, 8, -1, 1.5, 999_999, NaN, Infinity, 2 ** 32 + 1];
const noNumbers = [undefined, null, "1", true, [1], {}, 1n];
const noFiles = [undefined, null, "1", true, {}, { fd: "1" }, [1], NaN, 1n];
const noFds = [-1, 1.5, 2 ** 31, -Infinity];

export function registrationFacts(
  SelectorClass: SelectorConstructor,
  { hasPriority, looks, watchesFiles }: Mechanism,
): void {
  describe("register()", () => {
    test("gives a key with the very object, its number, events and data", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const data = { some: "thing" };
      const key = selector.register(near, BOTH, data);
      expect(key.fileobj).toBe(near);
      expect(key.data).toBe(data);
      expect(key).toMatchObject({ fd: near.fileno(), events: BOTH });
      const bare = selector.register(far, EVENT_READ);
      expect(bare.data).toBeUndefined();
      expect(Object.keys(bare)).toEqual(["fileobj", "fd", "events", "data"]);
    });

    test("takes a number and whatever has one; fileno() wins", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read, write] = fullPipe(cleanup);
      expect(selector.register(read, EVENT_READ).fileobj).toBe(read);
      const file = { fd: 1, fileno: () => write };
      const key = selector.register(file, EVENT_WRITE);
      expect(key.fileobj).toBe(file);
      expect(key.fd).toBe(write);
      selector.unregister(read);
      const other = { fd: read };
      expect(selector.register(other, EVENT_READ).fileobj).toBe(other);
      expect(selector.select(0)).toHaveLength(2);
    });

    test.each([...noEvents, ...(hasPriority ? [] : [EVENT_PRIORITY])])(
      "refuses %d as events, and registers nothing",
      (events) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        const [read] = fullPipe(cleanup);
        const call = (): unknown => selector.register(read, events);
        expectThrow(call, RangeError, outOfRange);
        expect(selector.getMap().size).toBe(0);
        expect(selector.select(0)).toEqual([]);
      },
    );

    test("refuses events that are no number, before it looks at the file", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      for (const events of noNumbers) {
        const call = (): unknown => selector.register(wrong({}), wrong(events));
        expectThrow(call, TypeError, wrongType);
      }
      const call = (): unknown => selector.register(wrong({}), 0);
      expectThrow(call, RangeError, outOfRange);
      expect(selector.getMap().size).toBe(0);
    });

    test("takes each sum of events that the mechanism has", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near] = cleanup.both(socketpair());
      const all = hasPriority ? 7 : 3;
      for (let events = 1; events <= all; events++) {
        expect(selector.register(near, events).events).toBe(events);
        selector.unregister(near);
      }
    });

    test("refuses what is no descriptor", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      for (const file of noFiles) {
        const call = (): unknown => selector.register(wrong(file), EVENT_READ);
        expectThrow(call, TypeError, wrongType);
      }
      for (const fd of noFds) {
        const call = (): unknown => selector.register(fd, EVENT_READ);
        expectThrow(call, RangeError, outOfRange);
      }
      expect(selector.getMap().size).toBe(0);
    });

    test("refuses a closed socket, and says that it is closed", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near] = cleanup.both(socketpair());
      near.close();
      expectThrow(() => selector.register(near, EVENT_READ), OSError, {
        code: "EBADF",
        message: "EBADF: bad file descriptor, register (fileobj is closed)",
      });
      expect(selector.getMap().size).toBe(0);
    });

    test("refuses what is registered: itself, its number, another object", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near] = cleanup.both(socketpair());
      const fd = near.fileno();
      const key = selector.register(near, EVENT_READ, "first");
      for (const file of [near, fd, { fd }, { fileno: () => fd }]) {
        const call = (): unknown => selector.register(file, BOTH, "second");
        const fields = { code: "ERR_ALREADY_REGISTERED", fd };
        expectThrow(call, AlreadyRegisteredError, fields);
      }
      expect(selector.getKey(near)).toBe(key);
      expect(selector.select(0)).toEqual([]);
    });

    test(`${looks ? "refuses" : "takes"} a number that is closed`, () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const fd = closedFd();
      const call = (): unknown => selector.register(fd, EVENT_READ);
      if (!looks) {
        expect(call()).toMatchObject({ fd, events: EVENT_READ });
        return;
      }
      expectThrow(call, OSError, { code: "EBADF", fd });
      expect(selector.getMap().size).toBe(0);
      expect(selector.getMap().has(fd)).toBe(false);
      const [read] = fullPipe(cleanup);
      expect(read).toBe(fd);
      const key = selector.register(fd, EVENT_READ);
      expect(selector.select(0)).toEqual([[key, EVENT_READ]]);
    });

    test(`${watchesFiles ? "takes" : "refuses"} files and folders`, () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      for (const path of [process.execPath, "/"]) {
        const fd = cleanup.fd(openSync(path, "r"));
        const call = (): unknown => selector.register(fd, EVENT_READ);
        if (watchesFiles) {
          expect(call()).toMatchObject({ fd });
          expect(selector.unregister(fd)).toMatchObject({ fd });
        } else {
          expectThrow(call, PermissionError, { code: "EPERM", fd });
          expect(selector.getMap().has(fd)).toBe(false);
        }
        expect(selector.getMap().size).toBe(0);
        expect(selector.select(0)).toEqual([]);
      }
    });
  });

  describe("unregister()", () => {
    test("gives the key back, and nothing is reported any more", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read, write] = fullPipe(cleanup);
      const key = selector.register(read, EVENT_READ);
      const other = selector.register(write, EVENT_WRITE);
      expect(selector.unregister(read)).toBe(key);
      expect(selector.select()).toEqual([[other, EVENT_WRITE]]);
      expectThrow(() => selector.unregister(read), NotRegisteredError, {
        ...isOther,
        fd: read,
      });
      const again = selector.register(read, EVENT_READ);
      expect(again).not.toBe(key);
      expect(selector.select(0)).toHaveLength(2);
    });

    test("succeeds after the descriptor was closed, by object and by number", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const [fd, farFd] = [near.fileno(), far.fileno()];
      const key = selector.register(near, BOTH);
      const farKey = selector.register(far, BOTH);
      near.close();
      far.close();
      expect(selector.unregister(near)).toBe(key);
      expect(selector.unregister(farFd)).toBe(farKey);
      expect(selector.getMap().has(fd)).toBe(false);
      expect(selector.select(0)).toEqual([]);
      const call = (): unknown => selector.unregister(near);
      expectThrow(call, NotRegisteredError, isOther);
    });

    test("succeeds after a plain number was closed", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read] = fullPipe(cleanup);
      const key = selector.register(read, EVENT_READ);
      closeSync(read);
      expect(selector.unregister(read)).toBe(key);
      expect(selector.select(0)).toEqual([]);
    });
  });

  describe("modify()", () => {
    test("changes what is reported, and leaves the old key as it was", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const before = selector.register(near, EVENT_READ, "data");
      expect(selector.select(0)).toEqual([]);
      const writing = selector.modify(near, EVENT_WRITE, "data");
      expect(writing).not.toBe(before);
      expect(before.events).toBe(EVENT_READ);
      expect(writing).toMatchObject({ events: EVENT_WRITE, data: "data" });
      expect(selector.getKey(near)).toBe(writing);
      expect(selector.select()).toEqual([[writing, EVENT_WRITE]]);
      far.send("x");
      const both = selector.modify(near, BOTH);
      expect(selector.select()).toEqual([[both, BOTH]]);
      const reading = selector.modify(near, EVENT_READ);
      expect(selector.select()).toEqual([[reading, EVENT_READ]]);
    });

    test("resets data that is left out", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read] = fullPipe(cleanup);
      selector.register(read, EVENT_READ, "data");
      const key = selector.modify(read, EVENT_READ);
      expect(key.data).toBeUndefined();
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
      expect(selector.select()[0]?.[0]).toBe(key);
    });

    test.each(["text", NaN, undefined, null, { an: "object" }])(
      "gives the same key if nothing changed: %o",
      (data) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        const [near] = cleanup.both(socketpair());
        const key = selector.register(near, EVENT_READ, data);
        expect(selector.modify(near, EVENT_READ, data)).toBe(key);
        expect(selector.modify(key.fd, EVENT_READ, data)).toBe(key);
        expect(selector.getKey(near)).toBe(key);
      },
    );

    test.each([
      [{ a: 1 }, { a: 1 }],
      [[], []],
      [0, -0],
      [undefined, null],
    ])("replaces data that is equal and not the same: %o, %o", (was, is) => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read] = fullPipe(cleanup);
      const key = selector.register(read, EVENT_READ, was);
      const replaced = selector.modify(read, EVENT_READ, is);
      expect(replaced).not.toBe(key);
      expect(Object.is(replaced.data, is)).toBe(true);
      expect(Object.is(key.data, was)).toBe(true);
      expect(selector.select()[0]?.[0]).toBe(replaced);
    });

    test("keeps the object that was registered, whoever names it", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near] = cleanup.both(socketpair());
      selector.register(near, EVENT_READ);
      const fd = near.fileno();
      expect(selector.modify({ fd }, EVENT_WRITE).fileobj).toBe(near);
      expect(selector.modify(fd, BOTH).fileobj).toBe(near);
      expect(selector.select()[0]?.[0].fileobj).toBe(near);
    });

    test("refuses wrong events, and changes nothing", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read] = fullPipe(cleanup);
      const key = selector.register(read, EVENT_READ, "data");
      for (const events of noEvents) {
        const call = (): unknown => selector.modify(read, events, "new");
        expectThrow(call, RangeError, outOfRange);
      }
      for (const events of noNumbers) {
        const call = (): unknown => selector.modify(read, wrong(events));
        expectThrow(call, TypeError, wrongType);
      }
      expect(selector.getKey(read)).toBe(key);
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
    });

    test(`of a closed descriptor ${looks ? "fails, and drops its key" : "works"}`, () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near] = cleanup.both(socketpair());
      const fd = near.fileno();
      selector.register(near, EVENT_READ);
      near.close();
      const call = (): unknown => selector.modify(near, EVENT_WRITE);
      if (looks) {
        expectThrow(call, OSError, { code: "EBADF", fd });
        expect(selector.getMap().size).toBe(0);
        expectThrow(() => selector.getKey(near), NotRegisteredError, isOther);
        expect(selector.select(0)).toEqual([]);
      } else {
        expect(call()).toMatchObject({ fd, events: EVENT_WRITE });
        expect(selector.getKey(near).events).toBe(EVENT_WRITE);
      }
    });
  });
}

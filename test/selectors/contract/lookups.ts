/** Who finds a key: `getKey()`, `getMap()`, `modify()` and `unregister()`. */
import { describe, expect, test } from "vitest";
import { NotRegisteredError } from "posix-select/errors";
import {
  type BaseSelector,
  EVENT_READ,
  EVENT_WRITE,
  type SelectorConstructor,
} from "posix-select/selectors";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { expectThrow } from "../../helpers/errors.ts";
import { fullPipe, wrong } from "../support.ts";

type Lookup = (selector: BaseSelector, file: never) => unknown;

const lookups: [string, Lookup][] = [
  ["getKey()", (selector, file) => selector.getKey(file)],
  ["unregister()", (selector, file) => selector.unregister(file)],
  ["modify()", (selector, file) => selector.modify(file, EVENT_READ, "data")],
  ["getMap().get()", (selector, file) => selector.getMap().get(file)],
];

export function lookupFacts(SelectorClass: SelectorConstructor): void {
  describe.each(lookups)("%s", (name, lookup) => {
    test("finds a key by its object, another object and its number", () => {
      using cleanup = new Cleanup();
      const [near] = cleanup.both(socketpair());
      const fd = near.fileno();
      for (const file of [near, fd, { fd }, { fileno: () => fd }]) {
        const selector = cleanup.use(new SelectorClass());
        const key = selector.register(near, EVENT_READ, "data");
        expect(lookup(selector, wrong(file))).toBe(key);
      }
    });

    test("finds a key by its object that was closed since, not by another", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ, "data");
      near.close();
      far.close();
      if (name !== "getMap().get()") {
        const call = (): unknown => lookup(selector, wrong(far));
        const fields = { code: "ERR_NOT_REGISTERED" };
        expectThrow(call, NotRegisteredError, fields);
      } else {
        expect(lookup(selector, wrong(far))).toBeUndefined();
      }
      expect(lookup(selector, wrong(near))).toBe(key);
    });

    test("does not find what is not registered", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ, "data");
      const fd = far.fileno();
      for (const file of [far, fd, { fd }]) {
        const call = (): unknown => lookup(selector, wrong(file));
        if (name === "getMap().get()") expect(call()).toBeUndefined();
        else expectThrow(call, NotRegisteredError, {});
      }
      if (name !== "getMap().get()") {
        const call = (): unknown => lookup(selector, wrong(fd));
        const fields = { code: "ERR_NOT_REGISTERED", fd };
        expectThrow(call, NotRegisteredError, fields);
      }
      expect(selector.getKey(near)).toBe(key);
    });

    test("refuses what is no descriptor", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near] = cleanup.both(socketpair());
      selector.register(near, EVENT_READ);
      for (const file of [undefined, null, "1", {}, { fd: "1" }, NaN]) {
        const call = (): unknown => lookup(selector, wrong(file));
        expectThrow(call, TypeError, { code: "ERR_INVALID_ARG_TYPE" });
      }
      for (const fd of [-1, 1.5, 2 ** 31]) {
        const call = (): unknown => lookup(selector, wrong(fd));
        expectThrow(call, RangeError, { code: "ERR_OUT_OF_RANGE" });
      }
    });
  });

  describe("getMap()", () => {
    test("is one live map, whose keys are numbers", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const map = selector.getMap();
      expect(map.size).toBe(0);
      const [read, write] = fullPipe(cleanup);
      const writer = { fileno: () => write };
      const first = selector.register(writer, EVENT_WRITE);
      const second = selector.register(read, EVENT_READ);
      expect(selector.getMap()).toBe(map);
      expect(map.size).toBe(2);
      expect([...map.keys()]).toEqual([write, read]);
      expect([...map.values()]).toEqual([first, second]);
      expect(map.get(writer)).toBe(first);
      expect(map.has(write)).toBe(true);
      const changed = selector.modify(writer, EVENT_WRITE, "data");
      expect(map.get(write)).toBe(changed);
      selector.unregister(write);
      expect([...map]).toEqual([[read, second]]);
      expect(map.has(writer)).toBe(false);
    });
  });
}

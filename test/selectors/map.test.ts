/** What `getMap()` gives. */
import { describe, expect, test } from "vitest";
import {
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
  type SelectorKey,
} from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { wrong } from "./support.ts";

/** A selector with three sockets, whose numbers are not in order. */
function three(cleanup: Cleanup): {
  selector: InstanceType<typeof DefaultSelector<string, Socket>>;
  keys: SelectorKey<string, Socket>[];
  fds: number[];
} {
  const selector = cleanup.use(new DefaultSelector<string, Socket>());
  const [a, b] = cleanup.both(socketpair());
  const [c] = cleanup.both(socketpair());
  const sockets = [c, a, b];
  const keys = sockets.map((socket, i) =>
    selector.register(socket, EVENT_READ, `data ${i}`),
  );
  return { selector, keys, fds: sockets.map((it) => it.fileno()) };
}

describe("a selector's map", () => {
  test("goes through numbers and keys in the order of registration", () => {
    using cleanup = new Cleanup();
    const { selector, keys, fds } = three(cleanup);
    const map = selector.getMap();
    const pairs = fds.map((fd, i) => [fd, keys[i]]);
    expect([...map.keys()]).toEqual(fds);
    expect([...map.values()]).toEqual(keys);
    expect([...map.entries()]).toEqual(pairs);
    expect([...map]).toEqual(pairs);
    const seen: unknown[] = [];
    map.forEach((...given) => seen.push(given));
    expect(seen).toEqual(keys.map((key, i) => [key, fds[i]]));
    expect(map.size).toBe(3);
  });

  test("is found in by object and by number", () => {
    using cleanup = new Cleanup();
    const { selector, keys } = three(cleanup);
    const map = selector.getMap();
    for (const key of keys) {
      const { fd, fileobj } = key;
      for (const file of [fileobj, fd, { fd }, { fileno: () => fd }]) {
        expect(map.get(file)).toBe(key);
        expect(map.has(file)).toBe(true);
      }
      selector.unregister(fileobj);
      for (const file of [fileobj, fd, { fd }, { fileno: () => fd }]) {
        expect(map.get(file)).toBeUndefined();
        expect(map.has(file)).toBe(false);
      }
    }
    expect(map.size).toBe(0);
  });

  test("finds a closed object as long as it is registered", () => {
    using cleanup = new Cleanup();
    const { selector, keys } = three(cleanup);
    const map = selector.getMap();
    const [key] = keys;
    if (!key) throw new Error("no key");
    key.fileobj.close();
    expect(map.get(key.fileobj)).toBe(key);
    expect(map.has(key.fd)).toBe(true);
    selector.unregister(key.fileobj);
    expect(map.has(key.fileobj)).toBe(false);
  });

  test("refuses what is no descriptor, as every lookup does", () => {
    using cleanup = new Cleanup();
    const map = three(cleanup).selector.getMap();
    for (const file of [undefined, null, "1", {}, true]) {
      const type = { code: "ERR_INVALID_ARG_TYPE" };
      expectThrow(() => map.get(wrong(file)), TypeError, type);
      expectThrow(() => map.has(wrong(file)), TypeError, type);
    }
    expectThrow(() => map.has(-1), RangeError, { code: "ERR_OUT_OF_RANGE" });
  });

  test("is live: a change is seen by one that was given before", () => {
    using cleanup = new Cleanup();
    const { selector, keys, fds } = three(cleanup);
    const map = selector.getMap();
    const [first] = keys;
    if (!first) throw new Error("no key");
    const changed = selector.modify(first.fileobj, EVENT_WRITE, "new");
    expect(map.get(first.fd)).toBe(changed);
    expect([...map.keys()]).toEqual(fds);
    expect([...map.values()]).toEqual([changed, ...keys.slice(1)]);
    selector.unregister(first.fileobj);
    const again = selector.register(first.fileobj, EVENT_READ, "again");
    expect([...map.values()]).toEqual([...keys.slice(1), again]);
    expect(selector.getMap()).toBe(map);
  });

  test("can be gone through while its keys are unregistered", () => {
    using cleanup = new Cleanup();
    const { selector, keys } = three(cleanup);
    const seen: unknown[] = [];
    for (const key of selector.getMap().values()) {
      seen.push(key);
      selector.unregister(key.fileobj);
    }
    expect(seen).toEqual(keys);
    expect(selector.getMap().size).toBe(0);
  });

  test("has no way to change it", () => {
    using cleanup = new Cleanup();
    const { selector } = three(cleanup);
    const map = selector.getMap();
    expect(map).not.toBeInstanceOf(Map);
    for (const name of ["set", "delete", "clear"]) {
      expect(name in map).toBe(false);
    }
    expect(Reflect.set(map, "size", 0)).toBe(false);
    expect(map.size).toBe(3);
  });
});

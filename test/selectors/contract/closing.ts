/** `close()`, and what comes after it. */
import { describe, expect, test } from "vitest";
import { ClosedError } from "posix-select/errors";
import {
  type BaseSelector,
  EVENT_READ,
  EVENT_WRITE,
  type SelectorConstructor,
} from "posix-select/selectors";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { expectNoLeak } from "../../helpers/descriptors.ts";
import { expectThrow } from "../../helpers/errors.ts";
import { invoke } from "../../socket/support.ts";
import { fullPipe, wrong } from "../support.ts";

const calls: [string, (selector: BaseSelector, fd: number) => unknown][] = [
  ["register()", (it, fd) => it.register(fd, EVENT_READ)],
  ["register() of nonsense", (it) => it.register(wrong({}), 0)],
  ["unregister()", (it, fd) => it.unregister(fd)],
  ["unregister() of nonsense", (it) => it.unregister(wrong({}))],
  ["modify()", (it, fd) => it.modify(fd, EVENT_WRITE)],
  ["modify() that changes nothing", (it, fd) => it.modify(fd, EVENT_READ)],
  ["select()", (it) => it.select()],
  ["select(0)", (it) => it.select(0)],
  ["select() of nonsense", (it) => it.select(wrong("x"))],
  ["getKey()", (it, fd) => it.getKey(fd)],
  ["getKey() of nonsense", (it) => it.getKey(wrong({}))],
  ["getMap()", (it) => it.getMap()],
  [
    "wakeup()",
    (it) => {
      it.wakeup();
    },
  ],
  ["wakeupHandle()", (it) => it.wakeupHandle()],
];

export function closingFacts(SelectorClass: SelectorConstructor): void {
  describe("a closed selector", () => {
    test.each(calls)("throws ClosedError: %s", (_, call) => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read] = fullPipe(cleanup);
      selector.register(read, EVENT_READ);
      selector.close();
      expectThrow(() => call(selector, read), ClosedError, {
        code: "ERR_CLOSED",
      });
    });

    test("throws ClosedError: fileno(), where there is one", () => {
      const selector = new SelectorClass();
      const has = "fileno" in selector;
      if (has) expect(invoke(selector, "fileno")).toBeTypeOf("number");
      selector.close();
      const call = (): unknown => invoke(selector, "fileno");
      if (has) expectThrow(call, ClosedError, { code: "ERR_CLOSED" });
      else expect(call).toThrow("no method fileno");
    });

    test("says so, and names its class in the error", () => {
      const selector = new SelectorClass();
      expect(selector.closed).toBe(false);
      selector.close();
      expect(selector.closed).toBe(true);
      const message = `The ${SelectorClass.name} is closed`;
      expectThrow(() => selector.select(), ClosedError, { message });
    });

    test("can be closed again", () => {
      using cleanup = new Cleanup();
      const selector = new SelectorClass();
      selector.wakeupHandle();
      selector.close();
      // They have the numbers that were the selector's.
      const pairs = [0, 1].map(() => cleanup.both(socketpair()));
      selector.close();
      selector[Symbol.dispose]();
      for (const [near, far] of pairs) {
        near.send("x");
        expect(far.recv(1).toString()).toBe("x");
      }
    });

    test("leaves an empty map behind", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near] = cleanup.both(socketpair());
      selector.register(near, EVENT_READ);
      const map = selector.getMap();
      expect(map.size).toBe(1);
      selector.close();
      expect(map.size).toBe(0);
      expect(map.get(near)).toBeUndefined();
      expect(map.has(near.fileno())).toBe(false);
      expect([...map]).toEqual([]);
    });

    test("leaves open what was registered", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      selector.register(near, EVENT_READ);
      selector.close();
      expect(near.closed).toBe(false);
      far.send("x");
      expect(near.recv(1).toString()).toBe("x");
      const next = cleanup.use(new SelectorClass());
      const key = next.register(near, EVENT_WRITE);
      expect(next.select()).toEqual([[key, EVENT_WRITE]]);
    });

    test("has given back every descriptor of its own", () => {
      using cleanup = new Cleanup();
      const [read] = fullPipe(cleanup);
      expectNoLeak(() => {
        for (let i = 0; i < 5; i++) {
          const selector = new SelectorClass();
          selector.register(read, EVENT_READ);
          selector.wakeupHandle();
          expect(selector.select()).toHaveLength(1);
          selector.close();
        }
      });
    });
  });

  describe("a using block", () => {
    test("closes the selector at its end", () => {
      let left: BaseSelector | undefined;
      expectNoLeak(() => {
        using selector = new SelectorClass();
        selector.wakeupHandle();
        left = selector;
        expect(selector.closed).toBe(false);
      });
      expect(left?.closed).toBe(true);
    });

    test("closes the selector, and lets an error through", () => {
      let left: BaseSelector | undefined;
      expect(() => {
        using selector = new SelectorClass();
        left = selector;
        throw new Error("from inside");
      }).toThrow("from inside");
      expect(left?.closed).toBe(true);
    });
  });
}

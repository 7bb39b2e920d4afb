/** Thousands of descriptors in one selector. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import {
  EpollSelector,
  EVENT_READ,
  EVENT_WRITE,
  KqueueSelector,
  PollSelector,
  SelectSelector,
} from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";

const limit = Number(execFileSync("sh", ["-c", "ulimit -n"]).toString());
const count = 9000;
/** Not in the order of their numbers, nor of their registration. */
const chosen = [8999, 0, 4500, 1, 7777, 1023, 1024, 512];

const classes = [
  SelectSelector,
  PollSelector,
  EpollSelector,
  KqueueSelector,
].filter((selector) => selector !== undefined);

describe.each(classes)("%o", (SelectorClass) => {
  test.skipIf(limit < 2 * count + 500 /* the system allows too few */)(
    `finds the ready ones among ${count} pairs`,
    () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass<number, Socket>());
      const pairs = Array.from({ length: count }, () =>
        cleanup.both(socketpair()),
      );
      for (const [i, [near, far]] of pairs.entries()) {
        selector.register(near, EVENT_READ, i);
        selector.register(far, EVENT_READ, -i);
      }
      expect(selector.select(0)).toEqual([]);

      for (const i of chosen) pairs[i]?.[1].send("x");
      const ready = selector.select().map(([key]) => key);
      expect(ready.map(({ data }) => data).sort()).toEqual([...chosen].sort());
      for (const { fileobj, data } of ready) {
        expect(fileobj).toBe(pairs[data]?.[0]);
      }

      for (const i of chosen) pairs[i]?.[0].recv(1);
      expect(selector.select(0)).toEqual([]);

      for (const [near] of pairs) {
        const { data } = selector.getKey(near);
        selector.modify(near, EVENT_WRITE, data);
      }
      expect(selector.select()).toHaveLength(count);

      for (const [near] of pairs) selector.unregister(near);
      expect(selector.getMap().size).toBe(count);
      expect(selector.select(0)).toEqual([]);
    },
  );
});

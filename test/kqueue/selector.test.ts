/**
 * Which changes `KqueueSelector` sends to a simulation of kqueue(2), see
 * simulated-kqueue.ts. What it has in common with the other selectors is the
 * contract suite's.
 */
import { closeSync } from "node:fs";
import { constants as os } from "node:os";
import { describe, expect, test } from "vitest";
import { OSError, PermissionError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  EVENT_PRIORITY,
  EVENT_READ,
  EVENT_WRITE,
} from "posix-select/selectors";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { BOTH, Rig } from "./selector-rig.ts";
import { elapsedMs } from "./support.ts";

const { ENOMEM, EINVAL, EPERM } = os.errno;

describe("register()", () => {
  test.for([
    [EVENT_READ, ["READ"]],
    [EVENT_WRITE, ["WRITE"]],
    [BOTH, ["READ", "WRITE"]],
  ] as const)("of events %d adds the filters %o", ([events, filters]) => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near] = rig.pair();
    const key = rig.selector.register(near, events);
    expect(key).toMatchObject({ fd: near.fileno(), events });
    const { recorded } = rig.system;
    for (const { most, result } of recorded) {
      expect({ most, result }).toEqual({ most: 0, result: 0 });
    }
    for (const { fflags, data, udata } of rig.system.changes) {
      expect({ fflags, data, udata }).toEqual({ fflags: 0, data: 0, udata: 0 });
    }
    expect(rig.sent()).toEqual(
      filters.map((it) => `add ${it} ${near.fileno()}`),
    );
    expect(rig.watched).toBe(filters.length);
    expect(rig.asked).toBe(filters.length);
  });

  test("of EVENT_PRIORITY is refused, and sends nothing", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near] = rig.pair();
    for (const events of [EVENT_PRIORITY, BOTH | EVENT_PRIORITY, 0, -1]) {
      expect(() => rig.selector.register(near, events)).toThrow(RangeError);
    }
    expect(rig.sent()).toEqual([]);
  });

  test("of a closed descriptor fails, and leaves nothing behind", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [read, write] = pipe();
    closeSync(read);
    closeSync(write);
    expectThrow(() => rig.selector.register(read, BOTH), OSError, {
      code: "EBADF",
      syscall: "kevent",
      fd: read,
    });
    expect(rig.sent()).toEqual([`add READ ${read}`]);
    expect(rig.selector.getMap().size).toBe(0);
    expect(rig.watched).toBe(0);
    expect(rig.asked).toBe(1);
  });

  test("that fails for writing takes its READ filter back", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [other] = rig.pair();
    const [near] = rig.pair("x");
    rig.selector.register(other, BOTH);
    rig.sent();
    rig.system.failChange(2, EPERM);
    const fd = near.fileno();
    expectThrow(() => rig.selector.register(near, BOTH), PermissionError, {
      code: "EPERM",
      syscall: "kevent",
      fd,
    });
    expect(rig.sent()).toEqual([
      `add READ ${fd}`,
      `add WRITE ${fd}`,
      `delete READ ${fd}`,
    ]);
    expect(rig.selector.getMap().has(near)).toBe(false);
    expect(rig.watched).toBe(2);
    expect(rig.asked).toBe(2);
    expect(rig.selector.select(0)).toMatchObject([
      [{ fd: other.fileno() }, EVENT_WRITE],
    ]);
    // It can be tried again.
    rig.selector.register(near, BOTH);
    expect(rig.asked).toBe(4);
  });

  test("by a number's next owner drops the old key, and watches the new one", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [old] = rig.pair();
    const fd = old.fileno();
    rig.selector.register(old, BOTH, "old");
    old.close();
    const [next] = rig.pair("x");
    expect(next.fileno()).toBe(fd);
    rig.selector.register(next, EVENT_READ, "next");
    expect(rig.selector.select(0)).toMatchObject([
      [{ fileobj: next, data: "next" }, EVENT_READ],
    ]);
    expect(rig.watched).toBe(1);
    expect(rig.asked).toBe(1);
  });
});

describe("modify()", () => {
  test.for([
    [EVENT_READ, BOTH, ["add READ", "add WRITE"]],
    [EVENT_WRITE, BOTH, ["add READ", "add WRITE"]],
    [BOTH, EVENT_READ, ["add READ", "delete WRITE"]],
    [BOTH, EVENT_WRITE, ["add WRITE", "delete READ"]],
    [EVENT_READ, EVENT_WRITE, ["add WRITE", "delete READ"]],
    [EVENT_WRITE, EVENT_READ, ["add READ", "delete WRITE"]],
    [EVENT_READ, EVENT_READ, []],
    [BOTH, BOTH, []],
  ] as const)("from %d to %d sends %o only", ([before, after, changes]) => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near] = rig.pair("x");
    rig.selector.register(near, before, 1);
    rig.sent();
    const key = rig.selector.modify(near, after, 2);
    expect(key).toMatchObject({ events: after, data: 2 });
    const fd = near.fileno();
    expect(rig.sent()).toEqual(changes.map((it) => `${it} ${fd}`));
    expect(rig.selector.select(0)).toEqual([[key, after]]);
    expect(rig.asked).toBe(after === BOTH ? 2 : 1);
    expect(rig.watched).toBe(after === BOTH ? 2 : 1);
  });

  test.for([
    [EVENT_READ, BOTH, 1],
    [EVENT_READ, BOTH, 2],
    [EVENT_READ, EVENT_WRITE, 1],
    [EVENT_WRITE, BOTH, 1],
    [EVENT_WRITE, BOTH, 2],
    [EVENT_WRITE, EVENT_READ, 1],
    [BOTH, EVENT_READ, 1],
    [BOTH, EVENT_WRITE, 1],
  ] as const)(
    "from %d to %d that fails at change %d leaves no key, and no filter without one",
    ([before, after, failing]) => {
      using cleanup = new Cleanup();
      const rig = new Rig(cleanup);
      const [other] = rig.pair();
      const [near] = rig.pair("x");
      rig.selector.register(other, EVENT_READ);
      rig.selector.register(near, before);
      rig.system.failChange(failing, ENOMEM);
      expectThrow(() => rig.selector.modify(near, after), OSError, {
        code: "ENOMEM",
        syscall: "kevent",
        fd: near.fileno(),
      });
      expect([...rig.selector.getMap().keys()]).toEqual([other.fileno()]);
      expect(rig.watched).toBe(1);
      expect(rig.asked).toBe(1);
      // A filter without a key would end every wait at once.
      expect(
        elapsedMs(() => {
          expect(rig.selector.select(20)).toEqual([]);
        }),
      ).toBeGreaterThanOrEqual(20);
      // It can be registered again, and is counted as before.
      rig.selector.register(near, BOTH);
      expect(rig.watched).toBe(3);
      expect(rig.asked).toBe(3);
    },
  );

  test.for([
    [EVENT_READ, BOTH],
    [EVENT_READ, EVENT_WRITE],
    [EVENT_WRITE, BOTH],
    [EVENT_WRITE, EVENT_READ],
    [BOTH, EVENT_READ],
    [BOTH, EVENT_WRITE],
  ] as const)(
    "from %d to %d of a number that was closed and used again watches its next file",
    ([before, after]) => {
      using cleanup = new Cleanup();
      const rig = new Rig(cleanup);
      const [old] = rig.pair("x");
      const fd = old.fileno();
      rig.selector.register(fd, before);
      old.close();
      const [next] = rig.pair("x");
      expect(next.fileno()).toBe(fd);
      const key = rig.selector.modify(fd, after);
      expect(rig.selector.select(0)).toEqual([[key, after]]);
      expect(rig.watched).toBe(after === BOTH ? 2 : 1);
      expect(rig.asked).toBe(after === BOTH ? 2 : 1);
      rig.selector.unregister(fd);
      expect(rig.watched).toBe(0);
      expect(rig.asked).toBe(1);
    },
  );

  test.for([
    [EVENT_READ, BOTH],
    [EVENT_READ, EVENT_WRITE],
    [BOTH, EVENT_READ],
    [BOTH, EVENT_WRITE],
  ] as const)(
    "from %d to %d of a descriptor that was closed fails, and leaves no key",
    ([before, after]) => {
      using cleanup = new Cleanup();
      const rig = new Rig(cleanup);
      const [near, other] = rig.pair();
      const fd = near.fileno();
      rig.selector.register(other, EVENT_READ);
      rig.selector.register(fd, before);
      near.close();
      expect(() => rig.selector.modify(fd, after)).toThrow("EBADF");
      expect([...rig.selector.getMap().keys()]).toEqual([other.fileno()]);
      expect(rig.watched).toBe(1);
      expect(rig.asked).toBe(1);
    },
  );
});

describe("unregister()", () => {
  test("deletes the filters that there are", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near] = rig.pair("x");
    const fd = near.fileno();
    for (const [events, names] of [
      [EVENT_READ, ["READ"]],
      [BOTH, ["READ", "WRITE"]],
    ] as const) {
      rig.selector.register(near, events);
      rig.sent();
      rig.selector.unregister(near);
      expect(rig.sent()).toEqual(names.map((it) => `delete ${it} ${fd}`));
      expect(rig.watched).toBe(0);
      expect(rig.asked).toBe(1);
    }
  });

  test("works after the descriptor was closed, by object and by number", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near, far] = rig.pair();
    const fd = far.fileno();
    rig.selector.register(near, BOTH);
    rig.selector.register(far, BOTH);
    near.close();
    far.close();
    expect(rig.selector.unregister(near)).toMatchObject({ fileobj: near });
    expect(rig.selector.unregister(fd)).toMatchObject({ fileobj: far });
    expect(rig.selector.getMap().size).toBe(0);
    expect(rig.asked).toBe(1);
  });
});

test.for([EINVAL, EPERM])(
  "what the system refuses is its error: errno %d",
  (errno) => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near] = rig.pair();
    rig.system.failChange(1, errno);
    expect(() => rig.selector.register(near, EVENT_READ)).toThrow(
      expect.objectContaining({ errno: -errno }),
    );
    expect(rig.selector.getMap().size).toBe(0);
  },
);

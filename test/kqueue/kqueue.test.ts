/** `Kqueue` on a simulation of kqueue(2), see simulated-kqueue.ts. */
import { constants as os } from "node:os";
import { describe, expect, test } from "vitest";
import { InterruptedError, OSError } from "posix-select/errors";
import { socketpair } from "posix-select/socket";
import { INTERRUPTED } from "../../src/constants.ts";
import { kqueueFactory, type KqueueObject } from "../../src/kqueue.ts";
import { EINTR } from "../../src/result.ts";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow } from "../helpers/errors.ts";
import { darwin } from "./darwin-constants.ts";
import { rawTests } from "./raw.ts";
import { SimulatedKqueue } from "./simulated-kqueue.ts";
import { changes, elapsedMs, soonMs, writeLater } from "./support.ts";

describe("a simulated kqueue(2)", () => {
  rawTests({ calls: new SimulatedKqueue(), constants: darwin });
});

function simulated(cleanup: Cleanup): [SimulatedKqueue, KqueueObject] {
  const system = new SimulatedKqueue();
  return [system, cleanup.use(kqueueFactory(system).kqueue())];
}

const { read, user } = changes({
  calls: new SimulatedKqueue(),
  constants: darwin,
});

describe("what is asked of the system", () => {
  test("changes as they were given, in one call with the wait", () => {
    using cleanup = new Cleanup();
    const [system, queue] = simulated(cleanup);
    const list = [
      user(2 ** 40, { flags: 0xff, fflags: 0xfedcba98, data: -5, udata: 7 }),
      {
        ident: 0,
        filter: -(2 ** 15),
        flags: 0xffff,
        fflags: 0,
        data: 0,
        udata: 0,
      },
      {
        ident: 2 ** 53 - 1,
        filter: 2 ** 15 - 1,
        flags: 0,
        fflags: 2 ** 32 - 1,
        data: -(2 ** 53) + 1,
        udata: 2 ** 53 - 1,
      },
    ];
    queue.control(list, 5, 0);
    expect(system.recorded).toEqual([
      {
        kq: queue.fileno(),
        changes: list,
        most: 5,
        timeoutMs: 0,
        interruptFd: -1,
        result: 3,
      },
    ]);
  });

  test("no wait where no events are asked for", () => {
    using cleanup = new Cleanup();
    const [system, queue] = simulated(cleanup);
    queue.control([user(1)], 0);
    queue.control(null, 0, soonMs);
    expect(system.recorded).toMatchObject([
      { most: 0, timeoutMs: 0, interruptFd: -1, result: 0 },
      { most: 0, timeoutMs: 0, interruptFd: -1, result: 0 },
    ]);
  });

  test("what a change or a list is not is found before the system is asked", () => {
    using cleanup = new Cleanup();
    const [system, queue] = simulated(cleanup);
    expect(() => queue.control([user(1), user(-1)], 0)).toThrow(RangeError);
    expect(() => queue.control([user(1)], -1)).toThrow(RangeError);
    expect(() => queue.control([user(1)], 0, NaN)).toThrow(TypeError);
    expect(system.recorded).toEqual([]);
  });

  test("a kqueue that can't be made is an error, and leaves nothing open", () => {
    const system = new SimulatedKqueue();
    const { kqueue } = kqueueFactory(system);
    expectNoLeak(() => {
      system.failCreate(os.errno.EMFILE);
      expectThrow(kqueue, OSError, { code: "EMFILE", syscall: "kqueue" });
    });
  });

  test("any failure of a change, by its own name", () => {
    using cleanup = new Cleanup();
    const [system, queue] = simulated(cleanup);
    system.failChange(2, os.errno.ENOMEM);
    expectThrow(() => queue.control([user(1), user(2), user(3)], 0), OSError, {
      code: "ENOMEM",
      syscall: "kevent",
      fd: queue.fileno(),
    });
    expect(system.watched(queue.fileno())).toBe(1);
    system.failChange(1, os.errno.ENOMEM);
    expect(queue.control([user(2), user(3)], 1)).toMatchObject([
      { ident: 2, data: os.errno.ENOMEM },
    ]);
    expect(system.watched(queue.fileno())).toBe(2);
  });
});

describe("a wait that is interrupted", () => {
  test("goes on with the time that is left, and makes its changes once", () => {
    using cleanup = new Cleanup();
    const [system, queue] = simulated(cleanup);
    system.interrupt(EINTR, EINTR);
    const list = [user(1), user(2)];
    const ms = elapsedMs(() => {
      expect(queue.control(list, 3, 30)).toEqual([]);
    });
    expect(ms).toBeGreaterThanOrEqual(30);
    const [first, second, third] = system.recorded;
    expect(first).toMatchObject({ changes: list, timeoutMs: 30, most: 3 });
    expect([first?.result, second?.result]).toEqual([EINTR, EINTR]);
    expect(second?.changes).toEqual([]);
    expect(third).toMatchObject({ changes: [], most: 3 });
    expect(second?.timeoutMs).toBeLessThanOrEqual(first?.timeoutMs ?? 0);
    expect(third?.timeoutMs).toBeLessThanOrEqual(second?.timeoutMs ?? 0);
  });

  test("does not lose EV_ONESHOT's change, nor make it again", () => {
    using cleanup = new Cleanup();
    const [system, queue] = simulated(cleanup);
    const [near, far] = cleanup.both(socketpair());
    writeLater(cleanup, far.fileno(), 30);
    system.interrupt(EINTR);
    const flags = darwin.KQ_EV_ADD | darwin.KQ_EV_ONESHOT;
    const events = queue.control([read(near, { flags })], 1, soonMs);
    expect(events).toMatchObject([{ ident: near.fileno() }]);
    expect(system.changes).toHaveLength(1);
    expect(system.watched(queue.fileno())).toBe(0);
    expect(queue.control(null, 1, 0)).toEqual([]);
  });

  test("by a listener's signal throws, with its changes made", () => {
    using cleanup = new Cleanup();
    const [system, queue] = simulated(cleanup);
    system.interrupt(INTERRUPTED);
    expectThrow(() => queue.control([user(1)], 1, 30), InterruptedError, {
      code: "EINTR",
      syscall: "kevent",
      fd: queue.fileno(),
    });
    expect(system.recorded).toHaveLength(1);
    expect(system.watched(queue.fileno())).toBe(1);
  });

  test("when its time is over is over, and not an error", () => {
    using cleanup = new Cleanup();
    const [system, queue] = simulated(cleanup);
    system.interrupt(EINTR);
    expect(queue.control(null, 1, Number.MIN_VALUE)).toEqual([]);
  });
});

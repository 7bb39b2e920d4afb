/**
 * What `KqueueSelector` makes of the events of a simulation of kqueue(2), see
 * simulated-kqueue.ts, and what becomes of its descriptors.
 */
import { once } from "node:events";
import { closeSync, fstatSync } from "node:fs";
import { constants as os } from "node:os";
import { describe, expect, test } from "vitest";
import { ClosedError, InterruptedError, OSError } from "posix-select/errors";
import { EVENT_READ, EVENT_WRITE, wakeup } from "posix-select/selectors";
import { INTERRUPTED } from "../../src/constants.ts";
import { EINTR } from "../../src/result.ts";
import { KqueueSelector } from "../../src/selectors/kqueue.ts";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow } from "../helpers/errors.ts";
import { startWorker } from "../helpers/workers.ts";
import { darwin } from "./darwin-constants.ts";
import { BOTH, Rig } from "./selector-rig.ts";
import { SimulatedKqueue } from "./simulated-kqueue.ts";
import { SimulatedKqueueSelector } from "./simulated-selector.ts";
import { elapsedMs, soonMs, writeLater } from "./support.ts";

const { EMFILE, ENOMEM } = os.errno;

describe("select()", () => {
  test("merges the events of one key's two filters", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near, far] = rig.pair("x");
    const key = rig.selector.register(near, BOTH, "data");
    const other = rig.selector.register(far, BOTH);
    const ready = rig.selector.select(0);
    expect(rig.system.recorded.at(-1)?.result).toBe(3);
    expect(ready).toHaveLength(2);
    expect(new Map(ready)).toEqual(
      new Map([
        [key, BOTH],
        [other, EVENT_WRITE],
      ]),
    );
  });

  test("reports the peer's end for reading and for writing, without spinning", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near, far] = rig.pair();
    const key = rig.selector.register(near, BOTH);
    far.close();
    expect(rig.selector.select(0)).toEqual([[key, BOTH]]);
    const reading = rig.selector.modify(near, EVENT_READ);
    expect(rig.selector.select(0)).toEqual([[reading, EVENT_READ]]);
  });

  test("asks for as many events as there are filters, in one call", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const sockets = Array.from({ length: 150 }, () => rig.pair("x")[0]);
    for (const socket of sockets) rig.selector.register(socket, BOTH);
    rig.system.forget();
    const ready = rig.selector.select();
    expect(rig.system.recorded).toMatchObject([{ most: 300, result: 300 }]);
    expect(ready).toHaveLength(150);
    expect(ready.every(([, events]) => events === BOTH)).toBe(true);
    for (const socket of sockets) rig.selector.unregister(socket);
    expect(rig.asked).toBe(1);
  });

  test("sleeps where nothing is registered, and asks for an event to do so", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    for (const timeoutMs of [20, 0.3]) {
      rig.system.forget();
      const ms = elapsedMs(() => {
        expect(rig.selector.select(timeoutMs)).toEqual([]);
      });
      expect(ms).toBeGreaterThanOrEqual(timeoutMs);
      expect(rig.system.recorded[0]).toMatchObject({ changes: [], most: 1 });
    }
  });

  test("ends when something becomes ready", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near, far] = rig.pair();
    const key = rig.selector.register(near, EVENT_READ);
    writeLater(cleanup, far.fileno(), 30);
    expect(rig.selector.select(soonMs)).toEqual([[key, EVENT_READ]]);
  });

  test("goes on after EINTR with the time that is left", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    rig.system.interrupt(EINTR, EINTR);
    const ms = elapsedMs(() => {
      expect(rig.selector.select(30)).toEqual([]);
    });
    expect(ms).toBeGreaterThanOrEqual(30);
    const times = rig.system.recorded.map(({ timeoutMs }) => timeoutMs);
    expect(times.length).toBeGreaterThanOrEqual(3);
    expect(times.toSorted((a, b) => b - a)).toEqual(times);
  });

  test("throws for a signal listener, and can be called again", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near, far] = rig.pair();
    const key = rig.selector.register(near, EVENT_READ);
    rig.system.interrupt(INTERRUPTED);
    const fd = rig.selector.fileno();
    expectThrow(() => rig.selector.select(soonMs), InterruptedError, {
      code: "EINTR",
      syscall: "kevent",
      fd,
    });
    far.send("x");
    expect(rig.selector.select()).toEqual([[key, EVENT_READ]]);
  });

  test("does not report what was closed", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near] = rig.pair("x");
    rig.selector.register(near, BOTH);
    near.close();
    expect(rig.selector.select(1)).toEqual([]);
  });
});

describe("wakeup", () => {
  test("by handle ends the next wait, and only that", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const handle = rig.selector.wakeupHandle();
    expect(rig.selector.getMap().size).toBe(0);
    expect(rig.asked).toBe(1);
    wakeup(handle);
    wakeup(handle);
    expect(rig.selector.select()).toEqual([]);
    expect(elapsedMs(() => rig.selector.select(20))).toBeGreaterThanOrEqual(20);
  });

  test("by another thread ends a wait that has begun", async () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near] = rig.pair();
    rig.selector.register(near, EVENT_READ);
    const handle = rig.selector.wakeupHandle();
    expect(rig.watched).toBe(2);
    const data = { handle, afterMs: 50 };
    const worker = startWorker("../kqueue/waking-worker.ts", data);
    await once(worker, "online");
    expect(rig.selector.select()).toEqual([]);
    await once(worker, "exit");
  });

  test("can be asked for again after the system refused its filter", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    rig.system.failChange(1, ENOMEM);
    expect(() => rig.selector.wakeupHandle()).toThrow("ENOMEM");
    const handle = rig.selector.wakeupHandle();
    expect(rig.watched).toBe(1);
    wakeup(handle);
    const ms = elapsedMs(() => rig.selector.select(soonMs / 30));
    expect(ms).toBeLessThan(soonMs / 30);
  });
});

describe("a selector's own descriptor", () => {
  test("is closed with it, once, and what is registered stays open", () => {
    using cleanup = new Cleanup();
    const rig = new Rig(cleanup);
    const [near] = rig.pair();
    rig.selector.register(near, BOTH);
    const fd = rig.selector.fileno();
    rig.sent();
    rig.selector.close();
    rig.selector.close();
    rig.selector[Symbol.dispose]();
    expect(rig.system.closed).toEqual([fd]);
    expect(rig.sent()).toEqual([]);
    expect(fstatSync(near.fileno()).isSocket()).toBe(true);
    for (const call of [
      () => rig.selector.fileno(),
      () => rig.selector.select(0),
      () => rig.selector.register(near, EVENT_READ),
    ]) {
      expectThrow(call, ClosedError, { code: "ERR_CLOSED" });
    }
  });

  test("is not left open by anything", () => {
    expectNoLeak(() => {
      using selector = new SimulatedKqueueSelector();
      selector.wakeupHandle();
    });
    const system = new SimulatedKqueue();
    expectNoLeak(() => {
      system.failCreate(EMFILE);
      expectThrow(() => new KqueueSelector(system, darwin), OSError, {
        code: "EMFILE",
        syscall: "kqueue",
      });
    });
  });

  test("says so if somebody has closed it", () => {
    const selector = new SimulatedKqueueSelector();
    const fd = selector.fileno();
    closeSync(fd);
    expectThrow(() => selector.select(0), OSError, {
      code: "EBADF",
      syscall: "kevent",
      fd,
    });
    expect(() => {
      selector.close();
    }).toThrow("EBADF");
    selector.close();
  });
});

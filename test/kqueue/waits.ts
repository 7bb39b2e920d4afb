/** How long `Kqueue.control()` waits, and what ends it, on any system. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { InterruptedError } from "posix-select/errors";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import {
  changes,
  elapsedMs,
  kqueues,
  type KqueueSystem,
  soonMs,
  writeLater,
} from "./support.ts";

export function waitTests(system: KqueueSystem): void {
  const { open } = kqueues(system);
  const { read, user, timer } = changes(system);
  const {
    KQ_EV_ADD: ADD,
    KQ_EV_CLEAR: CLEAR,
    KQ_EV_ONESHOT: ONESHOT,
    KQ_NOTE_TRIGGER: TRIGGER,
    KQ_NOTE_FFAND: FFAND,
    KQ_NOTE_FFOR: FFOR,
    KQ_NOTE_FFCOPY: FFCOPY,
    KQ_NOTE_FFLAGSMASK: FFLAGSMASK,
    KQ_NOTE_USECONDS: USECONDS,
  } = system.constants;

  describe("a time-out", () => {
    test.each([1, 30, 0.3, 1.5, 100.001, Number.MIN_VALUE])(
      "of %d ms is not over early",
      (timeoutMs) => {
        using cleanup = new Cleanup();
        const queue = open(cleanup);
        const [near] = cleanup.both(socketpair());
        queue.control([read(near)], 0);
        let events: unknown;
        const ms = elapsedMs(() => {
          events = queue.control(null, 1, timeoutMs);
        });
        expect(ms).toBeGreaterThanOrEqual(timeoutMs);
        expect(events).toEqual([]);
      },
    );

    test("is waited for, too, where nothing is watched", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      expect(
        elapsedMs(() => queue.control(null, 1, 20)),
      ).toBeGreaterThanOrEqual(20);
    });

    test.each([0, -0, -1, -Infinity])("of %d ms is a look", (timeoutMs) => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near, far] = cleanup.both(socketpair());
      queue.control([read(near)], 0);
      expect(queue.control(null, 1, timeoutMs)).toEqual([]);
      far.send("x");
      expect(queue.control(null, 1, timeoutMs)).toHaveLength(1);
    });

    test.each([undefined, null, Infinity, 2 ** 40, soonMs])(
      "of %o ms ends with the first event",
      (timeoutMs) => {
        using cleanup = new Cleanup();
        const queue = open(cleanup);
        const [near, far] = cleanup.both(socketpair());
        writeLater(cleanup, far.fileno(), 30);
        const events = queue.control([read(near)], 1, timeoutMs);
        expect(events).toMatchObject([{ ident: near.fileno() }]);
      },
    );

    test.each([undefined, null, Infinity, soonMs])(
      "of %o ms is not waited for where no events are asked for",
      (timeoutMs) => {
        using cleanup = new Cleanup();
        const queue = open(cleanup);
        const [near] = cleanup.both(socketpair());
        const ms = elapsedMs(() => {
          expect(queue.control([read(near)], 0, timeoutMs)).toEqual([]);
        });
        expect(ms).toBeLessThan(soonMs);
      },
    );
  });

  describe("signals", () => {
    test("children that end do not shorten a wait", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      for (const seconds of [0, 0.05]) {
        const child = spawn("sleep", [String(seconds)], { stdio: "ignore" });
        cleanup.defer(() => child.kill("SIGKILL"));
      }
      const ms = elapsedMs(() => queue.control(null, 1, 150));
      expect(ms).toBeGreaterThanOrEqual(150);
    });

    test("with a listener end a wait, and its changes are made", async () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near, far] = cleanup.both(socketpair());
      const heard = once(process, "SIGUSR2");
      process.kill(process.pid, "SIGUSR2");
      const list = [read(near, { udata: 3 })];
      expectThrow(() => queue.control(list, 1, soonMs), InterruptedError, {
        code: "EINTR",
        syscall: "kevent",
        fd: queue.fileno(),
      });
      await heard;
      far.send("x");
      expect(queue.control(null, 1)).toMatchObject([{ udata: 3 }]);
    });

    test("do not end a look, nor a call that does not wait", async () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = cleanup.both(socketpair());
      const heard = once(process, "SIGUSR2");
      process.kill(process.pid, "SIGUSR2");
      expect(queue.control([read(near)], 0)).toEqual([]);
      expect(queue.control(null, 1, 0)).toEqual([]);
      await heard;
    });
  });

  describe("EVFILT_USER", () => {
    test("comes when it is triggered, by any number of its own", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const ident = 2 ** 40;
      queue.control([user(ident, { udata: 8 })], 0);
      expect(queue.control(null, 5, 0)).toEqual([]);
      const trigger = user(ident, { flags: 0, fflags: TRIGGER, udata: 8 });
      expect(queue.control([trigger], 5)).toMatchObject([{ ident, udata: 8 }]);
    });

    test("stays, and with EV_CLEAR comes once for each trigger", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      queue.control([user(1), user(2, { flags: ADD | CLEAR })], 0);
      const triggers = [1, 2].map((it) =>
        user(it, { flags: 0, fflags: TRIGGER }),
      );
      const idents = (): number[] =>
        queue
          .control(null, 5, 0)
          .map(({ ident }) => ident)
          .sort();
      for (let i = 0; i < 2; i++) {
        queue.control(triggers, 0);
        expect(idents()).toEqual([1, 2]);
        expect(idents()).toEqual([1]);
      }
    });

    test("keeps 24 flags, which are copied, added and masked", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      queue.control([user(1)], 0);
      const after = (fflags: number): number => {
        const change = user(1, { flags: 0, fflags: (fflags | TRIGGER) >>> 0 });
        const [event] = queue.control([change], 1, 0);
        return (event?.fflags ?? -1) & FFLAGSMASK;
      };
      expect(after(FFCOPY | 0b1100)).toBe(0b1100);
      expect(after(FFOR | 0b0011)).toBe(0b1111);
      expect(after(FFAND | 0b0110)).toBe(0b0110);
      expect(after(0b1001)).toBe(0b0110);
      expect(after(FFCOPY | 0xffffff)).toBe(0xffffff);
    });
  });

  describe("EVFILT_TIMER", () => {
    test("ends a wait when its milliseconds are over, and not before", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const flags = ADD | ONESHOT;
      let events: unknown;
      const ms = elapsedMs(() => {
        events = queue.control([timer(7, { flags, data: 30, udata: 1 })], 5);
      });
      expect(ms).toBeGreaterThanOrEqual(30);
      expect(events).toMatchObject([{ ident: 7, data: 1, udata: 1 }]);
      expect(queue.control(null, 5, 5)).toEqual([]);
    });

    test("comes again, and counts what was missed", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      queue.control([timer(7, { data: 5 })], 0);
      expect(queue.control(null, 5)).toHaveLength(1);
      elapsedMs(() => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      });
      const [event] = queue.control(null, 5);
      expect(event?.data).toBeGreaterThan(1);
    });

    test("counts in the unit that it was given", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const change = timer(7, { data: 20_000, fflags: USECONDS });
      const ms = elapsedMs(() => queue.control([change], 5));
      expect(ms).toBeGreaterThanOrEqual(20);
      expect(ms).toBeLessThan(soonMs / 2);
    });
  });
}

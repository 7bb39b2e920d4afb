/** A `Kqueue` as an owner of a descriptor, on any system. */
import { spawnSync } from "node:child_process";
import { closeSync, fstatSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { ClosedError, OSError } from "posix-select/errors";
import { Socket, socketpair } from "posix-select/socket";
import type { KqueueObject } from "../../src/kqueue.ts";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow } from "../helpers/errors.ts";
import {
  changes,
  containing,
  kqueues,
  type KqueueSystem,
  named,
  wrong,
  wrongType,
  wrongValue,
} from "./support.ts";

const closedKqueue = { name: "ClosedError", code: "ERR_CLOSED" };

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

export function instanceTests(system: KqueueSystem): void {
  const { factory, open } = kqueues(system);
  const { read } = changes(system);
  const { constants } = system;

  describe("an instance", () => {
    test("has a descriptor of its own", () => {
      using cleanup = new Cleanup();
      const [one, other] = [open(cleanup), open(cleanup)];
      expect(isOpen(one.fileno())).toBe(true);
      expect(one.fileno()).not.toBe(other.fileno());
      expect(one.closed).toBe(false);
    });

    test("keeps a list of its own", () => {
      using cleanup = new Cleanup();
      const [one, other] = [open(cleanup), open(cleanup)];
      const [near, far] = cleanup.both(socketpair());
      far.send("x");
      one.control([read(near)], 0);
      expect(one.control(null, 1, 0)).toHaveLength(1);
      expect(other.control(null, 1, 0)).toEqual([]);
    });

    test("is not inherited by a program that is started", () => {
      using cleanup = new Cleanup();
      const fd = open(cleanup).fileno();
      const { status } = spawnSync("test", ["-e", `/dev/fd/${fd}`]);
      expect(status).toBe(1);
    });

    test("that is closed can be closed again, and nothing else", () => {
      const queue = factory.kqueue();
      const fd = queue.fileno();
      queue.close();
      expect(isOpen(fd)).toBe(false);
      expect(queue.closed).toBe(true);
      queue.close();
      queue[Symbol.dispose]();
      for (const call of [
        () => queue.fileno(),
        () => queue.control(null, 0),
        () => queue.control(null, 1, 0),
        () => queue.control(wrong(5), wrong("1"), NaN),
      ]) {
        expectThrow(call, ClosedError, closedKqueue);
      }
    });

    test("does not close its number again once it is another's", () => {
      const queue = factory.kqueue();
      const fd = queue.fileno();
      queue.close();
      using socket = new Socket();
      expect(socket.fileno()).toBe(fd);
      queue.close();
      expect(isOpen(fd)).toBe(true);
    });

    test("is closed at the end of a using block", () => {
      expectNoLeak(() => {
        using queue = factory.kqueue();
        queue.control(null, 0);
      });
    });

    test("whose descriptor somebody has closed says so", () => {
      const queue = factory.kqueue();
      const fd = queue.fileno();
      closeSync(fd);
      const details = { code: "EBADF", fd };
      for (const most of [0, 1]) {
        expectThrow(() => queue.control(null, most, 0), OSError, {
          ...details,
          syscall: "kevent",
        });
      }
      expectThrow(
        () => {
          queue.close();
        },
        OSError,
        { ...details, syscall: "close" },
      );
      expect(queue.closed).toBe(true);
      queue.close();
    });
  });

  describe("fromFd()", () => {
    test("makes an object of an instance that there is already", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near, far] = cleanup.both(socketpair());
      far.send("x");
      queue.control([read(near)], 0);
      for (const like of [
        queue.fileno(),
        queue,
        { fd: queue.fileno() },
      ] as const) {
        const same = factory.fromFd(like);
        expect(same.fileno()).toBe(queue.fileno());
        expect(named(same.control(null, 5, 0))).toEqual([
          [near.fileno(), constants.KQ_FILTER_READ],
        ]);
      }
    });

    test("gives an object that closes it", () => {
      const queue = factory.kqueue();
      const same = factory.fromFd(queue);
      same.close();
      expect(isOpen(queue.fileno())).toBe(false);
      expect(() => {
        queue.close();
      }).toThrow("EBADF");
    });

    test.each([null, undefined, "3", true, {}, NaN, { fd: null }])(
      "%o is no descriptor",
      (value) => {
        expectThrow(() => factory.fromFd(wrong(value)), TypeError, {
          ...wrongType,
          message: containing('"fd"'),
        });
      },
    );

    test.each([-1, 0.5, 2 ** 31, Infinity])("%d is no descriptor", (value) => {
      expectThrow(() => factory.fromFd(value), RangeError, {
        ...wrongValue,
        message: containing('"fd"'),
      });
    });

    test("what is no kqueue is noticed when it is used", () => {
      using socket = new Socket();
      const queue = factory.fromFd(socket);
      expectThrow(() => queue.control(null, 1, 0), OSError, {
        code: "EBADF",
        syscall: "kevent",
        fd: socket.fileno(),
      });
    });
  });

  describe("an instance that nobody has any more", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;

    /** In a function of its own, so that no variable keeps it. */
    function lose(make: () => KqueueObject): number {
      return make().fileno();
    }

    test("stays open, and a ResourceWarning tells", async () => {
      const warnings: Error[] = [];
      const listener = (warning: Error): unknown => warnings.push(warning);
      process.on("warning", listener);
      const fd = lose(factory.kqueue);
      while (warnings.length === 0) {
        await setImmediate();
        collect();
      }
      process.off("warning", listener);
      expect(warnings).toMatchObject([
        {
          name: "ResourceWarning",
          message: `unclosed Kqueue { fd: ${fd} }, which stays open`,
        },
      ]);
      expect(isOpen(fd)).toBe(true);
      closeSync(fd);
    });

    test("stays open if it was given", async () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const fd = lose(() => factory.fromFd(queue));
      for (let i = 0; i < 5; i++) {
        await setImmediate();
        collect();
      }
      expect(isOpen(fd)).toBe(true);
    });
  });
}

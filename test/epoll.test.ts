/** The object that epoll() makes. */
import { closeSync, fstatSync, openSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ClosedError,
  FileExistsError,
  FileNotFoundError,
  OSError,
  PermissionError,
} from "posix-select/errors";
import { eventfd } from "posix-select/fd";
import {
  type Epoll as EpollType,
  Epoll as EpollClass,
  epoll as epollHere,
  EPOLL_CLOEXEC,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
} from "posix-select/select";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";
import { expectNoLeak } from "./helpers/descriptors.ts";
import { expectThrow } from "./helpers/errors.ts";
import {
  closedFd,
  fullPipe,
  kernelEntries,
  socketAt,
  warningsAfter,
  wrong,
} from "./selectors/support.ts";
import { statusOf } from "./socket/support.ts";

const outOfRange = { code: "ERR_OUT_OF_RANGE" };
const wrongType = { code: "ERR_INVALID_ARG_TYPE" };
const ctl = { syscall: "epoll_ctl" };

test("epoll() and Epoll are both there, or both absent", () => {
  expect(epollHere === undefined).toBe(EpollClass === undefined);
  expect(epollHere === undefined).toBe(process.platform !== "linux");
});

if (epollHere === undefined || EpollClass === undefined) {
  test("epoll() is not there", ({ skip }) => skip("only Linux has epoll"));
} else {
  facts(epollHere, EpollClass);
}

function facts(
  epoll: NonNullable<typeof epollHere>,
  Epoll: NonNullable<typeof EpollClass>,
): void {
  /** Registers, changes and removes, as calls that can be tried. */
  const registering = (set: EpollType, fd: unknown, events?: unknown) => () => {
    set.register(wrong(fd), wrong(events));
  };
  const changing = (set: EpollType, fd: unknown, events?: unknown) => () => {
    set.modify(wrong(fd), wrong(events));
  };
  const removing = (set: EpollType, fd: unknown) => () => {
    set.unregister(wrong(fd));
  };

  describe("epoll()", () => {
    test.each<[number | undefined, number?]>([
      [undefined],
      [-1],
      [1],
      [16],
      [2 ** 31 - 1],
      [undefined, 0],
      [-1, EPOLL_CLOEXEC],
    ])("takes a size and flags, which have no effect: %o, %o", (...given) => {
      using set = epoll(...given);
      expect(set.closed).toBe(false);
      expect(statusOf(set.fileno()).isCloseOnExec).toBe(true);
      expect(set.poll(0)).toEqual([]);
    });

    test("refuses other sizes and flags, and opens nothing", () => {
      expectNoLeak(() => {
        for (const size of [0, -2, 1.5, NaN, 2 ** 31, -Infinity]) {
          expectThrow(() => epoll(size), RangeError, outOfRange);
        }
        for (const size of [null, "1", {}, [], true]) {
          expectThrow(() => epoll(wrong(size)), TypeError, wrongType);
        }
        for (const flags of [1, 12_356, -1, EPOLL_CLOEXEC | 1]) {
          const fields = { code: "EINVAL", syscall: "epoll_create1" };
          expectThrow(() => epoll(-1, flags), OSError, fields);
        }
        for (const flags of [1.5, NaN, 2 ** 32]) {
          expectThrow(() => epoll(-1, flags), RangeError, outOfRange);
        }
        expectThrow(() => epoll(-1, wrong("0")), TypeError, wrongType);
      });
    });

    test("is warned about, and stays open, when it is forgotten", async () => {
      let fd = -1;
      let given = -1;
      const warnings = await warningsAfter(() => {
        fd = epoll().fileno();
        epoll().close();
        given = Epoll.fromFd(openSync("/dev/null", "r")).fileno();
      });
      expect(warnings).toEqual([
        `ResourceWarning: unclosed Epoll { fd: ${fd} }, which stays open`,
      ]);
      closeSync(fd);
      // What was given is the giver's.
      expect(fstatSync(given).isCharacterDevice()).toBe(true);
      closeSync(given);
    });

    test("leaves its number's new owner alone once it was closed", async () => {
      let fresh = -1;
      const warnings = await warningsAfter(() => {
        const set = epoll();
        const fd = set.fileno();
        set.close();
        fresh = eventfd?.() ?? -1;
        expect(fresh, "the number was not used again").toBe(fd);
      });
      expect(warnings).toEqual([]);
      closeSync(fresh);
    });

    test("leaves an eventfd alone that has the number of one closed unasked", async () => {
      let fresh = -1;
      const warnings = await warningsAfter(() => {
        const fd = epoll().fileno();
        closeSync(fd);
        fresh = eventfd?.() ?? -1;
        expect(fresh, "the number was not used again").toBe(fd);
      });
      // All that is no file, epoll and eventfd alike, has one device and inode.
      expect(warnings).toHaveLength(1);
      closeSync(fresh);
    });
  });

  describe("register()", () => {
    test("watches for all three events unless told which", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [read, write] = fullPipe(cleanup);
      set.register(write);
      set.register({ fd: read });
      const all = EPOLLIN | EPOLLPRI | EPOLLOUT;
      for (const [, bits] of kernelEntries(set.fileno())) {
        expect(bits & 0xffff & ~(8 | EPOLLHUP)).toBe(all);
      }
      const found = set.poll().sort(([a], [b]) => a - b);
      expect(found).toEqual([
        [read, EPOLLIN],
        [write, EPOLLOUT],
      ]);
    });

    test("of a known one is EEXIST, and changes nothing", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [read] = fullPipe(cleanup);
      set.register(read, EPOLLIN);
      const fields = { ...ctl, code: "EEXIST", fd: read };
      expectThrow(registering(set, read, EPOLLOUT), FileExistsError, fields);
      const other = { fileno: () => read };
      expectThrow(registering(set, other), FileExistsError, fields);
      expect(set.poll()).toEqual([[read, EPOLLIN]]);
    });

    test("of a closed one is EBADF", () => {
      using set = epoll();
      const fd = closedFd();
      const fields = { ...ctl, code: "EBADF", fd };
      expectThrow(registering(set, fd), OSError, fields);
      const [near, far] = socketpair();
      near.close();
      far.close();
      const lost = { code: "EBADF", message: /fd is closed/ };
      expectThrow(registering(set, near), OSError, {
        code: lost.code,
        message: expect.stringMatching(lost.message) as unknown,
      });
      expect(set.poll(0)).toEqual([]);
    });

    test("of files, folders and /dev/null is EPERM", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      for (const path of [process.execPath, "/", "/dev/null"]) {
        const fd = cleanup.fd(openSync(path, "r"));
        const fields = { ...ctl, code: "EPERM", fd };
        expectThrow(registering(set, fd, EPOLLIN), PermissionError, fields);
      }
    });

    test("of itself is EINVAL, of one that watches it ELOOP", () => {
      using inner = epoll();
      using outer = epoll();
      const fd = outer.fileno();
      const itself = { ...ctl, code: "EINVAL", fd };
      expectThrow(registering(outer, outer), OSError, itself);
      outer.register(inner, EPOLLIN);
      const circle = { ...ctl, code: "ELOOP", fd };
      expectThrow(registering(inner, outer), OSError, circle);
    });

    test("of another instance is told while that has events", () => {
      using cleanup = new Cleanup();
      using inner = epoll();
      using outer = epoll();
      const [near, far] = cleanup.both(socketpair());
      outer.register(inner, EPOLLIN);
      inner.register(near, EPOLLIN);
      expect(outer.poll(0)).toEqual([]);
      far.send("x");
      expect(outer.poll()).toEqual([[inner.fileno(), EPOLLIN]]);
      near.recv(1);
      expect(outer.poll(0)).toEqual([]);
    });
  });

  describe("modify() and unregister()", () => {
    test("change and remove what is registered", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [near, far] = cleanup.both(socketpair());
      const fd = near.fileno();
      set.register(near, EPOLLIN);
      set.modify(near, EPOLLOUT);
      expect(set.poll()).toEqual([[fd, EPOLLOUT]]);
      far.send("x");
      set.modify(fd, EPOLLIN | EPOLLOUT);
      expect(set.poll()).toEqual([[fd, EPOLLIN | EPOLLOUT]]);
      set.unregister({ fd });
      expect(set.poll(0)).toEqual([]);
      expect(kernelEntries(set.fileno()).size).toBe(0);
      set.register(near, EPOLLIN);
      expect(set.poll()).toEqual([[fd, EPOLLIN]]);
    });

    test("of what is not registered are ENOENT", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [read] = fullPipe(cleanup);
      const fields = { ...ctl, code: "ENOENT", fd: read };
      expectThrow(changing(set, read, EPOLLIN), FileNotFoundError, fields);
      expectThrow(removing(set, read), FileNotFoundError, fields);
    });

    test("of a closed one are EBADF, also if it was registered", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [read] = fullPipe(cleanup);
      set.register(read, EPOLLIN);
      closeSync(read);
      const fields = { ...ctl, code: "EBADF", fd: read };
      expectThrow(changing(set, read, EPOLLOUT), OSError, fields);
      expectThrow(removing(set, read), OSError, fields);
      // The kernel has forgotten it, and knows nothing of a new owner.
      expect(set.poll(0)).toEqual([]);
      const fresh = socketAt(cleanup, read);
      const unknown = { ...ctl, code: "ENOENT", fd: read };
      expectThrow(changing(set, fresh, 1), FileNotFoundError, unknown);
    });
  });

  test("what is no descriptor is refused by each call", () => {
    using set = epoll();
    for (const file of [undefined, null, "1", {}, true, NaN, [1], 1n]) {
      expectThrow(registering(set, file), TypeError, wrongType);
      expectThrow(changing(set, file, EPOLLIN), TypeError, wrongType);
      expectThrow(removing(set, file), TypeError, wrongType);
      const given = (): unknown => Epoll.fromFd(wrong(file));
      expectThrow(given, TypeError, wrongType);
    }
    for (const fd of [-1, -2, 1.5, 2 ** 31]) {
      expectThrow(registering(set, fd), RangeError, outOfRange);
      expectThrow(changing(set, fd, EPOLLIN), RangeError, outOfRange);
      expectThrow(removing(set, fd), RangeError, outOfRange);
      expectThrow(() => Epoll.fromFd(fd), RangeError, outOfRange);
    }
  });

  describe("a closed one", () => {
    test("throws ClosedError, whatever is asked of it", () => {
      using cleanup = new Cleanup();
      const [read] = fullPipe(cleanup);
      const set = epoll();
      set.register(read, EPOLLIN);
      set.close();
      expect(set.closed).toBe(true);
      for (const call of [
        registering(set, read),
        changing(set, read, EPOLLIN),
        removing(set, read),
        () => set.fileno(),
        () => set.poll(),
        () => set.poll(0, 1),
        () => set.poll(wrong("x"), wrong("y")),
      ]) {
        const fields = { code: "ERR_CLOSED", message: "The Epoll is closed" };
        expectThrow(call, ClosedError, fields);
      }
      // It is a descriptor no more either.
      using other = epoll();
      expectThrow(registering(other, set), ClosedError, { code: "ERR_CLOSED" });
    });

    test("can be closed again, and leaves its number's new owner alone", () => {
      using cleanup = new Cleanup();
      const set = epoll();
      const fd = set.fileno();
      set.close();
      expect(() => fstatSync(fd)).toThrow("EBADF");
      const fresh = socketAt(cleanup, fd);
      set.close();
      set[Symbol.dispose]();
      expect(fstatSync(fresh.fileno()).isSocket()).toBe(true);
    });

    test("is what a using block leaves", () => {
      expectNoLeak(() => {
        using set = epoll();
        expect(set.closed).toBe(false);
      });
    });
  });
}

/** The masks that an epoll object takes and gives. */
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import {
  type Epoll as EpollType,
  epoll as epollHere,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLRDHUP,
} from "posix-select/select";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";
import { expectThrow } from "./helpers/errors.ts";
import { fullPipe, kernelEntries, wrong } from "./selectors/support.ts";

const outOfRange = { code: "ERR_OUT_OF_RANGE" };
const wrongType = { code: "ERR_INVALID_ARG_TYPE" };

if (epollHere === undefined) {
  test("epoll() is not there", ({ skip }) => skip("only Linux has epoll"));
} else {
  facts(epollHere);
}

function facts(epoll: NonNullable<typeof epollHere>): void {
  /** Registers and changes, as calls that can be tried. */
  const registering = (set: EpollType, fd: unknown, events?: unknown) => () => {
    set.register(wrong(fd), wrong(events));
  };
  const changing = (set: EpollType, fd: unknown, events?: unknown) => () => {
    set.modify(wrong(fd), wrong(events));
  };

  describe("masks", () => {
    test("are taken as 32 bits, whatever their sign", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [near, far] = cleanup.both(socketpair());
      const fd = near.fileno();
      expect(EPOLLIN | EPOLLET).toBeLessThan(0);
      for (const events of [EPOLLIN | EPOLLET, (EPOLLIN | EPOLLET) >>> 0]) {
        set.register(near, events);
        expect((kernelEntries(set.fileno()).get(fd) ?? 0) >>> 31).toBe(1);
        far.send("x");
        expect(set.poll()).toEqual([[fd, EPOLLIN]]);
        expect(set.poll(0)).toEqual([]);
        near.recv(9);
        set.modify(near, EPOLLOUT);
        set.modify(near, events);
        far.send("y");
        expect(set.poll()).toEqual([[fd, EPOLLIN]]);
        expect(set.poll(0)).toEqual([]);
        near.recv(9);
        set.unregister(near);
      }
    });

    test("that the kernel does not take are EINVAL", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [read] = fullPipe(cleanup);
      const fields = { syscall: "epoll_ctl", code: "EINVAL", fd: read };
      for (const events of [
        -1,
        2 ** 32 - 1,
        EPOLLEXCLUSIVE | EPOLLONESHOT | EPOLLIN,
      ]) {
        expectThrow(registering(set, read, events), OSError, fields);
      }
      set.register(read, EPOLLIN);
      const exclusive = EPOLLIN | EPOLLEXCLUSIVE;
      expectThrow(changing(set, read, exclusive), OSError, fields);
      set.unregister(read);
      set.register(read, exclusive);
      expectThrow(changing(set, read, EPOLLIN), OSError, fields);
      expect(set.poll()).toEqual([[read, EPOLLIN]]);
    });

    test("that are no whole numbers of 32 bits are refused", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [read] = fullPipe(cleanup);
      for (const events of [1.5, NaN, 2 ** 32, -(2 ** 31) - 1, Infinity]) {
        expectThrow(registering(set, read, events), RangeError, outOfRange);
        expectThrow(changing(set, read, events), RangeError, outOfRange);
      }
      for (const events of [null, "1", {}, true, 1n]) {
        expectThrow(registering(set, read, events), TypeError, wrongType);
        expectThrow(changing(set, read, events), TypeError, wrongType);
      }
      expectThrow(changing(set, read), TypeError, wrongType);
      expect(kernelEntries(set.fileno()).size).toBe(0);
    });

    test("of 0 still tell of a hang-up, and results are unsigned", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [near, far] = cleanup.both(socketpair());
      const fd = near.fileno();
      set.register(near, 0);
      expect(set.poll(0)).toEqual([]);
      far.close();
      expect(set.poll()).toEqual([[fd, EPOLLHUP]]);
      set.modify(near, EPOLLIN | EPOLLRDHUP | EPOLLET);
      const all = EPOLLIN | EPOLLRDHUP | EPOLLHUP;
      expect(set.poll()).toEqual([[fd, all]]);
    });
  });
}

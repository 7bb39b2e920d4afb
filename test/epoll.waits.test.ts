/** How an epoll object waits, and how much it tells at once. */
import { closeSync, openSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InterruptedError, OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  Epoll as EpollClass,
  epoll as epollHere,
  EPOLLET,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
} from "posix-select/select";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";
import { expectThrow } from "./helpers/errors.ts";
import {
  fullPipe,
  interrupted,
  laterMs,
  limit,
  readyLater,
  soonMs,
  wrong,
} from "./selectors/support.ts";
import { timed } from "./socket/support.ts";

if (epollHere === undefined || EpollClass === undefined) {
  test("epoll() is not there", ({ skip }) => skip("only Linux has epoll"));
} else {
  facts(epollHere, EpollClass);
}

function facts(
  epoll: NonNullable<typeof epollHere>,
  Epoll: NonNullable<typeof EpollClass>,
): void {
  /** Descriptors that are writable, all copies of one. */
  function writers(cleanup: Cleanup, count: number): number[] {
    const [near] = cleanup.both(socketpair());
    return Array.from({ length: count }, () =>
      cleanup.use(near.dup()).fileno(),
    );
  }

  const fdsOf = (found: [number, number][]): number[] =>
    found.map(([fd]) => fd).sort((a, b) => a - b);

  describe("time-outs", () => {
    test.each([0.3, 1, 1.5, 20])("%d ms do not end early", (timeoutMs) => {
      using cleanup = new Cleanup();
      using set = epoll();
      for (let i = 0; i < 2; i++) {
        const ms = timed(() => {
          expect(set.poll(timeoutMs)).toEqual([]);
        });
        expect(ms).toBeGreaterThanOrEqual(timeoutMs);
        set.register(cleanup.fds(pipe())[0], EPOLLIN);
      }
    });

    test.each([0, -0, -1, -0.5, -1e300, -Infinity])(
      "%d looks and returns at once",
      (timeoutMs) => {
        using cleanup = new Cleanup();
        using set = epoll();
        expect(set.poll(timeoutMs)).toEqual([]);
        const [, write] = fullPipe(cleanup);
        set.register(write, EPOLLOUT);
        expect(set.poll(timeoutMs)).toEqual([[write, EPOLLOUT]]);
      },
    );

    test.each([undefined, null, Infinity, 1e300, 2 ** 32, 2 ** 31 + 0.5])(
      "%o waits until something is ready",
      (timeoutMs) => {
        using cleanup = new Cleanup();
        using set = epoll();
        const ms = timed(() => {
          const later = readyLater(cleanup);
          set.register(later, EPOLLIN);
          const [[fd, events] = []] = set.poll(timeoutMs);
          expect(fd).toBe(later);
          expect((events ?? 0) & EPOLLIN).toBe(EPOLLIN);
        });
        expect(ms).toBeGreaterThanOrEqual(laterMs);
      },
    );

    test.each([NaN, "1", true, {}, 1n])("%o is refused", (timeoutMs) => {
      using set = epoll();
      const call = (): unknown => set.poll(wrong(timeoutMs));
      expectThrow(call, TypeError, { code: "ERR_INVALID_ARG_TYPE" });
    });

    test("a signal that has a listener ends a wait", async () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [near, far] = cleanup.both(socketpair());
      set.register(near, EPOLLIN | EPOLLET);
      far.send("x");
      const error = await interrupted(() => set.poll());
      expect(error).toBeInstanceOf(InterruptedError);
      expect(error).toMatchObject({ code: "EINTR", syscall: "epoll_wait" });
      // The edge was not lost.
      expect(set.poll(soonMs)).toEqual([[near.fileno(), EPOLLIN]]);
      expect(set.poll(0)).toEqual([]);
    });
  });

  describe("an event", () => {
    test("comes again as long as it is so, once if edge-triggered", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [read, write] = fullPipe(cleanup);
      set.register(read, EPOLLIN);
      set.register(write, EPOLLOUT | EPOLLET);
      expect(fdsOf(set.poll())).toEqual([read, write]);
      for (let i = 0; i < 3; i++) expect(set.poll()).toEqual([[read, EPOLLIN]]);
    });

    test("comes once if one-shot, and again after modify()", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [read] = fullPipe(cleanup);
      set.register(read, EPOLLIN | EPOLLONESHOT);
      for (let i = 0; i < 3; i++) {
        expect(set.poll()).toEqual([[read, EPOLLIN]]);
        expect(set.poll(0)).toEqual([]);
        const again = (): void => {
          set.register(read, EPOLLIN);
        };
        expect(again).toThrow("EEXIST");
        set.modify(read, EPOLLIN | EPOLLONESHOT);
      }
    });

    test("of a descriptor that a copy keeps alive comes under its number", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [near, far] = cleanup.both(socketpair());
      const fd = near.fileno();
      set.register(near, EPOLLIN);
      const copy = cleanup.use(near.dup());
      near.close();
      far.send("x");
      expect(set.poll()).toEqual([[fd, EPOLLIN]]);
      copy.close();
      expect(set.poll(0)).toEqual([]);
    });
  });

  describe("maxEvents", () => {
    test.each([0, -1, 1.5, NaN, 2 ** 31, Infinity, -Infinity])(
      "%d is refused",
      (maxEvents) => {
        using set = epoll();
        const call = (): unknown => set.poll(0, maxEvents);
        expectThrow(call, RangeError, { code: "ERR_OUT_OF_RANGE" });
      },
    );

    test.each([null, "1", {}, true, 1n])("%o is refused", (maxEvents) => {
      using set = epoll();
      const call = (): unknown => set.poll(0, wrong(maxEvents));
      expectThrow(call, TypeError, { code: "ERR_INVALID_ARG_TYPE" });
    });

    test("is the most that is told at once, and all get their turn", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const fds = writers(cleanup, 10);
      for (const fd of fds) set.register(fd, EPOLLOUT);
      expect(set.poll(0, 3)).toHaveLength(3);
      expect(set.poll(0, 1000)).toHaveLength(10);
      for (const most of [1, 2, 5]) {
        const turns = Array.from({ length: 10 / most }, () => {
          const found = set.poll(soonMs, most);
          expect(found).toHaveLength(most);
          return found;
        });
        expect(fdsOf(turns.flat())).toEqual(fds);
      }
    });

    test("may be large", () => {
      using cleanup = new Cleanup();
      using set = epoll();
      const [fd = -1] = writers(cleanup, 1);
      set.register(fd, EPOLLOUT);
      expect(set.poll(0, 2 ** 20)).toEqual([[fd, EPOLLOUT]]);
      expect(set.poll(0, 1)).toEqual([[fd, EPOLLOUT]]);
    });
  });

  describe("unless told how many, all come at once", () => {
    test.skipIf(limit < 1700 /* the system allows no more */)(
      "1,500 that were registered here",
      () => {
        using cleanup = new Cleanup();
        using set = epoll();
        const fds = writers(cleanup, 1500);
        for (const fd of fds) set.register(fd, EPOLLOUT);
        expect(fdsOf(set.poll())).toEqual(fds);
        expect(fdsOf(set.poll(0))).toEqual(fds);
      },
    );

    test.skipIf(limit < 1700 /* the system allows no more */).each([
      ["as long as they are ready", 0],
      ["edge-triggered", EPOLLET],
      ["one-shot", EPOLLONESHOT],
    ])("1,500 that were registered elsewhere, %s", (_, how) => {
      using cleanup = new Cleanup();
      using elsewhere = epoll();
      const fds = writers(cleanup, 1500);
      for (const fd of fds) elsewhere.register(fd, EPOLLOUT | how);
      const here = Epoll.fromFd(elsewhere.fileno());
      expect(fdsOf(here.poll())).toEqual(fds);
      expect(fdsOf(here.poll(0))).toEqual(how === 0 ? fds : []);
    });

    test
      .skipIf(limit < 1700 /* the system allows no more */)
      .each([127, 128, 129, 256])(
      "%d that were registered elsewhere, each once",
      (count) => {
        using cleanup = new Cleanup();
        using elsewhere = epoll();
        const fds = writers(cleanup, count);
        for (const fd of fds) elsewhere.register(fd, EPOLLOUT);
        const here = Epoll.fromFd(elsewhere.fileno());
        expect(fdsOf(here.poll())).toEqual(fds);
        expect(here.poll(0, 100)).toHaveLength(100);
      },
    );
  });

  describe("fromFd()", () => {
    test("is another object for the same instance", () => {
      using cleanup = new Cleanup();
      const [read] = fullPipe(cleanup);
      using original = epoll();
      const other = Epoll.fromFd(original);
      expect(other.fileno()).toBe(original.fileno());
      other.register(read, EPOLLIN);
      expect(original.poll()).toEqual([[read, EPOLLIN]]);
      original.unregister(read);
      expect(other.poll(0)).toEqual([]);
      expect(Epoll.fromFd(original.fileno()).closed).toBe(false);
    });

    test("closes what it was given, and the original is EBADF then", () => {
      const set = epoll();
      const fd = set.fileno();
      Epoll.fromFd(fd).close();
      const fields = { code: "EBADF", fd };
      expectThrow(() => set.poll(0), OSError, fields);
      const call = (): void => {
        set.register(0, EPOLLIN);
      };
      expectThrow(call, OSError, { code: "EBADF", syscall: "epoll_ctl" });
      expect(() => {
        set.close();
      }).toThrow("EBADF");
      expect(set.closed).toBe(true);
    });

    test("does not look: what is no instance is EINVAL or EBADF later", () => {
      using cleanup = new Cleanup();
      const fd = cleanup.fd(openSync("/dev/null", "r"));
      const set = Epoll.fromFd({ fd });
      const fields = { syscall: "epoll_wait", fd };
      const none = { ...fields, code: "EINVAL" };
      expectThrow(() => set.poll(0), OSError, none);
      closeSync(fd);
      const closed = { ...fields, code: "EBADF" };
      expectThrow(() => set.poll(0), OSError, closed);
    });
  });
}

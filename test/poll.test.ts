/** The object that poll() makes. */
import { describe, expect, test } from "vitest";
import {
  FileNotFoundError,
  InterruptedError,
  NotRegisteredError,
  OSError,
} from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  poll,
  type Poll,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
  POLLWRNORM,
} from "posix-select/select";
import { MSG_OOB, socketpair } from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";
import { expectThrow } from "./helpers/errors.ts";
import {
  closedFd,
  fullPipe,
  interrupted,
  laterMs,
  limit,
  printedBy,
  readyLater,
  socketAt,
  soonMs,
  withLimit,
  wrong,
} from "./selectors/support.ts";
import { fill, tcpPair, timed } from "./socket/support.ts";

const isLinux = process.platform === "linux";
const outOfRange = { code: "ERR_OUT_OF_RANGE" };
const wrongType = { code: "ERR_INVALID_ARG_TYPE" };

/** A set of descriptors with one mask. */
function watching(fds: readonly number[], events?: number): Poll {
  const set = poll();
  for (const fd of fds) set.register(fd, events);
  return set;
}

describe("register()", () => {
  test("watches for all three events unless told which", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    const set = poll();
    set.register(server);
    client.send("x");
    const urgent = watching([server.fileno()], POLLPRI);
    client.send("!", MSG_OOB);
    expect(urgent.poll(soonMs)).toEqual([[server.fileno(), POLLPRI]]);
    const all = POLLIN | POLLPRI | POLLOUT;
    expect(set.poll(soonMs)).toEqual([[server.fileno(), all]]);
  });

  test("takes a number or an object, and gives the number back", () => {
    using cleanup = new Cleanup();
    const [read, write] = fullPipe(cleanup);
    const [near] = cleanup.both(socketpair());
    const set = poll();
    set.register({ fd: read });
    set.register({ fileno: () => write });
    set.register(near);
    expect(set.poll(0)).toEqual([
      [read, POLLIN],
      [write, POLLOUT],
      [near.fileno(), POLLOUT],
    ]);
  });

  test("keeps the number, not the object", () => {
    using cleanup = new Cleanup();
    const [near] = cleanup.both(socketpair());
    const fd = near.fileno();
    const set = poll();
    set.register(near, POLLOUT);
    near.close();
    expect(set.poll()).toEqual([[fd, POLLNVAL]]);
    const fields = { code: "EBADF", syscall: "poll" };
    const lost = (): void => {
      set.unregister(near);
    };
    expectThrow(lost, OSError, fields);
    // Whoever has the number now is watched.
    socketAt(cleanup, fd).bind({ host: "127.0.0.1", port: 0 });
    expect(set.poll(0)[0]?.[1]).not.toBe(POLLNVAL);
    set.unregister(fd);
    expect(set.poll(0)).toEqual([]);
  });

  test("of a known one replaces its mask, and leaves it its place", () => {
    using cleanup = new Cleanup();
    const [first] = cleanup.both(socketpair());
    const [second, peer] = cleanup.both(socketpair());
    const [a, b] = [first.fileno(), second.fileno()];
    peer.send("x");
    const set = watching([b, a], POLLOUT);
    const all = POLLIN | POLLOUT;
    set.register(second, all);
    expect(set.poll()).toEqual([
      [b, all],
      [a, POLLOUT],
    ]);
    set.register(b, POLLIN);
    set.register(a, POLLIN);
    expect(set.poll()).toEqual([[b, POLLIN]]);
    set.unregister(b);
    set.register(b);
    set.register(a);
    expect(set.poll().map(([fd]) => fd)).toEqual([a, b]);
    set.unregister(b);
    expect(set.poll().map(([fd]) => fd)).toEqual([a]);
  });
});

describe("modify()", () => {
  test("changes the mask", () => {
    using cleanup = new Cleanup();
    const [read, write] = fullPipe(cleanup);
    const set = watching([write, read], POLLIN);
    expect(set.poll()).toEqual([[read, POLLIN]]);
    set.modify({ fd: write }, POLLOUT);
    expect(set.poll()).toEqual([
      [write, POLLOUT],
      [read, POLLIN],
    ]);
    set.modify(read, 0);
    expect(set.poll()).toEqual([[write, POLLOUT]]);
  });

  test("of what is not registered is ENOENT", () => {
    using cleanup = new Cleanup();
    const [read] = fullPipe(cleanup);
    const set = poll();
    const call = (): void => {
      set.modify(read, POLLIN);
    };
    const fields = { code: "ENOENT", syscall: "poll", fd: read };
    expectThrow(call, FileNotFoundError, fields);
    set.register(read, POLLIN);
    call();
    set.unregister(read);
    expectThrow(call, FileNotFoundError, fields);
    expect(set.poll(0)).toEqual([]);
  });
});

test("unregister() of what is not registered is a NotRegisteredError", () => {
  using cleanup = new Cleanup();
  const [read, write] = fullPipe(cleanup);
  const set = watching([read], POLLIN);
  for (const fd of [write, read, closedFd()]) {
    if (fd === read) set.unregister(read);
    const call = (): void => {
      set.unregister(fd);
    };
    const fields = { code: "ERR_NOT_REGISTERED", fd };
    expectThrow(call, NotRegisteredError, fields);
  }
});

describe("arguments", () => {
  const calls: [string, (set: Poll, fd: never, events: never) => void][] = [
    [
      "register()",
      (set, fd, events) => {
        set.register(fd, events);
      },
    ],
    [
      "modify()",
      (set, fd, events) => {
        set.modify(fd, events);
      },
    ],
  ];

  test.each(calls)("%s takes whole masks of 16 bits", (_, call) => {
    using cleanup = new Cleanup();
    const [, write] = fullPipe(cleanup);
    const set = watching([write], POLLOUT);
    for (const events of [-1, 65_536, 2 ** 32, 1.5, NaN, Infinity]) {
      const step = (): void => {
        call(set, wrong(write), wrong(events));
      };
      expectThrow(step, RangeError, outOfRange);
    }
    for (const events of [null, "1", true, {}, 1n]) {
      const step = (): void => {
        call(set, wrong(write), wrong(events));
      };
      expectThrow(step, TypeError, wrongType);
    }
    expect(set.poll()).toEqual([[write, POLLOUT]]);
    call(set, wrong(write), wrong(65_535));
    if (isLinux) expect(set.poll()).toEqual([[write, POLLOUT | POLLWRNORM]]);
    call(set, wrong(write), wrong(0));
    expect(set.poll(0)).toEqual([]);
  });

  test("modify() needs a mask", () => {
    const set = watching([0]);
    const step = (): void => {
      set.modify(0, wrong(undefined));
    };
    expectThrow(step, TypeError, wrongType);
  });

  const unregister = (set: Poll, fd: never): void => {
    set.unregister(fd);
  };
  test.each([...calls, ["unregister()", unregister] as const])(
    "%s refuses what is no descriptor",
    (_, call) => {
      const set = poll();
      for (const file of [undefined, null, "1", {}, true, NaN, [1], 1n]) {
        const step = (): void => {
          call(set, wrong(file), wrong(POLLIN));
        };
        expectThrow(step, TypeError, wrongType);
      }
      for (const fd of [-1, 1.5, 2 ** 31]) {
        const step = (): void => {
          call(set, wrong(fd), wrong(POLLIN));
        };
        expectThrow(step, RangeError, outOfRange);
      }
    },
  );

  test.each([NaN, "1", true, {}, 1n])("%o is no time-out", (timeoutMs) => {
    const call = (): unknown => poll().poll(wrong(timeoutMs));
    expectThrow(call, TypeError, wrongType);
  });
});

describe("poll()", () => {
  test("tells of a closed descriptor again and again", () => {
    const fd = closedFd();
    const set = watching([fd], POLLIN);
    for (let i = 0; i < 3; i++) expect(set.poll()).toEqual([[fd, POLLNVAL]]);
    set.modify(fd, 0);
    expect(set.poll()).toEqual([[fd, POLLNVAL]]);
    set.unregister(fd);
    expect(set.poll(0)).toEqual([]);
  });

  test("tells of what is ready, and again until it is dealt with", () => {
    using cleanup = new Cleanup();
    const [near, far] = cleanup.both(socketpair());
    const set = watching([near.fileno()], POLLIN | POLLOUT);
    expect(set.poll()).toEqual([[near.fileno(), POLLOUT]]);
    fill(near);
    expect(set.poll(0)).toEqual([]);
    far.send("x");
    expect(set.poll()).toEqual(set.poll());
    expect(set.poll()).toEqual([[near.fileno(), POLLIN]]);
  });

  test("tells in the order of registration", () => {
    using cleanup = new Cleanup();
    const [near] = cleanup.both(socketpair());
    const copies = Array.from({ length: 200 }, () => cleanup.use(near.dup()));
    const fds = copies.map((it) => it.fileno()).reverse();
    const set = watching(fds, POLLOUT);
    expect(set.poll().map(([fd]) => fd)).toEqual(fds);
  });

  test.skipIf(limit < 5100 /* the system allows no more */)(
    "tells in that order of thousands, also once most are removed",
    () => {
      // Numbers that never were: poll(2) says so.
      const most = Array.from({ length: 5000 }, (_, i) => 1_000_000 - i);
      const set = watching(most);
      expect(set.poll()).toEqual(most.map((fd) => [fd, POLLNVAL]));
      for (const fd of most.slice(0, 4990)) set.unregister(fd);
      const left = most.slice(4990).map((fd) => [fd, POLLNVAL]);
      expect(set.poll()).toEqual(left);
    },
  );

  test("does not count places that were left as descriptors", () => {
    const source = `
      import { poll } from "posix-select/select";
      const set = poll();
      for (let fd = 0; fd < 200; fd++) set.register(fd + 1000);
      const found = new Set();
      for (let i = 0; i < 200; i++) {
        set.register(3);
        set.unregister(3);
        try { found.add(set.poll(0).length); } catch (e) { found.add(e.code); }
      }
      console.log(JSON.stringify([...found]));
    `;
    expect(printedBy(source, withLimit(256)).printed).toEqual([200]);
  });

  test.each([0.3, 1, 1.5, 20])("of %d ms does not end early", (timeoutMs) => {
    using cleanup = new Cleanup();
    const empty = watching(cleanup.fds(pipe()).slice(0, 1), POLLIN);
    for (const set of [poll(), empty]) {
      const ms = timed(() => {
        expect(set.poll(timeoutMs)).toEqual([]);
      });
      expect(ms).toBeGreaterThanOrEqual(timeoutMs);
    }
  });

  test.each([0, -0, -1, -0.5, -1e300, -Infinity])(
    "of %d looks and returns at once",
    (timeoutMs) => {
      using cleanup = new Cleanup();
      const [read, write] = cleanup.fds(pipe());
      expect(watching([read]).poll(timeoutMs)).toEqual([]);
      const ready = watching([write], POLLOUT).poll(timeoutMs);
      expect(ready).toEqual([[write, POLLOUT]]);
      expect(poll().poll(timeoutMs)).toEqual([]);
    },
  );

  test.each([undefined, null, Infinity, 1e300, 2 ** 32, 2 ** 31 + 0.5])(
    "of %o waits until something is ready",
    (timeoutMs) => {
      using cleanup = new Cleanup();
      const ms = timed(() => {
        const later = readyLater(cleanup);
        const set = watching([later], POLLIN);
        const [[fd, events] = []] = set.poll(timeoutMs);
        expect(fd).toBe(later);
        expect((events ?? 0) & POLLIN).toBe(POLLIN);
      });
      expect(ms).toBeGreaterThanOrEqual(laterMs);
    },
  );

  test("gives way to a signal that has a listener", async () => {
    using cleanup = new Cleanup();
    const set = watching(cleanup.fds(pipe()).slice(0, 1), POLLIN);
    const error = await interrupted(() => set.poll());
    expect(error).toBeInstanceOf(InterruptedError);
    expect(error).toMatchObject({ code: "EINTR", syscall: "poll" });
    expect(set.poll(1)).toEqual([]);
  });
});

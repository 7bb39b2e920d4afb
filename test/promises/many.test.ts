/** Thousands of waits: each ends, and nothing is left of it. */
import { closeSync, readdirSync, readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { pipe } from "posix-select/fd";
import { readable, recv, select } from "posix-select/promises";
import { Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { openDescriptors } from "../helpers/descriptors.ts";
import { kernelEntries, limit } from "../selectors/support.ts";
import { isLinux } from "../socket/support.ts";
import { expectPending, outcomeOf } from "./support.ts";

const count = 10_000;
const isPossible = limit > count + 500;
if (!isPossible) {
  console.log(`${limit} descriptors are too few for ${count} waits`);
}

/** How many descriptors the epolls of this process watch. */
function watched(): number {
  let entries = 0;
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      if (!file.includes("[eventpoll]")) continue;
      entries += kernelEntries(Number(fd)).size;
    } catch {
      // The folder's own.
    }
  }
  return entries;
}

describe.skipIf(!isPossible)(`${count} pending waits`, () => {
  const ends = ["data", "close", "abort", "time", "peer"] as const;
  const wanted = {
    data: 1,
    close: "EBADF",
    abort: "ABORT_ERR",
    time: "ETIMEDOUT",
    peer: 0,
  };

  test("end, each by what ends it", async () => {
    using cleanup = new Cleanup();
    const controller = new AbortController();
    const pairs = Array.from({ length: count / 2 }, () =>
      cleanup.both(socketpair()),
    );
    const sockets = pairs.flat();
    const waits = sockets.map((socket, i) => {
      // Both of a pair end in the same way.
      const end = ends[(i >> 1) % ends.length] ?? "data";
      const options = {
        ...(end === "abort" ? { signal: controller.signal } : {}),
        ...(end === "time" ? { timeoutMs: 300 } : {}),
      };
      const waiting = recv(socket, 9, options).then(({ length }) => length);
      return { socket, end, outcome: outcomeOf(waiting), i };
    });
    await expectPending(...waits.slice(0, 5).map(({ outcome }) => outcome));
    controller.abort();
    for (const { socket, end } of waits) {
      if (end === "data") socket.send("x");
      if (end === "close") socket.close();
    }
    for (const [a, b] of pairs) {
      const end = ends[(sockets.indexOf(a) >> 1) % ends.length];
      if (end !== "peer") continue;
      a.shutdown(1);
      b.shutdown(1);
    }
    for (const { end, outcome, i } of waits) {
      expect(await outcome, `${end} ${i}`).toBe(wanted[end]);
    }
  });

  test("can be one call", async () => {
    using cleanup = new Cleanup();
    const pairs = Array.from({ length: count / 2 }, () =>
      cleanup.both(socketpair()),
    );
    const sockets = pairs.flat();
    const waiting = select(sockets, [], []);
    await expectPending(waiting);
    const last = pairs.at(-1);
    last?.[0].send("x");
    expect(await waiting).toEqual([[last?.[1]], [], []]);
  });
});

describe("after thousands of waits", () => {
  /** Each begins a wait and ends it, in a way of its own. */
  const ways: readonly ((cleanup: Cleanup) => Promise<unknown>)[] = [
    async (cleanup) => {
      const [a, b] = cleanup.both(socketpair());
      const waiting = recv(a, 1);
      b.send("x");
      await waiting;
    },
    async (cleanup) => {
      const [a] = cleanup.both(socketpair());
      const waiting = outcomeOf(recv(a, 1));
      a.close();
      expect(await waiting).toBe("EBADF");
    },
    async (cleanup) => {
      const [a] = cleanup.both(socketpair());
      const waiting = outcomeOf(recv(a, 1));
      cleanup.fd(a.detach());
      expect(await waiting).toBe("EBADF");
    },
    async (cleanup) => {
      const [read] = cleanup.fds(pipe());
      const controller = new AbortController();
      const waiting = outcomeOf(readable(read, { signal: controller.signal }));
      controller.abort();
      expect(await waiting).toBe("ABORT_ERR");
    },
    async (cleanup) => {
      const [a] = cleanup.both(socketpair());
      const [read] = cleanup.fds(pipe());
      expect(await select([a, read], [], [a], 0.1)).toEqual([[], [], []]);
    },
    async (cleanup) => {
      // Its entry goes on in the kernel, and tells of what is nobody's.
      const [a, b] = cleanup.both(socketpair());
      const copy = cleanup.use(a.dup());
      const fd = a.detach();
      expect(await outcomeOf(readable(fd, { timeoutMs: 0.1 }))).toBe(
        "ETIMEDOUT",
      );
      closeSync(fd);
      b.send("x");
      expect(await recv(copy, 1)).toHaveLength(1);
    },
    async (cleanup) => {
      const [a] = cleanup.both(socketpair());
      const fd = a.detach();
      const given = Socket.fromFd(fd);
      const waiting = outcomeOf(recv(given, 1, { timeoutMs: 0.1 }));
      expect(await waiting).toBe("ETIMEDOUT");
      closeSync(fd);
    },
  ];

  test.skipIf(!isLinux)("no descriptor is open, and none watched", async () => {
    const round = async (): Promise<void> => {
      for (const way of ways) {
        using cleanup = new Cleanup();
        await way(cleanup);
      }
    };
    await round();
    const before = openDescriptors();
    const watchedBefore = watched();
    for (let i = 0; i < 300; i++) await round();
    const added = openDescriptors().filter((fd) => !before.includes(fd));
    expect(added.filter((it) => !it.endsWith(" null"))).toEqual([]);
    expect(watched()).toBeLessThanOrEqual(watchedBefore + 10);
  });

  test.skipIf(!isLinux)("no wait fires that has ended", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    // What becomes ready while nobody waits is no longer watched.
    expect(await outcomeOf(recv(a, 1, { timeoutMs: 1 }))).toBe("ETIMEDOUT");
    const before = watched();
    b.send("x");
    while (watched() >= before) await setImmediate();
    expect((await recv(a, 9)).toString()).toBe("x");
  });
});

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { AbortError, BusyError, OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import { recv, select } from "posix-select/promises";
import { MSG_OOB, socketpair } from "posix-select/socket";
import { native } from "../../src/native.ts";
import { Cleanup } from "../helpers/cleanup.ts";
import {
  closedFd,
  fillUpTo,
  fullPipe,
  limit,
  soonMs,
} from "../selectors/support.ts";
import { drain, fill, isLinux, tcpPair } from "../socket/support.ts";
import {
  expectPending,
  expectRejection,
  isSettledNow,
  outcomeOf,
} from "./support.ts";

describe("select", () => {
  test("is resolved without a turn of the loop where something is ready", async () => {
    using cleanup = new Cleanup();
    const [read, write] = fullPipe(cleanup);
    const found = select([read], [write], []);
    expect(await isSettledNow(found)).toBe(true);
    expect(await found).toEqual([[read], [write], []]);
  });

  test("waits for any of all lists", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const [read, write] = cleanup.fds(pipe());
    fill(a);
    const first = select([a, read], [a], [a]);
    await expectPending(first);
    drain(b);
    expect(await first).toEqual([[], [a], []]);
    fill(a);
    const second = select([a, read], [a], []);
    await expectPending(second);
    writeSync(write, "x");
    expect(await second).toEqual([[read], [], []]);
  });

  test("tells all that is ready, not only what ended the wait", async () => {
    using cleanup = new Cleanup();
    const pipes = [0, 1, 2, 3].map(() => cleanup.fds(pipe()));
    const reads = pipes.map(([read]) => read);
    const waiting = select(reads, [], []);
    await expectPending(waiting);
    for (const [, write] of pipes.slice(1)) writeSync(write, "x");
    expect(await waiting).toEqual([reads.slice(1), [], []]);
  });

  test("keeps the order, the duplicates and the very objects", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const fd = b.fileno();
    const object = { fd };
    const method = { fileno: () => fd, fd: -1 };
    const list = [method, a, fd, object, b, method];
    const waiting = select(new Set(list), [], []);
    const many = select([], [a, a], []);
    expect(await many).toEqual([[], [a, a], []]);
    await expectPending(waiting);
    a.send("x");
    const [ready] = await waiting;
    expect(ready).toEqual([method, fd, object, b]);
    expect(ready[0]).toBe(method);
    expect(ready[2]).toBe(object);
    const [all] = await select(list, [], []);
    expect(all.map((it) => list.indexOf(it))).toEqual([0, 2, 3, 4, 0]);
  });

  test("takes the lists as they are when it is called", async () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    const list = [read];
    const waiting = select(list, [], []);
    list.length = 0;
    writeSync(write, "x");
    expect(await waiting).toEqual([[read], [], []]);
  });

  test("is resolved with three empty lists after the time, never before", async () => {
    using cleanup = new Cleanup();
    const [read] = cleanup.fds(pipe());
    for (const timeoutMs of [30, 12.3, 0.4]) {
      const start = performance.now();
      expect(await select([read], [], [], timeoutMs)).toEqual([[], [], []]);
      expect(performance.now() - start).toBeGreaterThanOrEqual(timeoutMs);
    }
  });

  test("of no descriptors is a sleep", async () => {
    const start = performance.now();
    expect(await select([], [], [], 25)).toEqual([[], [], []]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(25);
  });

  test.for([0, -0, -1, -Infinity])("looks with a time of %s", async (ms) => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    const look = select([read], [], [], ms);
    expect(await isSettledNow(look)).toBe(true);
    expect(await look).toEqual([[], [], []]);
    expect(await select([read], [write], [], ms)).toEqual([[], [write], []]);
  });

  test.for([undefined, null, Infinity, 1e300])(
    "waits for as long as it takes with a time of %s",
    async (timeoutMs) => {
      using cleanup = new Cleanup();
      const [read, write] = cleanup.fds(pipe());
      const waiting = select([read], [], [], timeoutMs);
      await expectPending(waiting);
      writeSync(write, "x");
      expect(await waiting).toEqual([[read], [], []]);
    },
  );

  test.skipIf(limit < 1300)("knows descriptors above 1023", async () => {
    using cleanup = new Cleanup();
    fillUpTo(cleanup, 1100);
    const [read, write] = cleanup.fds(pipe());
    expect(read).toBeGreaterThan(1023);
    const waiting = select([read], [], []);
    await expectPending(waiting);
    writeSync(write, "x");
    expect(await waiting).toEqual([[read], [], []]);
  });

  test("finds files ready always", async () => {
    using cleanup = new Cleanup();
    const file = cleanup.fd(openSync("/etc/hosts", "r"));
    const [read] = cleanup.fds(pipe());
    const found = select([read, file], [file], []);
    expect(await isSettledNow(found)).toBe(true);
    expect(await found).toEqual([[file], [file], []]);
  });

  test("waits for pipes beside a file that is never urgent", async () => {
    using cleanup = new Cleanup();
    const file = cleanup.fd(openSync("/etc/hosts", "r"));
    const [read, write] = cleanup.fds(pipe());
    const waiting = select([read], [], isLinux ? [file] : []);
    await expectPending(waiting);
    writeSync(write, "x");
    expect(await waiting).toEqual([[read], [], []]);
  });

  test.skipIf(!isLinux)("tells urgent data in xlist", async () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    const waiting = select([], [], [server]);
    await expectPending(waiting);
    client.send("!", MSG_OOB);
    expect(await waiting).toEqual([[], [], [server]]);
  });

  // The kernel tells epoll of what select(2) does not call ready.
  test.skipIf(!isLinux)(
    "waits on where only the other end hangs up",
    async () => {
      using cleanup = new Cleanup();
      const [a, b] = cleanup.both(socketpair());
      const looks = vi.spyOn(native, "select");
      const waiting = select([], [], [a], 300);
      b.close();
      expect(await waiting).toEqual([[], [], []]);
      // It rests between: each turn of the loop would make thousands.
      expect(looks.mock.calls.length).toBeLessThan(100);
      looks.mockRestore();
    },
  );

  test("of what is closed is EBADF, and tells which", async () => {
    using cleanup = new Cleanup();
    const [read] = cleanup.fds(pipe());
    const fd = closedFd();
    const fields = { code: "EBADF", syscall: "select", fd };
    await expectRejection(select([read], [fd], []), OSError, fields);
    const [a] = cleanup.both(socketpair());
    a.close();
    await expectRejection(select([], [read, a], [], 0), OSError, {
      code: "EBADF",
      message: expect.stringContaining("wlist[1] is closed") as unknown,
    });
  });

  test("ends with EBADF where one of many is closed meanwhile", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const [c] = cleanup.both(socketpair());
    const waiting = select([a, c], [], []);
    await expectPending(waiting);
    const fd = c.fileno();
    c.close();
    const fields = { code: "EBADF", syscall: "select", fd };
    await expectRejection(waiting, OSError, fields);
    const next = recv(a, 1);
    b.send("x");
    expect((await next).toString()).toBe("x");
  });

  // What no epoll takes is looked at none the less.
  test.skipIf(!isLinux)("ends with EBADF where a file is closed", async () => {
    using cleanup = new Cleanup();
    const file = cleanup.fd(openSync("/etc/hosts", "r"));
    const waiting = select([], [], [file], 5000);
    await expectPending(waiting);
    closeSync(file);
    expect(await outcomeOf(waiting)).toBe("EBADF");
  });

  test("is for one at a time, descriptor by descriptor", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const [read, write] = cleanup.fds(pipe());
    const first = select([read, a], [], []);
    const fields = { code: "ERR_BUSY", fd: a.fileno() };
    await expectRejection(select([a], [], [], soonMs), BusyError, fields);
    await expectRejection(select([write, a], [], []), BusyError, fields);
    expect(await select([], [a, write], [])).toEqual([[], [a, write], []]);
    b.send("x");
    expect(await first).toEqual([[a], [], []]);
    // What the first one waited for beside is free again.
    const next = select([read], [], []);
    await expectPending(next);
    writeSync(write, "x");
    await next;
    expect(readSync(read, Buffer.alloc(1))).toBe(1);
  });

  test("takes its signal from any object", async () => {
    const signal = AbortSignal.abort("why");
    const inherited = Object.create({ signal }) as { signal: AbortSignal };
    for (const options of [{ signal }, inherited]) {
      await expectRejection(select([], [], [], 0, options), AbortError, {
        code: "ABORT_ERR",
        cause: "why",
      });
    }
  });
});

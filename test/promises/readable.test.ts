import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { OSError, TimeoutError } from "posix-select/errors";
import { eventfd, pipe, timerfd } from "posix-select/fd";
import { readable, writable } from "posix-select/promises";
import { epoll, EPOLLIN } from "posix-select/select";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import {
  createConnection,
  createServer,
  SHUT_WR,
  socketpair,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { closedFd, fullPipe, readyLater } from "../selectors/support.ts";
import { drain, fill, freePath, inet, tcpPair } from "../socket/support.ts";
import { expectPending, expectRejection, isSettledNow } from "./support.ts";

describe("readable", () => {
  test("is resolved without a turn of the loop where there is data", async () => {
    using cleanup = new Cleanup();
    const [read] = fullPipe(cleanup);
    expect(await isSettledNow(readable(read))).toBe(true);
    await expect(readable(read)).resolves.toBeUndefined();
  });

  test("waits for data, which it leaves there", async () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    const waiting = readable(read);
    await expectPending(waiting);
    writeSync(write, "x");
    await waiting;
    expect(readSync(read, Buffer.alloc(9))).toBe(1);
  });

  test("waits for data that another process writes", async () => {
    using cleanup = new Cleanup();
    const read = readyLater(cleanup);
    await readable(read);
    expect(readSync(read, Buffer.alloc(1))).toBe(1);
  });

  test("can be called again and again", async () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    for (let i = 0; i < 300; i++) {
      const waiting = readable(read);
      if (i % 10 === 0) await expectPending(waiting);
      writeSync(write, "x");
      await waiting;
      readSync(read, Buffer.alloc(1));
    }
    await expectRejection(readable(read, { timeoutMs: 20 }), TimeoutError, {});
  });

  test("waits for the end: a pipe's, a stream's, a half of one", async () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    const [a, b] = cleanup.both(socketpair());
    const [client, server] = tcpPair(cleanup);
    const all = [readable(read), readable(a), readable(client)];
    await expectPending(...all);
    closeSync(write);
    b.close();
    server.shutdown(SHUT_WR);
    await Promise.all(all);
    expect(a.recv(1)).toHaveLength(0);
    expect(client.recv(1)).toHaveLength(0);
  });

  test("waits for a client", async () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const waiting = readable(listener);
    await expectPending(waiting);
    cleanup.use(createConnection(inet(listener.getsockname())));
    await waiting;
    cleanup.use(listener.accept()[0]);
  });

  test("takes what Node opened: a FileHandle of a FIFO", async () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    execFileSync("mkfifo", [path]);
    const { O_RDONLY, O_NONBLOCK } = constants;
    const file = await open(path, O_RDONLY | O_NONBLOCK);
    try {
      const write = cleanup.fd(openSync(path, "w"));
      const waiting = readable(file);
      await expectPending(waiting);
      writeSync(write, "x");
      await waiting;
    } finally {
      await file.close();
    }
  });

  test.skipIf(!timerfd)("waits for a timerfd", async () => {
    using cleanup = new Cleanup();
    const fd = cleanup.fd(timerfd?.({ initialMs: 30 }) ?? -1);
    const start = performance.now();
    await readable(fd);
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
  });

  test.skipIf(!eventfd)("waits for an eventfd", async () => {
    using cleanup = new Cleanup();
    const fd = cleanup.fd(eventfd?.() ?? -1);
    const waiting = readable(fd);
    await expectPending(waiting);
    writeSync(fd, new BigUint64Array([1n]));
    await waiting;
  });

  test.skipIf(!epoll)("waits for an Epoll, and for a selector", async () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    const instance = cleanup.use(
      epoll?.() ?? expect.fail("there is no epoll(7)"),
    );
    instance.register(read, EPOLLIN);
    const selector = cleanup.use(new DefaultSelector());
    selector.register(instance, EVENT_READ);
    const file = selector as unknown as { fileno(): number };
    const all = [readable(instance), readable(file)];
    await expectPending(...all);
    writeSync(write, "x");
    await Promise.all(all);
  });

  test("finds files and folders ready always", async () => {
    using cleanup = new Cleanup();
    const fds = ["/dev/null", "/etc/hosts", "/"].map((path) =>
      cleanup.fd(openSync(path, "r")),
    );
    for (const fd of fds) {
      expect(await isSettledNow(readable(fd))).toBe(true);
      await readable(fd);
    }
  });

  test("of what is closed is EBADF at once", async () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    a.close();
    const fd = closedFd();
    const call = readable(fd);
    expect(await isSettledNow(call)).toBe(true);
    const fields = { code: "EBADF", syscall: "poll" };
    await expectRejection(call, OSError, { ...fields, fd });
    await expectRejection(writable(fd), OSError, { ...fields, fd });
    await expectRejection(readable(a), OSError, {
      ...fields,
      message: expect.stringContaining("fd is closed") as unknown,
    });
  });
});

describe("writable", () => {
  test("is resolved without a turn of the loop where there is room", async () => {
    using cleanup = new Cleanup();
    const [, write] = cleanup.fds(pipe());
    expect(await isSettledNow(writable(write))).toBe(true);
    await expect(writable(write)).resolves.toBeUndefined();
  });

  test("waits for room", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    fill(a);
    const waiting = writable(a);
    await expectPending(waiting);
    drain(b);
    await waiting;
    expect(a.trySend("x")).toBe(1);
  });

  test("waits for the reader's end, which a write would tell", async () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe(constants.O_NONBLOCK));
    expect(() => {
      for (;;) writeSync(write, Buffer.alloc(4096));
    }).toThrow("EAGAIN");
    const waiting = writable(write);
    await expectPending(waiting);
    closeSync(read);
    await waiting;
    expect(() => writeSync(write, "x")).toThrow("EPIPE");
  });

  test("goes with readable on the same descriptor", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    fill(a);
    const reads = readable(a);
    const writes = writable(a);
    await expectPending(reads, writes);
    b.send("x");
    await reads;
    await expectPending(writes);
    drain(b);
    await writes;
    a.recv(1);
    const again = readable(a);
    await expectPending(again);
    b.send("y");
    await again;
  });
});

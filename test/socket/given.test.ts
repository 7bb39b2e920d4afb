import { closeSync, fstatSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BlockingIOError, OSError, TimeoutError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  AF_INET,
  AF_UNIX,
  createConnection,
  createServer,
  IPPROTO_TCP,
  SOCK_DGRAM,
  SOCK_STREAM,
  Socket,
  socketpair,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow } from "../helpers/errors.ts";
import { inet, isLinux, makeBlocking, statusOf, timed } from "./support.ts";

describe("Socket.fromFd", () => {
  test("tells the family and the type of what it was given", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair(AF_UNIX, SOCK_DGRAM));
    expect(Socket.fromFd(a.fileno())).toMatchObject({
      family: AF_UNIX,
      type: SOCK_DGRAM,
      protocol: 0,
    });
    const tcp = cleanup.use(new Socket());
    expect(Socket.fromFd(tcp.fileno())).toMatchObject({
      family: AF_INET,
      type: SOCK_STREAM,
    });
  });

  // macOS has no SO_PROTOCOL.
  test.skipIf(!isLinux)("tells the protocol", () => {
    using socket = new Socket();
    expect(Socket.fromFd(socket).protocol).toBe(IPPROTO_TCP);
  });

  test("takes a number, an object with fileno() and one with fd", () => {
    using socket = new Socket();
    const fd = socket.fileno();
    expect(Socket.fromFd(fd).fileno()).toBe(fd);
    expect(Socket.fromFd(socket).fileno()).toBe(fd);
    expect(Socket.fromFd({ fd }).fileno()).toBe(fd);
    const both = { fd: -1, fileno: () => fd };
    expect(Socket.fromFd(both).fileno()).toBe(fd);
  });

  test("makes a Socket whose close() closes the descriptor", () => {
    expectNoLeak(() => {
      const fd = new Socket().detach();
      Socket.fromFd(fd).close();
      expect(() => fstatSync(fd)).toThrow("EBADF");
    });
  });

  test("does not block if the descriptor does not", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    const given = Socket.fromFd(a.fileno());
    expect(given.getBlocking()).toBe(false);
    expectThrow(() => given.recv(1), BlockingIOError, { code: "EAGAIN" });
  });

  test("throws ENOTSOCK for what is no socket", () => {
    using cleanup = new Cleanup();
    const [read] = cleanup.fds(pipe());
    expectThrow(() => Socket.fromFd(read), OSError, {
      code: "ENOTSOCK",
      fd: read,
    });
  });

  test("throws EBADF for a number that is not open", () => {
    const fd = new Socket().detach();
    closeSync(fd);
    expectThrow(() => Socket.fromFd(fd), OSError, { code: "EBADF", fd });
  });

  test("throws EBADF for a socket that was closed", () => {
    const socket = new Socket();
    socket.close();
    expectThrow(() => Socket.fromFd(socket), OSError, {
      code: "EBADF",
      message: expect.stringContaining("fd is closed") as unknown,
    });
  });

  test("throws a RangeError for a number that can be no descriptor", () => {
    for (const fd of [-1, 1.5, 2 ** 31, Infinity]) {
      expectThrow(() => Socket.fromFd(fd), RangeError, {
        code: "ERR_OUT_OF_RANGE",
        message: expect.stringContaining('"fd"') as unknown,
      });
    }
  });

  test("throws a TypeError for what has no descriptor", () => {
    for (const it of ["3", null, undefined, {}, NaN, { fd: "3" }]) {
      expectThrow(() => Socket.fromFd(it as never), TypeError, {
        code: "ERR_INVALID_ARG_TYPE",
        message: expect.stringContaining('"fd"') as unknown,
      });
    }
  });
});

describe("a Socket of a blocking descriptor", () => {
  test("blocks, and takes a time-out", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    makeBlocking(a.fileno());
    const given = Socket.fromFd(a.fileno());
    expect(given.getBlocking()).toBe(true);
    expect(given.getTimeout()).toBeUndefined();
    given.setTimeout(60);
    const took = timed(() => {
      expectThrow(() => given.recv(1), TimeoutError, { code: "ETIMEDOUT" });
    });
    expect(took).toBeGreaterThanOrEqual(60);
    b.send("x");
    expect(given.recv(1).toString()).toBe("x");
  });

  test("never blocks in the try forms or when told not to", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    makeBlocking(a.fileno());
    const given = Socket.fromFd(a.fileno());
    expect(given.tryRecvInto(new Uint8Array(1))).toBeUndefined();
    given.setBlocking(false);
    expectThrow(() => given.recv(1), BlockingIOError, {});
    while (given.trySend(Buffer.alloc(65536)) !== undefined);
    expectThrow(() => given.send("x"), BlockingIOError, {});
  });

  test("gives way in accept() when the time is over", () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    makeBlocking(listener.fileno());
    const given = Socket.fromFd(listener.fileno());
    expect(given.tryAccept()).toBeUndefined();
    given.setTimeout(60);
    const took = timed(() => {
      expectThrow(() => given.accept(), TimeoutError, { syscall: "accept" });
    });
    expect(took).toBeGreaterThanOrEqual(60);
    cleanup.use(createConnection(inet(given.getsockname())));
    const [client] = given.accept();
    cleanup.use(client);
    expect(client.getBlocking()).toBe(true);
  });

  // Linux shows a descriptor's flags in /proc; elsewhere it takes fcntl(2).
  test.skipIf(!isLinux)("keeps O_NONBLOCK off, whatever its mode", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    makeBlocking(a.fileno());
    const given = Socket.fromFd(a.fileno());
    for (const mode of [undefined, 0, 5, Infinity]) {
      given.setTimeout(mode);
      given.send("x");
      b.send("x");
      given.recv(1);
      expect(statusOf(a.fileno()).isNonBlocking).toBe(false);
    }
  });

  // The same; a non-blocking descriptor is left as it is, too.
  test.skipIf(!isLinux)("is told from one that does not block", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const given = Socket.fromFd(a.fileno());
    given.setBlocking(true);
    b.send("x");
    given.recv(1);
    expect(statusOf(a.fileno()).isNonBlocking).toBe(true);
  });

  test("says at once that it can't accept", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    makeBlocking(a.fileno());
    const given = Socket.fromFd(a.fileno());
    given.setTimeout(200);
    expectThrow(() => given.accept(), OSError, { code: "EINVAL" });
  });
});

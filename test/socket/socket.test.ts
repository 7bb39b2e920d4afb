import { closeSync, fstatSync, openSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_TCP,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  Socket,
  socketpair,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow } from "../helpers/errors.ts";
import { isLinux, statusOf } from "./support.ts";

describe("a new Socket", () => {
  test("is an IPv4 stream unless told otherwise", () => {
    using socket = new Socket();
    expect(socket).toMatchObject({
      family: AF_INET,
      type: SOCK_STREAM,
      protocol: 0,
    });
    expect(socket.getsockname()).toEqual({ host: "0.0.0.0", port: 0 });
  });

  test("has the family, the type and the protocol that were asked for", () => {
    using socket = new Socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    using other = new Socket(AF_UNIX, SOCK_DGRAM);
    expect(socket.protocol).toBe(IPPROTO_TCP);
    expect([other.family, other.type]).toEqual([AF_UNIX, SOCK_DGRAM]);
  });

  test("blocks", () => {
    using socket = new Socket();
    expect(socket.getBlocking()).toBe(true);
    expect(socket.getTimeout()).toBeUndefined();
  });

  // Only Linux and the BSDs have flags in a socket's type.
  test.skipIf(!isLinux)("does not block with SOCK_NONBLOCK", () => {
    using socket = new Socket(
      AF_INET,
      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
    );
    expect(socket.type).toBe(SOCK_STREAM);
    expect(socket.getBlocking()).toBe(false);
    expect(socket.getTimeout()).toBe(0);
  });

  // Linux shows a descriptor's flags in /proc; elsewhere it takes fcntl(2).
  test.skipIf(!isLinux)("is close-on-exec, however it was made", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const socket = cleanup.use(new Socket());
    const copy = cleanup.use(socket.dup());
    for (const it of [a, b, socket, copy]) {
      expect(statusOf(it.fileno()).isCloseOnExec).toBe(true);
    }
  });

  test("throws EAFNOSUPPORT for a family that there is not", () => {
    expectThrow(() => new Socket(99), OSError, {
      code: "EAFNOSUPPORT",
      syscall: "socket",
    });
  });

  test("throws for a type or a protocol that there is not", () => {
    expect(() => new Socket(AF_INET, 9)).toThrow(OSError);
    expectThrow(() => new Socket(AF_INET, SOCK_STREAM, 200), OSError, {
      code: "EPROTONOSUPPORT",
      syscall: "socket",
    });
  });

  test("leaves no descriptor behind when it can't be made", () => {
    expectNoLeak(() => {
      expect(() => new Socket(99)).toThrow();
      expect(() => new Socket(AF_INET, SOCK_STREAM, 200)).toThrow();
    });
  });
});

describe("close", () => {
  test("closes the descriptor", () => {
    const socket = new Socket();
    const fd = socket.fileno();
    expect(fstatSync(fd).isSocket()).toBe(true);
    socket.close();
    expect(() => fstatSync(fd)).toThrow("EBADF");
    expect(socket.fileno()).toBe(-1);
    expect(socket.closed).toBe(true);
  });

  test("does nothing the second time, even if the number is used again", () => {
    using cleanup = new Cleanup();
    const socket = new Socket();
    const fd = socket.fileno();
    socket.close();
    const [read, write] = cleanup.fds(pipe());
    socket.close();
    expect([read, write]).toContain(fd);
    expect(fstatSync(fd).isFIFO()).toBe(true);
  });

  test("tells that somebody else has closed the descriptor", () => {
    const socket = new Socket();
    const fd = socket.fileno();
    closeSync(fd);
    expectThrow(
      () => {
        socket.close();
      },
      OSError,
      { code: "EBADF", syscall: "close", fd },
    );
    expect(socket.closed).toBe(true);
    socket.close();
  });

  test("is what the end of a using block does", () => {
    expectNoLeak(() => {
      using socket = new Socket();
      expect(socket.closed).toBe(false);
    });
  });

  test("leaves the peer with what was sent, and then the end", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.send("last words");
    a.close();
    expect(b.recv(99).toString()).toBe("last words");
    expect(b.recv(99)).toHaveLength(0);
  });
});

describe("detach", () => {
  test("gives the descriptor away, open", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const fd = cleanup.fd(a.detach());
    expect(a.closed).toBe(true);
    expect(a.fileno()).toBe(-1);
    b.send("x");
    expect(Socket.fromFd(fd).recv(1).toString()).toBe("x");
  });

  test("gives -1 the second time, and after close()", () => {
    const socket = new Socket();
    closeSync(socket.detach());
    expect(socket.detach()).toBe(-1);
    const other = new Socket();
    other.close();
    expect(other.detach()).toBe(-1);
  });

  test("leaves nothing for close() to do", () => {
    using cleanup = new Cleanup();
    const socket = new Socket();
    const fd = cleanup.fd(socket.detach());
    socket.close();
    expect(fstatSync(fd).isSocket()).toBe(true);
  });
});

describe("dup", () => {
  test("makes a second descriptor for the same connection", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const copy = cleanup.use(a.dup());
    expect(copy.fileno()).not.toBe(a.fileno());
    expect(copy).toMatchObject({ family: AF_UNIX, type: SOCK_STREAM });
    a.close();
    copy.send("still here");
    expect(b.recv(99).toString()).toBe("still here");
  });

  test("keeps the time-out, and from then on its own", () => {
    using socket = new Socket();
    socket.setTimeout(1234);
    using copy = socket.dup();
    expect(copy.getTimeout()).toBe(1234);
    copy.setBlocking(false);
    expect(socket.getTimeout()).toBe(1234);
  });

  test("lets the peer see the end only when both are closed", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const copy = cleanup.use(a.dup());
    a.close();
    expect(b.tryRecvInto(new Uint8Array(1))).toBeUndefined();
    copy.close();
    expect(b.tryRecvInto(new Uint8Array(1))).toBe(0);
  });
});

describe("what console.log() shows", () => {
  test("is the descriptor, the family and the type", () => {
    using socket = new Socket(AF_INET6, SOCK_DGRAM);
    expect(inspect(socket)).toBe(
      `Socket { fd: ${socket.fileno()}, AF_INET6, SOCK_DGRAM }`,
    );
  });

  test("says so when the socket is closed", () => {
    const socket = new Socket();
    socket.close();
    expect(inspect(socket)).toBe("Socket { closed, AF_INET, SOCK_STREAM }");
  });
});

test("a number that is no socket is left open by a failed fromFd", () => {
  using cleanup = new Cleanup();
  const fd = cleanup.fd(openSync("/dev/null", "r"));
  expectThrow(() => Socket.fromFd(fd), OSError, { code: "ENOTSOCK", fd });
  expect(fstatSync(fd).isCharacterDevice()).toBe(true);
});

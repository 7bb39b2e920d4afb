import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { ConnectionResetError, OSError } from "posix-select/errors";
import { select } from "posix-select/select";
import {
  AF_INET,
  AF_UNIX,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_TCP,
  SO_ACCEPTCONN,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_PEERCRED,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_TYPE,
  SOCK_DGRAM,
  Socket,
  socketpair,
  SOL_SOCKET,
  TCP_CONGESTION,
  TCP_NODELAY,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { isLinux, linger, tcpPair } from "./support.ts";

/** An int, as C has it in memory. */
function int(value: number): Buffer {
  return Buffer.from(new Int32Array([value]).buffer);
}

describe("an option", () => {
  test("is set and read as a number", () => {
    using socket = new Socket();
    expect(socket.getsockopt(IPPROTO_TCP, TCP_NODELAY)).toBe(0);
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
    expect(socket.getsockopt(IPPROTO_TCP, TCP_NODELAY)).not.toBe(0);
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 0);
    expect(socket.getsockopt(IPPROTO_TCP, TCP_NODELAY)).toBe(0);
    socket.setsockopt(IPPROTO_IP, IP_TTL, 42);
    expect(socket.getsockopt(IPPROTO_IP, IP_TTL)).toBe(42);
  });

  test("is set and read as bytes", () => {
    using socket = new Socket();
    socket.setsockopt(IPPROTO_IP, IP_TTL, int(43));
    expect(socket.getsockopt(IPPROTO_IP, IP_TTL)).toBe(43);
    expect(socket.getsockopt(IPPROTO_IP, IP_TTL, 4)).toEqual(int(43));
    const { buffer } = new Uint8Array([9, 9, 9, 9, ...int(44)]);
    socket.setsockopt(IPPROTO_IP, IP_TTL, new Uint8Array(buffer, 4));
    expect(socket.getsockopt(IPPROTO_IP, IP_TTL)).toBe(44);
  });

  test("has as many bytes as the system gives, not as were asked for", () => {
    using socket = new Socket();
    expect(socket.getsockopt(SOL_SOCKET, SO_KEEPALIVE, 100)).toHaveLength(4);
    expect(socket.getsockopt(SOL_SOCKET, SO_LINGER, 100)).toHaveLength(8);
  });

  test("is read into a Buffer of its own", () => {
    using socket = new Socket();
    const first = socket.getsockopt(IPPROTO_IP, IP_TTL, 4);
    const before = Buffer.from(first);
    socket.setsockopt(IPPROTO_IP, IP_TTL, 17);
    expect(socket.getsockopt(IPPROTO_IP, IP_TTL, 4)).toEqual(int(17));
    expect(first).toEqual(before);
  });

  // TCP_CONGESTION and SO_PEERCRED are Linux's.
  test.skipIf(!isLinux)("may be text, or a structure", () => {
    using cleanup = new Cleanup();
    const socket = cleanup.use(new Socket());
    socket.setsockopt(IPPROTO_TCP, TCP_CONGESTION, Buffer.from("reno"));
    const name = socket.getsockopt(IPPROTO_TCP, TCP_CONGESTION, 16);
    expect(name.toString().replace(/\0.*$/s, "")).toBe("reno");
    const [a] = cleanup.both(socketpair());
    const peer = a.getsockopt(SOL_SOCKET, SO_PEERCRED, 12);
    const [pid, uid, gid] = [0, 4, 8].map((at) => peer.readInt32LE(at));
    expect([pid, uid, gid]).toEqual([
      process.pid,
      process.getuid?.(),
      process.getgid?.(),
    ]);
  });

  test("may be any 32 bits", () => {
    using socket = new Socket();
    for (const value of [2 ** 32 - 1, -1, 2 ** 31, -(2 ** 31), 2 ** 31 - 1]) {
      socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, value);
      expect(socket.getsockopt(SOL_SOCKET, SO_REUSEADDR)).not.toBe(0);
    }
  });

  test("tells what a socket is", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair(AF_UNIX, SOCK_DGRAM));
    expect(a.getsockopt(SOL_SOCKET, SO_TYPE)).toBe(SOCK_DGRAM);
    const listener = cleanup.use(new Socket());
    expect(listener.getsockopt(SOL_SOCKET, SO_ACCEPTCONN)).toBe(0);
    listener.listen();
    expect(listener.getsockopt(SOL_SOCKET, SO_ACCEPTCONN)).not.toBe(0);
  });

  test("may be read as another number than was set", () => {
    using socket = new Socket();
    for (const option of [SO_RCVBUF, SO_SNDBUF]) {
      socket.setsockopt(SOL_SOCKET, option, 20_000);
      // Linux counts its own overhead as well.
      const size = socket.getsockopt(SOL_SOCKET, option);
      expect(size).toBe(isLinux ? 40_000 : 20_000);
    }
  });

  test("that there is not throws ENOPROTOOPT", () => {
    using socket = new Socket();
    const fields = { code: "ENOPROTOOPT", fd: socket.fileno() };
    const calls = {
      setsockopt: () => {
        socket.setsockopt(SOL_SOCKET, 9999, 1);
      },
      getsockopt: () => socket.getsockopt(SOL_SOCKET, 9999),
    };
    for (const [syscall, call] of Object.entries(calls)) {
      expectThrow(call, OSError, { ...fields, syscall });
    }
    expectThrow(() => socket.getsockopt(SOL_SOCKET, 9999, 4), OSError, fields);
  });

  test("that is another family's throws", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    expect(() => {
      a.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
    }).toThrow(OSError);
  });

  test("with too few bytes throws EINVAL", () => {
    using socket = new Socket();
    expectThrow(
      () => {
        socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, new Uint8Array());
      },
      OSError,
      { code: "EINVAL", syscall: "setsockopt" },
    );
  });
});

describe("SO_ERROR", () => {
  test("is 0 where nothing is wrong", () => {
    using socket = new Socket();
    expect(socket.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
  });

  test("is positive, and read only once", () => {
    using cleanup = new Cleanup();
    const receiver = new Socket(AF_INET, SOCK_DGRAM);
    receiver.bind({ host: "127.0.0.1", port: 0 });
    const sender = cleanup.use(new Socket(AF_INET, SOCK_DGRAM));
    sender.connect(receiver.getsockname());
    receiver.close();
    sender.send("nobody is there");
    select([sender], [], [], 30_000);
    expect(sender.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(
      constants.errno.ECONNREFUSED,
    );
    expect(sender.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
  });
});

describe("SO_LINGER", () => {
  test("with no time makes close() a reset", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(0));
    expect(client.getsockopt(SOL_SOCKET, SO_LINGER, 8)).toEqual(
      Buffer.from(linger(0)),
    );
    client.close();
    expectThrow(() => server.recv(1), ConnectionResetError, {
      code: "ECONNRESET",
    });
    expect(server.recv(1)).toHaveLength(0);
  });
});

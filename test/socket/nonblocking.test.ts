import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import {
  BlockingIOError,
  BrokenPipeError,
  ConnectionResetError,
  OSError,
} from "posix-select/errors";
import { select } from "posix-select/select";
import {
  AF_UNIX,
  createConnection,
  createServer,
  SHUT_WR,
  SO_ERROR,
  SOCK_DGRAM,
  Socket,
  socketpair,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow, thrownBy } from "../helpers/errors.ts";
import {
  abstractName,
  drain,
  fill,
  inet,
  isLinux,
  portOf,
  tcpPair,
} from "./support.ts";

function silent(socket: Socket): Socket {
  socket.setBlocking(false);
  return socket;
}

describe("a non-blocking socket", () => {
  test("has nobody to accept", () => {
    using listener = silent(createServer({ port: 0 }));
    expectThrow(() => listener.accept(), BlockingIOError, {
      name: "BlockingIOError",
      code: "EAGAIN",
      errno: -constants.errno.EAGAIN,
      syscall: "accept",
      fd: listener.fileno(),
    });
  });

  test("has nothing to receive", () => {
    using cleanup = new Cleanup();
    const a = silent(cleanup.both(socketpair())[0]);
    const calls = {
      recv: () => a.recv(1),
      recvfrom: () => a.recvfrom(1),
      recvmsg: () => a.recvmsg(1),
    };
    for (const [syscall, call] of Object.entries(calls)) {
      const fields = { code: "EAGAIN", syscall, fd: a.fileno() };
      expectThrow(call, BlockingIOError, fields);
    }
    expectThrow(() => a.recvInto(new Uint8Array(1)), BlockingIOError, {
      syscall: "recv",
    });
  });

  test("has no room to send", () => {
    using cleanup = new Cleanup();
    const a = silent(cleanup.both(socketpair())[0]);
    fill(a);
    expectThrow(() => a.send("x"), BlockingIOError, { syscall: "send" });
    expectThrow(() => a.sendmsg("x"), BlockingIOError, {
      syscall: "sendmsg",
    });
  });

  test("works at once where there is something", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair()).map(silent);
    expect(a?.send("x")).toBe(1);
    expect(b?.recv(1).toString()).toBe("x");
    a?.close();
    expect(b?.recv(1)).toHaveLength(0);
  });
});

describe("a non-blocking connect", () => {
  test("goes on in the background until the socket is writable", () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const to = inet(listener.getsockname());
    const socket = silent(cleanup.use(new Socket()));
    const connect = () => {
      socket.connect(to);
    };
    expectThrow(connect, BlockingIOError, {
      code: "EINPROGRESS",
      errno: -constants.errno.EINPROGRESS,
      syscall: "connect",
      address: to.host,
      port: to.port,
    });
    const [, writable] = select([], [socket], [], 30_000);
    expect(writable).toEqual([socket]);
    expect(socket.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
    expect(socket.getpeername()).toEqual(to);
  });

  test("that fails leaves a positive SO_ERROR, to be read once", () => {
    using cleanup = new Cleanup();
    const dead = createServer({ port: 0 });
    const to = inet(dead.getsockname());
    dead.close();
    const socket = silent(cleanup.use(new Socket()));
    // macOS may refuse at once.
    const result = socket.connectEx(to);
    if (result === -constants.errno.ECONNREFUSED) return;
    expect(result).toBe(-constants.errno.EINPROGRESS);
    select([], [socket], [], 30_000);
    const error = socket.getsockopt(SOL_SOCKET, SO_ERROR);
    expect(error).toBe(constants.errno.ECONNREFUSED);
    expect(socket.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
  });

  test("can be waited for by a blocking one", () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const to = inet(listener.getsockname());
    const socket = silent(cleanup.use(new Socket()));
    expect(socket.connectEx(to)).toBe(-constants.errno.EINPROGRESS);
    socket.setTimeout(30_000);
    socket.connect(to);
    expect(socket.getpeername()).toEqual(to);
  });

  // On macOS a Unix listener whose queue is full refuses.
  test.skipIf(!isLinux)("finds no room in a Unix listener's queue", () => {
    using cleanup = new Cleanup();
    const path = abstractName();
    cleanup.use(createServer({ path, backlog: 0 }));
    cleanup.use(createConnection({ path }));
    const socket = silent(cleanup.use(new Socket(AF_UNIX)));
    const connect = () => {
      socket.connect({ path });
    };
    expectThrow(connect, BlockingIOError, { code: "EAGAIN", path });
    expect(socket.connectEx({ path })).toBe(-constants.errno.EAGAIN);
  });
});

describe("the try forms", () => {
  const modes = [undefined, 0, 30_000];

  test.for(modes)("give undefined with time-out %s", (timeoutMs) => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const listener = cleanup.use(createServer({ port: 0 }));
    for (const socket of [a, b, listener]) socket.setTimeout(timeoutMs);
    expect(listener.tryAccept()).toBeUndefined();
    expect(a.tryRecvInto(new Uint8Array(1))).toBeUndefined();
    fill(a);
    expect(a.trySend("x")).toBeUndefined();
  });

  test.for(modes)("give what there is with time-out %s", (timeoutMs) => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const listener = cleanup.use(createServer({ port: 0 }));
    for (const socket of [a, b, listener]) socket.setTimeout(timeoutMs);
    expect(a.trySend("text")).toBe(4);
    const view = new Uint8Array(9);
    expect(b.tryRecvInto(view)).toBe(4);
    expect(Buffer.from(view).toString("utf8", 0, 4)).toBe("text");
    a.close();
    expect(b.tryRecvInto(view)).toBe(0);
    const client = cleanup.use(createConnection(inet(listener.getsockname())));
    select([listener], [], []);
    const [server, address] = listener.tryAccept() ?? [];
    expect(server && cleanup.use(server).getTimeout()).toBeUndefined();
    expect(server?.getBlocking()).toBe(true);
    expect(address).toEqual({ host: "127.0.0.1", port: portOf(client) });
  });

  test("throw what is no would-block", () => {
    using cleanup = new Cleanup();
    const alone = cleanup.use(new Socket());
    expectThrow(() => alone.tryAccept(), OSError, { code: "EINVAL" });
    expectThrow(() => alone.tryRecvInto(new Uint8Array(1)), OSError, {
      code: "ENOTCONN",
      syscall: "recv",
      fd: alone.fileno(),
    });
    const [a] = cleanup.both(socketpair());
    a.shutdown(SHUT_WR);
    expectThrow(() => a.trySend("x"), BrokenPipeError, { syscall: "send" });
  });

  test("are as good for datagrams", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair(AF_UNIX, SOCK_DGRAM));
    expect(b.tryRecvInto(new Uint8Array(9))).toBeUndefined();
    let count = 0;
    while (a.trySend("datagram") !== undefined) count++;
    expect(count).toBeGreaterThan(0);
    const view = new Uint8Array(9);
    for (; count > 0; count--) expect(b.tryRecvInto(view)).toBe(8);
    expect(b.tryRecvInto(view)).toBeUndefined();
  });
});

describe("what sendAll() had sent is told by the error's bytesSent", () => {
  const sendAll = (socket: Socket) => () => {
    socket.sendAll(Buffer.alloc(20_000_000));
  };

  test("when there is no more room", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const error = thrownBy(sendAll(silent(a)));
    expect(error).toBeInstanceOf(BlockingIOError);
    const received = drain(b);
    expect(received).toBeGreaterThan(0);
    expect(error).toMatchObject({ code: "EAGAIN", bytesSent: received });
  });

  test("when the peer no longer reads", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    b.close();
    expectThrow(sendAll(a), BrokenPipeError, {
      code: "EPIPE",
      syscall: "send",
      bytesSent: 0,
    });
  });

  test("when the connection was reset before", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    client.send("never read");
    server.close();
    // It waits for the reset, and takes its error away.
    expect(() => client.recv(1)).toThrow(ConnectionResetError);
    expectThrow(sendAll(client), BrokenPipeError, { bytesSent: 0 });
  });

  test("and of no other call's error", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    a.shutdown(SHUT_WR);
    expect(thrownBy(() => a.send("x"))).not.toHaveProperty("bytesSent");
  });
});

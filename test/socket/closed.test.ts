import { closeSync } from "node:fs";
import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import {
  AF_INET,
  createServer,
  MSG_WAITALL,
  SHUT_WR,
  SO_KEEPALIVE,
  SOCK_DGRAM,
  Socket,
  socketpair,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { invoke, makeBlocking } from "./support.ts";

describe("a closed Socket", () => {
  const address = { host: "127.0.0.1", port: 9 };
  const calls: readonly (readonly [string, readonly unknown[], string?])[] = [
    ["bind", [address]],
    ["listen", []],
    ["accept", []],
    ["tryAccept", [], "accept"],
    ["connect", [address]],
    ["recv", [1]],
    ["recv", [0]],
    ["recv", [5, MSG_WAITALL]],
    ["recvInto", [new Uint8Array(1)], "recv"],
    ["recvInto", [new Uint8Array()], "recv"],
    ["tryRecvInto", [new Uint8Array(1)], "recv"],
    ["recvfrom", [1]],
    ["recvmsg", [1]],
    ["send", ["x"]],
    ["send", [""]],
    ["trySend", ["x"], "send"],
    ["sendAll", ["x"], "send"],
    ["sendAll", [""], "send"],
    ["sendto", ["x", address]],
    ["sendmsg", ["x"]],
    ["shutdown", [SHUT_WR]],
    ["setsockopt", [SOL_SOCKET, SO_KEEPALIVE, 1]],
    ["getsockopt", [SOL_SOCKET, SO_KEEPALIVE]],
    ["getsockopt", [SOL_SOCKET, SO_KEEPALIVE, 4]],
    ["getsockname", []],
    ["getpeername", []],
    ["dup", [], "fcntl"],
  ];

  test.for(calls)("%s(%j) is EBADF", ([method, args, syscall = method]) => {
    const closed = new Socket();
    closed.close();
    const silent = new Socket();
    silent.setBlocking(false);
    silent.close();
    const detached = new Socket();
    closeSync(detached.detach());
    for (const socket of [closed, silent, detached]) {
      expectThrow(() => invoke(socket, method, ...args), OSError, {
        code: "EBADF",
        errno: -constants.errno.EBADF,
        syscall,
      });
    }
  });

  test("connectEx gives EBADF", () => {
    const socket = new Socket();
    socket.close();
    expect(socket.connectEx(address)).toBe(-constants.errno.EBADF);
  });

  test("still tells its kind and its mode", () => {
    const socket = new Socket(AF_INET, SOCK_DGRAM);
    socket.setTimeout(50);
    socket.close();
    expect(socket.type).toBe(SOCK_DGRAM);
    expect(socket.getTimeout()).toBe(50);
    expect(socket.getBlocking()).toBe(true);
    socket.setBlocking(false);
    expect(socket.getTimeout()).toBe(0);
  });

  test("is EBADF too if it was made of a blocking descriptor", () => {
    using cleanup = new Cleanup();
    const fd = cleanup.fd(createServer({ port: 0 }).detach());
    makeBlocking(fd);
    const socket = Socket.fromFd(fd);
    socket.setTimeout(200);
    socket.close();
    const fields = { code: "EBADF", syscall: "accept" };
    expectThrow(() => socket.tryAccept(), OSError, fields);
    expectThrow(() => socket.accept(), OSError, fields);
  });

  test("can't be passed to another process", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    const closed = new Socket();
    closed.close();
    expectThrow(() => a.sendmsg("x", { fds: [0, closed] }), OSError, {
      code: "EBADF",
      message: expect.stringContaining("fds[1] is closed") as unknown,
    });
  });
});

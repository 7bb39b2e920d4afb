import { describe, expect, test } from "vitest";
import { setImmediate } from "node:timers/promises";
import {
  BrokenPipeError,
  ConnectionResetError,
  OSError,
  TimeoutError,
} from "posix-select/errors";
import { recv, sendAll } from "posix-select/promises";
import {
  AF_INET,
  AF_UNIX,
  SHUT_RD,
  SO_LINGER,
  SOCK_DGRAM,
  Socket,
  socketpair,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import {
  drain,
  fill,
  freePath,
  inet,
  linger,
  tcpPair,
} from "../socket/support.ts";
import {
  expectPending,
  expectRejection,
  isSettledNow,
  pattern,
  rejection,
  transferAway,
} from "./support.ts";

describe("sendAll", () => {
  test("sends what there is room for without a turn of the loop", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const sending = sendAll(a, "grüße");
    expect(await isSettledNow(sending)).toBe(true);
    await expect(sending).resolves.toBeUndefined();
    await sendAll(a, new Uint16Array([0x3131]));
    await sendAll(a, "");
    expect(b.recv(99).toString()).toBe("grüße11");
  });

  test("sends everything, whatever room there is", async () => {
    using cleanup = new Cleanup();
    for (const [a, b] of [
      cleanup.both(socketpair()),
      tcpPair(cleanup),
    ] as const) {
      const data = pattern(5_000_000);
      const sending = sendAll(a, data);
      await expectPending(sending);
      const pieces: Buffer[] = [];
      for (let length = 0; length < data.length;) {
        const piece = await recv(b, 65536);
        pieces.push(piece);
        length += piece.length;
      }
      await sending;
      expect(Buffer.concat(pieces).equals(data)).toBe(true);
    }
  });

  // Who gets on has no reason to rest: that is for tries in vain.
  test("takes a few turns of the loop for each piece, not more", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const length = 30 * fill(a);
    drain(b);
    const sending = sendAll(a, Buffer.alloc(length));
    let received = 0;
    let idle = 0;
    while (!(await isSettledNow(sending))) {
      const got = drain(b);
      received += got;
      if (got === 0) idle++;
      await setImmediate();
    }
    await sending;
    expect(received + drain(b)).toBe(length);
    expect(idle).toBeLessThan(30 * 50);
  });

  test("is told that nobody reads any more", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const first = sendAll(a, Buffer.alloc(1_000_000));
    await expectPending(first);
    const received = drain(b);
    await expectPending(first);
    b.shutdown(SHUT_RD);
    b.close();
    const error = await rejection(first);
    expect(error).toBeInstanceOf(BrokenPipeError);
    expect(error).toMatchObject({ code: "EPIPE", syscall: "send" });
    expect(Reflect.get(error as object, "bytesSent")).toBeGreaterThanOrEqual(
      received,
    );
    await expectRejection(sendAll(a, "x"), BrokenPipeError, { bytesSent: 0 });
  });

  test("is told that the peer broke off", async () => {
    using cleanup = new Cleanup();
    const [a, b] = tcpPair(cleanup);
    const sending = sendAll(a, Buffer.alloc(50_000_000));
    await expectPending(sending);
    b.setsockopt(SOL_SOCKET, SO_LINGER, linger(0));
    b.close();
    await expectRejection(sending, ConnectionResetError, {
      code: "ECONNRESET",
      syscall: "send",
      bytesSent: expect.any(Number) as unknown,
    });
  });

  test("fails at once as the blocking call does", async () => {
    using cleanup = new Cleanup();
    const closed = new Socket();
    closed.close();
    const [datagrams] = cleanup.both(socketpair(AF_UNIX, SOCK_DGRAM));
    const unconnected = cleanup.use(new Socket(AF_INET, SOCK_DGRAM));
    for (const [socket, code, size] of [
      [closed, "EBADF", 1],
      [closed, "EBADF", 0],
      [unconnected, "EDESTADDRREQ", 1],
      [datagrams, "EMSGSIZE", 10_000_000],
    ] as const) {
      const data = Buffer.alloc(size);
      const fields = { code, syscall: "send", bytesSent: 0 };
      expect(() => {
        socket.sendAll(data);
      }).toThrow(expect.objectContaining(fields));
      const failing = sendAll(socket, data);
      expect(await isSettledNow(failing)).toBe(true);
      await expectRejection(failing, OSError, fields);
    }
  });

  test("refuses memory that was taken away meanwhile", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const room = fill(a);
    const nothing = new Uint8Array(1000);
    const first = sendAll(a, nothing);
    await expectPending(first);
    transferAway(nothing);
    expect(drain(b)).toBe(room);
    // Nothing of it was sent: that is no success.
    const invalid = { code: "ERR_INVALID_ARG_TYPE" };
    expect(await rejection(first)).toMatchObject(invalid);
    const part = new Uint8Array(3_000_000);
    const second = sendAll(a, part);
    await expectPending(second);
    transferAway(part);
    drain(b);
    expect(await rejection(second)).toMatchObject(invalid);
  });
});

describe("a datagram", () => {
  test("waits for room in its receiver's queue", async () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    const receiver = cleanup.use(new Socket(AF_UNIX, SOCK_DGRAM));
    receiver.bind({ path });
    const sender = cleanup.use(new Socket(AF_UNIX, SOCK_DGRAM));
    sender.connect({ path });
    let count = 0;
    while (sender.trySend(`${count}`) !== undefined) count++;
    const fields = { code: "ETIMEDOUT", syscall: "send", bytesSent: 0 };
    const late = sendAll(sender, "late", { timeoutMs: 70 });
    await expectRejection(late, TimeoutError, fields);
    const sending = sendAll(sender, "last");
    await expectPending(sending);
    expect(receiver.recv(9).toString()).toBe("0");
    await sending;
    const seen = [];
    for (let i = 1; i <= count; i++) seen.push(receiver.recv(9).toString());
    expect(seen.at(-1)).toBe("last");
    expect(seen).toHaveLength(count);
  });

  test("is sent whole, and empty ones too", async () => {
    using cleanup = new Cleanup();
    const a = cleanup.use(new Socket(AF_INET, SOCK_DGRAM));
    const b = cleanup.use(new Socket(AF_INET, SOCK_DGRAM));
    b.bind({ host: "127.0.0.1", port: 0 });
    a.connect(inet(b.getsockname()));
    await sendAll(a, "");
    await sendAll(a, "abc");
    expect(await recv(b, 9)).toHaveLength(0);
    expect((await recv(b, 9)).toString()).toBe("abc");
  });
});

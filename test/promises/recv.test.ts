import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { ConnectionResetError, OSError } from "posix-select/errors";
import { recv, recvInto } from "posix-select/promises";
import {
  AF_UNIX,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  SHUT_WR,
  SO_LINGER,
  SOCK_DGRAM,
  Socket,
  socketpair,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { isLinux, linger, tcpPair } from "../socket/support.ts";
import { expectPending, expectRejection, isSettledNow } from "./support.ts";

/** Both calls, as texts. */
const calls: readonly (readonly [
  string,
  (socket: Socket, size: number, flags?: number) => Promise<string>,
])[] = [
  [
    "recv",
    async (socket, size, flags = 0) =>
      (await recv(socket, size, { flags })).toString(),
  ],
  [
    "recvInto",
    async (socket, size, flags = 0) => {
      const buffer = Buffer.alloc(size);
      const length = await recvInto(socket, buffer, { flags });
      return buffer.toString("utf8", 0, length);
    },
  ],
];

describe.each(calls)("%s", (_, call) => {
  test("gives what is there without a turn of the loop", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    b.send("abcdef");
    const first = call(a, 4);
    expect(await isSettledNow(first)).toBe(true);
    expect(await first).toBe("abcd");
    expect(await call(a, 4)).toBe("ef");
  });

  test("waits for data, again and again", async () => {
    using cleanup = new Cleanup();
    const [a, b] = tcpPair(cleanup);
    for (let i = 0; i < 100; i++) {
      const waiting = call(a, 99);
      if (i % 10 === 0) await expectPending(waiting);
      b.send(`${i}`);
      expect(await waiting).toBe(`${i}`);
    }
  });

  test("gives nothing at the end, every time", async () => {
    using cleanup = new Cleanup();
    const [a, b] = tcpPair(cleanup);
    const waiting = call(a, 9);
    await expectPending(waiting);
    b.shutdown(SHUT_WR);
    expect(await waiting).toBe("");
    expect(await call(a, 9)).toBe("");
  });

  test("of 0 bytes waits for nothing and takes nothing", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    expect(await call(a, 0)).toBe("");
    expect(await call(a, 0, MSG_WAITALL)).toBe("");
    b.send("x");
    expect(await call(a, 0)).toBe("");
    expect(await call(a, 9)).toBe("x");
  });

  test("is told that the peer broke off", async () => {
    using cleanup = new Cleanup();
    const [a, b] = tcpPair(cleanup);
    const waiting = call(a, 9);
    await expectPending(waiting);
    b.setsockopt(SOL_SOCKET, SO_LINGER, linger(0));
    b.close();
    await expectRejection(waiting, ConnectionResetError, {
      code: "ECONNRESET",
      errno: -constants.errno.ECONNRESET,
      syscall: "recv",
      fd: a.fileno(),
    });
    expect(await call(a, 9)).toBe("");
  });

  test("fails at once as the blocking call does", async () => {
    using cleanup = new Cleanup();
    const closed = new Socket();
    closed.close();
    const unconnected = cleanup.use(new Socket());
    for (const [socket, code] of [
      [closed, "EBADF"],
      [unconnected, "ENOTCONN"],
    ] as const) {
      for (const flags of [0, MSG_WAITALL, MSG_PEEK]) {
        const failing = call(socket, 9, flags);
        expect(await isSettledNow(failing)).toBe(true);
        const fields = { code, syscall: "recv", fd: socket.fileno() };
        await expectRejection(failing, OSError, fields);
        expect(() => socket.recv(9, flags)).toThrow(
          expect.objectContaining(fields),
        );
      }
    }
  });

  test("cuts off datagrams, and tells empty ones from none", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair(AF_UNIX, SOCK_DGRAM));
    const waiting = call(a, 4);
    await expectPending(waiting);
    for (const text of ["abcdef", "", "gh"]) b.send(text);
    expect(await waiting).toBe("abcd");
    expect(await call(a, 4, MSG_WAITALL)).toBe("");
    expect(await call(a, 4)).toBe("gh");
    await expectPending(call(a, 4, MSG_PEEK).catch(() => ""));
  });

  test("leaves with MSG_PEEK what it gives", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const waiting = call(a, 3, MSG_PEEK);
    await expectPending(waiting);
    b.send("abcd");
    expect(await waiting).toBe("abc");
    expect(await call(a, 9, MSG_PEEK | MSG_WAITALL)).toBe("abcd");
    expect(await call(a, 9)).toBe("abcd");
  });

  test("waits with MSG_WAITALL until all has come", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const waiting = call(a, 8, MSG_WAITALL);
    for (const text of ["abc", "d", "ef"]) {
      b.send(text);
      await expectPending(waiting);
    }
    b.send("ghij");
    expect(await waiting).toBe("abcdefgh");
    const short = call(a, 8, MSG_WAITALL);
    await expectPending(short);
    b.close();
    expect(await short).toBe("ij");
    expect(await call(a, 8, MSG_WAITALL)).toBe("");
  });

  test("gives with MSG_WAITALL what came before an error, then it", async () => {
    using cleanup = new Cleanup();
    const [a, b] = tcpPair(cleanup);
    const waiting = call(a, 8, MSG_WAITALL);
    b.send("abc");
    await expectPending(waiting);
    b.setsockopt(SOL_SOCKET, SO_LINGER, linger(0));
    b.close();
    expect(await waiting).toBe("abc");
    await expectRejection(call(a, 8), ConnectionResetError, {});
  });

  // Elsewhere select(2) alone tells of it.
  test.skipIf(!isLinux)("waits with MSG_OOB for urgent data", async () => {
    using cleanup = new Cleanup();
    const [a, b] = tcpPair(cleanup);
    // As the blocking call: nothing urgent is under way.
    await expectRejection(call(a, 1, MSG_OOB), OSError, { code: "EINVAL" });
    b.send("a!", MSG_OOB);
    const plain = call(a, 9);
    expect(await plain).toBe("a");
    expect(await call(a, 1, MSG_OOB)).toBe("!");
  });
});

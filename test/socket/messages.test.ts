import { closeSync, fstatSync, readSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  BlockingIOError,
  FileNotFoundError,
  OSError,
} from "posix-select/errors";
import { eventfd, pipe } from "posix-select/fd";
import {
  AF_UNIX,
  createServer,
  MSG_CTRUNC,
  MSG_PEEK,
  MSG_TRUNC,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  Socket,
  socketpair,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow } from "../helpers/errors.ts";
import { Program } from "../helpers/programs.ts";
import { freePath, isLinux, statusOf, tcpPair } from "./support.ts";

/** Which file a descriptor stands for. */
function fileOf(fd: number): string {
  const { dev, ino } = fstatSync(fd);
  return `${dev}:${ino}`;
}

describe("sendmsg", () => {
  test("sends several pieces one after the other", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const zero = new DataView(new ArrayBuffer(1));
    expect(a.sendmsg(["one ", Buffer.from("two "), "", zero])).toBe(9);
    expect(b.recv(99).toString()).toBe("one two \0");
  });

  test("takes one piece as it is", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    expect(a.sendmsg("ü")).toBe(2);
    expect(a.sendmsg(new Uint16Array([0x4141]))).toBe(2);
    expect(b.recv(99).toString()).toBe("üAA");
  });

  test("makes one datagram of all pieces, and takes an address", () => {
    using cleanup = new Cleanup();
    const [mine, path] = [freePath(cleanup), freePath(cleanup)];
    const a = cleanup.use(new Socket(AF_UNIX, SOCK_DGRAM));
    const b = cleanup.use(new Socket(AF_UNIX, SOCK_DGRAM));
    a.bind({ path: mine });
    b.bind({ path });
    expect(a.sendmsg(["da", "ta"], { address: { path } })).toBe(4);
    expect(b.recvmsg(99)).toEqual({
      data: Buffer.from("data"),
      fds: [],
      flags: 0,
      address: { path: mine },
    });
    const missing = { path: `${path}x` };
    expectThrow(() => a.sendmsg("x", { address: missing }), FileNotFoundError, {
      code: "ENOENT",
      syscall: "sendmsg",
      path: missing.path,
    });
  });

  test("sends only a part where there is no room for all", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    a.setBlocking(false);
    const sent = a.sendmsg([Buffer.alloc(5_000_000), Buffer.alloc(5_000_000)]);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(10_000_000);
    while (a.trySend(Buffer.alloc(65536)) !== undefined);
    expectThrow(() => a.sendmsg("x"), BlockingIOError, { syscall: "sendmsg" });
  });
});

describe("recvmsg", () => {
  test("tells that a message was cut off", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair(AF_UNIX, SOCK_DGRAM));
    a.send("0123456789");
    a.send("0123456789");
    const cut = b.recvmsg(4);
    expect(cut.data.toString()).toBe("0123");
    expect(cut.flags).toBe(MSG_TRUNC);
    expect(b.recvmsg(10)).toMatchObject({ flags: 0 });
  });

  test("has no sender to name on a stream, and sees its end", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    client.send("abc");
    expect(server.recvmsg(2)).toEqual({
      data: Buffer.from("ab"),
      fds: [],
      flags: 0,
      address: undefined,
    });
    expect(server.recvmsg(99).data.toString()).toBe("c");
    client.close();
    expect(server.recvmsg(99).data).toHaveLength(0);
  });
});

describe("a descriptor that is passed", () => {
  test("arrives as another number for the same file", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const [read, write] = cleanup.fds(pipe());
    expect(a.sendmsg("take it", { fds: [read] })).toBe(7);
    const { data, fds, flags } = b.recvmsg(99, { maxFds: 4 });
    const [got = -1] = cleanup.fds(fds);
    expect([data.toString(), fds.length, flags]).toEqual(["take it", 1, 0]);
    expect(got).not.toBe(read);
    expect(fileOf(got)).toBe(fileOf(read));
    writeSync(write, "through the pipe");
    const buffer = Buffer.alloc(99);
    const bytes = readSync(got, buffer);
    expect(buffer.toString("utf8", 0, bytes)).toBe("through the pipe");
  });

  // Linux shows a descriptor's flags in /proc; elsewhere it takes fcntl(2).
  test.skipIf(!isLinux)("is close-on-exec", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.sendmsg("x", { fds: [0, 1, 2] });
    const { fds } = b.recvmsg(1, { maxFds: 3 });
    for (const fd of cleanup.fds(fds)) {
      expect(statusOf(fd).isCloseOnExec).toBe(true);
    }
  });

  test("may be any object that has one", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const [read] = cleanup.fds(pipe());
    a.sendmsg("x", { fds: [a, { fd: read }, { fileno: () => read }, read] });
    const { fds } = b.recvmsg(1, { maxFds: 253 });
    expect(cleanup.fds(fds).map(fileOf)).toEqual(
      [a.fileno(), read, read, read].map(fileOf),
    );
  });

  test("may be closed by the sender before it arrives", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const [c, d] = cleanup.both(socketpair());
    a.sendmsg("x", { fds: [c] });
    c.close();
    const { fds } = b.recvmsg(1, { maxFds: 1 });
    const [fd = -1] = cleanup.fds(fds);
    d.send("still open");
    expect(Socket.fromFd(fd).recv(99).toString()).toBe("still open");
  });

  test("goes with the first of the data", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.sendmsg(["ab", "cd"], { fds: [0] });
    const first = b.recvmsg(1, { maxFds: 1 });
    const second = b.recvmsg(99, { maxFds: 1 });
    cleanup.fds(first.fds);
    expect([first.fds.length, second.fds.length]).toEqual([1, 0]);
    expect(first.data.toString() + second.data.toString()).toBe("abcd");
  });

  test("arrives with a datagram as well", () => {
    using cleanup = new Cleanup();
    const types = isLinux ? [SOCK_DGRAM, SOCK_SEQPACKET] : [SOCK_DGRAM];
    for (const type of types) {
      const [a, b] = cleanup.both(socketpair(AF_UNIX, type));
      a.sendmsg("", { fds: [0, 1] });
      const { data, fds } = b.recvmsg(9, { maxFds: 2 });
      expect(data).toHaveLength(0);
      expect(cleanup.fds(fds).map(fileOf)).toEqual([0, 1].map(fileOf));
    }
  });

  test("is one of 253 at most", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const [read] = cleanup.fds(pipe());
    const many = Array.from({ length: 253 }, () => read);
    a.sendmsg("x", { fds: many });
    const { fds, flags } = b.recvmsg(1, { maxFds: 253 });
    cleanup.fds(fds);
    expect(new Set(fds).size).toBe(253);
    expect(new Set(fds.map(fileOf))).toEqual(new Set([fileOf(read)]));
    expect(flags).toBe(0);
    expectThrow(() => a.sendmsg("x", { fds: [...many, read] }), RangeError, {
      code: "ERR_OUT_OF_RANGE",
      message: expect.stringContaining("fds") as unknown,
    });
    expectThrow(() => b.recvmsg(1, { maxFds: 254 }), RangeError, {
      message: expect.stringContaining("maxFds") as unknown,
    });
  });

  test.for([0, 1, 2, 3, 4])(
    "is lost beyond maxFds, MSG_CTRUNC says so, and none leaks: %i of 5",
    (maxFds) => {
      using cleanup = new Cleanup();
      const [a, b] = cleanup.both(socketpair());
      const [read] = cleanup.fds(pipe());
      expectNoLeak(() => {
        a.sendmsg("x", { fds: [read, read, read, read, read] });
        const { data, fds, flags } = b.recvmsg(1, { maxFds });
        for (const fd of fds) closeSync(fd);
        expect(data.toString()).toBe("x");
        expect(fds).toHaveLength(maxFds);
        expect(flags & MSG_CTRUNC).toBe(MSG_CTRUNC);
      });
    },
  );

  test("is lost, and does not leak, in a call that takes none", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    expectNoLeak(() => {
      a.sendmsg("recv", { fds: [0] });
      expect(b.recv(99).toString()).toBe("recv");
      a.sendmsg("recvfrom", { fds: [0] });
      expect(b.recvfrom(99)[0].toString()).toBe("recvfrom");
    });
  });

  test("is passed anew for every look at it", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.sendmsg("x", { fds: [0] });
    const look = b.recvmsg(1, { maxFds: 1, flags: MSG_PEEK });
    const take = b.recvmsg(1, { maxFds: 1 });
    const fds = cleanup.fds([...look.fds, ...take.fds]);
    expect(new Set(fds).size).toBe(2);
  });

  // Only Linux has eventfds.
  test.skipIf(!eventfd)("may be of any kind, such as an eventfd", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const counter = cleanup.fd(eventfd?.(5) ?? -1);
    a.sendmsg("x", { fds: [counter] });
    const [got = -1] = cleanup.fds(b.recvmsg(1, { maxFds: 1 }).fds);
    const count = new BigUint64Array(1);
    readSync(got, count);
    expect(count[0]).toBe(5n);
  });

  test("has to be open", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const [read, write] = pipe();
    closeSync(read);
    closeSync(write);
    expectThrow(() => a.sendmsg("x", { fds: [read] }), OSError, {
      code: "EBADF",
      syscall: "sendmsg",
    });
    expect(b.tryRecvInto(new Uint8Array(1))).toBeUndefined();
  });

  test("reaches another process, which answers through it", async () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    const listener = cleanup.use(createServer({ path }));
    listener.setTimeout(30_000);
    await using program = new Program("test/programs/socket-passed-fds.ts", [
      path,
    ]);
    const [peer] = listener.accept();
    cleanup.use(peer).setTimeout(30_000);
    const [read, write] = cleanup.fds(pipe());
    const [mine, theirs] = cleanup.both(socketpair());
    mine.setTimeout(30_000);
    peer.sendmsg("a pipe and a socket", { fds: [read, theirs] });
    writeSync(write, "from the pipe");
    closeSync(write);
    theirs.close();
    expect(mine.recv(99).toString()).toBe("heard: from the pipe");
    // The program passes one back: a file of its own making.
    const { fds } = peer.recvmsg(99, { maxFds: 1 });
    const [got = -1] = cleanup.fds(fds);
    const buffer = Buffer.alloc(99);
    const bytes = readSync(got, buffer);
    expect(buffer.toString("utf8", 0, bytes)).toBe("from the program");
    expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
    expect(mine.recv(99)).toHaveLength(0);
  });
});

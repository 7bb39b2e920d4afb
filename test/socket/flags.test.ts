import { describe, expect, test } from "vitest";
import {
  BlockingIOError,
  ConnectionResetError,
  OSError,
  TimeoutError,
} from "posix-select/errors";
import {
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SO_LINGER,
  SOCK_DGRAM,
  socketpair,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { fill, isLinux, linger, Peer, tcpPair, timed } from "./support.ts";

describe("MSG_PEEK", () => {
  test("shows what the next call gets as well", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.send("peekaboo");
    expect(b.recv(4, MSG_PEEK).toString()).toBe("peek");
    const view = new Uint8Array(4);
    expect(b.recvInto(view, MSG_PEEK)).toBe(4);
    expect(b.tryRecvInto(view, MSG_PEEK)).toBe(4);
    expect(b.recvfrom(4, MSG_PEEK)[0].toString()).toBe("peek");
    expect(b.recvmsg(4, { flags: MSG_PEEK }).data.toString()).toBe("peek");
    expect(b.recv(99).toString()).toBe("peekaboo");
  });
});

describe("MSG_DONTWAIT", () => {
  test("makes one call of a blocking socket non-blocking", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const flags = MSG_DONTWAIT;
    const calls = {
      recv: () => b.recv(1, flags),
      "recv of all": () => b.recv(1, flags | MSG_WAITALL),
      recvfrom: () => b.recvfrom(1, flags),
      recvmsg: () => b.recvmsg(1, { flags }),
    };
    for (const call of Object.values(calls)) {
      expectThrow(call, BlockingIOError, { code: "EAGAIN" });
    }
    expect(b.getBlocking()).toBe(true);
    a.send("x");
    expect(b.recv(1, flags).toString()).toBe("x");
  });

  test("does so with a time-out, too, and when sending", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    a.setTimeout(30_000);
    expectThrow(() => a.recv(1, MSG_DONTWAIT), BlockingIOError, {});
    fill(a);
    const send = () => a.send("x", MSG_DONTWAIT);
    expectThrow(send, BlockingIOError, { syscall: "send" });
    const sendAll = () => {
      a.sendAll("x", MSG_DONTWAIT);
    };
    expectThrow(sendAll, BlockingIOError, { syscall: "send", bytesSent: 0 });
    const sendmsg = () => a.sendmsg("x", { flags: MSG_DONTWAIT });
    expectThrow(sendmsg, BlockingIOError, { syscall: "sendmsg" });
  });
});

describe("MSG_WAITALL", () => {
  test("waits until everything is there", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    // Far more than the system keeps for a socket.
    const length = 5_000_000;
    await using peer = await Peer.start({
      fd: a.fileno(),
      body: `const all = Buffer.alloc(${length}, "abc");
       for (let n = 0; n < all.length; )
         n += again(() => fs.writeSync(fd, all, n));`,
    });
    peer.go();
    const all = b.recv(length, MSG_WAITALL);
    expect(all).toHaveLength(length);
    expect(all.equals(Buffer.alloc(length, "abc"))).toBe(true);
  });

  test("fills the caller's memory, and takes no more than that", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.send("abc");
    a.send("def");
    const view = new Uint16Array(2);
    expect(b.recvInto(view, MSG_WAITALL)).toBe(4);
    expect(Buffer.from(view.buffer).toString()).toBe("abcd");
    expect(b.recv(99).toString()).toBe("ef");
  });

  test("gives what came before the end", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.send("ab");
    a.close();
    expect(b.recv(5, MSG_WAITALL).toString()).toBe("ab");
    expect(b.recv(5, MSG_WAITALL)).toHaveLength(0);
  });

  test("gives what came within the time-out", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    b.setTimeout(60);
    a.send("ab");
    const took = timed(() => {
      expect(b.recv(5, MSG_WAITALL).toString()).toBe("ab");
    });
    expect(took).toBeGreaterThanOrEqual(60);
    expectThrow(() => b.recv(5, MSG_WAITALL), TimeoutError, {
      code: "ETIMEDOUT",
    });
  });

  test("gives what there is on a non-blocking socket", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    b.setBlocking(false);
    a.send("ab");
    expect(b.recv(5, MSG_WAITALL).toString()).toBe("ab");
    expectThrow(() => b.recv(5, MSG_WAITALL), BlockingIOError, {});
    expect(b.tryRecvInto(new Uint8Array(5), MSG_WAITALL)).toBeUndefined();
  });

  test("leaves datagrams apart", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair(AF_UNIX, SOCK_DGRAM));
    a.send("ab");
    a.send("cd");
    expect(b.recv(9, MSG_WAITALL).toString()).toBe("ab");
    expect(b.recvmsg(9, { flags: MSG_WAITALL }).data.toString()).toBe("cd");
  });

  test("leaves a reset after what came for the next call to tell", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    server.send("ab");
    server.setsockopt(SOL_SOCKET, SO_LINGER, linger(0));
    server.close();
    expect(client.recv(5, MSG_WAITALL).toString()).toBe("ab");
    // An end here would pass for a message that is complete.
    expectThrow(() => client.recv(5), ConnectionResetError, {});
  });

  test("of nothing waits for nothing", () => {
    using cleanup = new Cleanup();
    const [, b] = cleanup.both(socketpair());
    expect(b.recv(0, MSG_WAITALL)).toHaveLength(0);
  });
});

describe("MSG_OOB", () => {
  test("sends the last byte beside the others", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    expect(client.send("ab!", MSG_OOB)).toBe(3);
    expect(server.recv(99).toString()).toBe("ab");
    expect(server.recv(1, MSG_OOB).toString()).toBe("!");
    expect(server.tryRecvInto(new Uint8Array(1))).toBeUndefined();
  });

  test("throws EINVAL if no urgent byte was sent", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    client.send("plain");
    expectThrow(() => server.recv(1, MSG_OOB), OSError, {
      code: "EINVAL",
      syscall: "recv",
    });
    expect(server.recv(99).toString()).toBe("plain");
  });
});

// Only Linux takes MSG_TRUNC as a flag that one gives.
describe.skipIf(!isLinux)("MSG_TRUNC", () => {
  test("gives a datagram's whole length", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair(AF_UNIX, SOCK_DGRAM));
    a.send("0123456789");
    const view = new Uint8Array(4);
    expect(b.recvInto(view, MSG_TRUNC)).toBe(10);
    expect(Buffer.from(view).toString()).toBe("0123");
    a.send("0123456789");
    expect(b.recv(4, MSG_TRUNC).toString()).toBe("0123");
    a.send("0123456789");
    const { data, flags } = b.recvmsg(4, { flags: MSG_TRUNC });
    expect(data.toString()).toBe("0123");
    expect(flags & MSG_TRUNC).toBe(MSG_TRUNC);
  });

  test("shows nothing that another socket has received", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const [client, server] = tcpPair(cleanup);
    a.send("secret");
    expect(b.recv(6).toString()).toBe("secret");
    // TCP throws the data away, and writes nothing into the memory.
    client.send("public");
    expect(server.recv(6, MSG_TRUNC).toString()).not.toBe("secret");
  });
});

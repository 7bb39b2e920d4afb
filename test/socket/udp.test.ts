import { describe, expect, test } from "vitest";
import {
  BlockingIOError,
  ConnectionRefusedError,
  OSError,
  PermissionError,
} from "posix-select/errors";
import {
  AF_INET,
  MSG_PEEK,
  MSG_TRUNC,
  SO_BROADCAST,
  SOCK_DGRAM,
  Socket,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { isLinux, portOf } from "./support.ts";

const host = "127.0.0.1";

function udp(cleanup: Cleanup): Socket {
  const socket = cleanup.use(new Socket(AF_INET, SOCK_DGRAM));
  socket.bind({ host, port: 0 });
  socket.setTimeout(30_000);
  return socket;
}

describe("a datagram", () => {
  test("goes to an address, and tells where it came from", () => {
    using cleanup = new Cleanup();
    const a = udp(cleanup);
    const b = udp(cleanup);
    expect(a.sendto("hello", b.getsockname())).toBe(5);
    const [data, from] = b.recvfrom(99);
    expect(data.toString()).toBe("hello");
    expect(from).toEqual(a.getsockname());
    b.sendto("hi", from ?? { host, port: 0 });
    expect(a.recvfrom(99)).toEqual([Buffer.from("hi"), b.getsockname()]);
  });

  test("goes to a name", () => {
    using cleanup = new Cleanup();
    const [a, b] = [udp(cleanup), udp(cleanup)];
    a.sendto("x", { host: "localhost", port: portOf(b) });
    expect(b.recv(9).toString()).toBe("x");
  });

  test("stays one, and in its place", () => {
    using cleanup = new Cleanup();
    const [a, b] = [udp(cleanup), udp(cleanup)];
    for (const text of ["one", "", "three"]) a.sendto(text, b.getsockname());
    const seen = [1, 2, 3].map(() => b.recv(99).toString());
    expect(seen).toEqual(["one", "", "three"]);
  });

  test("is cut off where the memory ends; recvmsg says so", () => {
    using cleanup = new Cleanup();
    const [a, b] = [udp(cleanup), udp(cleanup)];
    for (let i = 0; i < 4; i++) a.sendto("0123456789", b.getsockname());
    expect(b.recv(4).toString()).toBe("0123");
    expect(b.recvfrom(4)[0].toString()).toBe("0123");
    const { data, flags, address } = b.recvmsg(4);
    expect(data.toString()).toBe("0123");
    expect(flags & MSG_TRUNC).toBe(MSG_TRUNC);
    expect(address).toEqual(a.getsockname());
    expect(b.recvmsg(10).flags & MSG_TRUNC).toBe(0);
  });

  test("can be looked at first", () => {
    using cleanup = new Cleanup();
    const [a, b] = [udp(cleanup), udp(cleanup)];
    a.sendto("look", b.getsockname());
    expect(b.recvfrom(99, MSG_PEEK)).toEqual(b.recvfrom(99));
  });

  test("of 60 KB comes whole", () => {
    using cleanup = new Cleanup();
    const [a, b] = [udp(cleanup), udp(cleanup)];
    // macOS allows 9216 bytes unless told otherwise.
    const data = Buffer.alloc(isLinux ? 60_000 : 9000, "datagram");
    a.sendto(data, b.getsockname());
    expect(b.recv(70_000).equals(data)).toBe(true);
  });

  test("that is too large throws EMSGSIZE", () => {
    using cleanup = new Cleanup();
    const [a, b] = [udp(cleanup), udp(cleanup)];
    const send = () => a.sendto(Buffer.alloc(70_000), b.getsockname());
    expectThrow(send, OSError, {
      code: "EMSGSIZE",
      syscall: "sendto",
      address: host,
      port: portOf(b),
      fd: a.fileno(),
    });
  });
});

describe("a UDP socket", () => {
  test("that is connected sends there, and hears nobody else", () => {
    using cleanup = new Cleanup();
    const [a, b, other] = [udp(cleanup), udp(cleanup), udp(cleanup)];
    a.connect(b.getsockname());
    expect(a.getpeername()).toEqual(b.getsockname());
    other.sendto("noise", a.getsockname());
    b.sendto("signal", a.getsockname());
    expect(a.recv(99).toString()).toBe("signal");
    expect(a.tryRecvInto(new Uint8Array(9))).toBeUndefined();
    a.send("reply");
    a.sendAll("again");
    expect(b.recv(99).toString()).toBe("reply");
    expect(b.recv(99).toString()).toBe("again");
  });

  test("can be connected to somebody else", () => {
    using cleanup = new Cleanup();
    const [a, b, c] = [udp(cleanup), udp(cleanup), udp(cleanup)];
    a.connect(b.getsockname());
    expect(a.connectEx(c.getsockname())).toBe(0);
    a.send("x");
    expect(c.recvfrom(9)).toEqual([Buffer.from("x"), a.getsockname()]);
  });

  test("hears on its next call that nobody is there", () => {
    using cleanup = new Cleanup();
    const [a, b] = [udp(cleanup), udp(cleanup)];
    a.connect(b.getsockname());
    b.close();
    a.send("x");
    expectThrow(() => a.recv(1), ConnectionRefusedError, {
      code: "ECONNREFUSED",
    });
  });

  test("throws EDESTADDRREQ if it does not know where to send", () => {
    using cleanup = new Cleanup();
    const a = udp(cleanup);
    expectThrow(() => a.send("x"), OSError, { code: "EDESTADDRREQ" });
  });

  test("neither listens nor accepts", () => {
    using cleanup = new Cleanup();
    const a = udp(cleanup);
    // 'ENOTSUP' is what Node calls EOPNOTSUPP on Linux.
    const code = expect.stringMatching(/^E(OP)?NOTSUPP?$/) as unknown;
    const listen = () => {
      a.listen();
    };
    expectThrow(listen, OSError, { code, syscall: "listen" });
    expect(() => a.accept()).toThrow(OSError);
  });

  test("has nothing to receive at once", () => {
    using cleanup = new Cleanup();
    const a = udp(cleanup);
    a.setBlocking(false);
    const fields = { code: "EAGAIN", fd: a.fileno() };
    expectThrow(() => a.recvfrom(1), BlockingIOError, fields);
    expectThrow(() => a.recvmsg(1), BlockingIOError, fields);
  });

  test("may send to everybody only with SO_BROADCAST", () => {
    using cleanup = new Cleanup();
    const a = udp(cleanup);
    const everybody = { host: "255.255.255.255", port: 9 };
    expectThrow(() => a.sendto("x", everybody), PermissionError, {
      code: "EACCES",
    });
    a.setsockopt(SOL_SOCKET, SO_BROADCAST, 1);
    // Without a network there is nobody to send to, but it is permitted.
    let code: unknown;
    try {
      a.sendto("x", everybody);
    } catch (error) {
      code = (error as OSError).code;
    }
    expect(code).not.toBe("EACCES");
  });
});

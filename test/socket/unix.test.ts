import { existsSync, lstatSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ConnectionRefusedError,
  ConnectionResetError,
  FileNotFoundError,
  NotADirectoryError,
  OSError,
} from "posix-select/errors";
import {
  AF_UNIX,
  createConnection,
  createServer,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  Socket,
  socketpair,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow } from "../helpers/errors.ts";
import { abstractName, freePath, isLinux } from "./support.ts";

function bound(cleanup: Cleanup, path: string, type = SOCK_DGRAM): Socket {
  const socket = cleanup.use(new Socket(AF_UNIX, type));
  socket.setTimeout(30_000);
  socket.bind({ path });
  return socket;
}

describe("a path", () => {
  test("is where a client finds a server", () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    const listener = cleanup.use(createServer({ path }));
    expect(lstatSync(path).isSocket()).toBe(true);
    expect(listener.getsockname()).toEqual({ path });
    const client = cleanup.use(createConnection({ path }));
    const [server, from] = listener.accept();
    cleanup.use(server);
    expect(from).toEqual({ path: "" });
    expect(client.getpeername()).toEqual({ path });
    expect(server.getsockname()).toEqual({ path });
    expect(server.getpeername()).toEqual({ path: "" });
    client.sendAll("hello");
    expect(server.recv(99).toString()).toBe("hello");
  });

  test("is a client's address if it has bound one", () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    const mine = freePath(cleanup);
    const listener = cleanup.use(createServer({ path }));
    cleanup.use(createConnection({ path, localAddress: { path: mine } }));
    const [server, from] = listener.accept();
    cleanup.use(server);
    expect(from).toEqual({ path: mine });
  });

  test("may have any letters", () => {
    using cleanup = new Cleanup();
    const path = `${freePath(cleanup)} ü🙂`;
    const listener = cleanup.use(createServer({ path }));
    expect(listener.getsockname()).toEqual({ path });
    expect(existsSync(path)).toBe(true);
  });

  test("stays when the server is closed, and refuses from then on", () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    createServer({ path }).close();
    expect(existsSync(path)).toBe(true);
    expectThrow(() => createConnection({ path }), ConnectionRefusedError, {
      code: "ECONNREFUSED",
      syscall: "connect",
      path,
    });
    expectThrow(() => createServer({ path }), OSError, {
      code: "EADDRINUSE",
      message: `EADDRINUSE: address already in use, bind '${path}'`,
      syscall: "bind",
      path,
    });
    unlinkSync(path);
    createServer({ path }).close();
  });

  test("at which there is nothing is a FileNotFoundError", () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    expectThrow(() => createConnection({ path }), FileNotFoundError, {
      code: "ENOENT",
      path,
    });
    expectThrow(() => createServer({ path: `${path}/x` }), FileNotFoundError, {
      syscall: "bind",
    });
  });

  test("through a file is a NotADirectoryError", () => {
    using cleanup = new Cleanup();
    const file = freePath(cleanup);
    writeFileSync(file, "");
    const path = `${file}/x`;
    expectThrow(() => createServer({ path }), NotADirectoryError, { path });
    // What is no socket refuses.
    expect(() => createConnection({ path: file })).toThrow(OSError);
  });

  test("that is too long is ENAMETOOLONG, and not one byte before", () => {
    const most = isLinux ? 107 : 103;
    using cleanup = new Cleanup();
    const base = freePath(cleanup);
    const longest = base + "x".repeat(most - base.length);
    expect(bound(cleanup, longest).getsockname()).toEqual({ path: longest });
    for (const path of [`${longest}x`, "/".padEnd(5000, "x"), "ü".repeat(60)]) {
      expectThrow(() => bound(cleanup, path), OSError, {
        code: "ENAMETOOLONG",
        syscall: "bind",
        path,
      });
    }
  });

  test("with a NUL in it is a RangeError, and nothing is bound", () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    expectThrow(() => bound(cleanup, `${path}\0x`), RangeError, {
      code: "ERR_OUT_OF_RANGE",
      message: expect.stringContaining('"address.path"') as unknown,
    });
    expect(existsSync(path)).toBe(false);
  });

  test("that can't be had leaves no descriptor behind", () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    expectNoLeak(() => {
      expect(() => createConnection({ path })).toThrow("ENOENT");
      expect(() => createServer({ path: `${path}/x` })).toThrow("ENOENT");
      expect(() => createServer({ path: `${path}\0` })).toThrow(RangeError);
    });
  });
});

// Only Linux has names that are no files.
describe.skipIf(!isLinux)("an abstract name", () => {
  test("is where a client finds a server, and no file", () => {
    using cleanup = new Cleanup();
    const path = abstractName();
    const listener = cleanup.use(createServer({ path }));
    expect(listener.getsockname()).toEqual({ path });
    const client = cleanup.use(createConnection({ path }));
    expect(client.getpeername()).toEqual({ path });
    expect(existsSync(path.slice(1))).toBe(false);
  });

  test("is free again as soon as the server is closed", () => {
    const path = abstractName();
    createServer({ path }).close();
    createServer({ path }).close();
    expectThrow(() => createConnection({ path }), ConnectionRefusedError, {
      message: expect.stringContaining(`'\\0${path.slice(1)}'`) as unknown,
    });
  });

  test("may have NULs in it, every one of which counts", () => {
    using cleanup = new Cleanup();
    const name = abstractName();
    for (const path of [name, `${name}\0`, `${name}\0\0x`]) {
      const socket = bound(cleanup, path);
      expect(socket.getsockname()).toEqual({ path });
    }
  });

  test("has at most 108 bytes with its NUL", () => {
    using cleanup = new Cleanup();
    const path = abstractName().padEnd(108, "x");
    expect(bound(cleanup, path).getsockname()).toEqual({ path });
    expectThrow(() => bound(cleanup, `${path}x`), OSError, {
      code: "ENAMETOOLONG",
    });
  });

  test("is what bind makes up for an empty path", () => {
    using cleanup = new Cleanup();
    const [a, b] = [bound(cleanup, ""), bound(cleanup, "")];
    expect(a.getsockname()).toEqual({
      path: expect.stringMatching(/^\0[0-9a-f]{5}$/) as unknown,
    });
    expect(b.getsockname()).not.toEqual(a.getsockname());
    b.sendto("x", a.getsockname());
    expect(a.recvfrom(9)).toEqual([Buffer.from("x"), b.getsockname()]);
  });
});

describe("an unnamed socket", () => {
  test("has an empty path for an address", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    expect(a.getsockname()).toEqual({ path: "" });
    expect(b.getpeername()).toEqual({ path: "" });
  });

  test("has no address to give with what it sends", () => {
    using cleanup = new Cleanup();
    const receiver = bound(cleanup, freePath(cleanup));
    const sender = cleanup.use(new Socket(AF_UNIX, SOCK_DGRAM));
    sender.sendto("1", receiver.getsockname());
    sender.sendto("2", receiver.getsockname());
    // macOS has an empty path here.
    const none: readonly unknown[] = [undefined, { path: "" }];
    expect(none).toContainEqual(receiver.recvfrom(9)[1]);
    expect(none).toContainEqual(receiver.recvmsg(9).address);
  });

  test("breaks off if it is closed with data unread", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.send("never read");
    b.close();
    if (isLinux) expectThrow(() => a.recv(1), ConnectionResetError, {});
    else expect(a.recv(1)).toHaveLength(0);
  });
});

describe("a datagram", () => {
  test("goes from path to path", () => {
    using cleanup = new Cleanup();
    const [a, b] = [freePath(cleanup), freePath(cleanup)];
    const [from, to] = [bound(cleanup, a), bound(cleanup, b)];
    from.sendto("hello", { path: b });
    expect(to.recvfrom(99)).toEqual([Buffer.from("hello"), { path: a }]);
    const missing = { path: `${a}x` };
    expectThrow(() => from.sendto("x", missing), FileNotFoundError, {
      syscall: "sendto",
      path: missing.path,
    });
  });
});

// macOS has no AF_UNIX SOCK_SEQPACKET.
describe.skipIf(!isLinux)("SOCK_SEQPACKET", () => {
  test("keeps the messages apart", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair(AF_UNIX, SOCK_SEQPACKET));
    a.send("one");
    a.sendmsg(["t", "w", "o"]);
    a.sendAll("three");
    const seen = [1, 2, 3].map(() => b.recv(99).toString());
    expect(seen).toEqual(["one", "two", "three"]);
    a.close();
    expect(b.recv(99)).toHaveLength(0);
  });

  test("has connections, and cuts off what is too long", () => {
    using cleanup = new Cleanup();
    const path = abstractName();
    const listener = bound(cleanup, path, SOCK_SEQPACKET);
    listener.listen();
    const client = cleanup.use(new Socket(AF_UNIX, SOCK_SEQPACKET));
    client.connect({ path });
    const [server] = listener.accept();
    expect(cleanup.use(server).type).toBe(SOCK_SEQPACKET);
    client.send("0123456789");
    client.send("next");
    expect(server.recv(4).toString()).toBe("0123");
    expect(server.recv(9).toString()).toBe("next");
  });
});

import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { ConnectionRefusedError, OSError } from "posix-select/errors";
import {
  AF_INET,
  AF_UNIX,
  createConnection,
  createServer,
  getaddrinfo,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  socketpair,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow, thrownBy } from "../helpers/errors.ts";
import { hasIPv6, inet, isLinux, portOf, tcpPair } from "./support.ts";

describe("createConnection", () => {
  test("makes a socket that blocks", () => {
    using cleanup = new Cleanup();
    const [client] = tcpPair(cleanup);
    expect(client.getTimeout()).toBeUndefined();
    expect(client.type).toBe(SOCK_STREAM);
  });

  test.for([1234, 0.5e6])(
    "keeps a time-out of %i on the socket",
    (timeoutMs) => {
      using cleanup = new Cleanup();
      const server = cleanup.use(createServer({ port: 0 }));
      const to = inet(server.getsockname());
      const client = cleanup.use(createConnection({ ...to, timeoutMs }));
      expect(client.getTimeout()).toBe(timeoutMs);
    },
  );

  test("comes from the local address", () => {
    using cleanup = new Cleanup();
    const server = cleanup.use(createServer({ port: 0 }));
    const to = inet(server.getsockname());
    const host = isLinux ? "127.0.0.2" : "127.0.0.1";
    const localAddress = { host, port: 0 };
    const client = cleanup.use(createConnection({ ...to, localAddress }));
    const [peer, from] = server.accept();
    cleanup.use(peer);
    expect(from.host).toBe(host);
    expect(from).toEqual(client.getsockname());
  });

  test("throws what the last address said, and leaves nothing open", () => {
    const server = createServer({ port: 0 });
    const port = portOf(server);
    server.close();
    expectNoLeak(() => {
      for (const host of ["127.0.0.1", "localhost"]) {
        const connect = () => createConnection({ host, port });
        expectThrow(connect, ConnectionRefusedError, {
          code: "ECONNREFUSED",
          syscall: "connect",
          address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) as unknown,
          port,
        });
      }
    });
  });

  test("leaves nothing open when the local address can't be had", () => {
    using cleanup = new Cleanup();
    const server = cleanup.use(createServer({ port: 0 }));
    const to = inet(server.getsockname());
    const localAddress = { host: "192.0.2.1", port: 0 };
    expectNoLeak(() => {
      const connect = () => createConnection({ ...to, localAddress });
      expectThrow(connect, OSError, {
        code: "EADDRNOTAVAIL",
        syscall: "bind",
      });
    });
  });

  // It takes a name with two addresses: an empty one has both loopbacks.
  test.skipIf(!hasIPv6)("tries one address after the other", () => {
    using cleanup = new Cleanup();
    const server = cleanup.use(createServer({ port: 0 }));
    const port = portOf(server);
    const hosts = getaddrinfo("", port, { type: SOCK_STREAM });
    expect(hosts.map((it) => it.address.host)).toContain("::1");
    expectThrow(
      () => createConnection({ host: "::1", port }),
      ConnectionRefusedError,
      { message: expect.stringContaining(`[::1]:${port}`) as unknown },
    );
    expectNoLeak(() => {
      using client = createConnection({ host: "", port, timeoutMs: 30_000 });
      expect(client.getpeername().host).toBe("127.0.0.1");
      expect(client.getTimeout()).toBe(30_000);
      server.accept()[0].close();
    });
  });

  test.for<[string, object, typeof TypeError | typeof RangeError]>([
    ["host", { port: 80 }, TypeError],
    ["host", { host: null, port: 80 }, TypeError],
    ["port", { host: "127.0.0.1" }, TypeError],
    ["port", { host: "127.0.0.1", port: 65536 }, RangeError],
    ["port", { host: "127.0.0.1", port: 1.5 }, RangeError],
    ["timeoutMs", { host: "127.0.0.1", port: 80, timeoutMs: "1" }, TypeError],
    ["timeoutMs", { host: "127.0.0.1", port: 80, timeoutMs: NaN }, TypeError],
    ["path", { path: 5 }, TypeError],
    ["address", { host: "127.0.0.1", port: 80, localAddress: 5 }, TypeError],
  ])("names %s if it is wrong, and leaves nothing open", (row) => {
    const [argument, options, type] = row;
    expectNoLeak(() => {
      expectThrow(() => createConnection(options as never), type, {
        code: type === TypeError ? "ERR_INVALID_ARG_TYPE" : "ERR_OUT_OF_RANGE",
        message: expect.stringMatching(`"[a-z.]*${argument}"`) as unknown,
      });
    });
  });
});

describe("socketpair", () => {
  test("makes two connected Unix streams that block", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    for (const it of [a, b]) {
      expect(it).toMatchObject({ family: AF_UNIX, type: SOCK_STREAM });
      expect(it.getBlocking()).toBe(true);
    }
    a.send("there");
    b.send("and back");
    expect(b.recv(99).toString()).toBe("there");
    expect(a.recv(99).toString()).toBe("and back");
  });

  test("makes pairs of other types", () => {
    using cleanup = new Cleanup();
    // macOS has no AF_UNIX SOCK_SEQPACKET.
    const types = isLinux ? [SOCK_DGRAM, SOCK_SEQPACKET] : [SOCK_DGRAM];
    for (const type of types) {
      const [a, b] = cleanup.both(socketpair(AF_UNIX, type));
      a.send("message");
      a.send("another");
      expect(b.type).toBe(type);
      expect(b.recv(99).toString()).toBe("message");
    }
  });

  // Only Linux and the BSDs have flags in a socket's type.
  test.skipIf(!isLinux)("makes a pair that does not block", () => {
    using cleanup = new Cleanup();
    const type = SOCK_STREAM | SOCK_NONBLOCK;
    const [a, b] = cleanup.both(socketpair(AF_UNIX, type));
    expect([a.type, b.type]).toEqual([SOCK_STREAM, SOCK_STREAM]);
    expect([a.getTimeout(), b.getTimeout()]).toEqual([0, 0]);
  });

  test("throws where there are no pairs, and leaves nothing open", () => {
    expectNoLeak(() => {
      const error = thrownBy(() => socketpair(AF_INET));
      expect(error).toBeInstanceOf(OSError);
      expect(error).toMatchObject({
        errno: -constants.errno.EOPNOTSUPP,
        syscall: "socketpair",
      });
      expect(() => socketpair(99)).toThrow(OSError);
      expect(() => socketpair(AF_UNIX, 1.5)).toThrow(RangeError);
      expect(() => socketpair("unix" as never)).toThrow(TypeError);
    });
  });
});

test("the test of leaks sees one", () => {
  let fd = -1;
  const leak = () => {
    expectNoLeak(() => {
      fd = openSync("/dev/null", "r");
    });
  };
  expect(leak).toThrow("left open");
  closeSync(fd);
});

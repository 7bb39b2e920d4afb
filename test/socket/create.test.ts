import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import {
  BlockingIOError,
  ConnectionRefusedError,
  OSError,
  PermissionError,
} from "posix-select/errors";
import { select } from "posix-select/select";
import {
  AF_INET,
  AF_INET6,
  createConnection,
  createServer,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_STREAM,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow } from "../helpers/errors.ts";
import { freePath, hasIPv6, inet, isLinux, isRoot, portOf } from "./support.ts";

describe("createServer", () => {
  test("listens on this machine only, on a free port, and blocks", () => {
    using server = createServer({ port: 0 });
    expect(server).toMatchObject({ family: AF_INET, type: SOCK_STREAM });
    const { host, port } = inet(server.getsockname());
    expect(host).toBe("127.0.0.1");
    expect(port).toBeGreaterThan(0);
    expect(server.getTimeout()).toBeUndefined();
    expect(server.getsockopt(SOL_SOCKET, SO_REUSEADDR)).not.toBe(0);
    expect(server.getsockopt(SOL_SOCKET, SO_REUSEPORT)).toBe(0);
  });

  test("takes the port of a server that has just ended", () => {
    using cleanup = new Cleanup();
    const first = createServer({ port: 0 });
    const port = portOf(first);
    const client = cleanup.use(createConnection({ host: "127.0.0.1", port }));
    // The side that closes first keeps the port in TIME_WAIT.
    first.accept()[0].close();
    first.close();
    expect(client.recv(1)).toHaveLength(0);
    client.close();
    const strict = () => createServer({ port, reuseAddress: false });
    expectThrow(strict, OSError, { code: "EADDRINUSE" });
    cleanup.use(createServer({ port }));
  });

  test("throws EADDRINUSE where somebody listens", () => {
    using server = createServer({ port: 0 });
    const port = portOf(server);
    expectNoLeak(() => {
      expectThrow(() => createServer({ port }), OSError, {
        code: "EADDRINUSE",
        errno: -constants.errno.EADDRINUSE,
        message: `EADDRINUSE: address already in use, bind 127.0.0.1:${port}`,
        address: "127.0.0.1",
        port,
      });
    });
  });

  test("lets several listen on one port with reusePort", () => {
    using cleanup = new Cleanup();
    const first = cleanup.use(createServer({ port: 0, reusePort: true }));
    const port = portOf(first);
    const second = cleanup.use(createServer({ port, reusePort: true }));
    expect(portOf(second)).toBe(port);
    expectThrow(() => createServer({ port }), OSError, { code: "EADDRINUSE" });
    cleanup.use(createConnection({ host: "127.0.0.1", port }));
    const [ready] = select([first, second], [], [], 30_000);
    expect(ready).toHaveLength(1);
  });

  // macOS refuses instead, and has its own idea of 0.
  test.skipIf(!isLinux)("lets no more clients wait than its backlog", () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    cleanup.use(createServer({ path, backlog: 0 }));
    cleanup.use(createConnection({ path }));
    const more = () => createConnection({ path, timeoutMs: 0 });
    expectThrow(more, BlockingIOError, { code: "EAGAIN" });
  });

  test("throws for an address that is not this machine's", () => {
    expectNoLeak(() => {
      const create = () => createServer({ host: "192.0.2.1", port: 0 });
      expectThrow(create, OSError, { code: "EADDRNOTAVAIL" });
    });
  });

  // Root may have any port, and macOS lets everybody have them.
  test.skipIf(!isLinux || isRoot)("throws for a port of root's", () => {
    expectThrow(() => createServer({ port: 1 }), PermissionError, {
      code: "EACCES",
    });
  });

  test("takes dualStack only for IPv6, and closes what it made", () => {
    expectNoLeak(() => {
      const wrong = [
        { port: 0, dualStack: true },
        { port: 0, dualStack: true, family: AF_INET, host: "::" },
      ];
      for (const options of wrong) {
        expectThrow(() => createServer(options), RangeError, {
          code: "ERR_OUT_OF_RANGE",
          message: expect.stringContaining("dualStack") as unknown,
        });
      }
    });
  });

  // Containers often have no IPv6.
  describe.skipIf(!hasIPv6)("over IPv6", () => {
    test("takes IPv4's clients with dualStack", () => {
      using cleanup = new Cleanup();
      const server = cleanup.use(
        createServer({ host: "::", port: 0, dualStack: true }),
      );
      expect(server.family).toBe(AF_INET6);
      const port = portOf(server);
      for (const host of ["127.0.0.1", "::1"]) {
        const client = cleanup.use(createConnection({ host, port }));
        const [peer, from] = server.accept();
        cleanup.use(peer).sendAll("welcome");
        expect(client.recv(99).toString()).toBe("welcome");
        const mapped = host === "::1" ? host : `::ffff:${host}`;
        expect(from).toEqual({ host: mapped, port: portOf(client) });
      }
    });

    test("leaves IPv4 to others without it", () => {
      using cleanup = new Cleanup();
      const server = cleanup.use(createServer({ host: "::", port: 0 }));
      const port = portOf(server);
      const connect = () => createConnection({ host: "127.0.0.1", port });
      expectThrow(connect, ConnectionRefusedError, {});
      cleanup.use(createServer({ host: "0.0.0.0", port }));
    });

    test("means every address with family and an empty host", () => {
      using server = createServer({ host: "", port: 0, family: AF_INET6 });
      expect(server.getsockname().host).toBe("::");
    });
  });

  test.for<[string, object, typeof TypeError | typeof RangeError]>([
    ["port", {}, TypeError],
    ["port", { port: "80" }, TypeError],
    ["port", { port: -1 }, RangeError],
    ["port", { port: 65536 }, RangeError],
    ["port", { port: 0.5 }, RangeError],
    ["host", { host: 7, port: 0 }, TypeError],
    ["family", { family: "4", port: 0 }, TypeError],
    ["backlog", { backlog: -1, port: 0 }, RangeError],
    ["backlog", { backlog: 1.5, port: 0 }, RangeError],
    ["backlog", { backlog: "5", port: 0 }, TypeError],
    ["reuseAddress", { reuseAddress: 1, port: 0 }, TypeError],
    ["reusePort", { reusePort: "yes", port: 0 }, TypeError],
    ["dualStack", { dualStack: 0, port: 0 }, TypeError],
    ["path", { path: 5 }, TypeError],
    ["path", { path: null }, TypeError],
    ["path", { path: "a\0b" }, RangeError],
  ])("names %s if it is wrong, and leaves nothing open", (row) => {
    const [argument, options, type] = row;
    expectNoLeak(() => {
      expectThrow(() => createServer(options as never), type, {
        code: type === TypeError ? "ERR_INVALID_ARG_TYPE" : "ERR_OUT_OF_RANGE",
        message: expect.stringMatching(`"[a-z.]*${argument}"`) as unknown,
      });
    });
  });

  test("takes nothing but options", () => {
    for (const options of [undefined, null, 80, "localhost:80"]) {
      for (const create of [createServer, createConnection]) {
        expectThrow(() => create(options as never), TypeError, {
          code: "ERR_INVALID_ARG_TYPE",
          message: expect.stringContaining('"options"') as unknown,
        });
      }
    }
  });
});

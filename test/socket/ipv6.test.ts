import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import {
  AF_INET6,
  createConnection,
  createServer,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SOCK_DGRAM,
  Socket,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { hasIPv6, inet, isLinux, portOf } from "./support.ts";

const host = "::1";

function udp(cleanup: Cleanup): Socket {
  const socket = cleanup.use(new Socket(AF_INET6, SOCK_DGRAM));
  socket.bind({ host, port: 0 });
  socket.setTimeout(30_000);
  return socket;
}

// Containers often have no IPv6, not even its loopback address.
describe.skipIf(!hasIPv6)("over IPv6", () => {
  test("a client finds a server", () => {
    using cleanup = new Cleanup();
    const server = cleanup.use(createServer({ host, port: 0 }));
    expect(server.family).toBe(AF_INET6);
    const to = inet(server.getsockname());
    expect(to).toEqual({ host, port: to.port });
    const client = cleanup.use(createConnection(to));
    const [peer, from] = server.accept();
    cleanup.use(peer);
    expect(from).toEqual({ host, port: portOf(client) });
    expect(client.getpeername()).toEqual(to);
    client.sendAll("six");
    expect(peer.recv(9).toString()).toBe("six");
  });

  test("a datagram finds its way there and back", () => {
    using cleanup = new Cleanup();
    const [a, b] = [udp(cleanup), udp(cleanup)];
    a.sendto("six", b.getsockname());
    const [data, from] = b.recvfrom(9);
    expect([data.toString(), from]).toEqual(["six", a.getsockname()]);
  });

  test("an address may be written in any way, and is read in one", () => {
    using cleanup = new Cleanup();
    const socket = cleanup.use(new Socket(AF_INET6));
    socket.bind({ host: "0:0::0:1", port: 0 });
    expect(socket.getsockname().host).toBe("::1");
    const any = cleanup.use(new Socket(AF_INET6));
    any.bind({ host: "", port: 0 });
    expect(any.getsockname().host).toBe("::");
  });

  test("a server takes no IPv4 unless it is told to", () => {
    using cleanup = new Cleanup();
    const server = cleanup.use(createServer({ host: "::", port: 0 }));
    const both = cleanup.use(
      createServer({ host: "::", port: 0, dualStack: true }),
    );
    expect(server.getsockopt(IPPROTO_IPV6, IPV6_V6ONLY)).not.toBe(0);
    expect(both.getsockopt(IPPROTO_IPV6, IPV6_V6ONLY)).toBe(0);
  });

  test("an IPv4 address can't be bound to", () => {
    using socket = new Socket(AF_INET6);
    expect(() => {
      socket.bind({ host: "127.0.0.1", port: 0 });
    }).toThrow(OSError);
  });

  test("an error puts the address into brackets", () => {
    using cleanup = new Cleanup();
    const server = createServer({ host, port: 0 });
    const port = portOf(server);
    server.close();
    const socket = cleanup.use(new Socket(AF_INET6));
    const connect = () => {
      socket.connect({ host, port });
    };
    expect(connect).toThrow(
      `ECONNREFUSED: connection refused, connect [::1]:${port}`,
    );
  });

  // Only Linux insists on the interface of a link-local address at once.
  test.skipIf(!isLinux)("a scope, as a number or a name, is passed on", () => {
    using cleanup = new Cleanup();
    const connect = (address: { host: string; scopeId?: number }) => () => {
      const socket = cleanup.use(new Socket(AF_INET6, SOCK_DGRAM));
      socket.connect({ ...address, port: 9 });
      return socket.getpeername();
    };
    const bare = { host: "fe80::1" };
    expectThrow(connect(bare), OSError, { code: "EINVAL" });
    for (const address of [{ ...bare, scopeId: 1 }, { host: "fe80::1%lo" }]) {
      // With an interface there is either a way, or no route to it.
      let found: unknown;
      try {
        found = connect(address)();
      } catch (error) {
        found = (error as OSError).code;
      }
      const ways = ["ENETUNREACH", { ...bare, port: 9, scopeId: 1 }];
      expect(ways).toContainEqual(found);
    }
  });

  // Linux has an option that makes a socket keep its flow label.
  test.skipIf(!isLinux)("a flow label is passed on and read again", () => {
    using cleanup = new Cleanup();
    const IPV6_FLOWINFO_SEND = 33;
    for (const flowInfo of [1, 0xabcde, 0xfffff]) {
      const socket = cleanup.use(new Socket(AF_INET6, SOCK_DGRAM));
      socket.setsockopt(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1);
      const address = { host, port: 9, flowInfo };
      socket.connect(address);
      expect(socket.getpeername()).toEqual(address);
    }
  });

  test("a flow label or a scope that is out of range is a RangeError", () => {
    using socket = new Socket(AF_INET6);
    for (const [name, value] of [
      ["flowInfo", 0x100000],
      ["flowInfo", -1],
      ["scopeId", 2 ** 32],
      ["scopeId", 0.5],
    ] as const) {
      expectThrow(
        () => {
          socket.bind({ host, port: 0, [name]: value });
        },
        RangeError,
        {
          code: "ERR_OUT_OF_RANGE",
          message: expect.stringContaining(`"address.${name}"`) as unknown,
        },
      );
    }
  });
});

import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import {
  AF_INET,
  AF_INET6,
  AI_NUMERICHOST,
  AI_PASSIVE,
  createConnection,
  createServer,
  getaddrinfo,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_DGRAM,
  SOCK_STREAM,
  Socket,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow, thrownBy } from "../helpers/errors.ts";
import { portOf } from "./support.ts";

const loopback = ["127.0.0.1", "::1"];

describe("getaddrinfo", () => {
  test("knows localhost", () => {
    const found = getaddrinfo("localhost", 80);
    expect(found.length).toBeGreaterThan(0);
    for (const { family, address } of found) {
      expect(loopback).toContain(address.host);
      expect(address.port).toBe(80);
      expect(family).toBe(address.host === "::1" ? AF_INET6 : AF_INET);
    }
  });

  test("gives what a socket needs", () => {
    const hints = { family: AF_INET, type: SOCK_STREAM };
    expect(getaddrinfo("127.0.0.1", 80, hints)).toEqual([
      {
        family: AF_INET,
        type: SOCK_STREAM,
        protocol: IPPROTO_TCP,
        address: { host: "127.0.0.1", port: 80 },
      },
    ]);
  });

  test("takes a number for every kind of socket unless told", () => {
    const types = getaddrinfo("127.0.0.1", 1).map((it) => it.type);
    expect(types).toContain(SOCK_STREAM);
    expect(types).toContain(SOCK_DGRAM);
    const [only, ...others] = getaddrinfo("127.0.0.1", 1, {
      protocol: IPPROTO_UDP,
    });
    expect(only?.type).toBe(SOCK_DGRAM);
    expect(others).toEqual([]);
  });

  test("reads IPv6 addresses, and the interface in them", () => {
    const [plain] = getaddrinfo("2001:db8::0:1", 65535, { type: SOCK_STREAM });
    expect(plain).toMatchObject({ family: AF_INET6 });
    expect(plain?.address).toEqual({ host: "2001:db8::1", port: 65535 });
    const [scoped] = getaddrinfo("fe80::1%1", 0, { type: SOCK_STREAM });
    expect(scoped?.address).toEqual({ host: "fe80::1", port: 0, scopeId: 1 });
  });

  test("gives its own addresses for null", () => {
    const hints = { family: AF_INET, type: SOCK_STREAM };
    const [own] = getaddrinfo(null, 80, hints);
    expect(own?.address).toEqual({ host: "127.0.0.1", port: 80 });
    const [any] = getaddrinfo(null, 80, { ...hints, flags: AI_PASSIVE });
    expect(any?.address).toEqual({ host: "0.0.0.0", port: 80 });
  });

  test("knows a service's name, and its number as text", () => {
    const hints = { type: SOCK_STREAM };
    expect(getaddrinfo("127.0.0.1", "http", hints)[0]?.address.port).toBe(80);
    expect(getaddrinfo("127.0.0.1", "8080", hints)[0]?.address.port).toBe(8080);
  });

  test("throws for a service that there is not", () => {
    expectThrow(() => getaddrinfo("127.0.0.1", "no-such-service"), OSError, {
      code: expect.stringMatching(/^(EAI_SERVICE|ENOTFOUND)$/) as unknown,
      syscall: "getaddrinfo",
      hostname: "127.0.0.1",
    });
  });

  test("throws ENOTFOUND for a name that there is not", () => {
    expectThrow(() => getaddrinfo("no-such-host.invalid", 80), OSError, {
      // EAI_AGAIN where no resolver answers.
      code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) as unknown,
      errno: expect.toSatisfy((it) => Number(it) < 0) as unknown,
      syscall: "getaddrinfo",
      hostname: "no-such-host.invalid",
    });
  });

  test("throws ENOTFOUND for a name where only numbers are allowed", () => {
    const hints = { flags: AI_NUMERICHOST };
    expectThrow(() => getaddrinfo("localhost", 80, hints), OSError, {
      code: "ENOTFOUND",
      message: expect.stringMatching(
        /^ENOTFOUND: .*, getaddrinfo localhost$/,
      ) as unknown,
    });
  });

  test("throws for an address of another family, or with no family", () => {
    expect(() => getaddrinfo("::1", 80, { family: AF_INET })).toThrow(OSError);
    expect(() => getaddrinfo("127.0.0.1", 80, { family: 99 })).toThrow(OSError);
  });

  test("takes no name that is cut off by a NUL", () => {
    const calls = {
      host: () => getaddrinfo("127.0.0.1\0.example.com", 80),
      service: () => getaddrinfo("127.0.0.1", "http\0s"),
    };
    for (const call of Object.values(calls)) expect(call).toThrow(Error);
  });

  test("is strict about its arguments", () => {
    const wrong: [unknown[], string, string][] = [
      [[7, 80], "TypeError", "host"],
      [[undefined, 80], "TypeError", "host"],
      [["localhost", null], "TypeError", "port"],
      [["localhost"], "TypeError", "port"],
      [["localhost", -1], "RangeError", "port"],
      [["localhost", 65536], "RangeError", "port"],
      [["localhost", 80.5], "RangeError", "port"],
      [["localhost", NaN], "RangeError", "port"],
      [["localhost", 80, { family: "4" }], "TypeError", "family"],
      [["localhost", 80, { type: 1.5 }], "RangeError", "type"],
      [["localhost", 80, { protocol: -1 }], "RangeError", "protocol"],
      [["localhost", 80, { flags: {} }], "TypeError", "flags"],
    ];
    for (const [args, name, argument] of wrong) {
      const error = thrownBy(() => {
        Reflect.apply(getaddrinfo, undefined, args);
      });
      expect(error).toMatchObject({
        name,
        message: expect.stringContaining(`"${argument}"`) as unknown,
      });
    }
  });

  test("says what is wrong with hints that are none", () => {
    const hints = null as never;
    expectThrow(() => getaddrinfo("localhost", 80, hints), TypeError, {
      code: "ERR_INVALID_ARG_TYPE",
    });
  });
});

describe("a name instead of an address", () => {
  test("can be bound to, and connected to", () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(new Socket());
    listener.bind({ host: "localhost", port: 0 });
    listener.listen();
    expect(listener.getsockname().host).toBe("127.0.0.1");
    const to = { host: "localhost", port: portOf(listener) };
    const socket = cleanup.use(new Socket());
    socket.connect(to);
    expect(socket.getpeername()).toEqual(listener.getsockname());
    const other = cleanup.use(createConnection(to));
    expect(other.getpeername()).toEqual(listener.getsockname());
  });

  test("names a server's host", () => {
    using server = createServer({ host: "localhost", port: 0 });
    expect(server.getsockname().host).toBe("127.0.0.1");
  });

  test("that is empty means every address", () => {
    using server = createServer({ host: "", port: 0 });
    expect(server.getsockname().host).toBe("0.0.0.0");
  });

  test("that there is not fails, and leaves no descriptor behind", () => {
    const host = "no-such-host.invalid";
    const socket = new Socket();
    using cleanup = new Cleanup();
    cleanup.use(socket);
    const calls = [
      () => createConnection({ host, port: 80 }),
      () => createServer({ host, port: 0 }),
      () => socket.connectEx({ host, port: 80 }),
      () => {
        socket.bind({ host, port: 0 });
      },
    ];
    // The resolver opens what it needs once.
    thrownBy(() => getaddrinfo(host, 80));
    expectNoLeak(() => {
      for (const call of calls) {
        expectThrow(call, OSError, {
          code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) as unknown,
          syscall: "getaddrinfo",
          hostname: host,
        });
      }
    });
  });

  test("with a NUL in it is not taken for what stands before", () => {
    using cleanup = new Cleanup();
    const server = cleanup.use(createServer({ port: 0 }));
    const to = { host: "127.0.0.1\0.example.com", port: portOf(server) };
    expect(() => cleanup.use(createConnection(to))).toThrow(Error);
    const socket = cleanup.use(new Socket());
    expect(() => {
      socket.connect(to);
    }).toThrow(Error);
  });
});

/** Hosts by name, and what ends a connect while one is looked up. */
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  AbortError,
  ConnectionRefusedError,
  OSError,
  TimeoutError,
} from "posix-select/errors";
import { accept, connect } from "posix-select/promises";
import { AF_INET6, createServer, Socket } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { hasIPv6, inet } from "../socket/support.ts";
import { expectPending, expectRejection, rejection } from "./support.ts";

interface Lookup {
  readonly host: string;
  readonly family: number;
  readonly answer: (address: string) => void;
  readonly fail: (error: unknown) => void;
}

/** The real thing, unless a test has taken its place. */
const dns = vi.hoisted(() => ({
  lookups: [] as Lookup[],
  isMocked: false,
}));

vi.mock(import("node:dns/promises"), async (original) => {
  const real = await original();
  const lookup = (host: string, options: { family: number }) =>
    dns.isMocked
      ? new Promise((resolve, reject) => {
          const { family } = options;
          const answer = (address: string): void => {
            resolve({ address, family });
          };
          dns.lookups.push({ host, family, answer, fail: reject });
        })
      : real.lookup(host, options);
  return { ...real, lookup: lookup as typeof real.lookup };
});

afterEach(() => {
  dns.isMocked = false;
  dns.lookups.length = 0;
});

/** Begins to connect; the answer to its lookup is the test's. */
async function begun(
  socket: Socket,
  host: string,
  port: number,
  options?: Parameters<typeof connect>[2],
): Promise<[Promise<void>, Lookup]> {
  dns.isMocked = true;
  const connecting = connect(socket, { host, port }, options);
  await expectPending(connecting);
  const [lookup] = dns.lookups;
  return [connecting, lookup ?? expect.fail("nothing was looked up")];
}

describe("connect to a name", () => {
  test("asks Node for it, and connects", async () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const { port } = inet(listener.getsockname());
    const socket = cleanup.use(new Socket());
    await connect(socket, { host: "localhost", port });
    cleanup.use((await accept(listener))[0]);
    expect(socket.getpeername()).toEqual({ host: "127.0.0.1", port });
  });

  test.skipIf(!hasIPv6)("asks for the family of the socket", async () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ host: "::1", port: 0 }));
    const { port } = inet(listener.getsockname());
    const socket = cleanup.use(new Socket(AF_INET6));
    const [connecting, lookup] = await begun(socket, "six.test", port);
    expect(lookup).toMatchObject({ host: "six.test", family: 6 });
    lookup.answer("::1");
    await connecting;
  });

  test("asks nobody for an address, or for what is wrong besides", async () => {
    using cleanup = new Cleanup();
    dns.isMocked = true;
    const socket = cleanup.use(new Socket());
    const bad = connect(socket, { host: "localhost", port: 65536 });
    await expectRejection(bad, RangeError, { code: "ERR_OUT_OF_RANGE" });
    using listener = createServer({ port: 0 });
    await connect(socket, inet(listener.getsockname()));
    expect(dns.lookups).toEqual([]);
  });

  test("is ENOTFOUND where there is none, as for the blocking call", async () => {
    using cleanup = new Cleanup();
    const socket = cleanup.use(new Socket());
    const host = "no-such-host.invalid";
    const error = await rejection(connect(socket, { host, port: 1 }));
    expect(error).toBeInstanceOf(OSError);
    let blocking: unknown;
    try {
      socket.connect({ host, port: 1 });
    } catch (error) {
      blocking = error;
    }
    const { code, errno, syscall, hostname, message } = blocking as OSError;
    expect(error).toMatchObject({ code, errno, syscall, hostname, message });
  });

  test.for([
    ["ENOTFOUND", "ENOTFOUND"],
    ["EAI_AGAIN", "EAI_AGAIN"],
  ])("hands on what the resolver says: %s", async ([code, seen]) => {
    using cleanup = new Cleanup();
    const socket = cleanup.use(new Socket());
    const [connecting, lookup] = await begun(socket, "some.test", 1);
    lookup.fail(Object.assign(new Error("no"), { code }));
    await expectRejection(connecting, OSError, {
      code: seen,
      syscall: "getaddrinfo",
      hostname: "some.test",
    });
  });

  test("times out while the name is looked up, and may go on", async () => {
    using cleanup = new Cleanup();
    const socket = cleanup.use(new Socket());
    const start = performance.now();
    const [connecting, lookup] = await begun(socket, "slow.test", 1, {
      timeoutMs: 40,
    });
    await expectRejection(connecting, TimeoutError, {
      code: "ETIMEDOUT",
      syscall: "getaddrinfo",
      hostname: "slow.test",
    });
    expect(performance.now() - start).toBeGreaterThanOrEqual(40);
    // What is answered too late changes nothing.
    lookup.answer("127.0.0.1");
    using listener = createServer({ port: 0 });
    await connect(socket, inet(listener.getsockname()));
  });

  test("has one deadline for the name and the rest", async () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0, backlog: 0 }));
    const { host, port } = inet(listener.getsockname());
    const first = cleanup.use(new Socket());
    await connect(first, { host, port });
    const socket = cleanup.use(new Socket());
    const start = performance.now();
    const [connecting, lookup] = await begun(socket, "slow.test", port, {
      timeoutMs: 400,
    });
    setTimeout(() => {
      lookup.answer(host);
    }, 300);
    const error = await rejection(connecting);
    // macOS refuses where Linux does not answer.
    if (process.platform !== "linux") return;
    expect(error).toMatchObject({ code: "ETIMEDOUT", syscall: "connect" });
    const took = performance.now() - start;
    expect(took).toBeGreaterThanOrEqual(400);
  });

  test("is ended by its signal while the name is looked up", async () => {
    using cleanup = new Cleanup();
    const socket = cleanup.use(new Socket());
    const controller = new AbortController();
    const { signal } = controller;
    const [connecting] = await begun(socket, "slow.test", 1, { signal });
    controller.abort("why");
    await expectRejection(connecting, AbortError, { cause: "why" });
  });

  test("is EBADF if the Socket is closed while the name is looked up", async () => {
    using cleanup = new Cleanup();
    const socket = cleanup.use(new Socket());
    const [connecting, lookup] = await begun(socket, "slow.test", 1);
    socket.close();
    lookup.answer("127.0.0.1");
    await expectRejection(connecting, OSError, {
      code: "EBADF",
      syscall: "connect",
    });
  });

  test("tells of the peer by the name that was given", async () => {
    using cleanup = new Cleanup();
    const free = createServer({ port: 0 });
    const { port } = inet(free.getsockname());
    free.close();
    const socket = cleanup.use(new Socket());
    const [connecting, lookup] = await begun(socket, "some.test", port);
    lookup.answer("127.0.0.1");
    await expectRejection(connecting, ConnectionRefusedError, {
      address: "some.test",
      port,
    });
  });
});

import { describe, expect, test } from "vitest";
import { accept } from "posix-select/promises";
import { OSError, TimeoutError } from "posix-select/errors";
import {
  AF_INET,
  createConnection,
  createServer,
  SOCK_DGRAM,
  SOCK_STREAM,
  Socket,
  socketpair,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import {
  freePath,
  inet,
  isLinux,
  makeBlocking,
  statusOf,
} from "../socket/support.ts";
import { expectPending, expectRejection, isSettledNow } from "./support.ts";

describe("accept", () => {
  test("takes a client that is there without a turn of the loop", async () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const client = cleanup.use(createConnection(inet(listener.getsockname())));
    const accepted = accept(listener);
    expect(await isSettledNow(accepted)).toBe(true);
    const [server, address] = await accepted;
    cleanup.use(server);
    expect(address).toEqual(client.getsockname());
    expect([server.family, server.type]).toEqual([AF_INET, SOCK_STREAM]);
    expect(server.getBlocking()).toBe(true);
  });

  test("waits for clients, one after the other", async () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    for (let i = 0; i < 5; i++) {
      const waiting = accept(listener);
      await expectPending(waiting);
      const client = cleanup.use(
        createConnection(inet(listener.getsockname())),
      );
      const [server, address] = await waiting;
      cleanup.use(server);
      expect(address).toEqual(client.getsockname());
      client.send(String(i));
      expect(server.recv(9).toString()).toBe(String(i));
    }
  });

  test("waits for a Unix socket's client", async () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    const listener = cleanup.use(createServer({ path }));
    const waiting = accept(listener);
    await expectPending(waiting);
    cleanup.use(createConnection({ path }));
    const [server, address] = await waiting;
    cleanup.use(server);
    expect(address).toEqual({ path: "" });
  });

  // Linux shows a descriptor's flags in /proc.
  test.skipIf(!isLinux)(
    "does not block on a descriptor that does",
    async () => {
      using cleanup = new Cleanup();
      const to = createServer({ port: 0 });
      const address = inet(to.getsockname());
      const fd = cleanup.fd(to.detach());
      makeBlocking(fd);
      const listener = Socket.fromFd(fd);
      await expectRejection(accept(listener, { timeoutMs: 20 }), TimeoutError, {
        syscall: "accept",
        fd,
      });
      const waiting = accept(listener);
      await expectPending(waiting);
      cleanup.use(createConnection(address));
      cleanup.use((await waiting)[0]);
      expect(statusOf(fd).isNonBlocking).toBe(false);
    },
  );

  test("takes neither the listener's time-out nor its mode for its own", async () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    for (const timeoutMs of [0, 1, undefined]) {
      listener.setTimeout(timeoutMs);
      const waiting = accept(listener);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await expectPending(waiting);
      cleanup.use(createConnection(inet(listener.getsockname())));
      cleanup.use((await waiting)[0]);
      expect(listener.getTimeout()).toBe(timeoutMs);
    }
  });

  test("fails as the blocking call does", async () => {
    using cleanup = new Cleanup();
    const plain = cleanup.use(new Socket());
    const [pair] = cleanup.both(socketpair());
    const datagrams = cleanup.use(new Socket(AF_INET, SOCK_DGRAM));
    const closed = new Socket();
    closed.close();
    for (const [socket, code] of [
      [plain, "EINVAL"],
      [pair, "EINVAL"],
      [datagrams, expect.stringMatching(/^E.*NOTSUP/) as unknown],
      [closed, "EBADF"],
    ] as const) {
      const fields = { code, syscall: "accept", fd: socket.fileno() };
      expect(() => socket.accept()).toThrow(expect.objectContaining(fields));
      const failing = accept(socket);
      expect(await isSettledNow(failing)).toBe(true);
      await expectRejection(failing, OSError, fields);
    }
  });
});

import { describe, expect, test } from "vitest";
import {
  AbortError,
  BusyError,
  ConnectionRefusedError,
  FileNotFoundError,
  OSError,
  TimeoutError,
} from "posix-select/errors";
import { accept, connect, sendAll } from "posix-select/promises";
import { select as selectNow } from "posix-select/select";
import {
  AF_INET6,
  AF_UNIX,
  createConnection,
  createServer,
  type InetAddress,
  Socket,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { abstractName, freePath, inet, isLinux } from "../socket/support.ts";
import { expectPending, expectRejection } from "./support.ts";

/** An address where nobody listens. */
function nobody(): InetAddress {
  using listener = createServer({ port: 0 });
  return inet(listener.getsockname());
}

/** A TCP listener that answers nobody, as its queue is full. */
function mute(cleanup: Cleanup): { listener: Socket; to: InetAddress } {
  const listener = cleanup.use(createServer({ port: 0, backlog: 0 }));
  const to = inet(listener.getsockname());
  cleanup.use(createConnection(to));
  return { listener, to };
}

describe("connect", () => {
  test("connects, by TCP and by a path", async () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    const tcp = cleanup.use(createServer({ port: 0 }));
    const unix = cleanup.use(createServer({ path }));
    for (const [listener, socket, to] of [
      [tcp, new Socket(), inet(tcp.getsockname())],
      [unix, new Socket(AF_UNIX), { path }],
    ] as const) {
      cleanup.use(socket);
      await expect(connect(socket, to)).resolves.toBeUndefined();
      const [server] = await accept(listener);
      cleanup.use(server);
      await sendAll(socket, "x");
      expect(server.recv(9).toString()).toBe("x");
      await expectRejection(connect(socket, to), OSError, {
        code: "EISCONN",
        syscall: "connect",
      });
    }
  });

  test("fails as the blocking call does", async () => {
    using cleanup = new Cleanup();
    const to = nobody();
    const { host: address, port } = to;
    const path = freePath(cleanup);
    const rows = [
      [() => new Socket(), to, ConnectionRefusedError, { address, port }],
      [() => new Socket(AF_UNIX), { path }, FileNotFoundError, { path }],
      [
        () => new Socket(),
        { host: "::1", port: 1 },
        OSError,
        { code: expect.stringMatching(/^E/) as unknown },
      ],
    ] as const;
    for (const [make, to, type, details] of rows) {
      const blocking = cleanup.use(make());
      const socket = cleanup.use(make());
      const fields = { fd: socket.fileno(), ...details };
      let code: unknown;
      let message = "";
      try {
        blocking.connect(to);
      } catch (error) {
        ({ code, message } = error as OSError);
      }
      const failing = connect(socket, to);
      await failing.catch((error: unknown) => {
        expect(error).toMatchObject({ code, message });
        if (type !== OSError) {
          expect(error).toMatchObject({ syscall: "connect", ...fields });
        }
      });
      await expect(failing).rejects.toBeInstanceOf(type);
    }
    const closed = new Socket();
    closed.close();
    await expectRejection(connect(closed, to), OSError, {
      code: "EBADF",
      syscall: "connect",
    });
  });

  test("names the host as it was given in its errors", async () => {
    using cleanup = new Cleanup();
    const to = { host: "localhost", port: nobody().port };
    const blocking = cleanup.use(new Socket());
    const socket = cleanup.use(new Socket());
    expect(() => {
      blocking.connect(to);
    }).toThrow(`connect localhost:${to.port}`);
    await expectRejection(connect(socket, to), ConnectionRefusedError, {
      address: "localhost",
      port: to.port,
      message: expect.stringContaining(
        `connect localhost:${to.port}`,
      ) as unknown,
    });
  });

  test("refuses an address of another family", async () => {
    using cleanup = new Cleanup();
    const socket = cleanup.use(new Socket(AF_UNIX));
    const fields = { code: "ERR_INVALID_ARG_TYPE" };
    await expectRejection(connect(socket, nobody()), TypeError, fields);
    if (!isLinux) return;
    const six = new Socket(AF_INET6);
    cleanup.use(six);
    await expect(connect(six, nobody())).rejects.toBeInstanceOf(OSError);
  });

  // macOS refuses where Linux does not answer.
  test.skipIf(!isLinux)(
    "times out, and goes on when called again",
    async () => {
      using cleanup = new Cleanup();
      const { to } = mute(cleanup);
      const socket = cleanup.use(new Socket());
      for (const timeoutMs of [50, 0, 20.5]) {
        const start = performance.now();
        await expectRejection(
          connect(socket, to, { timeoutMs }),
          TimeoutError,
          {
            code: "ETIMEDOUT",
            syscall: "connect",
            fd: socket.fileno(),
            address: to.host,
            port: to.port,
          },
        );
        expect(performance.now() - start).toBeGreaterThanOrEqual(timeoutMs);
      }
      const controller = new AbortController();
      const { signal } = controller;
      const waiting = connect(socket, to, { signal });
      await expectPending(waiting);
      await expectRejection(connect(socket, to), BusyError, {
        fd: socket.fileno(),
      });
      controller.abort(5);
      await expectRejection(waiting, AbortError, { cause: 5 });
      const last = connect(socket, to);
      await expectPending(last);
      const fd = socket.fileno();
      socket.close();
      await expectRejection(last, OSError, { code: "EBADF", fd });
    },
  );

  test.skipIf(!isLinux)(
    "succeeds when called again after a time-out",
    async () => {
      using cleanup = new Cleanup();
      const { listener, to } = mute(cleanup);
      const socket = cleanup.use(new Socket());
      await expectRejection(
        connect(socket, to, { timeoutMs: 20 }),
        TimeoutError,
        {},
      );
      cleanup.use(listener.accept()[0]);
      // The kernel asks again after a second.
      await connect(socket, to);
      cleanup.use((await accept(listener))[0]);
      expect(socket.getpeername()).toEqual(to);
    },
  );

  // On macOS a Unix listener whose queue is full refuses.
  test.skipIf(!isLinux)("waits for a Unix listener's queue", async () => {
    using cleanup = new Cleanup();
    const path = abstractName();
    const listener = cleanup.use(createServer({ path, backlog: 0 }));
    cleanup.use(createConnection({ path }));
    const socket = cleanup.use(new Socket(AF_UNIX));
    const start = performance.now();
    await expectRejection(
      connect(socket, { path }, { timeoutMs: 70 }),
      TimeoutError,
      { syscall: "connect", path, fd: socket.fileno() },
    );
    expect(performance.now() - start).toBeGreaterThanOrEqual(70);
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = connect(socket, { path }, { signal });
    await expectPending(aborted);
    controller.abort();
    await expectRejection(aborted, AbortError, {});
    const waiting = connect(socket, { path });
    await expectPending(waiting);
    for (let i = 0; i < 2; i++) cleanup.use((await accept(listener))[0]);
    await waiting;
  });

  test.skipIf(!isLinux)("of a Unix socket ends when it is closed", async () => {
    using cleanup = new Cleanup();
    const path = abstractName();
    cleanup.use(createServer({ path, backlog: 0 }));
    cleanup.use(createConnection({ path }));
    const socket = cleanup.use(new Socket(AF_UNIX));
    const waiting = connect(socket, { path });
    await expectPending(waiting);
    socket.close();
    await expectRejection(waiting, OSError, { code: "EBADF" });
  });

  // The kernel asks a listener whose queue was full again after a second.
  test.skipIf(!isLinux)(
    "is not late for what came while the thread was busy",
    async () => {
      using cleanup = new Cleanup();
      const { listener, to } = mute(cleanup);
      const socket = cleanup.use(new Socket());
      const connecting = connect(socket, to, { timeoutMs: 500 });
      await expectPending(connecting);
      cleanup.use(listener.accept()[0]);
      // The thread sleeps until that is done, past the time.
      const [reads] = selectNow([listener], [], [], 20_000);
      expect(reads).toEqual([listener]);
      await connecting;
    },
  );
});

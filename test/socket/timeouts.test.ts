import { describe, expect, test } from "vitest";
import { constants } from "node:os";
import { TimeoutError } from "posix-select/errors";
import {
  AF_UNIX,
  createConnection,
  createServer,
  type InetAddress,
  Socket,
  socketpair,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow, thrownBy } from "../helpers/errors.ts";
import { Program } from "../helpers/programs.ts";
import {
  abstractName,
  drain,
  fill,
  inet,
  isLinux,
  Peer,
  statusOf,
  tcpPair,
  timed,
} from "./support.ts";

/** Far more than the system keeps for a socket. */
const large = Buffer.alloc(50_000_000);

describe("a socket's mode", () => {
  const rows: [unknown, number | undefined, boolean][] = [
    [undefined, undefined, true],
    [null, undefined, true],
    [Infinity, undefined, true],
    [0, 0, false],
    [-0, 0, false],
    [-1, 0, false],
    [-Infinity, 0, false],
    [0.25, 0.25, true],
    [1500, 1500, true],
    [Number.MAX_VALUE, Number.MAX_VALUE, true],
  ];

  test.for(rows)(
    "after setTimeout(%s) is getTimeout() %s, getBlocking() %s",
    ([set, timeoutMs, isBlocking]) => {
      using socket = new Socket();
      socket.setTimeout(77);
      socket.setTimeout(set as number);
      expect(socket.getTimeout()).toBe(timeoutMs);
      expect(socket.getBlocking()).toBe(isBlocking);
    },
  );

  test("after setBlocking() is what setTimeout() calls undefined and 0", () => {
    using socket = new Socket();
    socket.setTimeout(77);
    socket.setBlocking(false);
    expect([socket.getTimeout(), socket.getBlocking()]).toEqual([0, false]);
    socket.setBlocking(true);
    expect([socket.getTimeout(), socket.getBlocking()]).toEqual([
      undefined,
      true,
    ]);
  });

  // Linux shows a descriptor's flags in /proc; elsewhere it takes fcntl(2).
  test.skipIf(!isLinux)("is the library's: O_NONBLOCK is always on", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    const [a, b] = cleanup.both(socketpair());
    const all = [cleanup.use(new Socket()), client, server, a, b];
    for (const timeoutMs of [undefined, 0, 20]) {
      for (const socket of all) {
        socket.setTimeout(timeoutMs);
        expect(statusOf(socket.fileno()).isNonBlocking).toBe(true);
      }
    }
  });
});

describe("a time-out", () => {
  const ms = 60;

  /** Expects `call` to end with a TimeoutError, and not too early. */
  function expectTimeout(call: () => unknown, fields: object): void {
    const took = timed(() => {
      expectThrow(call, TimeoutError, { code: "ETIMEDOUT", ...fields });
    });
    expect(took).toBeGreaterThanOrEqual(ms);
    expect(took).toBeLessThan(10_000);
  }

  test("ends accept()", () => {
    using listener = createServer({ port: 0 });
    listener.setTimeout(ms);
    expectTimeout(() => listener.accept(), {
      name: "TimeoutError",
      errno: -constants.errno.ETIMEDOUT,
      syscall: "accept",
      fd: listener.fileno(),
      message: "ETIMEDOUT: timed out, accept",
    });
  });

  test("ends every way to receive", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    a.setTimeout(ms);
    expectTimeout(() => a.recv(1), { syscall: "recv" });
    expectTimeout(() => a.recvInto(new Uint8Array(1)), { syscall: "recv" });
    expectTimeout(() => a.recvfrom(1), { syscall: "recvfrom" });
    expectTimeout(() => a.recvmsg(1), { syscall: "recvmsg" });
  });

  test("ends every way to send", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    fill(a);
    a.setTimeout(ms);
    expectTimeout(() => a.send("x"), { syscall: "send" });
    expectTimeout(() => a.sendmsg("x"), { syscall: "sendmsg" });
    const sendAll = () => {
      a.sendAll("x");
    };
    expectTimeout(sendAll, { syscall: "send", bytesSent: 0 });
  });

  test("that is a fraction is not rounded down", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    for (const timeoutMs of [0.1, 1.9, 20.7]) {
      a.setTimeout(timeoutMs);
      const took = timed(() => {
        expectThrow(() => a.recv(1), TimeoutError, {});
      });
      expect(took).toBeGreaterThanOrEqual(timeoutMs);
    }
  });

  test("that is huge still waits for what comes", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    for (const timeoutMs of [2 ** 31, 2 ** 53, Number.MAX_VALUE]) {
      a.setTimeout(timeoutMs);
      await using peer = await Peer.start({
        fd: b.fileno(),
        body: `pause(30); again(() => fs.writeSync(fd, "x"));`,
      });
      peer.go();
      expect(a.recv(1).toString()).toBe("x");
    }
  });

  test("covers all of a sendAll() to a peer that never reads", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.setTimeout(ms);
    let error: unknown;
    const took = timed(() => {
      error = thrownBy(() => {
        a.sendAll(large);
      });
    });
    expect(took).toBeGreaterThanOrEqual(ms);
    expect(error).toBeInstanceOf(TimeoutError);
    // What is told to have been sent is what the peer can receive.
    expect(error).toMatchObject({ bytesSent: drain(b) });
  });

  test("covers all of a sendAll() to a peer that reads slowly", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const timeoutMs = 300;
    a.setTimeout(timeoutMs);
    // Each read makes room again long before the time-out of a single send.
    await using peer = await Peer.start({
      fd: b.fileno(),
      body: `const block = Buffer.alloc(65536);
       for (;;) {
         again(() => fs.readSync(fd, block, 0, block.length, null));
         pause(5);
       }`,
    });
    peer.go();
    let error: unknown;
    const took = timed(() => {
      error = thrownBy(() => {
        a.sendAll(large);
      });
    });
    expect(error).toBeInstanceOf(TimeoutError);
    expect(took).toBeGreaterThanOrEqual(timeoutMs);
    // 50 MB would take 3.8 s.
    expect(took).toBeLessThan(3000);
  });

  test("covers what comes in time, and begins anew with each call", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.setTimeout(10_000);
    await using peer = await Peer.start({
      fd: b.fileno(),
      body: `for (const text of "abc") {
         pause(20);
         again(() => fs.writeSync(fd, text));
       }`,
    });
    peer.go();
    const seen = [1, 2, 3].map(() => a.recv(1).toString());
    expect(seen).toEqual(["a", "b", "c"]);
  });
});

describe("a connect that has to wait", () => {
  // On macOS a Unix listener whose queue is full refuses.
  test.skipIf(!isLinux)("for a Unix listener's queue times out", () => {
    using cleanup = new Cleanup();
    const path = abstractName();
    cleanup.use(createServer({ path, backlog: 0 }));
    cleanup.use(createConnection({ path }));
    const socket = cleanup.use(new Socket(AF_UNIX));
    socket.setTimeout(60);
    const took = timed(() => {
      expectThrow(
        () => {
          socket.connect({ path });
        },
        TimeoutError,
        { code: "ETIMEDOUT", syscall: "connect", path, fd: socket.fileno() },
      );
    });
    expect(took).toBeGreaterThanOrEqual(60);
    expect(socket.connectEx({ path })).toBe(-constants.errno.ETIMEDOUT);
    const all = () => createConnection({ path, timeoutMs: 60 });
    expectThrow(all, TimeoutError, { path });
  });

  // The same.
  test.skipIf(!isLinux)(
    "for a Unix listener's queue gets its turn",
    async () => {
      using cleanup = new Cleanup();
      const path = abstractName();
      const listener = cleanup.use(createServer({ path, backlog: 0 }));
      cleanup.use(createConnection({ path }));
      await using program = new Program("test/programs/socket-connect.ts", [
        path.slice(1),
      ]);
      await program.match(/^connecting$/);
      for (let i = 0; i < 2; i++) cleanup.use(listener.accept()[0]);
      expect(await program.line()).toBe("connected");
    },
  );

  /** A TCP listener that answers nobody, as its queue is full. */
  function mute(cleanup: Cleanup): InetAddress {
    const listener = cleanup.use(createServer({ port: 0, backlog: 0 }));
    const to = inet(listener.getsockname());
    cleanup.use(createConnection(to));
    return to;
  }

  // macOS refuses where Linux does not answer.
  test.skipIf(!isLinux)("for a TCP peer times out, and goes on", () => {
    using cleanup = new Cleanup();
    const to = mute(cleanup);
    const socket = cleanup.use(new Socket());
    socket.setTimeout(60);
    const connect = () => {
      socket.connect(to);
    };
    for (let i = 0; i < 2; i++) {
      const took = timed(() => {
        expectThrow(connect, TimeoutError, {
          code: "ETIMEDOUT",
          syscall: "connect",
          address: to.host,
          port: to.port,
        });
      });
      expect(took).toBeGreaterThanOrEqual(60);
    }
  });

  // The same.
  test.skipIf(!isLinux)("is given up by createConnection in time", () => {
    using cleanup = new Cleanup();
    const to = mute(cleanup);
    const took = timed(() => {
      const connect = () => createConnection({ ...to, timeoutMs: 60 });
      expectThrow(connect, TimeoutError, { syscall: "connect" });
    });
    expect(took).toBeGreaterThanOrEqual(60);
    expect(took).toBeLessThan(10_000);
  });
});

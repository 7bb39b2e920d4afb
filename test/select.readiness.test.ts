import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { eventfd, pipe, PIPE_BUF, timerfd } from "posix-select/fd";
import { select } from "posix-select/select";
import {
  AF_UNIX,
  createConnection,
  createServer,
  MSG_OOB,
  SHUT_WR,
  SO_ERROR,
  SOCK_STREAM,
  Socket,
  socketpair,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";

const isLinux = process.platform === "linux";

/** Far more than it takes; a wait for ever would hang where it fails. */
const soonMs = 30_000;

/** Both ends of a connection over TCP. */
function connection(cleanup: Cleanup): [client: Socket, server: Socket] {
  const listener = cleanup.use(createServer({ port: 0 }));
  const { port } = listener.getsockname();
  if (port === undefined) throw new Error("no port");
  const client = cleanup.use(createConnection({ port, host: "127.0.0.1" }));
  return [client, cleanup.use(listener.accept()[0])];
}

describe("a pipe", () => {
  test("is readable once something is in it, and no longer once it is read", () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    expect(select([read], [], [], 0)[0]).toEqual([]);
    writeSync(write, "x");
    expect(select([read], [], [], 0)[0]).toEqual([read]);
    readSync(read, Buffer.alloc(1));
    expect(select([read], [], [], 0)[0]).toEqual([]);
  });

  test("is writable until it is full, and again once it is read", () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    const chunk = Buffer.alloc(PIPE_BUF);
    let chunks = 0;
    while (select([], [write], [], 0)[1].length > 0) {
      writeSync(write, chunk);
      chunks++;
    }
    expect(chunks).toBeGreaterThan(0);
    while (chunks-- > 0) readSync(read, chunk);
    expect(select([], [write], [], 0)[1]).toEqual([write]);
  });

  test("is readable when its writer is closed", () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    closeSync(write);
    expect(select([read], [], [], 0)[0]).toEqual([read]);
    expect(readSync(read, Buffer.alloc(1))).toBe(0);
  });

  test("is writable when its reader is closed", () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    closeSync(read);
    expect(select([], [write], [], 0)[1]).toEqual([write]);
    expect(() => writeSync(write, "x")).toThrow("EPIPE");
  });

  test.skipIf(!isLinux /* other systems judge by the open mode */)(
    "is not writable at its reading end, also when its writer is closed",
    () => {
      using cleanup = new Cleanup();
      const [read, write] = cleanup.fds(pipe());
      expect(select([], [read], [], 0)[1]).toEqual([]);
      closeSync(write);
      expect(select([read], [read], [read], 0)).toEqual([[read], [], []]);
    },
  );
});

describe("a file", () => {
  test("is always readable and writable, and nothing exceptional", () => {
    using cleanup = new Cleanup();
    const file = cleanup.fd(openSync(fileURLToPath(import.meta.url), "r"));
    expect(select([file], [file], [file], 0)).toEqual([[file], [file], []]);
    while (readSync(file, Buffer.alloc(10_000)) > 0);
    expect(select([file], [file], [file], 0)).toEqual([[file], [file], []]);
  });
});

describe("a socket", () => {
  test("is readable when its peer has sent, shut down or closed", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    expect(select([a], [a], [], 0)).toEqual([[], [a], []]);
    b.send("x");
    expect(select([a], [a], [], 0)).toEqual([[a], [a], []]);
    a.recv(1);
    expect(select([a], [], [], 0)[0]).toEqual([]);
    b.shutdown(SHUT_WR);
    expect(select([a], [], [], 0)[0]).toEqual([a]);
    expect(a.recv(1)).toHaveLength(0);
    b.close();
    expect(select([a], [a], [], 0)).toEqual([[a], [a], []]);
  });

  test("is not writable while its peer's buffer is full", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.setBlocking(false);
    const chunk = Buffer.alloc(65_536);
    while (a.trySend(chunk) !== undefined);
    expect(select([b], [a], [], 0)).toEqual([[b], [], []]);
    b.setBlocking(false);
    while (b.tryRecvInto(chunk) !== undefined);
    expect(select([b], [a], [], 0)).toEqual([[], [a], []]);
  });

  test("that listens is readable when a client waits", () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const { port } = listener.getsockname();
    if (port === undefined) throw new Error("no port");
    expect(select([listener], [], [], 0)[0]).toEqual([]);
    cleanup.use(createConnection({ port, host: "127.0.0.1" }));
    expect(select([listener], [], [], soonMs)[0]).toEqual([listener]);
    cleanup.use(listener.accept()[0]);
    expect(select([listener], [], [], 0)[0]).toEqual([]);
  });

  test("that listens on a path is readable when a client waits", () => {
    using cleanup = new Cleanup();
    const folder = mkdtempSync(join(tmpdir(), "posix-select-"));
    cleanup.defer(() => {
      rmSync(folder, { recursive: true });
    });
    const path = join(folder, "socket");
    const listener = cleanup.use(createServer({ path }));
    const client = cleanup.use(new Socket(AF_UNIX, SOCK_STREAM));
    expect(select([listener], [], [], 0)[0]).toEqual([]);
    client.connect({ path });
    expect(select([listener], [client], [], soonMs)).toEqual([
      [listener],
      [client],
      [],
    ]);
  });

  test("whose connection is refused is readable and writable", () => {
    using cleanup = new Cleanup();
    // Bound, and not listening: nobody else gets this port meanwhile.
    const deaf = cleanup.use(new Socket());
    deaf.bind({ host: "127.0.0.1", port: 0 });
    const client = cleanup.use(new Socket());
    client.setBlocking(false);
    client.connectEx(deaf.getsockname());
    expect(select([], [client], [], soonMs)[1]).toEqual([client]);
    const given = select([client], [client], [client], 0);
    expect(given).toEqual([[client], [client], []]);
    expect(client.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(
      constants.errno.ECONNREFUSED,
    );
  });

  test("that has connected is writable and not readable", () => {
    using cleanup = new Cleanup();
    const [client, server] = connection(cleanup);
    const given = select([client, server], [client, server], [client], 0);
    expect(given).toEqual([[], [client, server], []]);
  });

  test("that got an urgent byte is exceptional until it is read", () => {
    using cleanup = new Cleanup();
    const [client, server] = connection(cleanup);
    expect(select([], [], [server], 0)[2]).toEqual([]);
    client.send("!", MSG_OOB);
    expect(select([], [], [server], soonMs)[2]).toEqual([server]);
    expect(server.recv(1, MSG_OOB).toString()).toBe("!");
    client.send("x");
    expect(select([server], [], [], soonMs)[0]).toEqual([server]);
    server.recv(1);
    expect(select([server], [], [server], 0)).toEqual([[], [], []]);
  });

  test.skipIf(!isLinux /* BSDs count the mark as something to read */)(
    "that got only an urgent byte is not readable",
    () => {
      using cleanup = new Cleanup();
      const [client, server] = connection(cleanup);
      client.send("!", MSG_OOB);
      select([], [], [server], soonMs);
      expect(select([server], [server], [server], 0)).toEqual([
        [],
        [server],
        [server],
      ]);
    },
  );

  test.skipIf(!isLinux /* BSDs do not report a hang-up here */)(
    "that was never connected is readable and writable",
    () => {
      using cleanup = new Cleanup();
      const socket = cleanup.use(new Socket());
      expect(select([socket], [socket], [socket], 0)).toEqual([
        [socket],
        [socket],
        [],
      ]);
    },
  );
});

describe("descriptors that only Linux has", () => {
  test.skipIf(!eventfd)("an eventfd is readable while it is not 0", () => {
    using cleanup = new Cleanup();
    const counter = cleanup.fd(eventfd?.(0) ?? -1);
    expect(select([counter], [counter], [], 0)).toEqual([[], [counter], []]);
    writeSync(counter, new Uint8Array(new BigUint64Array([3n]).buffer));
    expect(select([counter], [], [], 0)[0]).toEqual([counter]);
    readSync(counter, Buffer.alloc(8));
    expect(select([counter], [], [], 0)[0]).toEqual([]);
  });

  test.skipIf(!timerfd)("a timerfd is readable once it has expired", () => {
    using cleanup = new Cleanup();
    const begin = performance.now();
    const timer = cleanup.fd(timerfd?.({ initialMs: 30 }) ?? -1);
    const never = cleanup.fd(timerfd?.({ initialMs: 1e300 }) ?? -1);
    expect(select([never, timer], [], [], soonMs)[0]).toEqual([timer]);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(30);
    readSync(timer, Buffer.alloc(8));
    expect(select([never, timer], [], [], 0)[0]).toEqual([]);
  });
});

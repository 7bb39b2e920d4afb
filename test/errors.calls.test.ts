import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import {
  BlockingIOError,
  BrokenPipeError,
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  FileNotFoundError,
  OSError,
  PermissionError,
  TimeoutError,
} from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  AF_UNIX,
  createConnection,
  createServer,
  SHUT_WR,
  SO_LINGER,
  SOCK_DGRAM,
  Socket,
  socketpair,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";
import { expectThrow, thrownBy } from "./helpers/errors.ts";

const { errno } = constants;

/** What an `OSError` is that `call` throws. */
function osErrorOf(call: () => unknown): OSError {
  const error = thrownBy(call);
  if (error instanceof OSError) return error;
  throw error;
}

/** The fields of an error that its users see. */
const fieldsOf = (error: object): Record<string, unknown> => ({ ...error });

describe("the error of a call tells", () => {
  const host = "127.0.0.1";

  test("nobody listens: the address is told", () => {
    using cleanup = new Cleanup();
    const deaf = cleanup.use(new Socket());
    deaf.bind({ host, port: 0 });
    const { port } = deaf.getsockname();
    const client = cleanup.use(new Socket());
    const error = osErrorOf(() => {
      client.connect({ host, port: Number(port) });
    });
    expect(Object.getPrototypeOf(error)).toBe(ConnectionRefusedError.prototype);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toBe(
      `ECONNREFUSED: connection refused, connect ${host}:${port}`,
    );
    expect(fieldsOf(error)).toEqual({
      code: "ECONNREFUSED",
      errno: -errno.ECONNREFUSED,
      syscall: "connect",
      fd: client.fileno(),
      address: host,
      port,
    });
  });

  test("an address that is taken: a plain OSError", () => {
    using cleanup = new Cleanup();
    const server = cleanup.use(createServer({ port: 0 }));
    const { port } = server.getsockname();
    const second = cleanup.use(new Socket());
    const bind = (): void => {
      second.bind({ host, port: Number(port) });
    };
    expectThrow(bind, OSError, {
      message: `EADDRINUSE: address already in use, bind ${host}:${port}`,
      address: host,
      port,
      fd: second.fileno(),
    });
  });

  test("a path that is not there: the path is told, and no address", () => {
    using cleanup = new Cleanup();
    const path = "/nonexistent/posix-select";
    const client = cleanup.use(new Socket(AF_UNIX));
    const error = osErrorOf(() => {
      client.connect({ path });
    });
    expect(Object.getPrototypeOf(error)).toBe(FileNotFoundError.prototype);
    expect(error.message).toBe(
      `ENOENT: no such file or directory, connect '${path}'`,
    );
    expect(fieldsOf(error)).toEqual({
      code: "ENOENT",
      errno: -errno.ENOENT,
      syscall: "connect",
      fd: client.fileno(),
      path,
    });
  });

  test("a call that would block", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    a.setBlocking(false);
    expectThrow(() => a.recv(1), BlockingIOError, {
      message: "EAGAIN: resource temporarily unavailable, recv",
      code: "EAGAIN",
      fd: a.fileno(),
    });
  });

  test("a time-out that is over", () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    a.setTimeout(1);
    expectThrow(() => a.recv(1), TimeoutError, {
      code: "ETIMEDOUT",
      errno: -errno.ETIMEDOUT,
      syscall: "recv",
      fd: a.fileno(),
    });
  });

  test("a peer that is gone", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    b.close();
    expectThrow(() => a.send("x"), BrokenPipeError, {
      message: "EPIPE: broken pipe, send",
      fd: a.fileno(),
    });
    const [c] = cleanup.both(socketpair());
    c.shutdown(SHUT_WR);
    expectThrow(() => c.send("x"), BrokenPipeError, { code: "EPIPE" });
  });

  test("a peer that broke the connection off", () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const port = Number(listener.getsockname().port);
    const client = cleanup.use(createConnection({ host, port }));
    const [server] = listener.accept();
    cleanup.use(server);
    server.setsockopt(
      SOL_SOCKET,
      SO_LINGER,
      new Uint8Array(new Int32Array([1, 0]).buffer),
    );
    server.close();
    expectThrow(() => client.recv(1), ConnectionResetError, {
      message: "ECONNRESET: connection reset by peer, recv",
    });
  });

  test.skipIf(process.platform !== "linux" /* lo broadcasts only there */)(
    "what is not permitted",
    () => {
      using cleanup = new Cleanup();
      const socket = cleanup.use(new Socket(undefined, SOCK_DGRAM));
      // Nobody may send to all without SO_BROADCAST, the superuser neither.
      const address = { host: "127.255.255.255", port: 9 };
      expectThrow(() => socket.sendto("x", address), PermissionError, {
        code: "EACCES",
        address: "127.255.255.255",
        port: 9,
      });
    },
  );

  test("a socket that is none", () => {
    using cleanup = new Cleanup();
    const [read] = cleanup.fds(pipe());
    expectThrow(() => Socket.fromFd(read), OSError, {
      code: "ENOTSOCK",
      fd: read,
    });
  });

  test("a socket that could not be made has no descriptor to tell", () => {
    const error = osErrorOf(() => new Socket(undefined, 99));
    expect("fd" in error).toBe(false);
    expect(error.syscall).toBe("socket");
  });
});

import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import {
  BrokenPipeError,
  ConnectionRefusedError,
  ConnectionResetError,
  OSError,
} from "posix-select/errors";
import {
  createConnection,
  createServer,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_LINGER,
  Socket,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow } from "../helpers/errors.ts";
import { inet, isLinux, linger, portOf, tcpPair } from "./support.ts";

describe("accept", () => {
  test("gives the client and its address", () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const to = inet(listener.getsockname());
    const client = cleanup.use(createConnection(to));
    const [server, address] = listener.accept();
    cleanup.use(server);
    expect(address).toEqual(client.getsockname());
    expect(server.getpeername()).toEqual(address);
    expect(server.getsockname()).toEqual(to);
    expect(client.getpeername()).toEqual(to);
    client.sendAll("ping");
    expect(server.recv(99).toString()).toBe("ping");
    server.sendAll("pong");
    expect(client.recv(99).toString()).toBe("pong");
  });

  test("gives the clients in the order in which they came", () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const to = inet(listener.getsockname());
    const ports = [1, 2, 3].map(() =>
      portOf(cleanup.use(createConnection(to))),
    );
    const accepted = ports.map(() => {
      const [server, address] = listener.accept();
      cleanup.use(server);
      return address.port;
    });
    expect(accepted).toEqual(ports);
  });

  test("makes a socket that blocks, whatever the listener's mode", () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const to = inet(listener.getsockname());
    for (const timeoutMs of [undefined, 0, 5000]) {
      listener.setTimeout(timeoutMs);
      cleanup.use(createConnection(to));
      const [server] = listener.accept();
      expect(cleanup.use(server).getTimeout()).toBeUndefined();
      expect(server.getBlocking()).toBe(true);
    }
  });

  test("takes a client that has already gone again", () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const client = createConnection(inet(listener.getsockname()));
    client.sendAll("bye");
    client.close();
    const [server] = listener.accept();
    expect(cleanup.use(server).recv(99).toString()).toBe("bye");
    expect(server.recv(99)).toHaveLength(0);
  });

  test("throws EINVAL on a socket that does not listen", () => {
    using socket = new Socket();
    expectThrow(() => socket.accept(), OSError, {
      code: "EINVAL",
      syscall: "accept",
    });
  });
});

describe("shutdown", () => {
  test("of writing lets the peer read to the end, and still answer", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    client.sendAll("question");
    client.shutdown(SHUT_WR);
    expect(server.recv(99).toString()).toBe("question");
    expect(server.recv(99)).toHaveLength(0);
    server.sendAll("answer");
    expect(client.recv(99).toString()).toBe("answer");
  });

  test("of writing makes a send a BrokenPipeError", () => {
    using cleanup = new Cleanup();
    const [client] = tcpPair(cleanup);
    client.shutdown(SHUT_WR);
    expectThrow(() => client.send("x"), BrokenPipeError, {
      code: "EPIPE",
      syscall: "send",
      fd: client.fileno(),
    });
  });

  test("of reading makes a recv give the end", () => {
    using cleanup = new Cleanup();
    const [client] = tcpPair(cleanup);
    client.shutdown(SHUT_RD);
    expect(client.recv(99)).toHaveLength(0);
  });

  // macOS throws ENOTCONN the second time.
  test.skipIf(!isLinux)("can be repeated", () => {
    using cleanup = new Cleanup();
    const [client] = tcpPair(cleanup);
    client.shutdown(SHUT_RDWR);
    client.shutdown(SHUT_RDWR);
    expect(client.recv(1)).toHaveLength(0);
  });

  test("throws ENOTCONN if there is no connection, EINVAL for no way", () => {
    using cleanup = new Cleanup();
    const alone = cleanup.use(new Socket());
    const shutdown = (socket: Socket, how: number) => () => {
      socket.shutdown(how);
    };
    expectThrow(shutdown(alone, SHUT_WR), OSError, {
      code: "ENOTCONN",
      syscall: "shutdown",
    });
    const [client] = tcpPair(cleanup);
    expectThrow(shutdown(client, 3), OSError, { code: "EINVAL" });
  });
});

describe("an error of the system", () => {
  /** A port at which nobody listens. */
  function deadPort(): number {
    using socket = new Socket();
    socket.bind({ host: "127.0.0.1", port: 0 });
    return portOf(socket);
  }

  test("names the address that refused a connection", () => {
    using socket = new Socket();
    const port = deadPort();
    expectThrow(
      () => {
        socket.connect({ host: "127.0.0.1", port });
      },
      ConnectionRefusedError,
      {
        name: "ConnectionRefusedError",
        message: `ECONNREFUSED: connection refused, connect 127.0.0.1:${port}`,
        code: "ECONNREFUSED",
        errno: -constants.errno.ECONNREFUSED,
        syscall: "connect",
        address: "127.0.0.1",
        port,
        fd: socket.fileno(),
      },
    );
  });

  test("is a negative number from connectEx, and 0 is none", () => {
    using cleanup = new Cleanup();
    const host = "127.0.0.1";
    const socket = cleanup.use(new Socket());
    const refused = socket.connectEx({ host, port: deadPort() });
    expect(refused).toBe(-constants.errno.ECONNREFUSED);
    const listener = cleanup.use(createServer({ port: 0 }));
    const client = cleanup.use(new Socket());
    const to = { host, port: portOf(listener) };
    expect(client.connectEx(to)).toBe(0);
    expect(client.connectEx(to)).toBe(-constants.errno.EISCONN);
  });

  test("tells that the address is in use", () => {
    using cleanup = new Cleanup();
    const listener = cleanup.use(createServer({ port: 0 }));
    const port = portOf(listener);
    const socket = cleanup.use(new Socket());
    const bind = () => {
      socket.bind({ host: "127.0.0.1", port });
    };
    expectThrow(bind, OSError, {
      code: "EADDRINUSE",
      syscall: "bind",
      address: "127.0.0.1",
      port,
    });
  });

  test("tells that the socket is bound or connected already", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    const bind = () => {
      client.bind({ host: "127.0.0.1", port: 0 });
    };
    expectThrow(bind, OSError, { code: "EINVAL", syscall: "bind" });
    const connect = () => {
      client.connect(server.getsockname());
    };
    expectThrow(connect, OSError, { code: "EISCONN", syscall: "connect" });
  });

  test("tells that an address is not this machine's", () => {
    using socket = new Socket();
    const bind = () => {
      socket.bind({ host: "192.0.2.1", port: 0 });
    };
    expectThrow(bind, OSError, {
      code: "EADDRNOTAVAIL",
      message: expect.stringContaining("bind 192.0.2.1:0") as unknown,
    });
  });

  test("tells that there is no connection", () => {
    using socket = new Socket();
    expectThrow(() => socket.getpeername(), OSError, {
      code: "ENOTCONN",
      syscall: "getpeername",
    });
    expectThrow(() => socket.recv(1), OSError, { code: "ENOTCONN" });
    // Linux says EPIPE, macOS ENOTCONN.
    expect(() => socket.send("x")).toThrow(OSError);
  });

  test("comes with a later send to a peer that has closed", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    server.close();
    // The first one gets through, and a reset comes back.
    expect(client.send("x")).toBe(1);
    const sendOn = () => {
      for (;;) client.send("x");
    };
    expectThrow(sendOn, BrokenPipeError, { code: "EPIPE", syscall: "send" });
  });

  test("comes with the reset of a peer that left data unread, once", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    client.send("never read");
    server.close();
    expectThrow(() => client.recv(1), ConnectionResetError, {
      code: "ECONNRESET",
      syscall: "recv",
    });
    expect(client.recv(1)).toHaveLength(0);
  });

  test("comes with the reset of a peer that does not linger", () => {
    using cleanup = new Cleanup();
    const [client, server] = tcpPair(cleanup);
    server.setsockopt(SOL_SOCKET, SO_LINGER, linger(0));
    server.close();
    expectThrow(() => client.recv(1), ConnectionResetError, {});
  });

  test("does not keep a socket from being closed", () => {
    expectNoLeak(() => {
      using cleanup = new Cleanup();
      const [client, server] = tcpPair(cleanup);
      server.setsockopt(SOL_SOCKET, SO_LINGER, linger(0));
      server.close();
      client.close();
    });
  });
});

// On macOS a listener can't be shut down: ENOTCONN.
test.skipIf(!isLinux)("a listener that was shut down accepts nobody", () => {
  using cleanup = new Cleanup();
  const listener = cleanup.use(createServer({ port: 0 }));
  listener.shutdown(SHUT_RDWR);
  expectThrow(() => listener.accept(), OSError, { code: "EINVAL" });
});

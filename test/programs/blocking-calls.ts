/**
 * The calls that block, each set up so that it would block for ever, for
 * programs that see what ends them.
 */
import { select } from "posix-select/select";
import {
  AF_UNIX,
  createConnection,
  createServer,
  SO_SNDBUF,
  Socket,
  socketpair,
  SOL_SOCKET,
} from "posix-select/socket";

/** Kept, lest the sockets be collected while the call blocks. */
const kept: Socket[] = [];

function keep(...sockets: Socket[]): void {
  kept.push(...sockets);
}

function pair(): [Socket, Socket] {
  const sockets = socketpair();
  keep(...sockets);
  return sockets;
}

/** A Unix server that accepts nobody, and whose queue is full: Linux only. */
function fullServer(): { path: string } {
  const path = `\0posix-select-${process.pid}`;
  const server = createServer({ path, backlog: 0 });
  keep(server, createConnection({ path }));
  return { path };
}

/** A TCP server that accepts nobody: a client's first packet is dropped. */
function deafServer(): { host: string; port: number } {
  const server = createServer({ port: 0, backlog: 1 });
  const port = server.getsockname().port ?? 0;
  const address = { host: "127.0.0.1", port };
  keep(server);
  // Systems let some more in than they were told to.
  for (let clients = 0; clients < 8; clients++) {
    const client = new Socket();
    keep(client);
    client.setBlocking(false);
    client.connectEx(address);
  }
  return address;
}

/** Each gives a function that blocks. */
export const blockingCalls = {
  select: () => {
    const [socket] = pair();
    return () => select([socket], [], []);
  },
  "select with nothing": () => () => select([], [], []),
  recv: () => {
    const [socket] = pair();
    return () => socket.recv(10);
  },
  recvfrom: () => {
    const [socket] = pair();
    return () => socket.recvfrom(10);
  },
  recvmsg: () => {
    const [socket] = pair();
    return () => socket.recvmsg(10);
  },
  accept: () => {
    const server = createServer({ port: 0 });
    keep(server);
    return () => server.accept();
  },
  connect: () => {
    const address = deafServer();
    const socket = new Socket();
    keep(socket);
    return () => {
      socket.connect(address);
    };
  },
  "connect to a full queue": () => {
    const address = fullServer();
    const socket = new Socket(AF_UNIX);
    keep(socket);
    return () => {
      socket.connect(address);
    };
  },
  send: () => {
    const [socket] = pair();
    while (socket.trySend(Buffer.alloc(65536)) !== undefined);
    return () => socket.send("x");
  },
  sendAll: () => {
    const [socket] = pair();
    socket.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096);
    return () => {
      socket.sendAll(Buffer.alloc(2 ** 20));
    };
  },
} satisfies Record<string, () => () => unknown>;

/** The names of the calls that block. */
export type BlockingCall = keyof typeof blockingCalls;

/** Sets up the call of that name. */
export function blockingCall(name: string | undefined): () => unknown {
  for (const [known, prepare] of Object.entries(blockingCalls)) {
    if (known === name) return prepare();
  }
  throw new Error(`there is no blocking call ${String(name)}`);
}

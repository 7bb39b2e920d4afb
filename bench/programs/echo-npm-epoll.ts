// An echo server on `epoll` from npm, which only waits: the sockets are ours.
import { createRequire } from "node:module";
import { OSError } from "posix-select/errors";
import {
  createServer,
  IPPROTO_TCP,
  type Socket,
  TCP_NODELAY,
} from "posix-select/socket";
import { watchControl } from "./control.js";

interface Epoll {
  add(fd: number, events: number): void;
  remove(fd: number): void;
}
interface EpollModule {
  readonly Epoll: {
    readonly EPOLLIN: number;
    new (callback: (error: Error | null, fd: number) => void): Epoll;
  };
}
const { Epoll } = createRequire(import.meta.url)("epoll") as EpollModule;

const slab = Buffer.alloc(65_536);
const server = createServer({ port: 0 });
const sockets = new Map<number, Socket>([[server.fileno(), server]]);

const epoll = new Epoll((_error, fd) => {
  const socket = sockets.get(fd);
  if (socket === server) accept();
  else if (socket !== undefined) echo(socket, fd);
});

function accept(): void {
  const [client] = server.accept();
  client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
  sockets.set(client.fileno(), client);
  epoll.add(client.fileno(), Epoll.EPOLLIN);
}

function echo(client: Socket, fd: number): void {
  try {
    const bytes = client.recvInto(slab);
    if (bytes > 0) {
      client.sendAll(slab.subarray(0, bytes));
      return;
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
  }
  epoll.remove(fd);
  sockets.delete(fd);
  client.close();
}

watchControl();
epoll.add(server.fileno(), Epoll.EPOLLIN);
console.log(server.getsockname().port);

/**
 * Exercise 05 - The edge: the solution
 *
 * It should:  Give every client back what it says, all of it, over an
 *             edge-triggered epoll.
 * Was wrong:  An edge-triggered epoll reports that something has come, not
 *             that something is there. What is left unread is not reported
 *             again: one has to read until there is nothing.
 * Run:        node --import tsx exercises/solutions/05-the-edge.ts [port]
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { epoll, EPOLLET, EPOLLIN } from "posix-select/select";
import { createServer, type Socket } from "posix-select/socket";

if (epoll === undefined) throw new Error("There is no epoll on this system");

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const server = createServer({ port: Number(process.argv[2] ?? 5001) });
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

const clients = new Map<number, Socket>();
const poller = epoll();
poller.register(server, EPOLLIN);
const buffer = Buffer.alloc(16);

function acceptConnection(): void {
  const [client] = server.accept();
  clients.set(client.fileno(), client);
  poller.register(client, EPOLLIN | EPOLLET); // tells of news, once
}

function echo(client: Socket): void {
  for (;;) {
    const count = client.tryRecvInto(buffer);
    if (count === undefined) return; // that was all, for now
    if (count === 0) {
      letGo(client);
      return;
    }
    client.sendAll(buffer.subarray(0, count));
  }
}

function letGo(client: Socket): void {
  poller.unregister(client);
  clients.delete(client.fileno());
  client.close();
}

for (;;) {
  for (const [fd] of poller.poll()) {
    const client = clients.get(fd);
    try {
      if (client) echo(client);
      else acceptConnection();
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (client) letGo(client);
    }
  }
}

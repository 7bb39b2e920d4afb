/**
 * Exercise 05 - The edge
 *
 * Lesson:     05-epoll
 * It should:  Give every client back what it says, all of it, over an
 *             edge-triggered epoll.
 * Now:        of a long line only the beginning comes back; the rest follows
 *             when the client says something more. And who ends its side
 *             after a long line is never let go.
 * Run:        node --import tsx exercises/05-the-edge.ts [port]
 * Try:        nc 127.0.0.1 5001   (a short line, then a long one)
 * Mend:       the place marked TODO, then: npm run exercise
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
  // TODO: is this all that has come?
  const count = client.tryRecvInto(buffer);
  if (count === undefined) return; // nothing yet
  if (count > 0) client.sendAll(buffer.subarray(0, count));
  else letGo(client);
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

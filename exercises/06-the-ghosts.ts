/**
 * Exercise 06 - The ghosts
 *
 * Lesson:     06-selectors
 * It should:  Tell everyone who says something how many clients are here.
 * Now:        clients that have left are counted as well.
 * Run:        node --import tsx exercises/06-the-ghosts.ts [port]
 * Try:        nc 127.0.0.1 5001   (three of them; end them all, and come
 *             again)
 * Mend:       the place marked TODO, then: npm run exercise
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import { createServer, type Socket } from "posix-select/socket";

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const server = createServer({ port: Number(process.argv[2] ?? 5001) });
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

type Callback = (socket: Socket) => void;
const selector = new DefaultSelector<Callback, Socket>();

function acceptConnection(): void {
  const [client] = server.accept();
  client.setBlocking(false);
  selector.register(client, EVENT_READ, sendCount);
}

function sendCount(client: Socket): void {
  const request = client.recv(4096);
  const count = selector.getMap().size - 1; // without the server's own
  if (request.length > 0) client.send(`${count} here\n`);
  else letGo(client);
}

function letGo(client: Socket): void {
  // TODO: who else must be told that it has left?
  client.close();
}

selector.register(server, EVENT_READ, acceptConnection);

for (;;) {
  for (const [{ fileobj: socket, data: callback }] of selector.select()) {
    try {
      callback(socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (socket !== server) letGo(socket);
    }
  }
}

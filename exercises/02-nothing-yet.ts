/**
 * Exercise 02 - Nothing yet
 *
 * Lesson:     02-busy-polling
 * It should:  Serve all clients by turns with calls that never wait. A
 *             client may think as long as it likes before it says something.
 * Now:        whoever says nothing in the very moment of its turn is hung up
 *             on.
 * Run:        node --import tsx exercises/02-nothing-yet.ts [port]
 * Try:        nc 127.0.0.1 5001   (and wait before you type)
 * Mend:       the place marked TODO, then: npm run exercise
 */
import { writeSync } from "node:fs";
import { BlockingIOError, OSError } from "posix-select/errors";
import { createServer, type Socket } from "posix-select/socket";

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const server = createServer({ port: Number(process.argv[2] ?? 5001) });
server.setBlocking(false); // its calls never wait, but throw
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

const clients = new Set<Socket>();

function acceptConnection(): void {
  try {
    const [client] = server.accept();
    client.setBlocking(false);
    clients.add(client);
  } catch (error) {
    if (!(error instanceof BlockingIOError)) throw error; // nobody came
  }
}

function sendMessage(client: Socket): void {
  try {
    const request = client.recv(4096);
    if (request.length > 0) {
      client.sendAll("Hello world\n");
      return;
    }
  } catch (error) {
    // TODO: it broke off, and is let go. Is that what every OSError means?
    if (!(error instanceof OSError)) throw error;
  }
  clients.delete(client);
  client.close();
}

for (;;) {
  acceptConnection();
  for (const client of clients) sendMessage(client);
}

/**
 * Exercise 03 - One leaves, all fall
 *
 * Lesson:     03-select
 * It should:  Serve any number of clients with select(). That one of them
 *             leaves is nothing to the others.
 * Now:        as soon as one client leaves, the program ends, and with it
 *             every conversation.
 * Run:        node --import tsx exercises/03-one-leaves-all-fall.ts [port]
 * Try:        nc 127.0.0.1 5001   (two of them; end one with Ctrl-C)
 * Mend:       the place marked TODO, then: npm run exercise
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { select } from "posix-select/select";
import { createServer, type Socket } from "posix-select/socket";

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const server = createServer({ port: Number(process.argv[2] ?? 5001) });
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

const toMonitor = new Set<Socket>([server]);

function acceptConnection(): void {
  const [client] = server.accept();
  client.setBlocking(false);
  toMonitor.add(client);
}

function sendMessage(client: Socket): void {
  const request = client.recv(4096);
  if (request.length > 0) client.send("Hello world\n");
  else letGo(client);
}

function letGo(client: Socket): void {
  // TODO: is this all that has to be done with it?
  client.close();
}

for (;;) {
  const [readyToRead] = select(toMonitor, [], []);
  for (const socket of readyToRead) {
    try {
      if (socket === server) acceptConnection();
      else sendMessage(socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (socket !== server) letGo(socket);
    }
  }
}

/**
 * Exercise 03 - One leaves, all fall: the solution
 *
 * It should:  Serve any number of clients with select(). That one of them
 *             leaves is nothing to the others.
 * Was wrong:  The closed socket stayed in the list. A closed socket has no
 *             descriptor, and select() refuses the whole list for its sake:
 *             EBADF.
 * Run:        node --import tsx exercises/solutions/03-one-leaves-all-fall.ts [port]
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
  toMonitor.delete(client);
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

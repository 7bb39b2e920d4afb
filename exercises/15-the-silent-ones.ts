/**
 * Exercise 15 - The silent ones
 *
 * Lesson:     15-timers
 * It should:  Put out every client that has said nothing for a second (or as
 *             many milliseconds as the second argument says). Who goes on
 *             talking stays.
 * Now:        as long as one client talks, no silent one is ever put out.
 * Run:        node --import tsx exercises/15-the-silent-ones.ts [port] [ms]
 * Try:        nc 127.0.0.1 5001   (two of them; keep typing in one)
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

const idleMs = Number(process.argv[3] ?? 1000);
const deadlines = new Map<Socket, number>(); // of each client

function acceptConnection(): void {
  const [client] = server.accept();
  client.setBlocking(false);
  deadlines.set(client, performance.now() + idleMs);
}

function sendMessage(client: Socket): void {
  const request = client.recv(4096);
  deadlines.set(client, performance.now() + idleMs);
  if (request.length > 0) client.send("Hello world\n");
  else letGo(client);
}

function letGo(client: Socket): void {
  deadlines.delete(client);
  client.close();
}

for (;;) {
  // TODO: how long may it sleep? And who is to go when it wakes up?
  const [ready] = select([server, ...deadlines.keys()], [], [], idleMs);
  for (const socket of ready) {
    try {
      if (socket === server) acceptConnection();
      else sendMessage(socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (socket !== server) letGo(socket);
    }
  }
  if (ready.length === 0) {
    for (const client of deadlines.keys()) letGo(client);
  }
}

/**
 * Exercise 15 - The silent ones: the solution
 *
 * It should:  Put out every client that has said nothing for a second (or as
 *             many milliseconds as the second argument says). Who goes on
 *             talking stays.
 * Was wrong:  Each word of anybody began the whole wait anew, and clients
 *             were put out only when a wait had passed with no word at all.
 *             The wait ends at the earliest deadline, and after every wait
 *             one looks whose deadline is over.
 * Run:        node --import tsx exercises/solutions/15-the-silent-ones.ts [port] [ms]
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
  const next = Math.min(...deadlines.values()); // Infinity where there is none
  const leftMs = next - performance.now();
  const [ready] = select([server, ...deadlines.keys()], [], [], leftMs);
  for (const socket of ready) {
    try {
      if (socket === server) acceptConnection();
      else sendMessage(socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (socket !== server) letGo(socket);
    }
  }
  const now = performance.now();
  for (const [client, deadline] of deadlines) {
    if (deadline <= now) letGo(client);
  }
}

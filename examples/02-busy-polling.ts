/**
 * 02 - Busy polling: many clients, and a core that burns
 *
 * New here: calls that never wait. tryAccept() and tryRecvInto() give undefined
 * where accept() and recv() would have waited, so that one thread can look after
 * all of its clients by turns.
 *
 * Read first:         01-blocking.ts
 * Run:                npm run lesson 2 [port]
 * In other terminals: nc 127.0.0.1 5001        (two or three of them), and top
 * Observe:            every client is answered at once. But look at top: with
 *                     nobody saying anything the program takes all of a core.
 * What hurts:         it asks millions of times "anything new?", and nearly
 *                     every time the answer is no. It should sleep until there is
 *                     something; but sleep on which of its sockets?
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { createServer, type Socket } from "posix-select/socket";

const say = (line: string): void => {
  try {
    writeSync(1, `${line}\n`);
  } catch {} // nobody reads it: no reason to stop
};

function listen(port: string): Socket {
  try {
    return createServer({ port: Number(port || NaN) });
  } catch (error) {
    console.error(`Cannot listen on port ${port}: ${String(error)}`);
    process.exit(1);
  }
}

const server = listen(process.argv[2] ?? "5001");
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

const clients = new Set<Socket>();
const buffer = Buffer.alloc(4096);

function acceptConnection(): void {
  const accepted = server.tryAccept();
  if (accepted === undefined) return; // nobody yet
  const [client, { host, port }] = accepted;
  say(`Connection from ${host}:${port}`);
  clients.add(client);
}

function sendMessage(client: Socket): void {
  const bytes = client.tryRecvInto(buffer);
  if (bytes === undefined) return; // nothing yet
  if (bytes > 0 && client.trySend("Hello world\n") !== undefined) return;
  clients.delete(client); // it has nothing more to say, or does not read
  client.close();
}

for (;;) {
  for (const socket of [server, ...clients]) {
    try {
      if (socket === server) acceptConnection();
      else sendMessage(socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (!clients.delete(socket)) continue; // no descriptor left for a client
      socket.close(); // it broke off
    }
  }
}

// Next: let the kernel say which socket is ready. 03-select.ts

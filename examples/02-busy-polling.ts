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

const say = (line: string): number => writeSync(1, `${line}\n`);

function listen(port: string): Socket {
  try {
    return createServer({ port: Number(port) });
  } catch (error) {
    console.error(`Cannot listen on port ${port}: ${String(error)}`);
    process.exit(1);
  }
}

const server = listen(process.argv[2] ?? "5001");
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

const clients = new Set<Socket>();
const buffer = Buffer.alloc(4096);

/** Answers a client if it said something. Gives false once it has gone. */
function answer(client: Socket): boolean {
  try {
    const bytes = client.tryRecvInto(buffer);
    if (bytes === undefined) return true; // nothing yet
    if (bytes === 0) return false; // it has nothing more to say
    return client.trySend("Hello world\n") !== undefined;
  } catch (error) {
    if (error instanceof OSError) return false; // it broke off
    throw error;
  }
}

for (;;) {
  const accepted = server.tryAccept();
  if (accepted !== undefined) {
    const [client, { host, port }] = accepted;
    say(`Connection from ${host}:${port}`);
    clients.add(client);
  }
  for (const client of clients) {
    if (answer(client)) continue;
    clients.delete(client);
    client.close();
  }
}

// Next: let the kernel say which socket is ready. 03-select.ts

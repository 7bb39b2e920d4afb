/**
 * 01 - Blocking: a server for one client at a time
 *
 * New here: a socket, and calls that wait: accept() for a client, recv() for
 * what it says. Everything that comes later begins with this loop.
 *
 * Run:                npm run lesson 1 [port]
 * In other terminals: nc 127.0.0.1 5001        (two or three of them)
 * Observe:            type a line in the first one: it is answered at once. Type
 *                     one in the second: nothing. End the first with Ctrl-C, and
 *                     the second gets its answer.
 * What hurts:         while recv() waits for the first client, nobody accepts
 *                     the second. It is connected (the system does that), but
 *                     to a program that looks elsewhere.
 *
 * In Python: original.py. It closes no client's socket and ends with the first
 * client that breaks off; here both are taken care of.
 */
import { writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
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

function serve(client: Socket): void {
  try {
    for (;;) {
      const request = client.recv(4096); // waits for this client
      if (request.length === 0) return; // it has nothing more to say
      client.sendAll("Hello world\n");
    }
  } finally {
    client.close();
  }
}

for (;;) {
  try {
    const [client, { host, port }] = server.accept(); // waits for a client
    say(`Connection from ${host}:${port}`);
    serve(client);
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    say(error.message); // it broke off; or there is no room for one more,
    if (error.syscall === "accept") await setTimeout(50); // who still knocks
  }
}

// Next: what if no call waited? 02-busy-polling.ts

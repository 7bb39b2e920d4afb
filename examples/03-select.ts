/**
 * 03 - select: sleep until somebody has something to say
 *
 * New here: select(). It takes all the sockets, lets the kernel put the thread to
 * sleep, and gives those on which a call would not have to wait. The loop around
 * it is an event loop.
 *
 * Read first:         02-busy-polling.ts
 * Run:                npm start, or npm run lesson 3 [port]
 * In other terminals: nc 127.0.0.1 5001        (as many as you like), and top
 * Observe:            every client is answered at once, and between two messages
 *                     the program takes no time at all.
 * What hurts:         each turn hands the whole list over, and the kernel looks at
 *                     every socket of it, though only one may be ready. With ten
 *                     clients that is nothing; with ten thousand it is all we do.
 *
 * In Python: my_socket.py, 1_select.py, event_loop.py. There a client that breaks
 * off ends the server, and so does one that stops reading; here it is let go.
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { select } from "posix-select/select";
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
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

const toMonitor = new Set<Socket>([server]);

function acceptConnection(): void {
  const [client, { host, port }] = server.accept();
  client.setBlocking(false); // no client can make us wait
  say(`Connection from ${host}:${port}`);
  toMonitor.add(client);
}

function sendMessage(client: Socket): void {
  const request = client.recv(4096);
  if (request.length > 0) client.send("Hello world\n");
  else letGo(client); // it has nothing more to say
}

function letGo(client: Socket): void {
  toMonitor.delete(client);
  client.close();
}

for (;;) {
  // After an accept() that failed: one wait without the listener, a short one.
  const isResting = !toMonitor.has(server);
  const [readyToRead] = select(toMonitor, [], [], isResting ? 50 : Infinity);
  toMonitor.add(server);
  for (const socket of readyToRead) {
    try {
      if (socket === server) acceptConnection();
      else sendMessage(socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (socket !== server) {
        letGo(socket); // it broke off, or does not read
      } else {
        toMonitor.delete(server); // no room for one more, who still knocks
      }
    }
  }
}

// Next: must the list be handed over each time? 04-poll.ts

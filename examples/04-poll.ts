/**
 * 04 - poll: a list that stays
 *
 * New here: poll(). The list of descriptors is handed over once and then kept up
 * to date; a wait answers with numbers and, for each, what happened to it: data
 * (POLLIN), the other side has gone (POLLHUP), an error (POLLERR).
 *
 * Read first:         03-select.ts
 * Run:                npm run lesson 4 [port]
 * In other terminals: nc 127.0.0.1 5001        (as many as you like), and top
 * Observe:            the same as before. The loop, though, no longer collects its
 *                     sockets each turn: register() and unregister() do so once.
 * What hurts:         the list stays with us, and the kernel still looks at all of
 *                     it, each turn, to find the one that is ready.
 *
 * In Python: "select() and similar functions". select.poll() gives numbers too.
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { poll, POLLIN } from "posix-select/select";
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

const clients = new Map<number, Socket>(); // poll() knows numbers only
const poller = poll();
poller.register(server, POLLIN);

function acceptConnection(): void {
  const [client, { host, port }] = server.accept();
  client.setBlocking(false); // no client can make us wait
  say(`Connection from ${host}:${port}`);
  clients.set(client.fileno(), client);
  poller.register(client, POLLIN);
}

function sendMessage(client: Socket): void {
  const request = client.recv(4096);
  if (request.length > 0) client.send("Hello world\n");
  else letGo(client); // it has nothing more to say
}

function letGo(client: Socket): void {
  poller.unregister(client); // a closed one would be reported for ever
  clients.delete(client.fileno());
  client.close();
}

let isResting = false;

for (;;) {
  // After an accept() that failed: one wait without the listener, a short one.
  const ready = poller.poll(isResting ? 50 : Infinity);
  if (isResting) poller.modify(server, POLLIN);
  isResting = false;
  for (const [fd, revents] of ready) {
    const client = clients.get(fd);
    try {
      if (client === undefined) acceptConnection();
      else if (revents & POLLIN) sendMessage(client);
      else letGo(client); // POLLHUP or POLLERR: it has gone
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (client !== undefined) {
        letGo(client); // it broke off, or does not read
      } else {
        poller.modify(server, 0); // no room for one more, who still knocks
        isResting = true;
      }
    }
  }
}

// Next: let the kernel keep the list. 05-epoll.ts

/**
 * 05 - epoll: the kernel keeps the list
 *
 * New here: epoll(). The kernel remembers which descriptors we watch, and notes
 * down by itself which become ready. A wait is handed nothing and costs as much as
 * is ready: one of ten thousand is as quick as one of ten.
 *
 * Read first:         04-poll.ts
 * Run:                npm run lesson 5 [port]   (Linux; a Mac has kqueue for it)
 * In other terminals: nc 127.0.0.1 5001        (as many as you like), and top
 * Observe:            the program is nearly the last one, word by word. What has
 *                     changed is who does the work.
 * What hurts:         it runs on Linux only. On a Mac the same idea has other
 *                     calls, and elsewhere there is poll or select: one program
 *                     each?
 *
 * In Python: "select() and similar functions". select.epoll() gives numbers too.
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { epoll, EPOLLIN } from "posix-select/select";
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

if (epoll === undefined) {
  say("There is no epoll here (a Mac has kqueue): go on with lesson 6.");
  process.exit(0);
}

const server = listen(process.argv[2] ?? "5001");
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

const clients = new Map<number, Socket>(); // epoll gives numbers only
const poller = epoll();
poller.register(server, EPOLLIN);

function acceptConnection(): void {
  const [client, { host, port }] = server.accept();
  client.setBlocking(false); // no client can make us wait
  say(`Connection from ${host}:${port}`);
  clients.set(client.fileno(), client);
  poller.register(client, EPOLLIN);
}

function sendMessage(client: Socket): void {
  const request = client.recv(4096);
  if (request.length > 0) client.send("Hello world\n");
  else letGo(client); // it has nothing more to say
}

function letGo(client: Socket): void {
  poller.unregister(client);
  clients.delete(client.fileno());
  client.close();
}

let isResting = false;

for (;;) {
  // After an accept() that failed: one wait without the listener, a short one.
  const ready = poller.poll(isResting ? 50 : Infinity);
  if (isResting) poller.modify(server, EPOLLIN);
  isResting = false;
  for (const [fd] of ready) {
    const client = clients.get(fd);
    try {
      if (client === undefined) acceptConnection();
      else sendMessage(client);
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

// Next: one program for every system. 06-selectors.ts

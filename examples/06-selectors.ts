/**
 * 06 - selectors: whatever the system does best, and callbacks
 *
 * New here: a selector. It takes epoll, kqueue, poll or select, whichever works
 * here, gives objects back instead of numbers, and keeps with each whatever the
 * program wants to find again: here, the function to call when it is ready.
 *
 * Read first:         05-epoll.ts
 * Run:                npm run lesson 6 [port]
 * In other terminals: nc 127.0.0.1 5001        (as many as you like), and top
 * Observe:            the loop at the end knows no servers and no clients any more.
 *                     It calls what it finds. This is how Node is made.
 * What hurts:         what belongs together, "accept, then read, then answer, then
 *                     read", is torn into functions that call each other by way of
 *                     the loop. With three steps one can still follow.
 *
 * In Python: my_socket_version_selectors.py, 2_selectors.py, callbacks.py. There a
 * client that breaks off ends the server; here it is let go.
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
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

type Callback = (socket: Socket) => void;
const selector = new DefaultSelector<Callback, Socket>();

function acceptConnection(server: Socket): void {
  const [client, { host, port }] = server.accept();
  client.setBlocking(false); // no client can make us wait
  say(`Connection from ${host}:${port}`);
  selector.register(client, EVENT_READ, sendMessage);
}

function sendMessage(client: Socket): void {
  const request = client.recv(4096);
  if (request.length > 0) client.send("Hello world\n");
  else letGo(client); // it has nothing more to say
}

function letGo(client: Socket): void {
  selector.unregister(client);
  client.close();
}

selector.register(server, EVENT_READ, acceptConnection);

for (;;) {
  // After an accept() that failed: one wait without the listener, a short one.
  const isResting = !selector.getMap().has(server);
  const ready = selector.select(isResting ? 50 : Infinity);
  if (isResting) selector.register(server, EVENT_READ, acceptConnection);
  for (const [{ fileobj: socket, data: callback }] of ready) {
    try {
      callback(socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (socket !== server) {
        letGo(socket); // it broke off, or does not read
      } else {
        selector.unregister(server); // no room for one more, who still knocks
      }
    }
  }
}

// Next: functions that can be left in the middle. 07-round-robin.ts

/**
 * 14 - Backpressure: who does not listen is not heard
 *
 * New here: partial sends, and backpressure. A send takes what the system has room
 * for. The rest is kept, and sent when the socket can be written to (EVENT_WRITE,
 * asked for only while there is a rest). And as long as a client is owed something,
 * nothing more is read from it.
 *
 * Read first:         06-selectors.ts
 * Run:                npm run lesson 14 [port]
 * In other terminals: yes | nc 127.0.0.1 5001 > /dev/null
 *                     yes | nc 127.0.0.1 5001 | (sleep 30; cat > /dev/null)
 *                     nc 127.0.0.1 5001        (to type something), and top
 * Observe:            the first one talks and listens, and is served for as long
 *                     as it likes. The second only talks. For some seconds nobody
 *                     notices: the system keeps megabytes for it. Then the server
 *                     prints
 *                       127.0.0.1:40510 is paused
 *                     and in top its "yes" comes to rest: it is held up, as far
 *                     back as that. After half a minute it listens at last, and
 *                       127.0.0.1:40510 goes on
 *                     You are answered at once all the while.
 * What hurts:         one that never listens is never let go. It costs little,
 *                     but it does so for ever: the server has no idea of time.
 *
 * The lessons with callbacks before this one let such a client go, since they have
 * nowhere to keep what the system does not take. Node lets some of it pile up before
 * it wants you to pause (highWaterMark); here a part of one answer is enough.
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import {
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
} from "posix-select/selectors";
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

const answer = Buffer.from("Hello world\n");
/** With each client: what it is owed, and the system did not take yet. */
const selector = new DefaultSelector<Buffer | undefined, Socket>();

function acceptConnection(): void {
  const [client, { host, port }] = server.accept();
  client.setBlocking(false); // no client can make us wait
  say(`Connection from ${host}:${port}`);
  selector.register(client, EVENT_READ);
}

function sendMessage(client: Socket): void {
  const request = client.recv(4096);
  if (request.length > 0) send(client, answer);
  else letGo(client); // it has nothing more to say
}

/** Sends what there is room for. While there is a rest, nothing more is read. */
function send(client: Socket, owed: Buffer): void {
  const rest = owed.subarray(client.trySend(owed) ?? 0); // undefined: no room
  const events = rest.length > 0 ? EVENT_WRITE : EVENT_READ;
  if (events !== selector.getKey(client).events) {
    const { host, port } = client.getpeername();
    say(`${host}:${port} ${rest.length > 0 ? "is paused" : "goes on"}`);
  }
  selector.modify(client, events, rest);
}

function letGo(client: Socket): void {
  selector.unregister(client);
  client.close();
}

selector.register(server, EVENT_READ);

for (;;) {
  // After an accept() that failed: one wait without the listener, a short one.
  const isResting = !selector.getMap().has(server);
  const ready = selector.select(isResting ? 50 : Infinity);
  if (isResting) selector.register(server, EVENT_READ);
  for (const [{ fileobj: socket, data: owed }] of ready) {
    try {
      if (socket === server) acceptConnection();
      else if (owed?.length) send(socket, owed);
      else sendMessage(socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error; // else: it broke off
      if (socket !== server) letGo(socket);
      else selector.unregister(server); // no room for one more, who still knocks
    }
  }
}

// Next: give the server an idea of time. 15-timers.ts

/**
 * 14 - Backpressure: who does not listen is not heard
 *
 * New here: partial sends, and backpressure. A send takes what the system has room
 * for. The rest is kept, and sent when the socket can be written to (EVENT_WRITE,
 * asked for only while there is a rest). And from a client that lets too much pile
 * up nothing is read, until it has taken all that it is owed.
 *
 * Read first:         06-selectors.ts
 * Run:                npm run lesson 14 [port]
 * In other terminals: yes | nc 127.0.0.1 5001 > /dev/null
 *                     yes | nc 127.0.0.1 5001 | (sleep 30; cat > /dev/null)
 *                     nc 127.0.0.1 5001        (to type something), and top
 * Observe:            the first one talks and listens, and is served for as long
 *                     as it likes. The second only talks. For some seconds nobody
 *                     notices: its system takes megabytes for it. Then the server
 *                     prints
 *                       127.0.0.1:40510 is paused: 65544 bytes wait
 *                     and in top its "yes" comes to rest: it is held up, as far
 *                     back as that. After half a minute it listens at last, and
 *                       127.0.0.1:40510 goes on
 *                     You are answered at once all the while.
 * What hurts:         one that never listens is never let go. It costs little,
 *                     but it does so for ever: the server has no idea of time.
 *
 * The lessons with callbacks before this one let such a client go, since they have
 * nowhere to keep what the system does not take.
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import {
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
} from "posix-select/selectors";
import {
  createServer,
  SO_SNDBUF,
  type Socket,
  SOL_SOCKET,
} from "posix-select/socket";

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
server.setsockopt(SOL_SOCKET, SO_SNDBUF, 16 * 1024); // each client's, too
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

const nothing = Buffer.alloc(0);
const answer = Buffer.from("Hello world\n");
const limit = 64 * 1024; // bytes: who is owed more is paused

/** With each client: what it is owed, and the system did not take yet. */
const selector = new DefaultSelector<Buffer, Socket>();

function acceptConnection(): void {
  const [client, { host, port }] = server.accept();
  client.setBlocking(false); // no client can make us wait
  say(`Connection from ${host}:${port}`);
  selector.register(client, EVENT_READ, nothing);
}

function sendMessage(client: Socket, ready: number): void {
  let owed = selector.getKey(client).data;
  let hasEnded = false;
  if (ready & EVENT_READ) {
    hasEnded = client.recv(4096).length === 0;
    if (!hasEnded) owed = Buffer.concat([owed, answer]);
  }
  owed = owed.subarray(client.trySend(owed) ?? 0); // undefined: no room at all
  if (hasEnded && owed.length === 0) letGo(client);
  else watch(client, owed, hasEnded);
}

/** Waits for what is of use to a client now, and for nothing else. */
function watch(client: Socket, owed: Buffer, hasEnded: boolean): void {
  const wasPaused = !(selector.getKey(client).events & EVENT_READ);
  const isPaused =
    owed.length > 0 && (owed.length > limit || wasPaused || hasEnded);
  if (isPaused !== wasPaused) {
    const { host, port } = client.getpeername();
    const what = isPaused ? `is paused: ${owed.length} bytes wait` : "goes on";
    say(`${host}:${port} ${what}`);
  }
  const writing = owed.length > 0 ? EVENT_WRITE : 0;
  selector.modify(client, isPaused ? writing : writing | EVENT_READ, owed);
}

function letGo(client: Socket): void {
  selector.unregister(client);
  client.close();
  if (selector.getMap().has(server)) return;
  selector.register(server, EVENT_READ, nothing); // room for the next
}

selector.register(server, EVENT_READ, nothing);

for (;;) {
  for (const [{ fileobj: socket }, ready] of selector.select()) {
    try {
      if (socket === server) acceptConnection();
      else sendMessage(socket, ready);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (socket !== server) {
        letGo(socket); // it broke off
      } else if (error.code === "EMFILE") {
        selector.unregister(server); // full, until somebody leaves
      }
    }
  }
}

// Next: give the server an idea of time. 15-timers.ts

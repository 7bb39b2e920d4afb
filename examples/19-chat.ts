/**
 * 19 - Chat: many clients that talk to each other
 *
 * New here: clients that are not alone. What one says, the others hear, so that a
 * task has two things to wait for: its own socket, and what other tasks leave for it
 * (tell()). They never wait for it. They wake it up, and it sends by itself.
 *
 * Read first:         14-backpressure.ts, 17-async-server.ts
 * Run:                npm run lesson 19 [port]
 * In other terminals: nc 127.0.0.1 5001        (two or three of them)
 * Observe:            "ann" sees, if she writes her name and "hello":
 *                       * Your name?
 *                       ann
 *                       * You are ann. /who tells who is here, /quit leaves
 *                       * bob is here
 *                       hello
 *                       bob: hello ann
 *                       * bob has left
 *                     Now "ann" once more, who looks at the news only, one who
 *                     never listens, and one who talks without end:
 *                       (echo ann; cat) | nc 127.0.0.1 5001 | grep "^[*]"
 *                       (echo bob; sleep 99) | nc 127.0.0.1 5001 | sleep 99
 *                       (echo eve; while sleep .1; do seq 9999; done) |
 *                         nc 127.0.0.1 5001 > /dev/null
 *                     After some seconds the systems have taken megabytes for bob,
 *                     and he is let go, while ann goes on to hear all of it:
 *                       * bob did not listen
 * What hurts:         one who talks without end is heard by all. Lesson 14 reads no
 *                     more from such a client, but here that would let the slowest
 *                     one hold up everybody. And whatever is said goes to all at
 *                     once, however many there are: nothing here knows how much at
 *                     a time is enough.
 *
 * TCP knows no lines. One may come in pieces, many in one, with "\r\n" from a telnet,
 * and a letter of two bytes may be cut in its middle: a decoder and `text` keep what
 * has not ended. A line is cut off where it is too long. What waits for a client is
 * bounded, too: it is let go, with a word to the others, when the system takes no more
 * for it and `owed` is full; and who has so much to be told that a thousand "/who" in
 * one piece would fill our memory is not heard for the moment.
 *
 * The microtask trap of lesson 17 is here, too: wake() runs nobody. Who was woken
 * runs during `await setImmediate()`, and so do those whom it wakes in turn.
 */
import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
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

const buffer = Buffer.alloc(4096);
const longest = 500; // of a line: the rest is cut off
const limit = 64 * 1024; // bytes that the system does not take for a client

interface Client {
  readonly socket: Socket;
  name: string; // "" until it has one
  isHere: boolean;
  told: string; // what its task has still to send
}

const members = new Map<string, Client>(); // those who have a name
const resting: (() => void)[] = []; // until after the next wait, a short one
const selector = new DefaultSelector<() => void, Socket>();

/** Done once the socket is ready, or its task is woken. */
function ready(socket: Socket, events: number): Promise<void> {
  return new Promise((resolve) => selector.register(socket, events, resolve));
}

function wake(socket: Socket): void {
  if (selector.getMap().has(socket)) selector.unregister(socket).data();
}

/** Leaves a line for a client. Its own task sends it, and nobody waits. */
function tell(client: Client, line: string): void {
  client.told += `${line}\n`;
  wake(client.socket);
}

function tellOthers(client: Client, line: string): void {
  for (const member of members.values())
    if (member !== client) tell(member, line);
}

function hear(client: Client, said: string): void {
  // Nobody can write escape sequences on somebody else's terminal.
  const line = said.slice(0, longest).replace(/[\p{Cc}\p{Cs}]/gu, "");
  if (line === "" || !client.isHere || client.told.length > limit) return;
  if (line === "/quit") leave(client);
  else if (line === "/who")
    tell(client, `* ${[...members.keys()].join(", ") || "nobody"}`);
  else if (client.name !== "") tellOthers(client, `${client.name}: ${line}`);
  else if (/^[\p{L}\p{N}]{1,20}$/u.test(line) && !members.has(line)) {
    client.name = line;
    members.set(line, client);
    tell(client, `* You are ${line}. /who tells who is here, /quit leaves`);
    tellOthers(client, `* ${line} is here`);
  } else tell(client, "* One word, please, that nobody else has. Your name?");
}

function leave(client: Client, how = "has left"): void {
  if (client.isHere && members.delete(client.name))
    tellOthers(client, `* ${client.name} ${how}`);
  client.isHere = false;
}

/** A client's task: sends what it was told, hears what it says. */
async function talk(client: Client): Promise<void> {
  const { socket } = client;
  const decoder = new TextDecoder(); // half a letter waits for the other half
  let text = ""; // a line that has not ended
  let owed = Buffer.of(); // what it was told, and the system has not taken
  tell(client, "* Your name?");
  try {
    while (client.isHere || client.told.length + owed.length > 0) {
      const writing = client.told.length + owed.length > 0 ? EVENT_WRITE : 0;
      await ready(socket, client.isHere ? EVENT_READ | writing : writing);
      owed = Buffer.concat([owed, Buffer.from(client.told)]);
      client.told = "";
      owed = owed.subarray(socket.trySend(owed) ?? 0);
      if (owed.length > limit) break; // and the system takes no more
      const count = client.isHere ? socket.tryRecvInto(buffer) : undefined;
      if (count === undefined) continue; // it says nothing now
      const said = decoder.decode(buffer.subarray(0, count), { stream: true });
      const lines = (text + (count > 0 ? said : "\n")).split("\n");
      text = (lines.pop() ?? "").slice(0, longest);
      for (const line of lines) hear(client, line);
      if (count === 0) leave(client); // it still gets what it is owed
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error; // it broke off
  } finally {
    leave(client, owed.length > limit ? "did not listen" : "has left");
    socket.close();
  }
}

async function serve(server: Socket): Promise<void> {
  for (;;) {
    await ready(server, EVENT_READ);
    try {
      const [socket, { host, port }] = server.accept();
      socket.setBlocking(false); // no client can make us wait
      say(`Connection from ${host}:${port}`);
      void talk({ socket, name: "", isHere: true, told: "" });
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      // There is no room for one more, who still knocks.
      await new Promise<void>((resolve) => resting.push(resolve));
    }
  }
}

const server = listen(process.argv[2] ?? "5001");
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);
void serve(server);

for (;;) {
  const ready = selector.select(resting.length > 0 ? 50 : Infinity);
  for (const resolve of resting.splice(0)) resolve();
  for (const [{ fileobj: socket }] of ready) wake(socket);
  await setImmediate(); // no microtask is left when we come back
}

// Next: many tasks, but not too many at once. 20-crawler/index.ts

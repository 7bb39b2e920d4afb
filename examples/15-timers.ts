/**
 * 15 - Timers: a loop that knows what time it is
 *
 * New here: timers. The selector's time-out is the time until the next deadline.
 * All deadlines are in a heap, a tree in which none stands above an earlier one, so
 * that the next is always at the top. (And where a timer is a descriptor, it can
 * be watched like any other.)
 *
 * Read first:         14-backpressure.ts
 * Run:                npm run lesson 15 [port] [idleMs]
 * In other terminals: nc 127.0.0.1 5001        (two or three of them), and top
 * Observe:            say something in one of them every few seconds, and nothing
 *                     in the others: these are told "Bye" after 10 s, and are put
 *                     out. Every 5 s the server prints
 *                       Clients: 2
 *                     That comes from a timer in the kernel: a descriptor that is
 *                     readable when it is time. In between the program still takes
 *                     no time at all.
 * What hurts:         every lesson since 06 has more to remember between two calls
 *                     of a callback: here a deadline, before that what a client is
 *                     owed. A function that waits keeps all that in its variables,
 *                     and "nothing for 10 s" would be one line of it.
 *
 * A timer that is no longer wanted is not searched for in the heap. It stays there
 * until it is at the top, and then does nothing ("lazy deletion"), or goes back
 * with a later deadline. So a message costs nothing, and a client has one timer.
 *
 * merge() puts the earlier of two tops on top, and merges the rest with one of its
 * sides. A coin decides which, so that the tree stays low, whatever the order that
 * timers come in. Adding one is a merge, and so is taking the top off. Node and
 * asyncio keep their heap in an array; what it does is the same.
 */
import { readSync, writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { timerfd } from "posix-select/fd";
import { kevent, KQ_FILTER_TIMER, kqueue } from "posix-select/select";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import { createServer, Socket } from "posix-select/socket";

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

const idleMs = Math.max(Number(process.argv[3]) || 10_000, 1);

interface Timer {
  readonly at: number; // on the clock of performance.now(), which nobody sets
  readonly client: Socket;
  readonly left?: Timer | undefined;
  readonly right?: Timer | undefined;
}

function merge(a?: Timer, b?: Timer): Timer | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (b.at < a.at) return merge(b, a);
  return Math.random() < 0.5
    ? { ...a, left: merge(a.left, b) }
    : { ...a, right: merge(a.right, b) };
}

let timers: Timer | undefined; // the heap: its top is the next one
const deadlines = new Map<Socket, number>(); // until then a client may be silent
const selector = new DefaultSelector();

function acceptConnection(): void {
  const [client, { host, port }] = server.accept();
  client.setBlocking(false); // no client can make us wait
  say(`Connection from ${host}:${port}`);
  selector.register(client, EVENT_READ);
  const at = performance.now() + idleMs;
  deadlines.set(client, at);
  timers = merge(timers, { at, client });
}

function sendMessage(client: Socket): void {
  const request = client.recv(4096);
  if (request.length > 0) {
    client.send("Hello world\n");
    deadlines.set(client, performance.now() + idleMs); // its timer comes too early
  } else {
    letGo(client); // it has nothing more to say
  }
}

function expire(client: Socket): void {
  const at = deadlines.get(client);
  if (at === undefined) return; // it has left
  if (at > performance.now()) {
    timers = merge(timers, { at, client }); // it has spoken: once more
  } else {
    client.send("Bye\n");
    letGo(client);
  }
}

function letGo(client: Socket): void {
  selector.unregister(client);
  client.close();
  deadlines.delete(client);
  if (selector.getMap().has(server)) return;
  selector.register(server, EVENT_READ); // room for the next
}

function attempt(step: (socket: Socket) => void, socket: Socket): void {
  try {
    step(socket);
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    if (socket !== server) {
      letGo(socket); // it broke off, or does not read
    } else if (error.code === "EMFILE") {
      selector.unregister(server); // full, until somebody leaves
    }
  }
}

const tickMs = Math.ceil(idleMs / 2);
const queue = kqueue?.(); // on a Mac and the BSDs; elsewhere it is undefined
const timer = kevent?.(0, KQ_FILTER_TIMER);
if (timer) queue?.control([{ ...timer, data: tickMs }], 0);
const ticker = queue ?? timerfd?.({ intervalMs: tickMs }); // on Linux

function tick(): void {
  queue?.control(null, 1, 0); // takes the event, so that it is not readable
  if (typeof ticker === "number") readSync(ticker, Buffer.alloc(8)); // as here
  if (deadlines.size > 0) say(`Clients: ${deadlines.size}`);
}

selector.register(server, EVENT_READ);
if (ticker !== undefined) selector.register(ticker, EVENT_READ);

for (;;) {
  const leftMs = timers && timers.at - performance.now();
  for (const [{ fileobj }] of selector.select(leftMs)) {
    if (fileobj === server) attempt(acceptConnection, server);
    else if (fileobj instanceof Socket) attempt(sendMessage, fileobj);
    else tick();
  }
  while (timers && timers.at <= performance.now()) {
    const { client, left, right } = timers;
    timers = merge(left, right);
    attempt(expire, client);
  }
}

// Next: functions that wait, and what they wait for. 16-futures-and-tasks.ts

/**
 * 15 - Timers: a loop that knows what time it is
 *
 * New here: timers. The wait's time-out is the time until the next deadline. All
 * deadlines are in a heap, a tree in which none stands above an earlier one, so that
 * the next is always at the top. (And where a timer is a descriptor, it can be
 * watched like any other.)
 *
 * Read first:         14-backpressure.ts
 * Run:                npm run lesson 15 [port] [idleMs]
 * In other terminals: nc 127.0.0.1 5001        (two of them), and top
 * Observe:            say something in one of them every few seconds, and nothing
 *                     in the other. Every 5 s the server prints
 *                       Watched: 4
 *                     (your two, the listener, and what has this printed: a timer
 *                     in the kernel, a descriptor that is readable when it is
 *                     time). And when the other one has been silent for 10 s,
 *                       Watched: 3
 *                     since it has been put out. (Its nc finds out when you press
 *                     Enter there.) In between the program takes no time at all.
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
 * sides. They change places each time, so that neither grows too tall. Adding a timer
 * is a merge, and so is taking the top off. Node and asyncio keep their heap in an
 * array; what it does is the same.
 */
import { readSync, writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { type FileDescriptorLike, timerfd } from "posix-select/fd";
import { kevent, KQ_FILTER_TIMER, kqueue, select } from "posix-select/select";
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
const deadlines = new Map<FileDescriptorLike, number>([[server, Infinity]]);

/** None stands above an earlier one: the next timer is at the top. */
type Heap =
  { at: number; client: Socket; left?: Heap; right?: Heap } | undefined;
let timers: Heap;

function merge(a: Heap, b: Heap): Heap {
  if (a === undefined || b === undefined) return a ?? b;
  if (b.at < a.at) [a, b] = [b, a];
  [a.left, a.right] = [merge(a.right, b), a.left]; // the sides take turns
  return a;
}

function acceptConnection(): void {
  const [client, { host, port }] = server.accept();
  client.setBlocking(false); // no client can make us wait
  say(`Connection from ${host}:${port}`);
  const at = performance.now() + idleMs; // on a clock that nobody sets
  deadlines.set(client, at);
  timers = merge(timers, { at, client });
}

function sendMessage(client: Socket): void {
  const request = client.recv(4096);
  deadlines.set(client, performance.now() + idleMs); // its timer comes too early
  if (request.length > 0) client.send("Hello world\n");
  else letGo(client); // it has nothing more to say
}

function letGo(client: Socket): void {
  deadlines.delete(client);
  client.close();
}

const intervalMs = Math.ceil(idleMs / 2);
const queue = kqueue?.(); // on a Mac and the BSDs; elsewhere it is undefined
const timer = kevent?.(0, KQ_FILTER_TIMER);
if (timer) queue?.control([{ ...timer, data: intervalMs }], 0);
const ticker = queue ?? timerfd?.({ intervalMs }); // on Linux
if (ticker !== undefined) deadlines.set(ticker, Infinity);

function tick(): void {
  queue?.control(null, 1, 0); // takes the event, so that it is not readable
  if (typeof ticker === "number") readSync(ticker, Buffer.alloc(8)); // as here
  if (deadlines.size > 2) say(`Watched: ${deadlines.size}`);
}

for (;;) {
  // After an accept() that failed: one wait without the listener, a short one.
  const isResting = !deadlines.has(server);
  const leftMs = isResting ? 50 : timers && timers.at - performance.now();
  const [readyToRead] = select(deadlines.keys(), [], [], leftMs);
  deadlines.set(server, Infinity);
  for (const file of readyToRead) {
    try {
      if (file === server) acceptConnection();
      else if (file instanceof Socket) sendMessage(file);
      else tick();
    } catch (error) {
      if (!(error instanceof OSError)) throw error; // else: it broke off
      if (file instanceof Socket && file !== server) letGo(file);
      else deadlines.delete(server); // no room for one more, who still knocks
    }
  }
  while (timers && timers.at <= performance.now()) {
    const { client, left, right } = timers;
    timers = merge(left, right); // the top comes off
    const at = deadlines.get(client) ?? 0; // it may have spoken, or have left
    if (at > performance.now()) timers = merge(timers, { at, client });
    else letGo(client);
  }
}

// Next: functions that wait, and what they wait for. 16-futures-and-tasks.ts

/**
 * 23 - node:net: the same server, and what Node did for you
 *
 * New here: nothing that you have not built. This is the server of all these
 * lessons on Node's own loop, and each line says which lesson is inside it.
 *
 * Read first:         22-many-processes/index.ts, and any that you have skipped
 * Run:                npm run lesson 23 [port]
 * In other terminals: nc 127.0.0.1 5001        (as many as you like), and top
 * Observe:            nothing new. That is the point: 30 lines, none of them a loop.
 *                     The loop is there, though. On Linux you can see it, asleep
 *                     in the call of lesson 05:
 *                       strace -e epoll_wait,epoll_pwait -p `pgrep -n -f lesson.ts`
 * What hurts:         what you don't see, you can't see go wrong: who has followed
 *                     the course knows why a pause() or a missing 'error' listener
 *                     matters.
 *
 * When to use none of this course's modules: for any ordinary server or client. Node
 * has one loop for sockets, timers, files and signals, tuned and tested everywhere;
 * a blocking select() beside it only makes it wait.
 *
 * When to use them: for descriptors that Node can't watch (GPIO, inotify, timerfd,
 * CAN, tun, a descriptor from another library); for what its sockets don't have
 * (passing descriptors, SEQPACKET, raw sockets, blocking calls in a worker); for a
 * program to read side by side with one in Python or C; and to learn.
 *
 * In Python: asyncio.start_server() is the same, with the same things inside.
 */
import { writeSync } from "node:fs";
import { createServer, type Socket } from "node:net";

const say = (line: string): void => {
  try {
    writeSync(1, `${line}\n`);
  } catch {} // nobody reads it: no reason to stop
};

function fail(error: unknown): never {
  console.error(`Cannot listen on port ${port}: ${String(error)}`);
  process.exit(1);
}

function talk(client: Socket): void {
  // accept(), in a loop until nobody waits: 01, 02. Non-blocking: 03. What is too
  // much for the process (EMFILE) Node takes and closes, to stay responsive.
  say(`Connection from ${client.remoteAddress}:${client.remotePort}`);

  // selector.register(client, EVENT_READ, callback), on epoll or kqueue: 05, 06.
  // recv() into a buffer, and the callback of the one that is ready: 06.
  client.on("data", () => {
    // send(); what the system does not take is kept, sent when the socket is
    // writable, and counted: false means that it is enough. That is 14.
    if (client.write("Hello world\n")) return;
    client.pause(); // we read no more from a client that does not read: 14
    client.once("drain", () => client.resume());
  });

  // recv() gave nothing: it has nothing more to say, and may still listen: 01, 03.
  client.on("end", () => client.end());

  // An OSError that a call threw comes as an event: it broke off (ECONNRESET,
  // EPIPE): 03. Node closes the socket; without this listener it ends us.
  client.on("error", () => undefined);

  // Not used: setTimeout(), a deadline among those in Node's timers: 15.
}

// Without allowHalfOpen Node would end our half as soon as the client ends its own,
// and an answer that takes its time would be too late. Ours never did: 01, 03.
const server = createServer({ allowHalfOpen: true }, talk);

// Errors of bind() and listen() (the port is taken) are events as well: 01.
server.on("error", fail);

// socket(), SO_REUSEADDR, bind(), listen(), and the listener in the loop: 01, 03.
// Where node:cluster has made this process, its parent has the socket: 22.
const port = process.argv[2] ?? "5001";
try {
  server.listen({ host: "127.0.0.1", port: Number(port || NaN) }, () => {
    const address = server.address(); // getsockname(): 01
    if (address === null || typeof address === "string") return;
    say(`Listening on 127.0.0.1:${address.port}`);
  });
} catch (error) {
  fail(error); // no port at all
}

// Here is no `for (;;) selector.select()`: 03. Node runs it when this file has
// ended, with the time until the next timer as its time-out (15), ends it when
// nothing is registered any more, and wakes it by a descriptor when a thread of its
// pool (18) or a signal (21) has something to say. await (16, 17) needs no trick
// with setImmediate() here: after each callback Node runs the microtasks.

// Next: the exercises, or a program of your own. ../exercises/README.md

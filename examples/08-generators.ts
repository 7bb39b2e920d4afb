/**
 * 08 - Generators: a task says what it waits for
 *
 * New here: a task that stops and says what it waits for: `yield ["read", socket]`.
 * The loop asks select() for all of them, and lets each go on when its socket is
 * ready. What belongs together stands together again, in one function that reads
 * like 01 from top to bottom, and a thousand of them run side by side.
 *
 * Read first:         07-round-robin.ts
 * Run:                npm run lesson 8 [port]
 * In other terminals: nc 127.0.0.1 5001        (as many as you like), and top
 * Observe:            every client is answered at once. Each has a task of its
 *                     own, and a `try` around its whole life: a client that breaks
 *                     off ends its own task, and one that never reads waits in its
 *                     own. The loop knows nothing of either.
 * What hurts:         values only go out. The loop could hand a result back in, as
 *                     `const request = yield ["recv", client]`: how?
 *
 * In Python: 3_async_gens.py, 4_generators/generators.py. A version that goes from
 * hand to hand has four faults:
 * - `yield server_socket`, with no word what for: `reason, sock = next(task)`
 *   can't unpack it, and the program ends before its first client;
 * - `client_socket(4096)` for `client_socket.recv(4096)`;
 * - who is ready to write is popped from `to_read` (a KeyError), not `to_write`;
 * - only StopIteration is caught: what a client that breaks off makes its socket
 *   raise goes out through `next(task)` and ends the loop, with all the others.
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

type Task = Generator<["read" | "write" | "rest", Socket], void>;
const tasks: Task[] = [acceptConnections()]; // those that can go on
const toRead = new Map<Socket, Task>(); // and those that wait, by their sockets
const toWrite = new Map<Socket, Task>();
const toRest = new Map<Socket, Task>(); // for one wait, a short one
const waiting = { read: toRead, write: toWrite, rest: toRest };

function* acceptConnections(): Task {
  for (;;) {
    yield ["read", server];
    try {
      const [client, { host, port }] = server.accept();
      client.setBlocking(false); // no client can make us wait
      say(`Connection from ${host}:${port}`);
      tasks.push(sendMessages(client));
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      yield ["rest", server]; // no room for one more, who still knocks
    }
  }
}

function* sendMessages(client: Socket): Task {
  try {
    for (;;) {
      yield ["read", client];
      if (client.recv(4096).length === 0) return; // it has nothing more to say
      yield ["write", client];
      client.send("Hello world\n"); // ready means: there is room for it
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error; // else: it broke off
  } finally {
    client.close();
  }
}

function wake(among: Map<Socket, Task>, socket: Socket): void {
  const task = among.get(socket);
  if (task !== undefined) tasks.push(task);
  among.delete(socket);
}

for (;;) {
  for (let task; (task = tasks.shift());) {
    const { value, done } = task.next(); // up to its next yield
    if (!done) waiting[value[0]].set(value[1], task); // a reason, a socket
  }
  const ms = toRest.size > 0 ? 50 : Infinity;
  const [readable, writable] = select(toRead.keys(), toWrite.keys(), [], ms);
  for (const socket of readable) wake(toRead, socket);
  for (const socket of writable) wake(toWrite, socket);
  wake(toRest, server);
}

// Next: values that go in. 09-coroutines.ts

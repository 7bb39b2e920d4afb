/**
 * Exercise 08 - Three faults
 *
 * Lesson:     08-generators
 * It should:  Serve any number of clients, each by a generator that yields
 *             what it waits for.
 * Now:        it says that it listens, and ends.
 * Run:        node --import tsx exercises/08-three-faults.ts [port]
 * Try:        nc 127.0.0.1 5001   (two of them)
 * Mend:       the places marked TODO, then: npm run exercise
 */
import { writeSync } from "node:fs";
import { BlockingIOError } from "posix-select/errors";
import { select } from "posix-select/select";
import { createServer, type Socket } from "posix-select/socket";

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const server = createServer({ port: Number(process.argv[2] ?? 5001) });
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

type Wait = ["read" | "write", Socket];
type Task = Generator<Wait | Socket, undefined>;

function* serve(): Task {
  for (;;) {
    yield server; // TODO: is this what the loop understands?
    const [client] = server.accept();
    client.setBlocking(false);
    tasks.push(talk(client));
  }
}

function* talk(client: Socket): Task {
  try {
    for (;;) {
      yield ["read", client];
      const request = client.recv(4096);
      if (request.length === 0) return undefined;
      yield ["write", client];
      client.send("Hello world\n");
    }
  } catch (error) {
    // TODO: it does not read. What else can come of a client?
    if (!(error instanceof BlockingIOError)) throw error;
  } finally {
    client.close();
  }
}

const tasks: Task[] = [serve()];
const toRead = new Map<Socket, Task>();
const toWrite = new Map<Socket, Task>();

function wake(waiting: Map<Socket, Task>, ready: Socket[]): void {
  for (const socket of ready) {
    const task = waiting.get(socket);
    if (task) tasks.push(task);
    waiting.delete(socket);
  }
}

while (tasks.length + toRead.size + toWrite.size > 0) {
  const task = tasks.shift();
  if (task) {
    const { value: wait } = task.next();
    if (!Array.isArray(wait)) continue; // it waits for nothing any more
    const [reason, socket] = wait;
    (reason === "read" ? toRead : toWrite).set(socket, task);
  } else {
    const [readable, writable] = select(toRead.keys(), toWrite.keys(), []);
    wake(toRead, readable);
    wake(toRead, writable); // TODO: who waits for these?
  }
}

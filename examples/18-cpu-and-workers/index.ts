/**
 * 18 - CPU and workers: what no loop can do for you
 *
 * New here: work that is no waiting. Each client sends a number n, a line each, and
 * gets the n-th Fibonacci number, reckoned as slowly as can be. While the loop
 * reckons it serves nobody. So workers reckon, threads of their own, and when one is
 * done it rings: it writes a byte into a socketpair, whose other end is just another
 * descriptor in the selector.
 *
 * Read first:         08-generators.ts, 16-futures-and-tasks.ts
 * Run:                npm run lesson 18 [port], or with workers:
 *                     npm run lesson 18 -- 5001 --workers 2
 * In other terminals: nc 127.0.0.1 5001        (two of them)
 * Observe:            type 42 in the first, and at once 1 in the second. Without
 *                     workers the second waits for the first; with them it does
 *                     not. `npm run lesson 18 -- --measure` runs both and counts how
 *                     many fib(1) a client gets in a second, alone and beside one
 *                     that asks for fib(35) all the time.
 * What hurts:         with workers even fib(1) goes through two threads, and alone
 *                     it is slower than before. And two clients that ask for 42 keep
 *                     two workers busy: who then asks for 1 stands in the queue.
 *
 * Why a byte? postMessage() to a thread is heard by its Node loop, and ours never
 * turns: it sleeps in select(). receiveMessageOnPort() takes a message without that
 * loop, but does not wait for one. So the message brings the answer, and the byte
 * tells that there is one. (asyncio's call_soon_threadsafe() does the same, and so
 * do libuv's threads.) For the same reason a worker that has something to print must
 * do it with writeSync(): its console.log() comes out through our Node loop, and that
 * is never.
 *
 * In Python: David Beazley's talk "Concurrency from the Ground Up". There a thread
 * does not help, since one lock lets only one of them reckon; he takes processes.
 * Workers have no such lock.
 */
import { writeSync } from "node:fs";
import * as threads from "node:worker_threads";
import { OSError } from "posix-select/errors";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import { createServer, Socket, socketpair } from "posix-select/socket";

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

/** What a task waits for: to read from a socket, or its turn in a queue. */
type Task<T = void> = Generator<Socket | Task[], T, void>;

const selector = new DefaultSelector<Task, Socket>();

function step(task: Task): void {
  const { done, value: wait } = task.next();
  if (wait instanceof Socket) selector.register(wait, EVENT_READ, task);
  else if (!done) wait.push(task);
}

/** As slow as can be: it adds up the number from ones. */
function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/** A worker's program is text: a function can't be handed to a thread. */
const reckon = `
  const { bell, port } = require("node:worker_threads").workerData;
  ${fib.toString()}
  port.on("message", (n) => {
    port.postMessage(fib(n));
    require("node:fs").writeSync(bell, "!"); // the message must be there first
  });
`;

const idle: { port: threads.MessagePort; bell: Socket }[] = [];
const waitingForWorker: Task[] = [];

function hire(): void {
  const { port1: port, port2 } = new threads.MessageChannel();
  const [bell, far] = socketpair();
  const workerData = { port: port2, bell: far.detach() };
  new threads.Worker(reckon, { eval: true, workerData, transferList: [port2] });
  idle.push({ port, bell });
}

function* fibElsewhere(n: number): Task<string> {
  if (waitingForWorker.length >= 100) return "Error: busy, try again later\n";
  let worker;
  while (!(worker = idle.pop())) yield waitingForWorker;
  worker.port.postMessage(n);
  let answer;
  while (!(answer = threads.receiveMessageOnPort(worker.port))) {
    yield worker.bell; // a socket like any other
    try {
      worker.bell.recv(1);
    } catch {} // then it rings once more, for nothing: no reason to lose a worker
  }
  idle.push(worker);
  for (const next of waitingForWorker.splice(0, 1)) step(next);
  return `${answer.message}\n`;
}

function* answer(line: string): Task<string> {
  const n = /^\d{1,3}$/.test(line) ? Number(line) : NaN;
  if (!(n <= 45)) return "Error: not a number from 0 to 45\n";
  // Without workers nobody else is served meanwhile.
  return workers > 0 ? yield* fibElsewhere(n) : `${fib(n)}\n`;
}

const resting: Task[] = []; // until after the next wait, a short one

function* talk(client: Socket): Task {
  try {
    for (let text = ""; ;) {
      yield client;
      const data = client.recv(4096);
      if (data.length === 0) return; // it has nothing more to say
      const lines = (text + data.toString()).split("\n");
      text = (lines.pop() ?? "").slice(0, 100); // of a line without an end
      for (const line of lines) client.send(yield* answer(line.trim()));
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error; // it broke off
  } finally {
    client.close();
  }
}

function* serve(server: Socket): Task {
  for (;;) {
    yield server;
    try {
      const [client] = server.accept();
      client.setBlocking(false); // no client can make us wait
      step(talk(client));
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      yield resting; // no room for one more, who still knocks
    }
  }
}

const args = process.argv.slice(2);
if (args[0] === "--measure") await import("./measure.ts"); // and there it ends
const at = args.indexOf("--workers");
const workers = Number(at < 0 ? 0 : (args.splice(at, 2)[1] ?? NaN));
if (!(Number.isInteger(workers) && workers >= 0 && workers < 100)) {
  console.error("--workers takes a number from 0 to 99");
  process.exit(1);
}
const server = listen(args[0] ?? "5001");
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

for (let i = 0; i < workers; i++) hire();
step(serve(server));

for (;;) {
  const ready = selector.select(resting.length > 0 ? 50 : Infinity);
  for (const task of resting.splice(0)) step(task);
  for (const [{ fileobj: socket, data: task }] of ready) {
    selector.unregister(socket);
    step(task);
  }
}

// Next: clients that talk to each other. 19-chat.ts

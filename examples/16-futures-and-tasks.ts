/**
 * 16 - Futures and tasks: what await is made of
 *
 * New here: a Future, a result that is not there yet, and a Task, which drives a
 * generator from one future to the next. The generator yields a future and sleeps;
 * when the future has its result, Task.step() hands that in with next(), or throws
 * the error in with throw().
 *
 * Read first:         08-generators.ts, 10-delegation.ts
 * Run:                npm run lesson 16 [port]
 * In other terminals: nc 127.0.0.1 5001        (as many as you like), and top
 * Observe:            the server is the one of lesson 08. But no task talks to the
 *                     loop any more, and the loop knows no tasks: between them
 *                     there are futures. wait() looks like a call that waits, and
 *                     is called with yield*.
 * What hurts:         nothing but the spelling: a star at each function, yield* at
 *                     each call. With a bare yield the task gets a generator in
 *                     the place of a future, and ends the server when that line
 *                     runs.
 *
 * In Python: asyncio.Future, asyncio.Task and Task.__step are these two classes,
 * and until Python 3.5 one wrote `yield from` where here is yield*. The chapter "A
 * Web Crawler With asyncio Coroutines" (500 Lines or Less) builds them too, without
 * errors: there a future has a result only. JavaScript calls a Future a Promise.
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

/** A result, or an error, that is not there yet. */
class Future<T = void> {
  readonly callbacks: ((future: Future<unknown>) => void)[] = [];
  result: T | undefined;
  error: unknown;

  /** @param call Gives the result, or throws the error. */
  settle(call: () => T): void {
    try {
      this.result = call();
    } catch (error) {
      this.error = error;
    }
    for (const callback of this.callbacks.splice(0)) callback(this);
  }

  /** What `yield*` finds in a future; Python's `__await__`. */
  *[Symbol.iterator](): Generator<Future<T>, T, T> {
    return yield this; // to the task, which comes back with the result
  }
}

type Coroutine<T = void> = Generator<Future<unknown>, T, never>;

/** Drives a coroutine from one future to the next. */
class Task {
  readonly #coroutine: Coroutine;

  constructor(coroutine: Coroutine) {
    this.#coroutine = coroutine;
    this.step(new Future()); // up to the first future that it waits for
  }

  step({ result, error }: Future<unknown>): void {
    const it = this.#coroutine; // it waits for a result of the type it gets
    const { done, value } = error ? it.throw(error) : it.next(result as never);
    if (!done) value.callbacks.push(this.step.bind(this));
  }
}

const selector = new DefaultSelector<() => void, Socket>();

/** Makes a call as soon as there is something to read: here a task waits. */
function* wait<T>(socket: Socket, call: () => T): Coroutine<T> {
  const future = new Future<T>();
  selector.register(socket, EVENT_READ, future.settle.bind(future, call));
  return yield* future;
}

const rest = new Future(); // done after the next wait, which is a short one

function* serve(server: Socket): Coroutine {
  for (;;) {
    try {
      const [client] = yield* wait(server, () => server.accept());
      client.setBlocking(false); // no client can make us wait
      new Task(talk(client));
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      yield* rest; // no room for one more, who still knocks
    }
  }
}

function* talk(client: Socket): Coroutine {
  const recv = (): Buffer => client.recv(4096);
  try {
    while ((yield* wait(client, recv)).length > 0) client.send("Hello world\n");
  } catch (error) {
    if (!(error instanceof OSError)) throw error; // it broke off, or reads not
  } finally {
    client.close();
  }
}

const server = listen(process.argv[2] ?? "5001");
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);
new Task(serve(server));

for (;;) {
  const ready = selector.select(rest.callbacks.length > 0 ? 50 : Infinity);
  rest.settle(() => undefined);
  for (const [{ fileobj }] of ready) selector.unregister(fileobj).data();
}

// Next: give Future a method `then`, and await takes it. 17-async-server.ts

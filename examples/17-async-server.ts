/**
 * 17 - An async server: await, on a loop of one's own
 *
 * New here: await in the place of yield*, Promise in that of Future, an async
 * function in that of generator and Task. The loop is still ours, and still sleeps
 * in the selector. New is one line of it, and all depends on that line.
 *
 * Read first:         16-futures-and-tasks.ts
 * Run:                npm run lesson 17 [port]
 * In other terminals: nc 127.0.0.1 5001        (as many as you like), and top
 * Observe:            serve() and talk() do what they do in lesson 16, without the
 *                     stars. Now the microtask trap: take the line with
 *                     setImmediate() out, and nobody is accepted any more. Put
 *                     `await null` in its place, and connections are accepted, but
 *                     answers don't come, or come late.
 * What hurts:         two loops share the thread, ours and Node's, and while ours
 *                     sleeps in select() no timer of Node's can fire. And a task
 *                     that computes for a second, and awaits nothing meanwhile,
 *                     holds up everybody.
 *
 * The microtask trap: resolve() runs nobody. It puts the function that awaits into
 * the queue of microtasks, and that queue runs when the stack has unwound, which
 * `for (;;) for (...) of selector.select()) resolve()` never lets happen: the next
 * select() blocks the thread with the queue full. So the loop has to await as well.
 * But what? After `await null` it stands in the same queue, one place behind the
 * function that it has just woken. When that one ends (here recv()), it puts the
 * next that waits (here talk()) into the queue, behind the loop: and the loop goes
 * to sleep before talk() has said a word. setImmediate() is no microtask. Node comes
 * to it when no microtask is left, however long their chains, and has looked after
 * its own timers and sockets on the way.
 *
 * In Python: asyncio has no such trap, since its loop calls Task.__step itself.
 */
import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
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

const selector = new DefaultSelector<() => void, Socket>();

/** Done once there is something to read. */
function readable(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    selector.register(socket, EVENT_READ, resolve);
  });
}

async function recv(client: Socket): Promise<Buffer> {
  await readable(client);
  return client.recv(4096);
}

const resting: (() => void)[] = []; // until after the next wait, a short one

async function serve(server: Socket): Promise<void> {
  for (;;) {
    await readable(server);
    try {
      const [client, { host, port }] = server.accept();
      client.setBlocking(false); // no client can make us wait
      say(`Connection from ${host}:${port}`);
      void talk(client); // a task of its own: we don't await it
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      // There is no room for one more, who still knocks.
      await new Promise<void>((resolve) => resting.push(resolve));
    }
  }
}

async function talk(client: Socket): Promise<void> {
  try {
    while ((await recv(client)).length > 0) client.send("Hello world\n");
  } catch (error) {
    if (!(error instanceof OSError)) throw error; // it broke off, or reads not
  } finally {
    client.close();
  }
}

const server = listen(process.argv[2] ?? "5001");
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);
void serve(server);

for (;;) {
  const ready = selector.select(resting.length > 0 ? 50 : Infinity);
  for (const resolve of resting.splice(0)) resolve();
  for (const [{ fileobj: socket, data: resolve }] of ready) {
    selector.unregister(socket);
    resolve();
  }
  await setImmediate(); // whom we have woken runs here, and all that it wakes
}

// Next: what if an answer takes a second of computing? 18-cpu-and-workers/index.ts

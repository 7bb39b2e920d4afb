/**
 * Exercise 17 - One turn too few: the solution
 *
 * It should:  Serve any number of clients with await, on a loop of our own
 *             over a selector.
 * Was wrong:  `await Promise.resolve()` is over after one microtask. But whoever awaits
 *             an async function that awaits another one needs several, and
 *             select() then slept before the last of them. setImmediate()
 *             comes back only when no microtask is left.
 * Run:        node --import tsx exercises/solutions/17-one-turn-too-few.ts [port]
 */
import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { OSError } from "posix-select/errors";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import { createServer, type Socket } from "posix-select/socket";

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const server = createServer({ port: Number(process.argv[2] ?? 5001) });
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

const selector = new DefaultSelector<() => void, Socket>();

/** Resolves once a socket is ready to be read. */
function readable(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    selector.register(socket, EVENT_READ, resolve);
  });
}

/** A line, however many pieces it comes in; nothing if the client has ended. */
async function readLine(client: Socket, begun = ""): Promise<string> {
  await readable(client);
  const piece = client.recv(4096).toString();
  const line = begun + piece;
  if (piece === "" || line.endsWith("\n")) return line;
  return await readLine(client, line);
}

async function talk(client: Socket): Promise<void> {
  try {
    while (await readLine(client)) client.sendAll("Hello world\n");
  } catch (error) {
    if (!(error instanceof OSError)) throw error; // it broke off
  } finally {
    client.close();
  }
}

async function serve(): Promise<void> {
  for (;;) {
    await readable(server);
    const accepted = server.tryAccept();
    if (accepted) void talk(accepted[0]);
  }
}

void serve();
await setImmediate();

for (;;) {
  for (const [{ fileobj, data: resolve }] of selector.select()) {
    selector.unregister(fileobj);
    resolve();
  }
  await setImmediate(); // all who wait go on, until nobody can any more
}

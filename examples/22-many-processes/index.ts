/**
 * 22 - Many processes: one port, and all the cores
 *
 * New here: processes that serve the same port. Each is the server of lesson 06
 * with a loop of its own; a parent starts them, starts another where one dies, and
 * serves nobody itself.
 *
 * Read first:         06-selectors.ts, 18-cpu-and-workers/index.ts
 * Run:                npm run lesson 22 [port], or with more to choose:
 *                     npm run lesson 22 -- 5001 --processes 4 --share
 * In other terminals: nc 127.0.0.1 5001        (a few of them)
 * Observe:            each connection is printed with the process that serves it.
 *                     Kill that process: its clients are gone, the others are not,
 *                     and a new one takes its place. Kill the parent, even with
 *                     -9: nobody stays behind. `npm run lesson 22 -- --measure`
 *                     counts the answers in a second with 1, 2, ... processes.
 * What hurts:         what the processes know they don't share: a chat (lesson 19)
 *                     would need messages between them. And who writes all of this
 *                     by hand, when there is Node?
 *
 * Two ways to share a port, both with listeners that the parent makes and a child
 * inherits, as descriptor 4:
 *
 * - A listener for each child, with SO_REUSEPORT (Linux; a Mac has the option, but
 *   gives all to one socket). The kernel deals new connections out by a hash of
 *   their addresses. Nobody is woken in vain, but a connection that was dealt to a
 *   process waits for that one, however busy it is and however idle the others are.
 *   (If it dies, for the one that takes its place: the parent keeps the queue.)
 * - One listener for all (--share, and wherever there is no other way). There is one
 *   queue, and whoever has time takes the next. But each connection wakes all who
 *   sleep, to find that another was quicker: the thundering herd. With
 *   EpollSelector.register(..., { exclusive: true }) Linux wakes one of them,
 *   or a few; that one is often the same, so the load is less even.
 *
 * How does a child notice that its parent has died? No signal tells. But each has
 * one end of a socket pair as descriptor 3. The other end is the parent's, and when
 * that is gone, for whatever reason, this end is readable: EOF.
 */
import { spawn } from "node:child_process";
import { writeSync } from "node:fs";
import { availableParallelism } from "node:os";
import { OSError } from "posix-select/errors";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import {
  createServer,
  SO_REUSEPORT,
  Socket,
  SOL_SOCKET,
} from "posix-select/socket";

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

/** A child: the server of lesson 06, and one descriptor more. */
function serve(server: Socket, parent: Socket): never {
  const selector = new DefaultSelector<(socket: Socket) => void, Socket>();

  function acceptConnection(): void {
    const [client, { host, port }] = server.accept();
    client.setBlocking(false); // no client can make us wait
    say(`Connection from ${host}:${port}, served by process ${process.pid}`);
    selector.register(client, EVENT_READ, sendMessage);
  }

  function sendMessage(client: Socket): void {
    const request = client.recv(4096);
    if (request.length > 0) client.send("Hello world\n");
    else letGo(client); // it has nothing more to say
  }

  function letGo(client: Socket): void {
    selector.unregister(client);
    client.close();
  }

  server.setBlocking(false); // another can be quicker, or the client gone again
  selector.register(server, EVENT_READ, acceptConnection);
  selector.register(parent, EVENT_READ, () => process.exit()); // it has gone
  try {
    parent.send("ready");
  } catch {
    process.exit(); // it has gone already
  }
  for (;;) {
    // After an accept() that failed: one wait without the listener, a short one.
    const isResting = !selector.getMap().has(server);
    const ready = selector.select(isResting ? 50 : Infinity);
    if (isResting) selector.register(server, EVENT_READ, acceptConnection);
    for (const [{ fileobj: socket, data: callback }] of ready) {
      try {
        callback(socket);
      } catch (error) {
        if (!(error instanceof OSError)) throw error;
        if (socket !== server) {
          letGo(socket); // it broke off, or does not read
        } else if (error.code !== "EAGAIN") {
          // Not that another was quicker: no room for one more, who still knocks.
          selector.unregister(server);
        }
      }
    }
  }
}

/** Starts a child, and another one when it ends. Done when it is ready. */
function start(server: Socket): Promise<void> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, import.meta.filename, "--serve"],
    { stdio: ["ignore", "inherit", "inherit", "pipe", server.fileno()] },
  );
  return new Promise((resolve) => {
    let isReady = false;
    child.stdio[3]?.once("data", () => {
      isReady = true;
      resolve();
    });
    child.once("exit", (code, signal) => {
      if (!isReady && code) process.exit(1); // it said why; so would the next one
      say(
        `Process ${child.pid} has ended (${signal ?? code}): a new one begins`,
      );
      resolve(start(server));
    });
  });
}

const args = process.argv.slice(2);
if (args[0] === "--serve") serve(Socket.fromFd(4), Socket.fromFd(3));
if (args[0] === "--measure") await import("./measure.ts"); // and there it ends

const at = args.indexOf("--processes");
const count = Number(
  at < 0 ? availableParallelism() : (args.splice(at, 2)[1] ?? NaN),
);
if (!(Number.isInteger(count) && count > 0 && count < 100)) {
  console.error("--processes takes a number from 1 to 99");
  process.exit(1);
}
const isShared = args.includes("--share") || process.platform !== "linux";
const server = listen(args.find((arg) => arg !== "--share") ?? "5001");
const port = Number(server.getsockname().port);

// Only now: the port is ours, and nobody can have it who comes later.
if (!isShared) server.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1);
const servers = Array.from({ length: count }, (_, i) =>
  i === 0 || isShared ? server : createServer({ port, reusePort: true }),
);
await Promise.all(servers.map(start));
say(`Listening on 127.0.0.1:${port}`);

// Next: all of it in Node's words. 23-node-net.ts

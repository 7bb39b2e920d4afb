/**
 * 21 - Shutdown: signals, and an end in peace
 *
 * New here: signal listeners, and draining. The first Ctrl-C, or SIGTERM, closes
 * the listener, so that nobody new comes in. Those who are there are served until
 * they leave, or until the grace time is over. A second one ends it at once.
 *
 * Read first:         06-selectors.ts, 17-async-server.ts
 * Run:                npm run lesson 21 [port] [graceMs]
 * In other terminals: nc 127.0.0.1 5001        (two or three of them)
 * Observe:            press Ctrl-C in the server's terminal. It prints
 *                       SIGINT: nobody new; here: 2; grace: 10000 ms
 *                     A new nc is refused, the old ones are still answered. End
 *                     them with Ctrl-C, and the server ends with
 *                       Ended in peace; put out: 0
 *                     Once more, with a second Ctrl-C: it ends at once. `kill PID`
 *                     sends SIGTERM, and does the same. To see the exit codes, run
 *                       node --import tsx examples/21-shutdown.ts
 *                     (npm has its own), and when it has ended, echo $?: 0 in
 *                     peace, and 130 at once, which is how a shell says "died of
 *                     signal 2".
 * What hurts:         while the old one drains, nobody serves new clients. And all
 *                     of this runs on one core, however many the machine has.
 *
 * With a listener, a signal no longer ends the program: it has to run JavaScript,
 * and JavaScript runs only when the stack has unwound. So select(), which would hold
 * the thread, throws InterruptedError; we let Node turn once (setImmediate()), in
 * which it runs the listener, or in the turn after it, and then we go on. A signal
 * that comes while a callback runs is not lost: the next select() throws before it
 * sleeps. But it waits until the callback has returned.
 *
 * Whoever deploys a new version sends SIGTERM, waits as long as a grace time, and
 * then sends SIGKILL. That one can't be listened to: the kernel takes the program
 * away in the middle of whatever it does, and its clients hear that it broke off.
 */
import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { InterruptedError, OSError } from "posix-select/errors";
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

const server = listen(process.argv[2] ?? "5001");
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

type Callback = (socket: Socket) => void;
const selector = new DefaultSelector<Callback, Socket>();
const watched = selector.getMap(); // the clients, and the server while it is open
const graceMs = Number(process.argv[3] ?? 10_000) || 0;
let deadline = Infinity; // until somebody wants us to end

function acceptConnection(server: Socket): void {
  const [client, { host, port }] = server.accept();
  client.setBlocking(false); // no client can make us wait
  say(`Connection from ${host}:${port}`);
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

function onSignal(signal: NodeJS.Signals): void {
  if (server.closed) {
    process.off(signal, onSignal); // the second: as if nobody listened
    process.kill(process.pid, signal);
    return;
  }
  if (watched.has(server)) selector.unregister(server);
  server.close(); // who has not been accepted is refused, too
  deadline = performance.now() + graceMs;
  say(`${signal}: nobody new; here: ${watched.size}; grace: ${graceMs} ms`);
}

/** Waits until something is ready, and calls back. */
function turn(): void {
  // After an accept() that failed: one wait without the listener, a short one.
  const isResting = !server.closed && !watched.has(server);
  const leftMs = isResting ? 50 : deadline - performance.now();
  const ready = selector.select(leftMs);
  if (isResting) selector.register(server, EVENT_READ, acceptConnection);
  for (const [{ fileobj: socket, data: callback }] of ready) {
    try {
      callback(socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error; // else: it broke off, or does not read
      if (socket !== server) letGo(socket);
      else selector.unregister(server); // no room for one more, who still knocks
    }
  }
}

selector.register(server, EVENT_READ, acceptConnection);
process.on("SIGINT", onSignal).on("SIGTERM", onSignal);

while (!server.closed || (watched.size > 0 && performance.now() < deadline)) {
  try {
    turn();
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    await setImmediate(); // the listener runs here, or in the turn after it
  }
}
say(`Ended in peace; put out: ${watched.size}`);
for (const { fileobj: client } of watched.values()) client.close();

// Next: one process for each core. 22-many-processes/index.ts

/**
 * Exercise 21 - The second Ctrl-C
 *
 * Lesson:     21-shutdown
 * It should:  At the first Ctrl-C let nobody in any more, serve those who
 *             are here until they leave, and then end. At the second one end
 *             at once.
 * Now:        after Ctrl-C new clients are still let in, and as long as one
 *             stays nothing ends the program but kill -9.
 * Run:        node --import tsx exercises/21-the-second-ctrl-c.ts [port]
 * Try:        nc 127.0.0.1 5001   (and Ctrl-C in the server's terminal,
 *             twice)
 * Mend:       the places marked TODO, then: npm run exercise
 */
import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { InterruptedError, OSError } from "posix-select/errors";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import { createServer, type Socket } from "posix-select/socket";

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const server = createServer({ port: Number(process.argv[2] ?? 5001) });
server.setBlocking(false); // a client can be gone again before we accept it

const selector = new DefaultSelector<(socket: Socket) => void, Socket>();
const clients = new Set<Socket>();
const state = { isStopping: false };

function acceptConnection(): void {
  const [client] = server.accept();
  client.setBlocking(false);
  selector.register(client, EVENT_READ, sendMessage);
  clients.add(client);
}

function sendMessage(client: Socket): void {
  const request = client.recv(4096);
  if (request.length > 0) client.send("Hello world\n");
  else letGo(client);
}

function letGo(client: Socket): void {
  selector.unregister(client);
  clients.delete(client);
  client.close();
}

function stop(): void {
  state.isStopping = true;
  // TODO: who is still let in?
  say(`Stopping; ${clients.size} still here`);
}

selector.register(server, EVENT_READ, acceptConnection);
process.on("SIGINT", stop); // TODO: and the second time?
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

while (!state.isStopping || clients.size > 0) {
  try {
    for (const [{ fileobj: socket, data: callback }] of selector.select()) {
      try {
        callback(socket);
      } catch (error) {
        if (!(error instanceof OSError)) throw error;
        if (socket !== server) letGo(socket);
      }
    }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    await setImmediate(); // here stop() is run
  }
}

/**
 * Exercise 21 - The second Ctrl-C: the solution
 *
 * It should:  At the first Ctrl-C let nobody in any more, serve those who
 *             are here until they leave, and then end. At the second one end
 *             at once.
 * Was wrong:  The listener went on to accept. And as long as there is a
 *             listener for SIGINT, Ctrl-C does nothing but call it: with
 *             once() it is gone after the first time, and the second Ctrl-C
 *             does what it always did.
 * Run:        node --import tsx exercises/solutions/21-the-second-ctrl-c.ts [port]
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
  selector.unregister(server);
  server.close(); // who comes now is refused
  say(`Stopping; ${clients.size} still here`);
}

selector.register(server, EVENT_READ, acceptConnection);
process.once("SIGINT", stop); // the second one ends us, as if unheard
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

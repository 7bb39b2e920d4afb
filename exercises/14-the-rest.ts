/**
 * Exercise 14 - The rest
 *
 * Lesson:     14-backpressure
 * It should:  Send 16 MB to every client that asks for it, however slowly it
 *             reads. Nobody waits for a slow reader, and while nobody can be
 *             sent anything the program sleeps.
 * Now:        each client gets the beginning, and then nothing.
 * Run:        node --import tsx exercises/14-the-rest.ts [port]
 * Try:        echo please | nc 127.0.0.1 5001 | wc -c
 * Mend:       the place marked TODO, then: npm run exercise
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import { createServer, type Socket } from "posix-select/socket";

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const server = createServer({ port: Number(process.argv[2] ?? 5001) });
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

type Callback = (socket: Socket) => void;
const selector = new DefaultSelector<Callback, Socket>();
const picture = Buffer.alloc(16 * 1024 * 1024, "picture ");

function acceptConnection(): void {
  const [client] = server.accept();
  client.setBlocking(false);
  selector.register(client, EVENT_READ, readRequest);
}

function readRequest(client: Socket): void {
  const request = client.recv(4096);
  if (request.length > 0) sendTo(client, picture);
  else letGo(client);
}

function sendTo(client: Socket, data: Buffer): void {
  client.send(data); // TODO: all of it?
}

function letGo(client: Socket): void {
  selector.unregister(client);
  client.close();
}

selector.register(server, EVENT_READ, acceptConnection);

for (;;) {
  for (const [{ fileobj: socket, data: callback }] of selector.select()) {
    try {
      callback(socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (socket !== server) letGo(socket);
    }
  }
}

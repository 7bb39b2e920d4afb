/**
 * Exercise 01 - The one who left
 *
 * Lesson:     01-blocking
 * It should:  Serve one client after another, and tell each how much it
 *             said. A client that has ended its side is let go, and the next
 *             one is served.
 * Now:        a client that ends its side is answered again and again, and
 *             nobody else is served any more.
 * Run:        node --import tsx exercises/01-the-one-who-left.ts [port]
 * Try:        echo hello | nc -N 127.0.0.1 5001   (on a Mac: without -N)
 * Mend:       the place marked TODO, then: npm run exercise
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { createServer, type Socket } from "posix-select/socket";

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const server = createServer({ port: Number(process.argv[2] ?? 5001) });
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

function serve(client: Socket): void {
  try {
    for (;;) {
      const request = client.recv(4096); // waits for this client
      // TODO: who has ended its side has nothing more to say. What is it then
      // that recv() gives?
      client.sendAll(`You said ${request.length} bytes\n`);
    }
  } finally {
    client.close();
  }
}

for (;;) {
  try {
    const [client] = server.accept(); // waits for a client
    serve(client);
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
  }
}

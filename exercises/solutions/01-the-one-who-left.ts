/**
 * Exercise 01 - The one who left: the solution
 *
 * It should:  Serve one client after another, and tell each how much it
 *             said. A client that has ended its side is let go, and the next
 *             one is served.
 * Was wrong:  recv() gives an empty buffer when the other side has ended, at
 *             once and each time. Nobody looked at it, and so the inner loop
 *             was never left.
 * Run:        node --import tsx exercises/solutions/01-the-one-who-left.ts [port]
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
      if (request.length === 0) return; // it has nothing more to say
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

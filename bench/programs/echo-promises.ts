// An echo server on promises: a function for each client.
import { OSError } from "posix-select/errors";
import { accept, recv, sendAll } from "posix-select/promises";
import {
  createServer,
  IPPROTO_TCP,
  type Socket,
  TCP_NODELAY,
} from "posix-select/socket";
import { watchControl } from "./control.js";

async function echo(client: Socket): Promise<void> {
  client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
  try {
    for (;;) {
      const data = await recv(client, 65_536);
      if (data.length === 0) break;
      await sendAll(client, data);
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
  }
  client.close();
}

watchControl();
const server = createServer({ port: 0 });
console.log(server.getsockname().port);
for (;;) {
  const [client] = await accept(server);
  void echo(client);
}

// An echo server: a selector's `for await`, which lets Node's loop go on.
import { OSError } from "posix-select/errors";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import {
  createServer,
  IPPROTO_TCP,
  type Socket,
  TCP_NODELAY,
} from "posix-select/socket";
import { watchControl } from "./control.js";

const slab = Buffer.alloc(65_536);
const server = createServer({ port: 0 });
const selector = new DefaultSelector<(socket: Socket) => void, Socket>();

function accept(): void {
  const [client] = server.accept();
  client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
  selector.register(client, EVENT_READ, echo);
}

function echo(client: Socket): void {
  try {
    const bytes = client.recvInto(slab);
    if (bytes > 0) {
      const sent = client.send(slab, 0, bytes);
      if (sent < bytes) client.sendAll(slab.subarray(sent, bytes));
      return;
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
  }
  selector.unregister(client);
  client.close();
}

watchControl();
selector.register(server, EVENT_READ, accept);
console.log(server.getsockname().port);
for await (const ready of selector) {
  for (const [{ fileobj, data: callback }] of ready) callback(fileobj);
}

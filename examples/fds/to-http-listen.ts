/**
 * A listener for node:http: clients that say nothing are not seen
 *
 * Shows:              a listener that is made with an option that Node does not
 *                     offer, and then handed over: server.listen({ fd }). With
 *                     TCP_DEFER_ACCEPT the kernel keeps a new connection to itself
 *                     until it brings the first bytes.
 * Run:                node --import tsx examples/fds/to-http-listen.ts
 * Observe:            a client connects and is silent; a second one asks at once, and
 *                     is the first that the server sees. Then the silent one asks.
 *                       Connected: a silent client
 *                       The server says: "You are client 1"
 *                       The silent client hears: "You are client 2"
 *
 * Linux only: it is TCP_DEFER_ACCEPT's. The rest runs everywhere.
 */
import { once } from "node:events";
import http from "node:http";
import { connect, recv, sendAll } from "posix-select/promises";
import {
  createServer,
  IPPROTO_TCP,
  Socket,
  TCP_DEFER_ACCEPT,
} from "posix-select/socket";

if (process.platform !== "linux") {
  console.error("This needs Linux: there is no TCP_DEFER_ACCEPT here.");
  process.exit(1);
}

let clients = 0;
const server = http.createServer((_, response) => {
  response.end(`You are client ${clients}`);
});
server.on("connection", () => clients++);

const listener = createServer({ port: 0 });
listener.setsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT, 10); // for 10 s at most
const address = listener.getsockname();
server.listen({ fd: listener.detach() });
await once(server, "listening");

using silent = new Socket();
await connect(silent, address);
console.log("Connected: a silent client");

const response = await fetch(`http://${address.host}:${address.port}/`);
console.log(`The server says: ${JSON.stringify(await response.text())}`);

await sendAll(silent, "GET / HTTP/1.0\r\n\r\n");
let text = "";
for (let data; (data = await recv(silent, 4096)).length > 0;) {
  text += data.toString();
}
const body = text.slice(text.indexOf("\r\n\r\n") + 4);
console.log(`The silent client hears: ${JSON.stringify(body)}`);
server.close();
server.closeAllConnections();

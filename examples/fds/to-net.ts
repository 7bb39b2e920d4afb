/**
 * A Socket for node:net: connected by us, used by Node
 *
 * Shows:              a connection that is made with an option that node:net does
 *                     not know, and then handed over: detach() gives the descriptor
 *                     away, and net.Socket goes on with it.
 * Run:                node --import tsx examples/fds/to-net.ts
 * Observe:            the option is still there, and the rest is Node's.
 *                       Unacknowledged data ends the connection after 5000 ms
 *                       The server says: "hello"
 *                       The connection has ended
 *
 * Linux only: it is TCP_USER_TIMEOUT's. The rest runs everywhere.
 */
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { connect } from "posix-select/promises";
import { IPPROTO_TCP, Socket, TCP_USER_TIMEOUT } from "posix-select/socket";

if (process.platform !== "linux") {
  console.error("This needs Linux: there is no TCP_USER_TIMEOUT here.");
  process.exit(1);
}

const server = net.createServer((client) => client.pipe(client)); // an echo
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { address: host, port } = server.address() as AddressInfo;

const raw = new Socket();
raw.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
await connect(raw, { host, port });
const ms = raw.getsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT);
console.log(`Unacknowledged data ends the connection after ${ms} ms`);

const fd = raw.detach(); // the Socket is closed now, the connection is not
const socket = new net.Socket({ fd, readable: true, writable: true });
socket.setEncoding("utf8").on("data", (text: string) => {
  console.log(`The server says: ${JSON.stringify(text)}`);
  socket.end();
});
socket.write("hello");
await once(socket, "close");
console.log("The connection has ended");
server.close();

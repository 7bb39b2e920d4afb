/**
 * Sockets for node:tls: a private talk inside one process
 *
 * Shows:              both ends of a socketpair(), which Node does not offer, each
 *                     handed to TLS: one to a tls.Server that listens nowhere, the
 *                     other to tls.connect(). No port, no file, nobody else.
 * Run:                node --import tsx examples/fds/to-tls.ts
 * Observe:            TLS does not care what carries it.
 *                       The server hears: "hello", by TLSv1.3
 *                       The client hears: "HELLO"
 *                       Both have ended
 *
 * The key in tls-example.pem is there for all the world to read: it is good for
 * examples only.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import tls from "node:tls";
import { type Socket, socketpair } from "posix-select/socket";

const pem = readFileSync(new URL("tls-example.pem", import.meta.url));
const [ours, theirs] = socketpair();

/** Hands a Socket over to Node. */
function handOver(socket: Socket): net.Socket {
  const fd = socket.detach(); // the Socket is closed now, the descriptor is not
  return new net.Socket({ fd, readable: true, writable: true });
}

const server = tls.createServer({ key: pem, cert: pem }, (socket) => {
  socket.setEncoding("utf8").once("data", (text: string) => {
    const protocol = socket.getProtocol();
    console.log(`The server hears: ${JSON.stringify(text)}, by ${protocol}`);
    socket.end(text.toUpperCase());
  });
});
server.emit("connection", handOver(theirs));

const client = tls.connect({
  socket: handOver(ours),
  ca: pem,
  servername: "localhost", // the name that the certificate is for
});
client.setEncoding("utf8").on("data", (text: string) => {
  console.log(`The client hears: ${JSON.stringify(text)}`);
});
client.write("hello");
await once(client, "close");
console.log("Both have ended");

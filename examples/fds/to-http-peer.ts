/**
 * Connections for node:http: only from whom we know
 *
 * Shows:              a listener that stays ours, and connections that are handed
 *                     over one by one: server.emit("connection", socket). Before
 *                     that, the kernel is asked who is at the other end of a Unix
 *                     socket (SO_PEERCRED), which Node does not tell, and no client
 *                     can lie about.
 * Run:                node --import tsx examples/fds/to-http-peer.ts
 * Observe:            the client is a child of ours. (Anybody could connect; who is
 *                     another user would be let go unheard.)
 *                       A client comes: our child
 *                       The server says: "Hello, our child"
 *
 * Linux only; a Mac has LOCAL_PEERCRED.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accept } from "posix-select/promises";
import { createServer, SO_PEERCRED, SOL_SOCKET } from "posix-select/socket";

if (process.platform !== "linux") {
  console.error("This needs Linux: there is no SO_PEERCRED here.");
  process.exit(1);
}

process.once("SIGINT", () => process.exit(130));
const folder = mkdtempSync(join(tmpdir(), "http-"));
process.on("exit", () => {
  rmSync(folder, { recursive: true });
});

const path = join(folder, "socket");
const listener = createServer({ path });
const names = new WeakMap<net.Socket, string>();
const server = http.createServer(({ socket }, response) => {
  response.end(`Hello, ${names.get(socket)}`);
});

const program = `require("node:http").get({ socketPath: process.argv[1] },
  (response) => response.pipe(process.stdout))`;
const args = ["-e", program, path];
const child = execFile(process.execPath, args, (error, output) => {
  const said = JSON.stringify(error ? error.message : output);
  console.log(`The server says: ${said}`);
});

for (let isServed = false; !isServed;) {
  // Everything else in Node goes on meanwhile.
  const [client] = await accept(listener, { timeoutMs: 30_000 });
  const struct = client.getsockopt(SOL_SOCKET, SO_PEERCRED, 12);
  const [pid, user] = new Int32Array(new Uint8Array(struct).buffer);
  if (user !== process.getuid?.()) {
    client.close();
    continue;
  }
  isServed = pid === child.pid;
  const name = isServed ? "our child" : "a process of ours";
  console.log(`A client comes: ${name}`);
  const fd = client.detach();
  const socket = new net.Socket({ fd, readable: true, writable: true });
  names.set(socket, name);
  server.emit("connection", socket);
}
listener.close();

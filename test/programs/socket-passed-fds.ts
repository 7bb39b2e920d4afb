/**
 * Receives a pipe and a socket through the Unix socket at a path, sends on the
 * one what it reads from the other, and passes a pipe of its own back.
 */
import { closeSync, readSync, writeSync } from "node:fs";
import { pipe } from "posix-select/fd";
import { createConnection, Socket } from "posix-select/socket";

using peer = createConnection({
  path: process.argv[2] ?? "",
  timeoutMs: 30_000,
});
const { fds } = peer.recvmsg(99, { maxFds: 2 });
const [from = -1, to = -1] = fds;
const buffer = Buffer.alloc(99);
const bytes = readSync(from, buffer);
using socket = Socket.fromFd(to);
socket.sendAll(`heard: ${buffer.toString("utf8", 0, bytes)}`);
const [read, write] = pipe();
writeSync(write, "from the program");
peer.sendmsg("mine", { fds: [read] });
closeSync(read);
closeSync(write);

/**
 * SEQPACKET: a connection that keeps messages apart
 *
 * Shows:              a pair of Unix sockets of the kind SEQPACKET: in order and
 *                     without loss, as a stream, but each send is one message, and
 *                     each recv gives one. No length to write in front, nothing to
 *                     put together.
 * Run:                node --import tsx examples/fds/seqpacket.ts
 * Observe:            a child writes three times, before anybody reads. A stream
 *                     gives what it has; SEQPACKET gives what was sent. The last
 *                     recv takes 3 bytes only, and the rest of its message is lost.
 *                       STREAM gives "one\ntwo\nthree\n"
 *                       SEQPACKET gives "one\n"
 *                       SEQPACKET gives "two\n"
 *                       SEQPACKET gives "thr"
 *                       SEQPACKET has ended
 *
 * A Mac has no Unix sockets of this kind.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { recv } from "posix-select/promises";
import {
  AF_UNIX,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  type Socket,
  socketpair,
} from "posix-select/socket";

function pair(type: number): [Socket, Socket] {
  try {
    return socketpair(AF_UNIX, type);
  } catch (error) {
    console.error(`There are no such sockets here: ${String(error)}`);
    process.exit(1);
  }
}

/** The end of a pair at whose other end a child has written three times. */
async function written(type: number): Promise<Socket> {
  const [ours, theirs] = pair(type);
  const child = spawn("/bin/sh", ["-c", "echo one; echo two; echo three"], {
    stdio: ["ignore", theirs.fileno(), "inherit"],
  });
  theirs.close(); // the child has its own
  await once(child, "exit");
  return ours;
}

/** Receives; everything else in Node goes on. */
async function show(name: string, socket: Socket, bytes: number) {
  const message = await recv(socket, bytes);
  if (message.length === 0) console.log(`${name} has ended`);
  else console.log(`${name} gives ${JSON.stringify(message.toString())}`);
}

using stream = await written(SOCK_STREAM);
await show("STREAM", stream, 4096);
using messages = await written(SOCK_SEQPACKET);
for (const bytes of [4096, 4096, 3, 4096]) {
  await show("SEQPACKET", messages, bytes);
}

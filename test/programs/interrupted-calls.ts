/**
 * Makes each of the sockets' calls while every second call of the system's is
 * interrupted, so that all but the first of a kind are, once. Prints what went wrong,
 * a line each, and in the end "done".
 */
import { writeSync } from "node:fs";
import { constants } from "node:os";
import * as promises from "posix-select/promises";
import {
  AF_INET,
  createServer,
  MSG_WAITALL,
  SOCK_DGRAM,
  Socket,
  socketpair,
} from "posix-select/socket";

const hello = Buffer.from("hello");
const buffer = Buffer.alloc(5);

/** Makes a call a few times, which has to give "hello", as text or as bytes. */
async function attempt(
  name: string,
  call: () => string | Buffer | Promise<string | Buffer>,
): Promise<void> {
  for (let i = 0; i < 4; i++) {
    try {
      const got = (await call()).toString();
      if (got !== "hello") writeSync(1, `${name}: ${got}\n`);
    } catch (error) {
      writeSync(1, `${name}: ${String(error)}\n`);
    }
  }
}

/** What is in the buffer, so many bytes of it. */
function received(count: number | undefined): string {
  return count === undefined ? "nothing" : buffer.toString("utf8", 0, count);
}

using server = createServer({ port: 0 });
const address = server.getsockname();

for (const isBlocking of [true, false]) {
  const kind = isBlocking ? "blocking" : "non-blocking";
  server.setBlocking(isBlocking);
  await attempt(`${kind} connect(), accept()`, () => {
    using client = new Socket();
    client.connect(address);
    server.accept()[0].close();
    return "hello";
  });
  await attempt(`${kind} connectEx(), tryAccept()`, () => {
    using client = new Socket();
    client.setBlocking(isBlocking);
    const result = client.connectEx(address);
    const accepted = server.tryAccept();
    accepted?.[0].close();
    const isRight = result === 0 || result === -constants.errno.EINPROGRESS;
    return isRight && accepted ? "hello" : String(result);
  });

  const [near, far] = socketpair();
  near.setBlocking(isBlocking);
  far.setBlocking(isBlocking);
  await attempt(`${kind} send(), recv()`, () => {
    near.send(hello);
    return far.recv(5);
  });
  await attempt(`${kind} sendAll(), recvInto()`, () => {
    near.sendAll(hello);
    return received(far.recvInto(buffer));
  });
  await attempt(`${kind} sendAll(), recvInto(MSG_WAITALL)`, () => {
    near.sendAll(hello);
    return received(far.recvInto(buffer, MSG_WAITALL));
  });
  await attempt(`${kind} trySend(), tryRecvInto()`, () => {
    near.trySend(hello);
    return received(far.tryRecvInto(buffer));
  });
  await attempt(`${kind} sendmsg(), recvmsg()`, () => {
    near.sendmsg([hello]);
    return far.recvmsg(5).data;
  });
  await attempt(`${kind} tryRecvInto() of nothing`, () => {
    return far.tryRecvInto(buffer) === undefined ? "hello" : "something";
  });
  near.close();
  far.close();

  using datagrams = new Socket(AF_INET, SOCK_DGRAM);
  datagrams.bind({ host: "127.0.0.1", port: 0 });
  const own = datagrams.getsockname();
  await attempt(`${kind} sendto(), recvfrom()`, () => {
    datagrams.sendto(hello, own);
    return datagrams.recvfrom(5)[0];
  });
}

await attempt("awaited", async () => {
  using client = new Socket();
  const accepting = promises.accept(server);
  await promises.connect(client, address);
  const [accepted] = await accepting;
  using other = accepted;
  await promises.sendAll(client, hello);
  return await promises.recv(other, 5); // before they are closed
});
writeSync(1, "done\n");

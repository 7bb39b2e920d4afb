/** No call here sets O_NONBLOCK on a descriptor that was given. */
import { constants, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { eventfd, pipe } from "posix-select/fd";
import {
  accept,
  connect,
  readable,
  recv,
  recvInto,
  select,
  sendAll,
  writable,
} from "posix-select/promises";
import {
  AF_UNIX,
  createConnection,
  createServer,
  MSG_WAITALL,
  Socket,
  socketpair,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import {
  drain,
  fill,
  freePath,
  isLinux,
  makeBlocking,
  statusOf,
} from "../socket/support.ts";
import { expectPending } from "./support.ts";

function blocks(fd: number): boolean {
  return !statusOf(fd).isNonBlocking;
}

/** A Socket of a descriptor in blocking mode. */
function blocking(cleanup: Cleanup, socket: Socket): Socket {
  const fd = socket.detach();
  makeBlocking(fd);
  expect(blocks(fd)).toBe(true);
  return cleanup.use(Socket.fromFd(fd));
}

// Linux shows a descriptor's flags in /proc; elsewhere it takes fcntl(2).
describe.skipIf(!isLinux)("O_NONBLOCK stays off", () => {
  test("on numbers that are waited for", async () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    const counter = cleanup.fd(eventfd?.() ?? -1);
    const waiting = readable(read);
    const choice = select([counter], [write], []);
    await choice;
    const both = select([counter], [], []);
    await expectPending(waiting, both);
    expect([read, write, counter].map(blocks)).toEqual([true, true, true]);
    writeSync(write, "x");
    writeSync(counter, new BigUint64Array([1n]));
    await Promise.all([waiting, both]);
    expect([read, write, counter].map(blocks)).toEqual([true, true, true]);
  });

  test("on a FileHandle", async () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    execFileSync("mkfifo", [path]);
    const file = await open(path, constants.O_RDWR);
    try {
      const waiting = readable(file);
      await expectPending(waiting);
      expect(blocks(file.fd)).toBe(true);
      writeSync(cleanup.fd(openSync(path, "w")), "x");
      await waiting;
      expect(blocks(file.fd)).toBe(true);
    } finally {
      await file.close();
    }
  });

  test("on a Socket of a descriptor that blocks, and nothing does", async () => {
    using cleanup = new Cleanup();
    const [one, b] = cleanup.both(socketpair());
    const a = blocking(cleanup, one);
    const reading = recv(a, 9);
    await expectPending(reading);
    b.send("x");
    expect((await reading).toString()).toBe("x");
    const all = recvInto(a, new Uint8Array(4), { flags: MSG_WAITALL });
    b.send("ab");
    await expectPending(all);
    b.send("cd");
    expect(await all).toBe(4);
    fill(a);
    const sending = sendAll(a, Buffer.alloc(1000));
    const room = writable(b);
    await expectPending(sending);
    await room;
    drain(b);
    await sending;
    expect(blocks(a.fileno())).toBe(true);
  });

  test("on a listener and a client that block", async () => {
    using cleanup = new Cleanup();
    const path = freePath(cleanup);
    const listener = blocking(cleanup, createServer({ path }));
    const accepting = accept(listener);
    await expectPending(accepting);
    cleanup.use(createConnection({ path }));
    cleanup.use((await accepting)[0]);
    const client = blocking(cleanup, new Socket(AF_UNIX));
    await connect(client, { path });
    cleanup.use((await accept(listener))[0]);
    expect(blocks(listener.fileno())).toBe(true);
    expect(blocks(client.fileno())).toBe(true);
  });
});

describe("a Socket's own time-out and mode do not count", () => {
  test.for([0, 1, undefined])("%s", async (timeoutMs) => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.setTimeout(timeoutMs);
    fill(a);
    const reading = recv(a, 9);
    const sending = sendAll(a, "x");
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expectPending(reading, sending);
    b.send("x");
    drain(b);
    await Promise.all([reading, sending]);
    expect(a.getTimeout()).toBe(timeoutMs);
  });
});

/** What a program can do after an InterruptedError. */
import { once } from "node:events";
import { constants } from "node:os";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { InterruptedError, type OSError } from "posix-select/errors";
import { select } from "posix-select/select";
import { createServer, Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";
import { thrownBy } from "./helpers/errors.ts";

/**
 * Makes `call` right after a signal that has a listener, gives the error, and
 * lets Node turn until the listener has run.
 */
async function interrupted(call: () => unknown): Promise<OSError> {
  const heard = once(process, "SIGUSR2");
  process.kill(process.pid, "SIGUSR2");
  const error = thrownBy(call);
  await heard;
  if (error instanceof InterruptedError) return error;
  throw error;
}

test("a receive that was interrupted can be made again, and nothing is lost", async () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  await interrupted(() => near.recv(10));
  far.send("x");
  expect(near.recv(10).toString()).toBe("x");
});

test("a signal is heard before what is ready", async () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  far.send("x");
  await interrupted(() => select([near], [], []));
  expect(select([near], [], [])).toEqual([[near], [], []]);
});

test("a look is not interrupted", async () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  far.send("x");
  const heard = once(process, "SIGUSR2");
  process.kill(process.pid, "SIGUSR2");
  expect(select([near, far], [], [], 0)).toEqual([[near], [], []]);
  far.setBlocking(false);
  expect(() => far.recv(1)).toThrow("EAGAIN");
  await heard;
});

test("a call that need not wait is not interrupted", async () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  const heard = once(process, "SIGUSR2");
  process.kill(process.pid, "SIGUSR2");
  far.send("x");
  expect(near.recv(1).toString()).toBe("x");
  await heard;
});

test("until Node has had its turn, every wait is interrupted", async () => {
  using cleanup = new Cleanup();
  const [near] = cleanup.both(socketpair());
  await interrupted(() => {
    expect(() => near.recv(1)).toThrow(InterruptedError);
    expect(() => select([near], [], [])).toThrow(InterruptedError);
    near.recv(1);
  });
  near.setTimeout(1);
  expect(() => near.recv(1)).toThrow("ETIMEDOUT");
});

test("sendAll() tells how much it had sent, so that one can go on", async () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  const data = Buffer.from(Array.from({ length: 2 ** 20 }, (_, i) => i % 251));
  const { bytesSent = -1 } = await interrupted(() => {
    near.sendAll(data);
  });
  expect(bytesSent).toBeGreaterThan(0);
  expect(bytesSent).toBeLessThan(data.length);

  near.setBlocking(false);
  far.setBlocking(false);
  const received: Buffer[] = [];
  for (let sent = bytesSent; sent < data.length;) {
    received.push(far.recv(65536));
    sent += near.trySend(data.subarray(sent)) ?? 0;
  }
  near.close();
  for (let piece; (piece = far.recv(65536)).length > 0;) received.push(piece);
  expect(Buffer.concat(received).equals(data)).toBe(true);
});

test("connect() goes on with the connection that was interrupted", async () => {
  using cleanup = new Cleanup();
  const server = cleanup.use(createServer({ port: 0, backlog: 1 }));
  server.setBlocking(false);
  const address = server.getsockname();
  const clients = Array.from({ length: 8 }, () => cleanup.use(new Socket()));
  for (const client of clients) {
    client.setBlocking(false);
    client.connectEx(address);
  }
  const last = cleanup.use(new Socket());
  await interrupted(() => {
    last.connect(address);
  });
  // Now there is room for it.
  for (const client of clients) client.close();
  for (let next; (next = server.tryAccept());) next[0].close();
  last.connect(address);
  expect(last.getpeername()).toEqual(address);
  expect(() => {
    last.connect(address);
  }).toThrow("EISCONN");
});

test("connectEx() gives an interrupt as a number", async () => {
  using cleanup = new Cleanup();
  const server = cleanup.use(createServer({ port: 0 }));
  const client = cleanup.use(new Socket());
  const heard = once(process, "SIGUSR2");
  process.kill(process.pid, "SIGUSR2");
  expect(client.connectEx(server.getsockname())).toBe(-constants.errno.EINTR);
  await heard;
  expect(client.connectEx(server.getsockname())).toBe(0);
});

test("a signal is heard by the main thread while a worker waits on", async () => {
  const source = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { socketpair } = require(workerData);
    process.on("SIGUSR2", () => parentPort.postMessage("heard in the worker"));
    const [near] = socketpair();
    near.setTimeout(1500);
    parentPort.postMessage("ready");
    try {
      near.recv(1);
    } catch (error) {
      parentPort.postMessage(error.code);
    }
    process.exit();
  `;
  const worker = new Worker(source, {
    eval: true,
    workerData: new URL("../dist/index.js", import.meta.url).pathname,
  });
  const messages: unknown[] = [];
  worker.on("message", (message) => messages.push(message));
  await once(worker, "message");
  const heard = once(process, "SIGUSR2");
  process.kill(process.pid, "SIGUSR2");
  await heard;
  await once(worker, "exit");
  expect(messages).toEqual(["ready", "ETIMEDOUT"]);
});

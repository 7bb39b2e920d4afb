/**
 * A server that echoes, under load, of one of these kinds: select, poll, epoll,
 * kqueue (a selector that blocks), async (one that is awaited), promises.
 *
 * It prints three ports: where it echoes; where it hardly ever accepts, so that
 * the queue is full; and where it tells a JSON of what it has, and that only.
 *
 * node --import tsx test/programs/soak-server.ts KIND
 */
import { readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { OSError } from "posix-select/errors";
import { accept, recv, sendAll } from "posix-select/promises";
import {
  type BaseSelector,
  DefaultSelector,
  EpollSelector,
  EVENT_READ,
  EVENT_WRITE,
  KqueueSelector,
  PollSelector,
  SelectSelector,
} from "posix-select/selectors";
import { createServer, type Socket } from "posix-select/socket";
import type { Figures } from "../soak/figures.ts";

const kind = process.argv[2] ?? "epoll";
const figures = { accepted: 0, left: 0, broken: 0, bytes: 0 };

setFlagsFromString("--expose-gc");

function tell(client: Socket): void {
  // What one finds, a thread frees, which the next one waits for.
  for (let i = 0; i < 3; i++) runInNewContext("gc()");
  const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
  const fds = readdirSync("/dev/fd").length;
  const all: Figures = { ...figures, heapUsed, arrayBuffers, rss, fds };
  client.setBlocking(true);
  client.sendAll(JSON.stringify(all));
  client.close();
}

const [server, full, control] = [
  createServer({ port: 0 }),
  createServer({ port: 0, backlog: 1 }),
  createServer({ port: 0 }),
];
for (const each of [server, full, control]) each.setBlocking(false);

/** Now and then, so that nobody waits there for ever. */
function drainFull(): void {
  if (figures.accepted % 50 !== 0) return;
  for (;;) {
    const accepted = full.tryAccept();
    if (accepted === undefined) return;
    accepted[0].close();
  }
}

function isOver(error: unknown): void {
  if (!(error instanceof OSError)) throw error;
  figures.broken++;
}

async function talk(client: Socket): Promise<void> {
  try {
    for (;;) {
      const data = await recv(client, 65536);
      if (data.length === 0) break;
      figures.bytes += data.length;
      await sendAll(client, data);
    }
    figures.left++;
  } catch (error) {
    isOver(error);
  } finally {
    client.close();
  }
}

async function serveByPromises(): Promise<void> {
  const told = async (): Promise<void> => {
    for (;;) tell((await accept(control))[0]);
  };
  void told();
  for (;;) {
    const [client] = await accept(server);
    client.setBlocking(false);
    figures.accepted++;
    drainFull();
    void talk(client);
  }
}

/** With each client: what it is owed. */
type Selector = BaseSelector<Buffer | undefined, Socket>;

function newSelector(): Selector {
  const classes: NodeJS.Dict<new () => Selector> = {
    select: SelectSelector,
    poll: PollSelector,
    epoll: EpollSelector ?? DefaultSelector,
    kqueue: KqueueSelector ?? DefaultSelector,
  };
  return new (classes[kind] ?? DefaultSelector)();
}

function serve(selector: Selector, socket: Socket, owed?: Buffer): void {
  if (socket === control) {
    const accepted = control.tryAccept();
    if (accepted !== undefined) tell(accepted[0]);
    return;
  }
  if (socket === server) {
    for (let i = 0; i < 16; i++) {
      const accepted = server.tryAccept();
      if (accepted === undefined) return;
      figures.accepted++;
      accepted[0].setBlocking(false);
      selector.register(accepted[0], EVENT_READ);
      drainFull();
    }
    return;
  }
  try {
    const data = owed ?? socket.recv(65536);
    if (owed === undefined) figures.bytes += data.length;
    if (data.length === 0) {
      figures.left++;
      letGo(selector, socket);
      return;
    }
    const rest = data.subarray(socket.trySend(data) ?? 0);
    if (rest.length === 0) selector.modify(socket, EVENT_READ);
    else selector.modify(socket, EVENT_WRITE, rest);
  } catch (error) {
    isOver(error);
    letGo(selector, socket);
  }
}

let times = 0;

/** In either order: what was closed first is unregistered all the same. */
function letGo(selector: Selector, socket: Socket): void {
  if (times++ % 2 === 0) {
    selector.unregister(socket);
    socket.close();
  } else {
    socket.close();
    selector.unregister(socket);
  }
}

const ports = [server, full, control].map((it) => it.getsockname().port);
console.log(ports.join(" "));

if (kind === "promises") {
  await serveByPromises();
} else {
  const selector = newSelector();
  for (const it of [server, control]) selector.register(it, EVENT_READ);
  for (;;) {
    const ready =
      kind === "async" ? await selector.selectAsync() : selector.select();
    for (const [{ fileobj, data }] of ready) serve(selector, fileobj, data);
  }
}

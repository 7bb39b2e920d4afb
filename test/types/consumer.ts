/**
 * A program of somebody who uses the package: `test/consumer.test.ts` has it
 * compiled against `dist`. Never run.
 */
import * as all from "posix-select";
import { OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import { getGeneratorState } from "posix-select/inspect";
import { readable, recv } from "posix-select/promises";
import { epoll, EPOLLIN, kqueue, poll, select } from "posix-select/select";
import {
  DefaultSelector,
  EpollSelector,
  EVENT_READ,
} from "posix-select/selectors";
import { createServer, type Socket } from "posix-select/socket";

const server: Socket = createServer({ port: 0 });
const [ready]: [Socket[], never[], never[]] = select([server], [], [], 100);
const clients: [all.Socket, all.Address][] = ready.map((s) => s.accept());

const selector = new DefaultSelector<string, Socket>();
for (const [client] of clients) selector.register(client, EVENT_READ, "client");
for (const [{ data, fileobj }] of selector.select()) {
  console.log(data.toUpperCase(), fileobj.recv(4096).toString("utf8"));
}
if (EpollSelector !== undefined) {
  const edges = new EpollSelector<string, Socket>();
  edges.register(server, EVENT_READ, "server", { edgeTriggered: true });
}

const instance = epoll?.();
instance?.register(server, EPOLLIN);
const events: [number, number][] | undefined = instance?.poll(0);
const changed: number | undefined = kqueue?.().control(null, 1, 0).length;
const revents: [number, number][] = poll().poll(0);

export async function first(fd: number, socket: Socket): Promise<Buffer> {
  try {
    await readable(fd, { timeoutMs: 100, signal: AbortSignal.timeout(100) });
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    console.log(error.code, error.errno, error.syscall, error.fd);
  }
  for await (const list of selector) console.log(list.length);
  return recv(socket, 4096);
}

export function* steps(): Generator<number, void, undefined> {
  yield* pipe();
}

export const told: readonly unknown[] = [
  getGeneratorState(steps()),
  events,
  changed,
  revents,
  all.promises.select,
];

// @ts-expect-error -- the types are there: nothing is any
export const mistake: string = select([server], [], []);

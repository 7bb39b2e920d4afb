/**
 * An echo server as the documentation has it, for any client and any fault of
 * the system's: selector, promises or blocking.
 *
 * What a client's calls fail with ends that client. What accept() fails with
 * ends nothing: ECONNABORTED is a client that has gone, and for all else (no
 * descriptors, no memory) it rests before it tries again.
 */
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { BlockingIOError, OSError } from "posix-select/errors";
import * as promises from "posix-select/promises";
import {
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
  SelectSelector,
} from "posix-select/selectors";
import { createServer, type Socket } from "posix-select/socket";

const restMs = 50;

const server = createServer({ port: 0 });
server.setBlocking(false);

function isGone(error: unknown): boolean {
  if (!(error instanceof OSError)) throw error;
  return error.code === "ECONNABORTED" || error.code === "EAGAIN";
}

/** What a client is owed. */
type Owed = Buffer | undefined;

function select(Selector: typeof DefaultSelector): void {
  const selector = new Selector<Owed, Socket>();
  let restUntil = Infinity;

  function accept(): void {
    try {
      const [client] = server.accept();
      client.setBlocking(false);
      selector.register(client, EVENT_READ);
    } catch (error) {
      if (isGone(error)) return;
      selector.unregister(server);
      restUntil = performance.now() + restMs;
    }
  }

  function talk(client: Socket, owed: Owed): void {
    try {
      const data = owed ?? client.recv(65_536);
      if (data.length > 0) {
        const rest = data.subarray(client.trySend(data) ?? 0);
        if (rest.length > 0) selector.modify(client, EVENT_WRITE, rest);
        else if (owed !== undefined) selector.modify(client, EVENT_READ);
        return;
      }
    } catch (error) {
      if (error instanceof BlockingIOError) return; // not ready after all
      if (!(error instanceof OSError)) throw error;
    }
    selector.unregister(client);
    client.close();
  }

  selector.register(server, EVENT_READ);
  for (;;) {
    const leftMs = restUntil - performance.now();
    if (leftMs <= 0) {
      selector.register(server, EVENT_READ);
      restUntil = Infinity;
    }
    const ready = selector.select(leftMs <= 0 ? Infinity : leftMs);
    for (const [{ fileobj, data }] of ready) {
      if (fileobj === server) accept();
      else talk(fileobj, data);
    }
  }
}

async function serve(): Promise<void> {
  for (;;) {
    try {
      const [client] = await promises.accept(server);
      void echo(client);
    } catch (error) {
      if (!isGone(error)) await sleep(restMs);
    }
  }
}

async function echo(client: Socket): Promise<void> {
  try {
    for (;;) {
      const data = await promises.recv(client, 65_536);
      if (data.length === 0) break;
      await promises.sendAll(client, data);
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
  }
  client.close();
}

/** One client after another. */
async function block(): Promise<void> {
  server.setBlocking(true);
  for (;;) {
    try {
      const [client] = server.accept();
      using it = client;
      for (let data; (data = it.recv(65_536)).length > 0;) it.sendAll(data);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (error.syscall === "accept" && !isGone(error)) await sleep(restMs);
    }
  }
}

writeSync(1, `Listening on 127.0.0.1:${server.getsockname().port}\n`);
// eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the default has the rest
switch (process.argv[2]) {
  case "selector":
    select(DefaultSelector);
    break;
  case "poll":
    select(PollSelector);
    break;
  case "select":
    select(SelectSelector);
    break;
  case "blocking":
    await block();
    break;
  default:
    await serve();
}

/** What the library tells on node:diagnostics_channel. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { recv } from "posix-select/promises";
import { epoll, EPOLLIN, poll, POLLIN, select } from "posix-select/select";
import {
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
  SelectSelector,
} from "posix-select/selectors";
import {
  createConnection,
  createServer,
  SHUT_WR,
  socketpair,
} from "posix-select/socket";
import type { IoMessage, WaitMessage } from "../src/observe.ts";
import { Cleanup } from "./helpers/cleanup.ts";

interface Told {
  readonly phase: "begin" | "end";
  readonly mechanism: string;
  readonly isBlocking: boolean;
  readonly timeoutMs: number;
  readonly watched: readonly (readonly [fd: number, events: number])[];
  readonly ready: readonly (readonly [fd: number, events: number])[];
  readonly ms: number | undefined;
  readonly error: unknown;
}

let ending: (() => void)[] = [];

afterEach(() => {
  for (const end of ending) end();
  ending = [];
});

function listen(name: string, listener: (message: unknown) => void): void {
  subscribe(name, listener);
  ending.push(() => unsubscribe(name, listener));
}

/** Every message about a wait, as it was when it was published. */
function waits(): Told[] {
  const told: Told[] = [];
  listen("posix-select:wait", (message) => {
    const wait = message as WaitMessage;
    const { mechanism, isBlocking, timeoutMs, startMs, endMs, error } = wait;
    told.push({
      phase: endMs === undefined ? "begin" : "end",
      mechanism,
      isBlocking,
      timeoutMs,
      watched: wait.watched.map(({ fd, events }) => [fd, events]),
      ready: wait.ready.map(({ fd, events }) => [fd, events]),
      ms: endMs === undefined ? undefined : endMs - startMs,
      error,
    });
  });
  return told;
}

/** Every message about a call: who, what, the result, the bytes. */
function calls(): [string, number, number, string | undefined, string][] {
  const told: [string, number, number, string | undefined, string][] = [];
  listen("posix-select:io", (message) => {
    const { operation, fd, result, code, data } = message as IoMessage;
    const text = data === undefined ? "" : Buffer.from(data).toString();
    told.push([operation, fd, result, code, text]);
  });
  return told;
}

test("select() is told of before and after", () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  const told = waits();
  far.send("x");
  select([near, far], [far], [], 50);
  const both = [near.fileno(), EVENT_READ];
  const third = [far.fileno(), EVENT_READ | EVENT_WRITE];
  expect(told).toMatchObject([
    { phase: "begin", mechanism: "select", isBlocking: true, timeoutMs: 50 },
    { phase: "end", mechanism: "select", isBlocking: true, timeoutMs: 50 },
  ]);
  expect(told[0]?.watched).toEqual([both, third]);
  expect(told[0]?.ready).toEqual([]);
  expect(told[1]?.watched).toEqual([both, third]);
  expect(told[1]?.ready).toEqual([both, [far.fileno(), EVENT_WRITE]]);
});

test("the time between is the wait's", () => {
  const told = waits();
  select([], [], [], 30);
  expect(told[1]?.ready).toEqual([]);
  expect(told[1]?.ms).toBeGreaterThanOrEqual(30);
});

test("a wait that lasts is told of in the middle, once", () => {
  const told: [isAsleep: boolean, isOver: boolean][] = [];
  listen("posix-select:wait", (message) => {
    const { isAsleep, endMs } = message as WaitMessage;
    told.push([isAsleep, endMs !== undefined]);
  });
  const start = performance.now();
  select([], [], [], 250);
  expect(performance.now() - start).toBeGreaterThanOrEqual(250);
  expect(told).toEqual([
    [false, false],
    [true, false],
    [true, true],
  ]);
});

test("a wait that fails is told of with its error", () => {
  using cleanup = new Cleanup();
  const [near] = cleanup.both(socketpair());
  const fd = near.fileno();
  near.close();
  const told = waits();
  expect(() => select([fd], [], [], 0)).toThrow("EBADF");
  expect(told).toMatchObject([
    { phase: "begin", error: undefined },
    { phase: "end", error: { code: "EBADF", fd } },
  ]);
});

test("poll() and an epoll are told of in the events of selectors", () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  const told = waits();
  far.send("x");
  const polled = poll();
  polled.register(near, POLLIN);
  polled.poll(0);
  const pair = [near.fileno(), EVENT_READ];
  expect(told[1]).toMatchObject({ mechanism: "poll", watched: [pair] });
  expect(told[1]?.ready).toEqual([pair]);
  if (epoll === undefined) return;
  using set = epoll();
  set.register(near, EPOLLIN);
  set.poll(0);
  expect(told[3]).toMatchObject({ mechanism: "epoll", watched: [pair] });
  expect(told[3]?.ready).toEqual([pair]);
});

test("a selector's wait has what was registered, with its data", () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  using selector = new SelectSelector<string>();
  selector.register(near, EVENT_READ, "mine");
  far.send("x");
  const messages: WaitMessage[] = [];
  listen("posix-select:wait", (message) => {
    messages.push(message as WaitMessage);
  });
  selector.select(0);
  expect(messages).toHaveLength(2);
  expect(messages[1]).toBe(messages[0]);
  const { mechanism, watched, ready } = messages[0] ?? {};
  expect(mechanism).toBe("SelectSelector");
  const entry = { fd: near.fileno(), events: EVENT_READ, fileobj: near };
  expect(watched).toEqual([{ ...entry, data: "mine" }]);
  expect(ready).toEqual([{ ...entry, data: "mine" }]);
});

test("an awaited wait is told of when it begins and when it ends", async () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  using selector = new PollSelector();
  selector.register(near, EVENT_READ);
  const told = waits();
  const pending = selector.selectAsync(10_000);
  expect(told).toMatchObject([{ phase: "begin", isBlocking: false }]);
  far.send("x");
  await pending;
  expect(told).toMatchObject([
    { timeoutMs: 10_000 },
    { phase: "end", ready: [[near.fileno(), EVENT_READ]] },
  ]);
});

test("a rejection that nobody hears stays one", async () => {
  using cleanup = new Cleanup();
  const [near] = cleanup.both(socketpair());
  const selector = new PollSelector();
  selector.register(near, EVENT_READ);
  const told = waits();
  const unheard = new Promise((resolve) => {
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.once("unhandledRejection", (error) => {
      for (const other of others) process.on("unhandledRejection", other);
      resolve(error);
    });
  });
  void selector.selectAsync();
  selector.close();
  expect(await unheard).toMatchObject({ code: "ERR_CLOSED" });
  expect(told.at(-1)).toMatchObject({ error: { code: "ERR_CLOSED" } });
});

test("an object is asked for its number once", () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  far.send("x");
  let asked = 0;
  const object = {
    fileno: () => {
      asked++;
      return near.fileno();
    },
  };
  const told = waits();
  select([object], [object], [], 0);
  expect(asked).toBe(2);
  const both = EVENT_READ | EVENT_WRITE;
  expect(told[1]?.watched).toEqual([[near.fileno(), both]]);
  expect(told[1]?.ready).toEqual([[near.fileno(), both]]);
});

test("the awaited calls' own selector is told of", async () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  const told = waits();
  const received = recv(near, 10);
  await sleep(0);
  far.send("x");
  await received;
  const ready = told.filter(({ phase }) => phase === "end");
  expect(ready[0]?.ready).toEqual([[near.fileno(), EVENT_READ]]);
});

test("a blocking call's own wait is told of", () => {
  using cleanup = new Cleanup();
  const [near] = cleanup.both(socketpair());
  near.setTimeout(20);
  const told = waits();
  expect(() => near.recv(1)).toThrow("ETIMEDOUT");
  expect(told).toMatchObject([
    { phase: "begin", mechanism: "poll" },
    { phase: "end", watched: [[near.fileno(), EVENT_READ]], ready: [] },
  ]);
});

test("a socket's calls are told of, with their bytes", () => {
  using cleanup = new Cleanup();
  const server = cleanup.use(createServer({ port: 0 }));
  server.setBlocking(false);
  const told = calls();
  expect(server.tryAccept()).toBeUndefined();
  const near = cleanup.use(createConnection(server.getsockname()));
  server.setBlocking(true);
  const [far] = server.accept();
  cleanup.use(far);
  near.send("abc");
  expect(far.recv(10).toString()).toBe("abc");
  expect(far.tryRecvInto(Buffer.alloc(4))).toBeUndefined();
  near.shutdown(SHUT_WR);
  far.recv(10);
  const [a, b, c] = [server.fileno(), near.fileno(), far.fileno()];
  near.close();
  const fd = far.detach();
  expect(fd).toBe(c);
  const eagain = expect.any(Number) as number;
  const own = told.filter(([operation]) => operation !== "connect");
  expect(own).toEqual([
    ["accept", a, eagain, "EAGAIN", ""],
    ["accept", a, c, undefined, ""],
    ["send", b, 3, undefined, "abc"],
    ["recv", c, 3, undefined, "abc"],
    ["recv", c, eagain, "EAGAIN", ""],
    ["shutdown", b, 0, undefined, ""],
    ["recv", c, 0, undefined, ""],
    ["close", b, 0, undefined, ""],
    ["detach", c, 0, undefined, ""],
  ]);
  expect(told.filter(([operation]) => operation === "connect").at(-1)).toEqual([
    "connect",
    b,
    0,
    undefined,
    "",
  ]);
});

test("a subscriber may make calls: what an accept found stays", () => {
  using cleanup = new Cleanup();
  const server = cleanup.use(createServer({ port: 0 }));
  const near = cleanup.use(createConnection(server.getsockname()));
  listen("posix-select:io", (message) => {
    if ((message as IoMessage).operation === "accept") server.getsockname();
  });
  const [far, address] = server.accept();
  cleanup.use(far);
  expect(address).toEqual(near.getsockname());
});

test("nobody is told after the last has gone", () => {
  const told = waits();
  for (const end of ending) end();
  select([], [], [], 0);
  expect(told).toEqual([]);
});

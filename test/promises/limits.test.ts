/** What all calls have in common: times, signals, and one waiter at a time. */
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { AbortError, BusyError, TimeoutError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  accept,
  readable,
  recv,
  recvInto,
  select,
  sendAll,
  type WaitOptions,
  writable,
} from "posix-select/promises";
import { createServer, type Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { drain, fill } from "../socket/support.ts";
import {
  expectPending,
  expectRejection,
  hold,
  isSettledNow,
  outcomeOf,
  timedRejection,
} from "./support.ts";

interface Call {
  readonly name: string;
  readonly syscall: string;
  /** Waits for a socket that is never ready. */
  readonly call: (socket: Socket, options: WaitOptions) => Promise<unknown>;
  readonly writes?: boolean;
  readonly listens?: boolean;
}

const calls: readonly Call[] = [
  { name: "readable", syscall: "poll", call: readable },
  { name: "writable", syscall: "poll", call: writable, writes: true },
  { name: "accept", syscall: "accept", call: accept, listens: true },
  { name: "recv", syscall: "recv", call: (it, more) => recv(it, 9, more) },
  {
    name: "recvInto",
    syscall: "recv",
    call: (it, more) => recvInto(it, new Uint8Array(9), more),
  },
  {
    name: "sendAll",
    syscall: "send",
    call: (it, more) => sendAll(it, "x", more),
    writes: true,
  },
];

/** A socket of the kind that the call waits for, and what makes it ready. */
function silent(cleanup: Cleanup, { writes, listens }: Call): [Socket, Socket] {
  if (listens === true) {
    const listener = cleanup.use(createServer({ port: 0 }));
    return [listener, listener];
  }
  const [a, b] = cleanup.both(socketpair());
  if (writes === true) fill(a);
  return [a, b];
}

describe.each(calls)("$name", (it) => {
  const { call, syscall } = it;

  test.for([1, 0.3, 20.7])("times out after %s ms, not before", async (ms) => {
    using cleanup = new Cleanup();
    const [socket] = silent(cleanup, it);
    const { took, error } = await timedRejection(() =>
      call(socket, { timeoutMs: ms }),
    );
    expect(took).toBeGreaterThanOrEqual(ms);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      code: "ETIMEDOUT",
      syscall,
      fd: socket.fileno(),
      message: `ETIMEDOUT: timed out, ${syscall}`,
    });
  });

  test.for([0, -0, -5, -Infinity])("looks with %s ms", async (timeoutMs) => {
    using cleanup = new Cleanup();
    const [socket] = silent(cleanup, it);
    const look = call(socket, { timeoutMs });
    expect(await isSettledNow(look)).toBe(true);
    await expectRejection(look, TimeoutError, { syscall });
  });

  test("waits on with any time that is far", async () => {
    using cleanup = new Cleanup();
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on("warning", listen);
    cleanup.defer(() => process.off("warning", listen));
    for (const timeoutMs of [undefined, null, Infinity, 2 ** 31, 1e300]) {
      const [socket] = silent(cleanup, it);
      const waiting = call(socket, { timeoutMs });
      await expectPending(waiting);
      socket.close();
      expect(await outcomeOf(waiting)).toBe("EBADF");
    }
    // Node's timers count to 2 ** 31, and say so.
    expect(warnings).toEqual([]);
  });

  test("does nothing if its signal was aborted before", async () => {
    using cleanup = new Cleanup();
    const [socket, peer] = silent(cleanup, it);
    if (socket !== peer) {
      drain(peer);
      peer.send("x");
    }
    const reason = { the: "reason" };
    const signal = AbortSignal.abort(reason);
    const failing = call(socket, { signal });
    expect(await isSettledNow(failing)).toBe(true);
    await expectRejection(failing, AbortError, {
      code: "ABORT_ERR",
      cause: reason,
    });
    if (socket !== peer) expect(socket.recv(9).toString()).toBe("x");
  });

  test("is ended by its signal, which it lets go of", async () => {
    using cleanup = new Cleanup();
    const [socket] = silent(cleanup, it);
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = call(socket, { signal, timeoutMs: 60_000 });
    await expectPending(waiting);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    controller.abort("why");
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    expect(await isSettledNow(waiting)).toBe(true);
    await expectRejection(waiting, AbortError, { cause: "why" });
    // It is free again.
    await expectRejection(call(socket, { timeoutMs: 1 }), TimeoutError, {});
  });

  test("lets go of its signal after any other end", async () => {
    using cleanup = new Cleanup();
    const { signal } = new AbortController();
    const [socket] = silent(cleanup, it);
    await outcomeOf(call(socket, { signal, timeoutMs: 0 }));
    await outcomeOf(call(socket, { signal, timeoutMs: 1 }));
    const closed = call(socket, { signal });
    await expectPending(closed);
    expect(await outcomeOf(call(socket, { signal }))).toBe("ERR_BUSY");
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    socket.close();
    await outcomeOf(closed);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("is a BusyError for whoever comes second; the first waits on", async () => {
    using cleanup = new Cleanup();
    const [socket] = silent(cleanup, it);
    const first = call(socket, {});
    await expectPending(first);
    const fd = socket.fileno();
    const rivals = calls.filter(
      (other) => (other.writes ?? false) === (it.writes ?? false),
    );
    for (const rival of rivals) {
      const second = rival.call(socket, { timeoutMs: 0 });
      expect(await isSettledNow(second)).toBe(true);
      await expectRejection(second, BusyError, { code: "ERR_BUSY", fd });
    }
    const numbers = (it.writes ?? false) ? [[], [fd]] : [[fd], []];
    const [rlist = [], wlist = []] = numbers;
    const choice = select(rlist, wlist, [], 0);
    await expectRejection(choice, BusyError, { fd });
    await expectPending(first);
    socket.close();
    expect(await outcomeOf(first)).toBe("EBADF");
  });
});

test("an abort after the end changes nothing", async () => {
  using cleanup = new Cleanup();
  const [a, b] = cleanup.both(socketpair());
  const controller = new AbortController();
  const waiting = recv(a, 9, { signal: controller.signal });
  await expectPending(waiting);
  b.send("x");
  expect((await waiting).toString()).toBe("x");
  controller.abort();
  await expectPending(
    (async () => {
      await readable(a, { timeoutMs: 50 }).catch(() => 0);
    })(),
  );
});

test("what came while the thread was busy is not too late", async () => {
  using cleanup = new Cleanup();
  const [a, b] = cleanup.both(socketpair());
  const [read] = cleanup.fds(pipe());
  const [c, d] = cleanup.both(socketpair());
  const all = Promise.all([
    recv(a, 9, { timeoutMs: 10 }),
    select([c, read], [], [], 10),
  ]);
  // Before the loop turns, however slow the machine: their time is short.
  hold(40);
  b.send("x");
  d.send("x");
  const [data, found] = await all;
  expect(data.toString()).toBe("x");
  expect(found).toEqual([[c], [], []]);
});

test("reading and writing at once is no quarrel, by any call", async () => {
  using cleanup = new Cleanup();
  const [a, b] = cleanup.both(socketpair());
  fill(a);
  const reading = recv(a, 9);
  const sending = sendAll(a, "last");
  await expectPending(reading, sending);
  b.send("x");
  expect((await reading).toString()).toBe("x");
  await expectPending(sending);
  drain(b);
  await sending;
  expect((await recv(b, 9)).toString()).toBe("last");
});

test("10,000 waits on one signal are no leak, and all end", async () => {
  using cleanup = new Cleanup();
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on("warning", listen);
  cleanup.defer(() => process.off("warning", listen));
  const controller = new AbortController();
  const { signal } = controller;
  const waits = Array.from({ length: 10_000 }, () =>
    select([], [], [], null, { signal }).catch((error: unknown) => error),
  );
  await expectPending(...waits.slice(0, 3));
  controller.abort();
  for (const error of await Promise.all(waits)) {
    expect(error).toBeInstanceOf(AbortError);
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings).toEqual([]);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

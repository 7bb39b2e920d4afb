/**
 * Threads that wait while something ends: their worker, the process, a selector.
 * Plain JavaScript over `dist`, so that it starts at once: it is started a
 * thousand times.
 *
 * node --expose-gc test/programs/threads.mjs KIND SEED loop|thread
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  isMainThread,
  parentPort,
  Worker,
  workerData,
} from "node:worker_threads";

const [kind, seed, watcher, shared] = isMainThread
  ? [process.argv[2], Number(process.argv[3]), process.argv[4]]
  : workerData;

if (watcher === "thread") {
  // As on Bun and Deno: a thread of the addon's own watches.
  const versions = { ...process.versions, bun: "1.0.0" };
  Object.defineProperty(process, "versions", { value: versions });
}
const { InterruptedError } = await import("posix-select/errors");
const { pipe } = await import("posix-select/fd");
const {
  readable,
  recv,
  select: selectLater,
  sendAll,
} = await import("posix-select/promises");
const { select } = await import("posix-select/select");
const {
  EpollSelector,
  EVENT_READ,
  EVENT_WRITE,
  KqueueSelector,
  PollSelector,
  SelectSelector,
  wakeup,
} = await import("posix-select/selectors");
const { createServer, Socket, socketpair } =
  await import("posix-select/socket");

const classes = [
  SelectSelector,
  PollSelector,
  EpollSelector,
  KqueueSelector,
].filter((constructor) => constructor !== undefined);

/** The same row of numbers for the same seed: mulberry32. */
let state = seed >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

function pick(list) {
  return list[Math.floor(random() * list.length)];
}

/** Holds the thread: a timer would not hit so many different moments. */
function spin(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

function newSelector() {
  return new (pick(classes))();
}

/** What a thread may be at; each ends by itself. */
const work = [
  function blocksInASelector() {
    const [a, b] = socketpair();
    const selector = newSelector();
    selector.register(a, EVENT_READ);
    for (let i = 0; i < 10; i++) {
      selector.modify(a, i % 2 === 0 ? EVENT_READ : EVENT_WRITE);
      selector.select(random() * 2);
    }
    b.send("x");
    assert.equal(selector.select(0).length, selector.select(1).length);
    for (const it of [selector, a, b]) it.close();
  },
  function blocksInSelect() {
    const [a, b] = socketpair();
    for (let i = 0; i < 10; i++) {
      const found = select([a, b], [a], [], random());
      assert.deepEqual(found, [[], [a], []]);
      select([a, b], [], [], random());
    }
    a.close();
    b.close();
  },
  async function awaitsASelector() {
    const [a, b] = socketpair();
    const selector = newSelector();
    selector.register(a, EVENT_READ);
    for (let i = 0; i < 5; i++) {
      const pending = selector.selectAsync();
      if (random() < 0.5) spin(random());
      b.send("x");
      assert.equal((await pending).length, 1);
      a.recv(1);
      await selector.selectAsync(random());
    }
    for (const it of [selector, a, b]) it.close();
  },
  async function pingPong() {
    const [a, b] = socketpair();
    const other = (async () => {
      for (let i = 0; i < 10; i++) await sendAll(b, await recv(b, 10));
    })();
    for (let i = 0; i < 10; i++) {
      await sendAll(a, "x");
      assert.equal((await recv(a, 10)).length, 1);
    }
    await other;
    a.close();
    b.close();
  },
  async function closesInMidWait() {
    for (let i = 0; i < 5; i++) {
      const selector = newSelector();
      const [a, b] = socketpair();
      selector.register(a, EVENT_READ);
      const pending = selector.selectAsync().catch(({ code }) => code);
      if (random() < 0.5) await turn();
      selector.close();
      assert.equal(await pending, "ERR_CLOSED");
      const waiting = recv(a, 1).catch(({ code }) => code);
      if (random() < 0.5) await turn();
      a.close();
      assert.equal(await waiting, "EBADF");
      b.close();
    }
  },
  async function awaitsNumbers() {
    const [reader, writer] = pipe();
    const waiting = readable(reader, { timeoutMs: random() * 3 });
    if (random() < 0.5) writeSync(writer, "x");
    await waiting.catch(({ code }) => assert.equal(code, "ETIMEDOUT"));
    await selectLater([reader], [writer], [], 1);
    closeSync(reader);
    closeSync(writer);
  },
  async function connects() {
    const server = createServer({ port: 0 });
    const client = new Socket();
    client.connect(server.getsockname());
    const [served] = server.accept();
    served.send("x");
    assert.equal((await recv(client, 10)).length, 1);
    for (const it of [client, served, server]) it.close();
  },
  function wakesItself() {
    const selector = newSelector();
    const handle = selector.wakeupHandle();
    wakeup(handle);
    assert.deepEqual(selector.select(), []);
    selector.close();
    assert.throws(() => wakeup(handle), { code: "ERR_CLOSED" });
  },
  function collects() {
    globalThis.gc?.();
  },
];

/** What is pending must stay: a socket that is collected is closed. */
const kept = [];

/** Waits that nothing ends. */
function waitsForEver(keepsAlive = true) {
  for (const constructor of classes) {
    const selector = new constructor();
    const [a, b] = socketpair();
    selector.register(a, EVENT_READ);
    if (!keepsAlive) selector.unref();
    void selector.selectAsync();
    kept.push(selector, a, b);
  }
  if (!keepsAlive) return;
  const [a, b] = socketpair();
  void recv(a, 10);
  kept.push(a, b);
}

async function works(times) {
  for (let i = 0; i < times; i++) {
    await Promise.all([pick(work)(), pick(work)()]);
  }
}

/** A worker that does `what`. */
function hire(what, ...more) {
  const url = fileURLToPath(import.meta.url);
  const data = [what, Math.floor(random() * 2 ** 32), watcher, ...more];
  // What a terminated worker had open is not what is looked at here.
  return new Worker(url, { workerData: data, trackUnmanagedFds: false });
}

/** Workers that are at something when the process ends. */
async function company() {
  const workers = Array.from({ length: Math.floor(random() * 3) }, () =>
    hire(pick(["work", "blocked", "awaiting"])),
  );
  await Promise.all(workers.map((worker) => once(worker, "message")));
  return workers;
}

function ready() {
  writeSync(1, "ready\n");
}

/** A list whose objects do something when they are asked for their number. */
function* list(at, call) {
  const pairs = Array.from({ length: 5 }, () => socketpair());
  for (const [i, [a]] of pairs.entries()) {
    if (i !== at) yield a;
    else
      yield {
        fileno: () => {
          call();
          return a.fileno();
        },
      };
  }
}

const inMain = {
  /** Workers are terminated whatever they are at. */
  async terminate() {
    for (let i = 0; i < 5; i++) {
      const workers = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
        hire(pick(["work", "blocked", "awaiting", "closing"])),
      );
      const [first] = workers;
      // Some are not even there yet.
      if (random() < 0.8) await once(first, "message");
      if (random() < 0.5) spin(random() * 3);
      else await works(1);
      const ends = workers.map((worker) => worker.terminate());
      await works(1);
      await Promise.all(ends);
    }
  },

  /** Workers end by themselves, with waits pending. */
  async teardown() {
    for (let i = 0; i < 5; i++) {
      const worker = hire("ending");
      const exit = new Promise((resolve) => {
        worker.on("error", () => undefined).on("exit", resolve);
      });
      const [code] = await Promise.all([exit, works(2)]);
      assert.ok([0, 1, 3].includes(code), `a worker ended with ${code}`);
    }
  },

  /** Handles of selectors that are being closed, from several threads. */
  async wakeup() {
    const handles = new Float64Array(new SharedArrayBuffer(64));
    const newWaker = () => hire("waking", handles);
    const wakers = [newWaker(), newWaker()];
    await Promise.all(wakers.map((waker) => once(waker, "message")));
    for (let i = 0; i < 300; i++) {
      const selector = newSelector();
      handles[i % 4] = selector.wakeupHandle();
      if (i % 50 === 49) {
        // Terminated while it calls, and another one comes.
        const ended = wakers[0].terminate();
        wakers[0] = newWaker();
        await Promise.all([ended, once(wakers[0], "message")]);
      }
      if (random() < 0.5) {
        assert.deepEqual(selector.select(20_000), [], "ended by nobody");
      } else if (random() < 0.5) {
        assert.deepEqual(await selector.selectAsync(20_000), []);
      }
      selector.close();
      // Its numbers are used again at once: what is theirs must not be touched.
      const others = [socketpair(), socketpair()].flat();
      spin(random() * 0.05);
      for (const other of others) {
        other.setBlocking(false);
        assert.throws(() => other.recv(1), { code: "EAGAIN" });
      }
      for (const other of others) other.close();
    }
    await Promise.all(wakers.map((waker) => waker.terminate()));
  },

  async exitTimer() {
    await company();
    waitsForEver();
    setTimeout(() => process.exit(7), random() * 5);
    for (;;) await works(1);
  },

  async exitList() {
    await company();
    waitsForEver();
    if (random() < 0.5) await works(1);
    const items = list(Math.floor(random() * 5), () => process.exit(7));
    const items2 = random() < 0.5 ? [] : [...items];
    select(items2.length > 0 ? items2 : items, [], [], 1000);
  },

  async exitRegister() {
    await company();
    waitsForEver();
    const selector = newSelector();
    for (const item of list(3, () => process.exit(7)))
      selector.register(item, EVENT_READ);
  },

  async exitReady() {
    await company();
    waitsForEver();
    const selector = newSelector();
    const [a, b] = socketpair();
    selector.register(a, EVENT_READ);
    b.send("x");
    await turn();
    for await (const found of selector) {
      assert.equal(found.length, 1);
      process.exit(7);
    }
  },

  async throwList() {
    await company();
    waitsForEver();
    setImmediate(() => {
      select(
        list(2, () => {
          throw new Error("meant");
        }),
        [],
        [],
      );
    });
  },

  async throwReady() {
    await company();
    waitsForEver();
    const selector = newSelector();
    const [a, b] = socketpair();
    selector.register(a, EVENT_READ);
    setTimeout(() => b.send("x"), random() * 3);
    for await (const found of selector) {
      throw new Error(`meant: ${String(found.length)}`);
    }
  },

  /** The signal may come at any time, also before this has begun. */
  async term() {
    await company();
    waitsForEver();
    ready();
    if (random() < 0.5) newSelector().select();
    for (;;) await works(1);
  },

  async termListener() {
    await company();
    let isRunning = true;
    process.on("SIGTERM", () => {
      isRunning = false;
    });
    const selector = newSelector();
    const [a, b] = socketpair();
    selector.register(a, EVENT_READ);
    kept.push(b);
    // Without libuv's pipe a signal just before the wait does not end it.
    const isBlocking = watcher === "loop" && random() < 0.7;
    ready();
    while (isRunning) {
      try {
        if (isBlocking) selector.select();
        else await selector.selectAsync(5);
      } catch (error) {
        if (!(error instanceof InterruptedError)) throw error;
        await turn();
      }
    }
    process.exit(7);
  },

  /** What is pending does not keep it. */
  async end() {
    for (const worker of await company()) worker.unref();
    waitsForEver(false);
    if (random() < 0.5) await works(1);
    if (random() < 0.5) globalThis.gc?.();
  },
};

const inWorker = {
  async work() {
    parentPort.postMessage("going");
    for (;;) await works(1);
  },
  blocked() {
    waitsForEver();
    parentPort.postMessage("going");
    const [a, b] = socketpair();
    kept.push(b);
    if (random() < 0.5) select([a], [], []);
    else if (random() < 0.5) a.recv(1);
    else {
      const selector = newSelector();
      selector.register(a, EVENT_READ);
      selector.select();
    }
  },
  async awaiting() {
    waitsForEver();
    await works(1);
    parentPort.postMessage("going");
    await new Promise(() => undefined);
  },
  async closing() {
    parentPort.postMessage("going");
    for (;;) {
      waitsForEver();
      if (random() < 0.5) await turn();
      for (const it of kept.splice(0)) {
        if ("selectAsync" in it) it.selectAsync().catch(() => undefined);
        it.close();
      }
      await turn();
    }
  },
  async ending() {
    const how = pick(["exit", "throw", "unref", "exitList", "closePort"]);
    waitsForEver(how === "exit" || how === "throw");
    if (random() < 0.5) await works(1);
    if (how === "exit") process.exit(3);
    if (how === "throw") throw new Error("meant");
    if (how === "exitList")
      select(
        list(3, () => process.exit(3)),
        [],
        [],
        1,
      );
  },
  waking() {
    parentPort.postMessage("going");
    for (let i = 0; ; i++) {
      try {
        wakeup(shared[i % 4]);
      } catch (error) {
        assert.equal(error.code, "ERR_CLOSED");
      }
    }
  },
};

// Closing rejects what waits: that is meant, see waitsForEver().
process.on("unhandledRejection", (error) => {
  if (["ERR_CLOSED", "EBADF"].includes(error?.code)) return;
  throw error;
});

await (isMainThread ? inMain : inWorker)[kind]();

/**
 * What has to hold in every runtime, in plain JavaScript over `dist`: prints a
 * line of JSON for each fact. `npm run test:runtimes` makes a table of them.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { createServer as createHttpServer, get } from "node:http";
import { Worker } from "node:worker_threads";
import { EPOLLIN, epoll, poll, POLLIN, select } from "posix-select/select";
import {
  BaseSelector,
  DefaultSelector,
  EpollSelector,
  EVENT_READ,
  KqueueSelector,
  PollSelector,
  SelectSelector,
} from "posix-select/selectors";
import * as promises from "posix-select/promises";
import { createServer, Socket, socketpair } from "posix-select/socket";

/** A user's own, over poll(). */
class OwnSelector extends BaseSelector {
  #poll = poll();
  add(fd, events) {
    assert.equal(events, EVENT_READ);
    this.#poll.register(fd, POLLIN);
  }
  remove(fd) {
    this.#poll.unregister(fd);
  }
  wait(timeoutMs, report) {
    for (const [fd] of this.#poll.poll(timeoutMs)) report(fd, EVENT_READ);
  }
}

const selectors = [
  SelectSelector,
  PollSelector,
  EpollSelector,
  KqueueSelector,
  DefaultSelector,
  OwnSelector,
].filter((constructor) => constructor !== undefined);

function later(work, ms = 10) {
  setTimeout(work, ms);
}

async function rejects(promise, code) {
  await assert.rejects(promise, { code });
}

const facts = {
  "select, poll, epoll": () => {
    const [a, b] = socketpair();
    assert.deepEqual(select([a], [], [], 5), [[], [], []]);
    b.send("x");
    assert.deepEqual(select([a], [], []), [[a], [], []]);
    const set = poll();
    set.register(a, POLLIN);
    assert.deepEqual(set.poll(), [[a.fileno(), POLLIN]]);
    if (epoll !== undefined) {
      const queue = epoll();
      queue.register(a, EPOLLIN);
      assert.deepEqual(queue.poll(), [[a.fileno(), EPOLLIN]]);
      queue.close();
    }
    a.close();
    b.close();
  },
  sockets: () => {
    const server = createServer({ port: 0 });
    const client = new Socket();
    client.connect(server.getsockname());
    const [served] = server.accept();
    client.sendAll("hello");
    assert.equal(served.recv(10).toString(), "hello");
    assert.throws(() => client.setBlocking("no"), TypeError);
    client.setBlocking(false);
    assert.throws(() => client.recv(1), { code: "EAGAIN" });
    for (const socket of [server, client, served]) socket.close();
  },
  "every selector, blocking": () => {
    for (const constructor of selectors) {
      const selector = new constructor();
      const [a, b] = socketpair();
      const key = selector.register(a, EVENT_READ, "data");
      assert.deepEqual(selector.select(5), []);
      b.send("x");
      assert.deepEqual(selector.select(), [[key, EVENT_READ]]);
      selector.close();
      a.close();
      b.close();
    }
  },
  "every selector, awaited": async () => {
    for (const constructor of selectors) {
      const selector = new constructor();
      const [a, b] = socketpair();
      const key = selector.register(a, EVENT_READ, "data");
      const begin = performance.now();
      assert.deepEqual(await selector.selectAsync(20), []);
      assert.ok(performance.now() - begin >= 20);
      later(() => b.send("x"));
      const pending = selector.selectAsync();
      await rejects(selector.selectAsync(), "ERR_BUSY");
      assert.deepEqual(await pending, [[key, EVENT_READ]]);
      assert.deepEqual(await selector.selectAsync(), [[key, EVENT_READ]]);
      let turns = 0;
      for await (const ready of selector) {
        assert.deepEqual(ready, [[key, EVENT_READ]]);
        if (++turns === 100) break;
      }
      a.recv(10);
      later(() => selector.wakeup());
      assert.deepEqual(await selector.selectAsync(), []);
      await rejects(
        selector.selectAsync(null, { signal: AbortSignal.timeout(5) }),
        "ABORT_ERR",
      );
      later(() => selector.close());
      await rejects(selector.selectAsync(), "ERR_CLOSED");
      a.close();
      b.close();
    }
  },
  promises: async () => {
    const server = createServer({ port: 0 });
    const accepting = promises.accept(server);
    const client = new Socket();
    const { port } = server.getsockname();
    await promises.connect(client, { host: "127.0.0.1", port });
    const [served] = await accepting;
    const sent = Buffer.alloc(3_000_000, "0123456789");
    const sending = promises.sendAll(client, sent).then(() => client.close());
    const hash = createHash("sha256");
    for (;;) {
      const data = await promises.recv(served, 65536);
      if (data.length === 0) break;
      hash.update(data);
    }
    await sending;
    const whole = createHash("sha256").update(sent);
    assert.equal(hash.digest("hex"), whole.digest("hex"));
    await rejects(promises.readable(server, { timeoutMs: 5 }), "ETIMEDOUT");
    const pending = promises.accept(server);
    await rejects(promises.readable(server), "ERR_BUSY");
    later(() => server.close());
    await rejects(pending, "EBADF");
    served.close();
  },
  "timers and a server go on": async () => {
    const [a, b] = socketpair();
    b.send("x");
    const selector = new DefaultSelector();
    selector.register(a, EVENT_READ);
    const server = createHttpServer((_, response) => response.end("web"));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    let isServed = false;
    get(`http://127.0.0.1:${server.address().port}`, (response) => {
      response.resume();
      response.on("end", () => (isServed = true));
    });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    for await (const ready of selector) {
      assert.equal(ready.length, 1);
      if (isServed && ticks >= 5) break;
    }
    clearInterval(timer);
    server.close();
    server.closeAllConnections?.();
    selector.close();
    a.close();
    b.close();
  },
  "800 waits at once": async () => {
    const pairs = Array.from({ length: 400 }, () => socketpair());
    const waits = pairs.flatMap(([a, b]) => [
      promises.recv(a, 10),
      promises.recv(b, 10),
    ]);
    for (const [a, b] of pairs) {
      a.send("a");
      b.send("b");
    }
    const found = await Promise.all(waits);
    assert.equal(Buffer.concat(found).length, 800);
    for (const [a, b] of pairs) {
      a.close();
      b.close();
    }
  },
  "workers, terminated in mid-wait": async () => {
    const source = `
      import("${import.meta.resolve("posix-select")}").then(
        async ({ promises, socketpair, PollSelector, EVENT_READ }) => {
          const { parentPort } = await import("node:worker_threads");
          const [a, b] = socketpair();
          const selector = new PollSelector();
          selector.register(a, EVENT_READ);
          void selector.selectAsync();
          void promises.readable(b);
          parentPort.postMessage("waiting");
        },
      );
    `;
    for (let i = 0; i < 5; i++) {
      const worker = new Worker(source, { eval: true });
      await new Promise((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
      });
      await worker.terminate();
    }
  },
};

for (const [name, check] of Object.entries(facts)) {
  let problem = "";
  try {
    await check();
  } catch (error) {
    problem = String(error?.stack ?? error);
  }
  writeSync(1, `${JSON.stringify({ name, problem })}\n`);
}
// A wait that nobody needs: the process ends all the same.
const [left] = socketpair();
const idle = new DefaultSelector().unref();
idle.register(left, EVENT_READ);
void idle.selectAsync();
writeSync(1, `${JSON.stringify({ name: "the process ends", problem: "" })}\n`);

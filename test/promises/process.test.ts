/** When a process with waits ends, and that it does. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { withLimit } from "../selectors/support.ts";
import { isLinux } from "../socket/support.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const prelude = `
  import { spawn } from "node:child_process";
  import { closeSync, openSync, writeSync } from "node:fs";
  import { pipe } from "posix-select/fd";
  import * as p from "posix-select/promises";
  import { createServer, Socket, socketpair } from "posix-select/socket";
  const [read, write] = pipe();
  const [a, b] = socketpair();
  const say = (text) => writeSync(1, text + " ");
  /** Another process writes into the pipe, and keeps nobody alive. */
  const later = () => {
    const stdio = ["ignore", "ignore", "ignore", write];
    spawn("sh", ["-c", "sleep 0.1; echo x >&3"], { stdio }).unref();
  };
`;

/** Runs a program, for as long as it takes to be sure that it never ends. */
async function run(body: string, wrap: readonly string[] = []): Promise<Run> {
  const [command = "", ...args] = [
    ...wrap,
    ...[process.execPath, "--import", "tsx"],
    ...["--input-type=module", "--eval", prelude + body],
  ];
  return new Promise((resolve) => {
    const options = { cwd: root, timeout: 45_000 };
    const child = execFile(command, args, options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout: stdout.trim(), stderr });
    });
  });
}

const fine = (stdout: string): Run => ({ code: 0, stdout, stderr: "" });

describe("a process", () => {
  test.concurrent("ends after a wait for no descriptor at all", async () => {
    const ended = await run(`
      const began = performance.now();
      await p.select([], [], [], 50);
      const aborter = new AbortController();
      const { signal } = aborter;
      const waiting = p.select([], [], [], undefined, { signal });
      setTimeout(() => aborter.abort(), 10);
      await waiting.catch((error) => say(error.code));
      say(performance.now() - began >= 50 ? "late enough" : "too early");
    `);
    expect(ended).toEqual(fine("ABORT_ERR late enough"));
  });

  test.concurrent("is kept alive by a pending wait", async () => {
    const ended = await run(`
      later();
      p.readable(read).then(() => say("readable"));
      process.on("exit", () => say("exit"));
    `);
    expect(ended).toEqual(fine("readable exit"));
  });

  test.concurrent(
    "is kept alive by the second wait as by the first",
    async () => {
      const ended = await run(`
      const first = p.readable(read);
      writeSync(write, "x");
      await first;
      say("first");
      const [read2, write2] = pipe();
      spawn("sh", ["-c", "sleep 0.1; echo x >&3"], {
        stdio: ["ignore", "ignore", "ignore", write2],
      }).unref();
      await p.select([read2], [], []);
      say("second");
    `);
      expect(ended).toEqual(fine("first second"));
    },
  );

  test.concurrent("is not kept alive by waits that ended", async () => {
    const ended = await run(`
      const controller = new AbortController();
      const { signal } = controller;
      const timeoutMs = 1e6;
      const aborted = p.recv(a, 1, { signal, timeoutMs });
      const chosen = p.select([read], [], [], timeoutMs);
      const closed = p.accept(createServer({ port: 0 }), { timeoutMs: 1 });
      const [c] = socketpair();
      const gone = p.recv(c, 1, { timeoutMs });
      setImmediate(() => {
        controller.abort();
        writeSync(write, "x");
        c.close();
      });
      const all = [aborted, chosen, closed, gone].map((it) =>
        it.then(() => "ok", (error) => error.code),
      );
      say((await Promise.all(all)).join(" "));
    `);
    expect(ended).toEqual(fine("ABORT_ERR ok ETIMEDOUT EBADF"));
  });

  test.concurrent("can exit while it waits in all ways", async () => {
    const ended = await run(`
      void p.readable(read);
      void p.recv(a, 1, { timeoutMs: 1e6 });
      void p.sendAll(b, Buffer.alloc(1e7));
      void p.accept(createServer({ port: 0 }));
      void p.select([createServer({ port: 0 })], [], [], 1e6);
      void p.connect(new Socket(), { host: "localhost", port: 9 }).catch(() => 0);
      setTimeout(() => process.exit(7), 20);
    `);
    expect(ended).toEqual({ code: 7, stdout: "", stderr: "" });
  });

  test.concurrent("ends with a rejection that nobody handles", async () => {
    const ended = await run(`
      void p.readable(read, { timeoutMs: 5 });
      setInterval(() => 0, 1000);
    `);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("ETIMEDOUT: timed out, poll");
  });

  test
    .skipIf(!isLinux)
    .concurrent("waits again once there are descriptors", async () => {
      const ended = await run(
        `
      const all = [];
      await import("node:timers");
      for (;;) {
        try { all.push(openSync("/dev/null", "r")); } catch { break; }
      }
      for (let i = 0; i < 3; i++) {
        say(await p.readable(read).catch((error) => error.code));
      }
      for (const fd of all) closeSync(fd);
      later();
      await p.readable(read);
      say("readable");
      `,
        withLimit(200),
      );
      expect(ended).toEqual(fine("EMFILE EMFILE EMFILE readable"));
    });
});

const modules = {
  promises: new URL("../../src/promises/index.ts", import.meta.url).href,
  sockets: new URL("../../src/socket/index.ts", import.meta.url).href,
};

/** A worker that has `p`, `Socket`, `fd` and `post`; no loaders come with it. */
function startWorker(fd: number, body: string): Worker {
  const source = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { fd, promises, sockets } = workerData;
    const post = (value) => parentPort.postMessage(value);
    import("tsx/esm/api").then(async ({ register }) => {
      register();
      const p = await import(promises);
      const { Socket } = await import(sockets);
      ${body}
    });
  `;
  const workerData = { ...modules, fd };
  return new Worker(source, { eval: true, workerData });
}

/** What it posts first. */
async function message(worker: Worker): Promise<unknown> {
  const [value] = (await once(worker, "message")) as [unknown];
  return value;
}

describe("workers", () => {
  test("wait each for their own, and end when their waits have", async () => {
    using cleanup = new Cleanup();
    const pairs = [1, 2, 3, 4].map(() => cleanup.both(socketpair()));
    const workers = pairs.map(([a]) =>
      startWorker(
        a.fileno(),
        `
        const socket = Socket.fromFd(fd);
        const text = p.recv(socket, 99);
        post("ready");
        post((await text).toString());
        await p.sendAll(socket, "bye");
        `,
      ),
    );
    await Promise.all(workers.map(message));
    const answers = workers.map(message);
    const exits = workers.map((worker) => once(worker, "exit"));
    for (const [i, [, b]] of pairs.entries()) b.send(`for ${i}`);
    const all = await Promise.all(answers);
    expect(all).toEqual(pairs.map((_, i) => `for ${i}`));
    expect(await Promise.all(exits)).toEqual(pairs.map(() => [0]));
    for (const [, b] of pairs) expect(b.recv(9).toString()).toBe("bye");
  });

  test("can be terminated while they wait, or exit themselves", async () => {
    using cleanup = new Cleanup();
    const pairs = [1, 2, 3, 4].map(() => cleanup.both(socketpair()));
    const workers = pairs.map(([a], i) =>
      startWorker(
        a.fileno(),
        `
        const socket = Socket.fromFd(fd);
        void p.recv(socket, 9, { timeoutMs: 1e6 });
        void p.sendAll(socket, Buffer.alloc(1e7));
        void p.select([], [], []);
        post("ready");
        if (${i} === 3) setImmediate(() => process.exit(5));
        `,
      ),
    );
    const exits = workers.map((worker) => once(worker, "exit"));
    await Promise.all(workers.map(message));
    const three = workers.slice(0, 3);
    await Promise.all(three.map((worker) => worker.terminate()));
    expect(await Promise.all(exits)).toEqual([[1], [1], [1], [5]]);
    // What was waited for is as it was.
    for (const [a, b] of pairs) {
      a.setBlocking(false);
      expect(b.trySend("x")).toBe(1);
      expect(a.recv(9).toString()).toBe("x");
    }
  });
});

/** What the tests of sockets share. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import {
  type Address,
  createConnection,
  createServer,
  type InetAddress,
  type Socket,
} from "posix-select/socket";
import type { Cleanup } from "../helpers/cleanup.ts";

export const isLinux = process.platform === "linux";
export const isRoot = process.getuid?.() === 0;

/** Containers often have no IPv6, not even its loopback address. */
export const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((it) => it?.address === "::1");

/** An IP socket's address; fails for any other. */
export function inet(address: Address | undefined): InetAddress {
  if (address?.host === undefined) throw new Error("no IP address");
  return address;
}

/** The port that a socket is bound to. */
export function portOf(socket: Socket): number {
  return inet(socket.getsockname()).port;
}

/** Two ends of a TCP connection. */
export function tcpPair(cleanup: Cleanup): [client: Socket, server: Socket] {
  using listener = createServer({ port: 0 });
  const client = cleanup.use(createConnection(inet(listener.getsockname())));
  const [server] = listener.accept();
  return [client, cleanup.use(server)];
}

/** A path at which there is no file yet. */
export function freePath(cleanup: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), "posix-select-"));
  cleanup.defer(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, "socket");
}

let names = 0;

/** A name in Linux's abstract namespace that nobody else uses. */
export function abstractName(): string {
  return `\0posix-select-test-${process.pid}-${names++}`;
}

/** O_NONBLOCK and close-on-exec, as Linux shows them. */
export function statusOf(fd: number): {
  isNonBlocking: boolean;
  isCloseOnExec: boolean;
} {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  const flags = parseInt(/^flags:\s*(\d+)$/m.exec(text)?.[1] ?? "", 8);
  return {
    isNonBlocking: (flags & 0o4000) !== 0,
    isCloseOnExec: (flags & 0o2000000) !== 0,
  };
}

/**
 * Turns O_NONBLOCK off, which Node offers no call for; but it does so for what
 * a child gets as its standard input.
 */
export function makeBlocking(fd: number): void {
  const { error } = spawnSync("true", { stdio: [fd, "ignore", "ignore"] });
  if (error) throw error;
}

/** Sends until the system takes nothing more, and gives how many bytes. */
export function fill(socket: Socket): number {
  const block = Buffer.alloc(16384);
  for (let bytes = 0; ;) {
    const sent = socket.trySend(block);
    if (sent === undefined) return bytes;
    bytes += sent;
  }
}

/** Receives all that there is, and gives how many bytes. */
export function drain(socket: Socket): number {
  const block = new Uint8Array(65536);
  for (let bytes = 0; ;) {
    const received = socket.tryRecvInto(block);
    if (received === undefined || received === 0) return bytes;
    bytes += received;
  }
}

/** How many milliseconds `call` takes. */
export function timed(call: () => void): number {
  const start = performance.now();
  call();
  return performance.now() - start;
}

/** `struct linger`: an int that says whether, and an int of seconds. */
export function linger(seconds: number): Uint8Array {
  return new Uint8Array(new Int32Array([1, seconds]).buffer);
}

/**
 * A worker that has a socket's other end while this thread blocks, and ends
 * with the `using` block that it was started in.
 */
export class Peer implements AsyncDisposable {
  readonly #worker: Worker;
  /** What it posts. */
  readonly message: Promise<unknown>;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.message = new Promise((resolve) => worker.once("message", resolve));
  }

  /**
   * @param body JavaScript, which has `fs`, `fd`, `pause(ms)` and `post(value)`.
   *   The descriptor is O_NONBLOCK: `again(call)` repeats what gives EAGAIN.
   */
  static async start({
    fd,
    body,
  }: {
    fd: number;
    body: string;
  }): Promise<Peer> {
    const source = `
      const { parentPort, workerData: fd } = require("node:worker_threads");
      const fs = require("node:fs");
      const cell = new Int32Array(new SharedArrayBuffer(4));
      const pause = (ms) => Atomics.wait(cell, 0, 0, ms);
      const post = (value) => parentPort.postMessage(value);
      const again = (call) => {
        for (;;) {
          try { return call(); } catch (error) {
            if (error.code !== "EAGAIN") throw error;
            pause(1);
          }
        }
      };
      parentPort.once("message", () => { ${body} });
      post("ready");
    `;
    const worker = new Worker(source, { eval: true, workerData: fd });
    await once(worker, "message");
    return new Peer(worker);
  }

  /** Lets it begin. */
  go(): void {
    this.#worker.postMessage("go");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Calls a method with arguments that its types may not allow. */
export function invoke(
  target: object,
  method: string,
  ...args: readonly unknown[]
): unknown {
  const it: unknown = Reflect.get(target, method);
  if (typeof it !== "function") throw new Error(`no method ${method}`);
  return Reflect.apply(it, target, args);
}

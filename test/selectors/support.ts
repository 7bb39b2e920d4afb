/** What the tests of poll, epoll and the selectors share. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { expect } from "vitest";
import { pipe } from "posix-select/fd";
import { Socket } from "posix-select/socket";
import type { Cleanup } from "../helpers/cleanup.ts";
import { thrownBy } from "../helpers/errors.ts";
import { loader, loading } from "../helpers/programs.ts";

/** Far more than it takes; a wait for ever would hang where it fails. */
export const soonMs = 30_000;

/** How many descriptors may be open: what Node made of the soft limit. */
export const limit = ((): number => {
  const text = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" });
  return text.trim() === "unlimited" ? 10_000 : Number(text);
})();

/** What TypeScript would not let a caller pass. */
export const wrong = (value: unknown): never => value as never;

/** A number that was a descriptor, and is none now. */
export function closedFd(): number {
  const fd = openSync("/dev/null", "r");
  closeSync(fd);
  return fd;
}

/** Opens descriptors until all numbers up to `number` are taken. */
export function fillUpTo(cleanup: Cleanup, number: number): void {
  let last = -1;
  while (last < number) last = cleanup.fd(openSync("/dev/null", "r"));
}

/** A new socket with just this number, which has to be the lowest free one. */
export function socketAt(cleanup: Cleanup, fd: number): Socket {
  const socket = cleanup.use(new Socket());
  expect(socket.fileno(), "the number was not used again").toBe(fd);
  return socket;
}

/** A pipe that is readable at its first end, and writable at its second. */
export function fullPipe(cleanup: Cleanup): [read: number, write: number] {
  const [read, write] = cleanup.fds(pipe());
  writeSync(write, "x");
  return [read, write];
}

/** The reading end of a pipe that a child writes to after `laterMs`. */
export const laterMs = 50;
export function readyLater(cleanup: Cleanup): number {
  const [read, write] = cleanup.fds(pipe());
  const child = spawn("sh", ["-c", `sleep ${laterMs / 1000}; echo x >&3`], {
    stdio: ["ignore", "ignore", "ignore", write],
  });
  cleanup.defer(() => child.kill("SIGKILL"));
  return read;
}

/**
 * Makes `call` right after a signal that has a listener, gives what it threw,
 * and lets Node turn until the listener has run.
 */
export async function interrupted(call: () => unknown): Promise<unknown> {
  const heard = once(process, "SIGUSR2");
  process.kill(process.pid, "SIGUSR2");
  const error = thrownBy(call);
  await heard;
  return error;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs the source of a program in a process of its own, and gives what it
 * printed as JSON.
 * @param wrap The command that runs it: a tracer, a shell with lower limits.
 */
export function printedBy(
  source: string,
  wrap: readonly string[] = [],
): { printed: unknown; stderr: string } {
  const [command = "", ...args] = [
    ...wrap,
    ...[process.execPath, "--import", loader],
    ...["--input-type=module", "--eval", source],
  ];
  const { stdout, stderr, status } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  return { printed: JSON.parse(stdout), stderr };
}

/** Runs what follows with room for so few descriptors. */
export const withLimit = (most: number): string[] => [
  "sh",
  "-c",
  `ulimit -n ${most}; exec "$0" "$@"`,
];

/** A tracer that has a system call fail, if it is there and allowed. */
export const canInject =
  process.platform === "linux" &&
  spawnSync("strace", [...inject("ENOSYS").slice(1), "true"]).status === 0;

/** Runs what follows on a system without epoll_pwait2(2). */
export function inject(error: "ENOSYS" | "EPERM"): string[] {
  const call = "epoll_pwait2";
  const rule = `inject=${call}:error=${error}`;
  return ["strace", "-f", "-qq", "-e", `trace=${call}`, "-e", rule];
}

/** Has garbage collected until what `lose` has lost is; gives the warnings. */
export async function warningsAfter(lose: () => void): Promise<string[]> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const warnings: string[] = [];
  const listen = ({ name, message }: Error): void => {
    warnings.push(`${name}: ${message}`);
  };
  process.on("warning", listen);
  try {
    lose();
    // A sentinel that is collected tells that finalizers have had their turn.
    let turns = 0;
    const seen = new FinalizationRegistry(() => turns++);
    seen.register({}, 0);
    for (let i = 0; i < 1000 && (turns === 0 || i < 10); i++) {
      collect();
      await setImmediate();
    }
    expect(turns).toBeGreaterThan(0);
  } finally {
    process.off("warning", listen);
  }
  return warnings;
}

/** What an epoll instance has in the kernel: events by descriptor. */
export function kernelEntries(epfd: number): Map<number, number> {
  const text = readFileSync(`/proc/self/fdinfo/${epfd}`, "utf8");
  const lines = text.matchAll(/^tfd:\s*(\d+)\s+events:\s*([0-9a-f]+)/gm);
  return new Map(
    Array.from(lines, ([, fd, events = ""]) => [
      Number(fd),
      parseInt(events, 16),
    ]),
  );
}

/** Another thread that ends a wait here with `wakeup(handle)`. */
export class RemoteWaker implements AsyncDisposable {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async start(handle: number): Promise<RemoteWaker> {
    const source = `
      const { parentPort, workerData } = require("node:worker_threads");
      ${loading}.then(async () => {
        const { wakeup } = await import(workerData.selectors);
        const { untilAsleep } = await import(workerData.asleep);
        parentPort.on("message", async (times) => {
          if (times === 1) await untilAsleep(process.pid);
          for (let i = 0; i < times; i++) wakeup(workerData.handle);
          parentPort.postMessage("done");
        });
        parentPort.postMessage("ready");
      });
    `;
    const workerData = {
      handle,
      selectors: new URL("../../src/selectors/index.ts", import.meta.url).href,
      asleep: new URL("../helpers/asleep.ts", import.meta.url).href,
    };
    const worker = new Worker(source, { eval: true, workerData });
    await once(worker, "message");
    return new RemoteWaker(worker);
  }

  /** Has it call `wakeup()` once this thread sleeps in the kernel. */
  go(): void {
    this.#worker.postMessage(1);
  }

  /** Has it call `wakeup()` so many times, and waits until it has. */
  async call(times: number): Promise<void> {
    const done = once(this.#worker, "message");
    this.#worker.postMessage(times);
    await done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

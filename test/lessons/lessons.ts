import { execFileSync, spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { epoll } from "posix-select/select";
import { afterAll } from "vitest";
import { type Ended, Program } from "../helpers/programs.ts";
import { Incoming } from "./incoming.ts";

export interface Lesson {
  /** Seen from the folder of the lessons. */
  readonly file: string;
  /** What it is told behind its port. */
  readonly args?: readonly string[];
  /** Whether it serves a client while another one is connected. */
  readonly manyClients: boolean;
  /** Whether it never sleeps, also while nobody says anything. */
  readonly burnsACore: boolean;
  /** How it ends upon Ctrl-C: by the signal itself, or with an exit code. */
  readonly endsBy: "SIGINT" | 0;
}

const usual = {
  manyClients: true,
  burnsACore: false,
  endsBy: "SIGINT",
} as const;

/** Every lesson that is a server here: a new one is a new line. */
const all: readonly Lesson[] = [
  { ...usual, file: "01-blocking.ts", manyClients: false },
  { ...usual, file: "02-busy-polling.ts", burnsACore: true },
  { ...usual, file: "03-select.ts" },
  { ...usual, file: "04-poll.ts" },
  { ...usual, file: "05-epoll.ts" },
  { ...usual, file: "06-selectors.ts" },
  { ...usual, file: "08-generators.ts" },
  { ...usual, file: "14-backpressure.ts" },
  { ...usual, file: "15-timers.ts" },
  { ...usual, file: "16-futures-and-tasks.ts" },
  { ...usual, file: "17-async-server.ts" },
  // With no time of grace, so that those who are there hold up no test.
  { ...usual, file: "21-shutdown.ts", args: ["0"], endsBy: 0 },
  { ...usual, file: "23-node-net.ts" },
];

/** npm run test:long has every lesson show everything. */
export const isLong = process.env["LONG"] !== undefined;

export const servers = all.filter(
  ({ file }) => file !== "05-epoll.ts" || epoll !== undefined,
);

/** Those that have nothing to do upon Ctrl-C, and just die of it. */
export const lessons = servers.filter(({ endsBy }) => endsBy === "SIGINT");

export const root = fileURLToPath(new URL("../..", import.meta.url));

const started: AsyncDisposable[] = [];

// A test that runs out of time never comes to the end of its `using` block.
afterAll(async () => {
  for (const program of started) await program[Symbol.asyncDispose]();
});

/** Sees to it that a program ends, also if its test hangs. */
export function sureToEnd<T extends AsyncDisposable>(program: T): T {
  started.push(program);
  return program;
}

/** A lesson that runs, until the `using` block ends that it was started in. */
export class LessonServer implements AsyncDisposable {
  readonly program: Program;
  readonly port: number;

  private constructor(program: Program, port: number) {
    this.program = program;
    this.port = port;
  }

  /** Resolves once it listens, which must be the first thing that it says. */
  static async start(
    file: string,
    port = 0,
    more: readonly string[] = [],
  ): Promise<LessonServer> {
    const { args = [] } = all.find((lesson) => lesson.file === file) ?? {};
    const program = sureToEnd(
      new Program(`examples/${file}`, [String(port), ...args, ...more]),
    );
    try {
      const line = await program.line();
      const found = /^Listening on 127\.0\.0\.1:(\d+)$/.exec(line);
      if (!found) throw new Error(`it said first: ${line}`);
      return new LessonServer(program, Number(found[1]));
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What `work` gives; should it or the lesson fail, how the lesson ended. */
  async during<T>(work: Promise<T>): Promise<T> {
    const ended = this.program.ended.then(() => {
      throw new Error("the lesson ended");
    });
    try {
      return await Promise.race([work, ended]);
    } catch (error) {
      this.program.process.kill("SIGTERM");
      const { code, signal, stderr } = await this.program.ended;
      throw new Error(
        `${String(error)}. The lesson's end: ${code} ${signal} ${stderr}`,
        { cause: error },
      );
    }
  }

  /** As Ctrl-C does. */
  interrupt(): Promise<Ended> {
    this.program.process.kill("SIGINT");
    return this.program.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

/** The processor time that a process has had, in milliseconds. */
export function cpuTimeMs(pid: number): number {
  if (process.platform === "linux") {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name is in parentheses, and the third field comes next.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [userTicks, systemTicks] = fields.slice(14 - 3, 16 - 3);
    return (Number(userTicks) + Number(systemTicks)) * 10;
  }
  const args = ["-o", "cputime=", "-p", String(pid)];
  const time = execFileSync("ps", args, { encoding: "utf8" });
  return time
    .trim()
    .split(":")
    .reduce((sum, part) => sum * 60 + Number(part) * 1000, 0);
}

/**
 * The time for which a process has had a processor or waited for one, in
 * milliseconds; where nobody tells, for which it has had one.
 */
export function busyTimeMs(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/schedstat`, "utf8");
    const [hadNs, waitedNs] = text.split(" ");
    return (Number(hadNs) + Number(waitedNs)) / 1e6;
  } catch {
    return cpuTimeMs(pid);
  }
}

/** How many files a process has open, where the system lets us see it. */
export function openFiles(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Whether there is a program of this name on this machine. */
export function isInstalled(name: string): boolean {
  try {
    execFileSync("/bin/sh", ["-c", 'command -v "$0"', name]);
    return true;
  } catch {
    return false;
  }
}

/** A reason to skip a test, which no reporter shows by itself. */
export function printed(reason: string): string {
  console.log(`skipped: ${reason}`);
  return reason;
}

/**
 * Any command in a process group of its own, which ends with the `using` block
 * that it was started in.
 */
export class Command implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  /** All that it prints, errors too, as on a terminal. */
  readonly output: Incoming;
  readonly ended: Promise<Pick<Ended, "code" | "signal">>;
  #isOver = false;

  constructor(name: string, args: readonly string[]) {
    this.output = new Incoming(name);
    sureToEnd(this);
    this.#process = spawn(name, args, {
      cwd: root,
      detached: true, // a group of its own
      env: { ...process.env, npm_config_update_notifier: "false" },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output.add(text);
      });
    }
    // "close": when nobody of the group holds its output any more.
    this.ended = once(this.#process, "close").then(([code, signal]) => {
      this.#isOver = true;
      this.output.finish(`ended: ${code} ${signal}`);
      return {
        code: code as number | null,
        signal: signal as NodeJS.Signals | null,
      };
    });
  }

  type(text: string): void {
    this.#process.stdin.write(text);
  }

  /** To the whole group, as a terminal does. */
  signal(name: NodeJS.Signals): void {
    if (this.#isOver || this.#process.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, name);
    } catch {
      // It has just ended.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }
}

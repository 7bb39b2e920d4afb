/** The servers whose system calls fail, and who talks to them. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Program } from "../helpers/programs.ts";
import { type Ended } from "../helpers/programs.ts";
import type { Faults } from "./faults.ts";

/** What is tried. */
export interface Subject {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Whether it gives back what it gets, or "Hello world" for each message. */
  readonly kind: "echo" | "hello";
  /** Whether it serves a client while another one is connected. */
  readonly manyClients: boolean;
  /** Whether it waits in the addon: not in the runtime's loop, nor never. */
  readonly waitsItself: boolean;
  /** It never sleeps anyway. */
  readonly burnsACore?: boolean;
  /** Whether it keeps what a send did not take, and sends it later. */
  readonly keepsRest: boolean;
  /**
   * Whether it rests where accept() fails for want of descriptors or memory of
   * the system's (not the process's own: EMFILE). The lessons try again at once.
   */
  readonly rests: boolean;
  /** Whether EAGAIN from what was ready is no reason to let a client go. */
  readonly isPatient: boolean;
}

const usual = {
  kind: "hello",
  manyClients: true,
  waitsItself: true,
  keepsRest: false,
  rests: false,
  isPatient: false,
} as const;

function lesson(name: string, ...args: readonly string[]): Subject {
  const file = `examples/${name}.ts`;
  return { ...usual, name, file, args: ["0", ...args] };
}

function echo(name: string, manyClients = true): Subject {
  const file = "test/programs/echo.ts";
  const full = `echo: ${name}`;
  return {
    name: full,
    file,
    args: [name],
    kind: "echo",
    manyClients,
    waitsItself: true,
    keepsRest: true,
    rests: true,
    isPatient: true,
  };
}

/** Not lesson 23, whose calls are all Node's own. */
export const subjects: readonly Subject[] = [
  {
    ...lesson("01-blocking"),
    manyClients: false,
    keepsRest: true,
    isPatient: true,
  },
  { ...lesson("02-busy-polling"), burnsACore: true, waitsItself: false },
  lesson("03-select"),
  lesson("04-poll"),
  lesson("05-epoll"),
  lesson("06-selectors"),
  lesson("08-generators"),
  { ...lesson("14-backpressure"), keepsRest: true },
  lesson("15-timers"),
  lesson("16-futures-and-tasks"),
  lesson("17-async-server"),
  lesson("21-shutdown", "0"),
  echo("blocking", false),
  echo("select"),
  echo("poll"),
  echo("selector"),
  { ...echo("promises"), waitsItself: false },
];

/** The longest that anything takes on the slowest machine. */
const longestMs = 15_000;

/** What `work` gives, or "late". */
export async function inTime<T>(
  work: Promise<T>,
  ms = longestMs,
): Promise<T | "late"> {
  const late = new AbortController();
  const over = sleep(ms, "late" as const, { signal: late.signal, ref: false });
  over.catch(() => undefined);
  try {
    return await Promise.race([work, over]);
  } finally {
    late.abort();
  }
}

/** The processor time that a process has had, in milliseconds. */
function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The program's name is in parentheses, and the third field comes next.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[14 - 3]) + Number(fields[15 - 3])) * 10;
}

/** A server that runs under the shim. */
export class Server implements AsyncDisposable {
  readonly subject: Subject;
  readonly port: number;
  readonly #program: Program;
  #hasEnded = false;

  private constructor(subject: Subject, program: Program, port: number) {
    this.subject = subject;
    this.port = port;
    this.#program = program;
    void program.ended.then(() => {
      this.#hasEnded = true;
    });
  }

  static async start(subject: Subject, faults: Faults): Promise<Server> {
    const { file, args } = subject;
    const program = new Program(file, args, faults.env);
    try {
      const [, port] = await program.match(/^Listening on 127\.0\.0\.1:(\d+)$/);
      return new Server(subject, program, Number(port));
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
  }

  hasEnded(): boolean {
    return this.#hasEnded;
  }

  get pid(): number {
    return this.#program.pid;
  }

  get ended(): Promise<Ended> {
    return this.#program.ended;
  }

  /** The part of a processor that it takes for so long. */
  async share(ms: number): Promise<number> {
    const before = cpuTimeMs(this.pid);
    const start = performance.now();
    await sleep(ms);
    if (this.#hasEnded) return 0;
    return (cpuTimeMs(this.pid) - before) / (performance.now() - start);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

/** How an exchange of bytes with a server ended. */
export type Outcome =
  | "all is well"
  | "let go" // what came until then was right
  | "late" // nothing more came
  | "wrong bytes";

function isHello(text: string, isWhole: boolean): boolean {
  const answer = "Hello world\n";
  if (isWhole && text.length % answer.length !== 0) return false;
  const count = Math.ceil(text.length / answer.length);
  return answer.repeat(count).startsWith(text);
}

/**
 * Says "hello" so many times, waits for each answer, and leaves.
 * @param isExact Whether there has to be one answer for each message: a message
 *   that comes in pieces has more, as TCP knows no messages.
 */
async function greet(
  port: number,
  times: number,
  isExact: boolean,
): Promise<Outcome> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.setNoDelay(true).setEncoding("latin1");
  let text = "";
  const heard = { isOver: false };
  let wake: (() => void) | undefined;
  socket.on("data", (piece: string) => {
    text += piece;
    wake?.();
  });
  for (const event of ["end", "error", "close"] as const) {
    socket.on(event, () => {
      heard.isOver = true;
      wake?.();
    });
  }
  const until = async (isDone: () => boolean): Promise<void> => {
    while (!isDone() && !heard.isOver) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  try {
    await once(socket, "connect");
    for (let i = 1; i <= times && !heard.isOver; i++) {
      socket.write("hello\n");
      const wanted = i * 12;
      if ((await inTime(until(() => text.length >= wanted))) === "late") {
        return isHello(text, false) ? "late" : "wrong bytes";
      }
    }
    const wasLetGo = heard.isOver;
    socket.end();
    if ((await inTime(until(() => heard.isOver))) === "late") return "late";
    if (wasLetGo) return isHello(text, false) ? "let go" : "wrong bytes";
    const isRight =
      isHello(text, true) && (!isExact || text.length === times * 12);
    return isRight ? "all is well" : "wrong bytes";
  } finally {
    socket.destroy();
  }
}

/** Sends bytes, and compares what comes back. */
async function echoed(port: number, bytes: number): Promise<Outcome> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  const data = randomBytes(bytes);
  const got: Buffer[] = [];
  const heard = { end: false };
  const over = new Promise<void>((resolve) => {
    socket.on("data", (piece: Buffer) => got.push(piece));
    socket.on("end", () => {
      heard.end = true;
    });
    for (const event of ["end", "close"] as const) socket.on(event, resolve);
  });
  try {
    socket.end(data);
    const isLate = (await inTime(over)) === "late";
    const all = Buffer.concat(got);
    const isRight =
      hashOf(all) === hashOf(data.subarray(0, all.length)) &&
      all.length <= data.length;
    if (!isRight) return "wrong bytes";
    if (isLate) return "late";
    return heard.end && all.length === data.length ? "all is well" : "let go";
  } finally {
    socket.destroy();
  }
}

function hashOf(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Talks to a server as a client of its kind does. */
export function talk(
  { port, subject }: Server,
  { times = 3, bytes = 65_536, isExact = true } = {},
): Promise<Outcome> {
  return subject.kind === "hello"
    ? greet(port, times, isExact)
    : echoed(port, bytes);
}

/** The servers whose system calls fail. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Program } from "../helpers/programs.ts";
import type { Faults } from "./faults.ts";

/** How a server is talked to, and what it answers. */
export type Kind = "echo" | "hello" | "number" | "page" | "chat";

/** What is tried. */
export interface Subject {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly kind: Kind;
  /** Whether it serves a client while another one is connected. */
  readonly manyClients: boolean;
  /** Whether it waits in the addon: not in the runtime's loop, nor never. */
  readonly waitsItself: boolean;
  /** It never sleeps anyway. */
  readonly burnsACore?: boolean;
  /** Whether it keeps what a send did not take, and sends it later. */
  readonly keepsRest: boolean;
  /** Whether EAGAIN from what was ready is no reason to let a client go. */
  readonly isPatient: boolean;
}

const usual = {
  kind: "hello",
  manyClients: true,
  waitsItself: true,
  keepsRest: false,
  isPatient: false,
} as const;

const lessons = readdirSync(new URL("../../examples", import.meta.url));

/** A lesson, and what it is told behind its port. */
function lesson(name: string, ...args: readonly string[]): Subject {
  const [known = ""] = name.split(" ");
  const isFile = lessons.includes(`${known}.ts`);
  const file = `examples/${known}${isFile ? "" : "/index"}.ts`;
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
  { ...lesson("13-web-app"), kind: "page", keepsRest: true },
  { ...lesson("14-backpressure"), keepsRest: true },
  lesson("15-timers"),
  lesson("16-futures-and-tasks"),
  lesson("17-async-server"),
  { ...lesson("18-cpu-and-workers"), kind: "number" },
  {
    ...lesson("18-cpu-and-workers with two", "--workers", "2"),
    kind: "number",
  },
  {
    ...lesson("19-chat"),
    kind: "chat",
    keepsRest: true,
    isPatient: true,
  },
  lesson("21-shutdown", "0"),
  lesson("22-many-processes", "--processes", "2"),
  lesson("22-many-processes with one queue", "--processes", "2", "--share"),
  echo("blocking", false),
  echo("select"),
  echo("poll"),
  echo("selector"),
  { ...echo("promises"), waitsItself: false },
];

/** The processor time that a process has had, in milliseconds. */
function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The program's name is in parentheses, and the third field comes next.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[14 - 3]) + Number(fields[15 - 3])) * 10;
}

/** The processes that a process has started; not the compiler of its TypeScript. */
function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return (children.match(/\d+/g) ?? []).map(Number).filter((child) => {
    try {
      const name = readFileSync(`/proc/${child}/comm`, "utf8");
      return name !== "esbuild\n";
    } catch {
      return false; // it has just ended
    }
  });
}

/** A server that runs under the shim. */
export class Server implements AsyncDisposable {
  readonly subject: Subject;
  readonly port: number;
  readonly #program: Program;
  /** Itself, and those that it has started. */
  readonly #pids: readonly number[];
  #hasEnded = false;

  private constructor(subject: Subject, program: Program, port: number) {
    this.subject = subject;
    this.port = port;
    this.#program = program;
    this.#pids = [program.pid, ...childrenOf(program.pid)];
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

  /** Whether one of its processes has ended. */
  hasEnded(): boolean {
    if (this.#hasEnded) return true;
    const [pid = 0, ...children] = this.#pids;
    try {
      const now = childrenOf(pid);
      return children.some((child) => !now.includes(child));
    } catch {
      return true; // just now
    }
  }

  /** The part of a processor that it takes for so long. */
  async share(ms: number): Promise<number> {
    const before = this.#cpuTimeMs();
    const start = performance.now();
    await sleep(ms);
    if (this.hasEnded()) return 0;
    return (this.#cpuTimeMs() - before) / (performance.now() - start);
  }

  #cpuTimeMs(): number {
    return this.#pids.reduce((sum, pid) => sum + cpuTimeMs(pid), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

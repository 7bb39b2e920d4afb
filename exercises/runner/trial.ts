import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "./client.ts";
import { Failure } from "./exercise.ts";
import { Program } from "./program.ts";

/** Loading TypeScript takes its time, more so on a busy machine. */
const START_MS = 20_000;

/** Who has computed in each of so many moments never stops. */
const MOST_MOMENTS = 20;

/** More than any exercise has to print before it comes to its end. */
const MOST_LINES = 40;

/** A server that listens. */
export interface Server {
  readonly program: Program;
  readonly port: number;
}

/** How a trial is run. */
export interface Terms {
  /** The project's folder. */
  readonly root: string;
  /** The program, seen from there. */
  readonly file: string;
  /** How long a client waits before it complains. */
  readonly patienceMs: number;
  /** Whether it never sleeps, and is right not to. */
  readonly burnsACore?: boolean | undefined;
}

/** One run of an exercise's checks: all that it starts ends with it. */
export class Trial {
  readonly patienceMs: number;
  readonly #terms: Terms;
  readonly #programs: Program[] = [];
  readonly #clients: Client[] = [];
  readonly #cleanups: (() => void)[] = [];
  /** Those that were meant to end, and have. */
  readonly #finished = new Set<Program>();
  #server: Server | undefined;

  constructor(terms: Terms) {
    this.patienceMs = terms.patienceMs;
    this.#terms = terms;
  }

  /** The program's text. */
  get source(): string {
    return readFileSync(join(this.#terms.root, this.#terms.file), "utf8");
  }

  /** As it ends a sentence: "within 2 s". */
  get within(): string {
    return `within ${this.patienceMs / 1000} s`;
  }

  /** Starts the program. */
  start(args: readonly string[], stdin?: number): Program {
    const { root, file } = this.#terms;
    const program = new Program(root, file, args, stdin);
    this.#programs.push(program);
    return program;
  }

  /** Has something done when the trial is over. */
  atEnd(cleanup: () => void): void {
    this.#cleanups.push(cleanup);
  }

  /** The program as a server: the one that runs, else a new one. */
  async serve(...args: string[]): Promise<Server> {
    if (this.#server && !this.#server.program.isOver) return this.#server;
    const program = this.start(["0", ...args]);
    const line = /^Listening on 127\.0\.0\.1:(\d+)$/m;
    const says = (): boolean => line.test(program.stdout);
    const doing = await this.#waitFor(program, says, START_MS);
    const [, port] = line.exec(program.stdout) ?? [];
    if (port === undefined) {
      throw new Failure(
        `The program did not say "Listening on 127.0.0.1:<port>". ${doing}`.trim(),
      );
    }
    this.#server = { program, port: Number(port) };
    return this.#server;
  }

  /** A client of the server. @param who As a sentence begins. */
  async client(who: string): Promise<Client> {
    const { port } = await this.serve();
    try {
      const client = await Client.connect(who, port, this.patienceMs);
      this.#clients.push(client);
      return client;
    } catch {
      throw new Failure(`${who} could not connect.`);
    }
  }

  /** Runs the program to its end, and gives all that it printed. */
  async run(args: readonly string[]): Promise<string> {
    const program = this.start(args);
    await this.finished(program);
    const { code } = await program.ended;
    if (code === 0) return program.stdout;
    throw new Failure(`The program failed. ${printed(program)}`);
  }

  /** Waits for a program's end. @param ms How long it is given. */
  async finished(program: Program, ms = START_MS / 2): Promise<void> {
    const doing = await this.#waitFor(program, () => false, ms);
    if (doing === "") {
      this.#finished.add(program);
      return;
    }
    program.kill(); // all is said
    throw new Failure(`The program did not end. ${doing} ${printed(program)}`);
  }

  /**
   * Waits until something is so, or the program has ended, or the time is over,
   * or it computes for ever. Gives what keeps it from that, as a sentence.
   */
  async #waitFor(
    program: Program,
    isSo: () => boolean,
    ms: number,
  ): Promise<string> {
    const deadline = performance.now() + ms;
    let moments = 0;
    while (!(await program.until(isSo, 100))) {
      moments = program.isComputing ? moments + 1 : 0;
      const isLate = performance.now() >= deadline;
      if (moments >= MOST_MOMENTS || (isLate && (await isBusy(program)))) {
        program.kill(); // all is said
        const lines = program.stdout.split("\n").length;
        if (lines > MOST_LINES) throw endless(program);
        return looping;
      }
      if (isLate) return "It waits for something that does not come.";
    }
    if (program.printsForEver) throw endless(program);
    return "";
  }

  /** Expects the program to print just this. */
  async prints(args: readonly string[], expected: string): Promise<void> {
    const given = args.length > 0 ? ` with ${args.join(" ")}` : "";
    const output = await this.run(args);
    if (output.trim() === expected.trim()) return;
    throw new Failure(
      `The program${given} should print:\n${indented(expected)}\nIt printed:\n${indented(output)}`,
    );
  }

  /** Expects a program to take no time. @param when Ends the sentence. */
  async sleeps(program: Program, when: string): Promise<void> {
    if (!(await isBusy(program))) return;
    program.kill(); // all is said
    throw new Failure(
      `The program takes a whole core ${when}: it goes round and round without sleeping.`,
    );
  }

  /** How the programs fare after a failure, a sentence each. */
  async lastWords(): Promise<string[]> {
    const words: string[] = [];
    for (const program of this.#programs) {
      // Who hung up on a client may be about to end.
      if (!program.isOver) await program.end(200);
      if (program.isOver) {
        const { code } = await program.ended;
        if (code === 0 && this.#finished.has(program)) continue;
        const end = await program.lastWords();
        if (end) words.push(end);
      } else if (!this.#terms.burnsACore && (await isBusy(program))) {
        words.push(looping);
      }
    }
    return words;
  }

  /** Ends all that was started. */
  async end(): Promise<void> {
    for (const cleanup of this.#cleanups) cleanup();
    for (const client of this.#clients) client.leave();
    for (const program of this.#programs) program.kill();
    for (const program of this.#programs) await program.ended;
  }
}

const looping = "It is in an endless loop: it takes a whole core.";

/** Whether it computes moment by moment, and never sleeps in between. */
async function isBusy(program: Program): Promise<boolean> {
  for (let moment = 0; moment < 20; moment++) {
    if (!program.isComputing) return false;
    await sleep(20);
  }
  return true;
}

function endless({ stdout }: Program): Failure {
  const begin = stdout.split("\n").slice(0, 16).join(" ");
  return new Failure(`The program prints without end: ${begin} ...`);
}

function indented(text: string): string {
  const lines = text === "" ? ["(nothing)"] : text.trimEnd().split("\n");
  const shown = lines.slice(0, 20).map((line) => `    ${line}`);
  return [...shown, ...(lines.length > 20 ? ["    ..."] : [])].join("\n");
}

function printed({ stdout }: Program): string {
  return `It had printed:\n${indented(stdout)}`;
}

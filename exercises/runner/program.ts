import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Change } from "./change.ts";
import { explainedEnd } from "./ends.ts";

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** More than any exercise has to print: who goes on prints without end. */
const MOST_OUTPUT = 64 * 1024;

const running = new Set<Program>();

/** Ends all programs that still run, at once. */
export function endAll(): void {
  for (const program of running) program.kill();
}

/** A learner's program in a process of its own. */
export class Program {
  /** Seen from the project's folder. */
  readonly file: string;
  readonly ended: Promise<Ended>;
  readonly #process: ChildProcess;
  readonly #change = new Change();
  #stdout = "";
  #stderr = "";
  #isOver = false;
  #wasKilled = false;
  #printsForEver = false;

  /** @param stdin A descriptor for it to read from; nothing unless given. */
  constructor(
    root: string,
    file: string,
    args: readonly string[],
    stdin: number | "ignore" = "ignore",
  ) {
    this.file = file;
    const command = ["--import", "tsx/esm", file, ...args];
    this.#process = spawn(process.execPath, command, {
      cwd: root,
      stdio: [stdin, "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
    });
    running.add(this);
    const { stdout, stderr } = this.#process;
    stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#limit(this.#stdout);
      this.#change.happened();
    });
    stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#limit(this.#stderr);
    });
    this.ended = once(this.#process, "close").then(([code, signal]) => {
      this.#isOver = true;
      running.delete(this);
      this.#change.happened();
      return {
        code: code as number | null,
        signal: signal as NodeJS.Signals | null,
      };
    });
  }

  /** All that it has printed. */
  get stdout(): string {
    return this.#stdout;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether it was stopped since its output had no end. */
  get printsForEver(): boolean {
    return this.#printsForEver;
  }

  /** Waits until something is so, or it ends, or the time is over. */
  until(isSo: () => boolean, ms: number): Promise<boolean> {
    return this.#change.until(() => this.#isOver || isSo(), ms);
  }

  /** Waits until it prints something, or ends, or the time is over. */
  async output(pattern: RegExp, ms: number): Promise<boolean> {
    const isThere = (): boolean => pattern.test(this.#stdout);
    await this.until(isThere, ms);
    return isThere();
  }

  /** Waits until it has ended, or the time is over; tells whether it has. */
  end(ms: number): Promise<boolean> {
    return this.#change.until(() => this.#isOver, ms);
  }

  /** Whether it computes in this moment, or would if it were its turn. */
  get isComputing(): boolean {
    if (this.#isOver) return false;
    const pid = String(this.#process.pid ?? -1);
    try {
      if (process.platform === "linux") {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        return stat.includes(") R "); // R: running, S: sleeping
      }
      const args = ["-o", "state=", "-p", pid];
      return execFileSync("ps", args, { encoding: "utf8" }).startsWith("R");
    } catch {
      return false; // it has just ended
    }
  }

  /** How it ended, in words; undefined if it was ended from here, or runs. */
  async lastWords(): Promise<string | undefined> {
    if (!this.#isOver || this.#wasKilled) return undefined;
    const { code, signal } = await this.ended;
    return explainedEnd(this.file, code, signal, this.#stderr);
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  kill(): void {
    if (this.#isOver) return;
    this.#wasKilled = true;
    this.#process.kill("SIGKILL");
  }

  #limit(text: string): void {
    if (text.length < MOST_OUTPUT) return;
    this.#printsForEver = true;
    this.kill();
  }
}

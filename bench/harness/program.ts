import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** No answer takes longer. */
const limitMs = 60_000;

/**
 * A program in a process of its own, which is asked by lines. It ends when its
 * stdin does, also if we are gone; if it does not, it is ended.
 */
export class Program implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<void>;
  readonly #command: string;
  #stderr = "";

  constructor(command: readonly string[]) {
    const [program = "", ...args] = command;
    this.#command = command.join(" ");
    this.#process = spawn(program, args, { stdio: "pipe" });
    const { stdin, stdout, stderr } = this.#process;
    if (stdin === null || stdout === null || stderr === null) {
      throw new Error("no pipes");
    }
    // What it does not read any more is told by the end of its output.
    stdin.on("error", () => undefined);
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    this.#process.on("error", (error) => {
      this.#stderr += error.message;
    });
    this.#ended = new Promise((resolve) => {
      this.#process.on("close", () => {
        resolve();
      });
    });
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), limitMs);
    const result = await this.#lines.next();
    clearTimeout(timer);
    if (result.done !== true) return result.value;
    await this.#ended;
    throw new Error(`it ended: ${this.#command}\n${this.#stderr}`);
  }

  /** Writes a line, and gives the next one that it prints. */
  async ask(question: string): Promise<string> {
    this.#process.stdin?.write(`${question}\n`);
    return this.line();
  }

  /** Ends it: by the end of its stdin, unless it does not heed that. */
  async end(): Promise<void> {
    this.#process.stdin?.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 2000);
    await this.#ended;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

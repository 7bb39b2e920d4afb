import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What `--import` is told to run TypeScript: see compiled.ts. */
export const loader = process.env["TEST_LOADER"] ?? "tsx";

/** The copies that tests make of a program are not compiled with the others. */
function loaderOf(file: string): string {
  return resolve(root, file).startsWith(root) ? loader : "tsx";
}

/** The same for a worker, which it has to load by itself: a promise's source. */
export const loading =
  loader === "tsx"
    ? 'import("tsx/esm/api").then(({ register }) => void register())'
    : `import(${JSON.stringify(loader)})`;

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A TypeScript program of the tests or the lessons in a process of its own,
 * which ends with the `using` block that it was started in.
 */
export class Program implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = "";
  #stderr = "";
  #lines: string[] = [];
  #wanted: ((line: string | undefined) => void)[] = [];
  #isOver = false;

  /**
   * @param file Seen from the project's folder.
   * @param preload What runs TypeScript; "tsx" is what users have.
   */
  constructor(
    file: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    preload = loaderOf(file),
  ) {
    this.process = spawn(
      process.execPath,
      ["--import", preload, file, ...args],
      {
        cwd: root,
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...process.env, ...env },
      },
    );
    const { stdout, stderr } = this.process;
    if (stdout === null || stderr === null) throw new Error("no pipes");
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: stdout })
      .on("line", (line) => {
        this.#stdout += `${line}\n`;
        const wanted = this.#wanted.shift();
        if (wanted) wanted(line);
        else this.#lines.push(line);
      })
      .on("close", () => {
        this.#isOver = true;
        for (const wanted of this.#wanted.splice(0)) wanted(undefined);
      });
    this.ended = once(this.process, "close").then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  /** The program's process id. */
  get pid(): number {
    return this.process.pid ?? -1;
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const line =
      this.#lines.shift() ??
      (this.#isOver
        ? undefined
        : await new Promise<string | undefined>((resolve) => {
            this.#wanted.push(resolve);
          }));
    if (line === undefined) {
      throw new Error(`the program ended: ${this.#stderr}`);
    }
    return line;
  }

  /** The next line that matches, and what its groups hold. */
  async match(pattern: RegExp): Promise<readonly string[]> {
    for (;;) {
      const match = pattern.exec(await this.line());
      if (match) return match;
    }
  }

  /** What it has written to standard error as soon as that matches. */
  async warned(pattern: RegExp): Promise<readonly string[]> {
    for (;;) {
      const match = pattern.exec(this.#stderr);
      if (match) return match;
      const { stderr } = this.process;
      if (stderr === null || stderr.readableEnded) {
        throw new Error(`the program ended: ${this.#stderr}`);
      }
      await Promise.race([once(stderr, "data"), once(stderr, "end")]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGKILL");
      await once(this.process, "exit");
    }
    // A child that it has left behind holds its pipes.
    this.process.stdout?.destroy();
    this.process.stderr?.destroy();
    await this.ended;
  }
}

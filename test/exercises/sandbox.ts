import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../..", import.meta.url));

/** What a command printed, and how it ended. */
export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of the project with a few exercises, for a learner to work in. */
export class Sandbox implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), "exercises-"));
  readonly #commands: Command[] = [];

  /** @param names The exercises that there are in it. */
  constructor(names: readonly string[]) {
    const linked = ["node_modules", "src", "build", "package.json"];
    for (const name of [...linked, "tsconfig.json"]) {
      symlinkSync(join(project, name), join(this.root, name));
    }
    this.#copy("scripts/exercise.ts");
    for (const file of readdirSync(join(project, "exercises/runner"))) {
      this.#copy(`exercises/runner/${file}`);
    }
    for (const name of names) {
      for (const folder of ["", "checks/", "solutions/"]) {
        this.#copy(`exercises/${folder}${name}.ts`);
      }
    }
  }

  #copy(file: string): void {
    const to = join(this.root, file);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(project, file), to);
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.root, file), text);
  }

  remove(file: string): void {
    rmSync(join(this.root, file));
  }

  /** Puts an exercise's solution in its place. */
  solve(name: string): void {
    const { root } = this;
    cpSync(
      join(root, `exercises/solutions/${name}.ts`),
      join(root, `exercises/${name}.ts`),
    );
  }

  /** Starts what `npm run exercise` runs. */
  start(...args: string[]): Command {
    const command = new Command(this.root, args);
    this.#commands.push(command);
    return command;
  }

  /** Runs what `npm run exercise` runs, to its end. */
  exercise(...args: string[]): Promise<Result> {
    return this.start(...args).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const command of this.#commands) command.signal("SIGKILL");
    for (const command of this.#commands) await command.ended;
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A run of the command. */
export class Command {
  readonly ended: Promise<Result>;
  readonly #process: ChildProcess;
  #stdout = "";
  #stderr = "";
  #isOver = false;
  #waiting: (() => void)[] = [];

  constructor(root: string, args: readonly string[]) {
    this.#process = spawn(
      process.execPath,
      ["--import", "tsx/esm", "scripts/exercise.ts", ...args],
      { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
    );
    const { stdout, stderr } = this.#process;
    stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#wake();
    });
    stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.ended = once(this.#process, "close").then(([code, signal]) => {
      this.#isOver = true;
      this.#wake();
      return {
        code: code as number | null,
        signal: signal as NodeJS.Signals | null,
        stdout: this.#stdout,
        stderr: this.#stderr,
      };
    });
  }

  /** Waits until it has printed this. */
  async prints(text: string): Promise<void> {
    while (!this.#stdout.includes(text)) {
      if (this.#isOver) throw new Error(this.#stdout + this.#stderr);
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

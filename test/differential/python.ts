import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { BASE, type Program, type Result, ROOM } from "./steps.ts";
import { FILE } from "./world.ts";

/** Why there is nothing to compare with on this machine. */
export function whyNot(): string | undefined {
  if (process.platform !== "linux") {
    return "what differs from CPython is known for Linux only";
  }
  const { error, status } = spawnSync("python3", [
    "-c",
    "import os, select; os.eventfd, select.epoll",
  ]);
  if (error) return "there is no python3";
  return status === 0 ? undefined : "python3 is older than 3.10";
}

/** A CPython that runs programs, one list of them after another. */
export class Python implements Disposable {
  readonly #process: ChildProcess;
  readonly #wanted: {
    resolve: (results: readonly Result[]) => void;
    reject: (error: Error) => void;
  }[] = [];

  constructor() {
    // Without -B it would leave compiled files in the sources.
    const args = ["-B", FILE, String(BASE), String(ROOM), FILE];
    this.#process = spawn("python3", args, {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error("no pipes");
    createInterface({ input: stdout })
      .on("line", (line) => {
        this.#wanted.shift()?.resolve(JSON.parse(line) as Result[]);
      })
      .on("close", () => {
        const error = new Error("python3 has ended");
        for (const { reject } of this.#wanted.splice(0)) reject(error);
      });
  }

  /** Runs programs, and gives what each of them gave. */
  run(programs: readonly Program[]): Promise<readonly Result[]> {
    return new Promise((resolve, reject) => {
      this.#wanted.push({ resolve, reject });
      this.#process.stdin?.write(`${JSON.stringify(programs)}\n`);
    });
  }

  [Symbol.dispose](): void {
    this.#process.stdin?.end();
  }
}

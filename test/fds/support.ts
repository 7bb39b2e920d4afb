import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll } from "vitest";
import { Program } from "../helpers/programs.ts";
import { isInstalled, printed, root, sureToEnd } from "../lessons/lessons.ts";

export const folder = "examples/fds";

/** The programs, by their names. */
export const names = readdirSync(join(root, folder))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.replace(".ts", ""))
  .sort();

/** What a header says about where it runs. */
export const needsLinux = names.filter((name) =>
  /^ \* Linux only/m.test(sourceOf(name)),
);
export const needsPython = names.filter((name) =>
  sourceOf(name).includes('spawn("python3"'),
);

export function sourceOf(name: string): string {
  return readFileSync(join(root, folder, `${name}.ts`), "utf8");
}

/** Skips the test of a program for which something is missing. */
export function skipUnlessHere(
  name: string,
  skip: (reason: string) => void,
): void {
  if (needsLinux.includes(name) && process.platform !== "linux") {
    skip(printed("this is not Linux"));
  }
  if (needsPython.includes(name) && !isInstalled("python3")) {
    skip(printed("python3 is not installed"));
  }
}

/** Where they put their files. */
const temporary = mkdtempSync(join(tmpdir(), "fds-test-"));
afterAll(() => {
  rmSync(temporary, { recursive: true });
});

let count = 0;

/** One of the programs, and all that it may leave behind. */
export class Example implements AsyncDisposable {
  readonly program: Program;
  readonly #mark = `POSIX_SELECT_TEST=${process.pid}-${++count};`;

  constructor(name: string, env: Readonly<Record<string, string>> = {}) {
    const [mark = "", value = ""] = this.#mark.split("=");
    this.program = sureToEnd(
      new Program(`${folder}/${name}.ts`, [], {
        ...env,
        TMPDIR: temporary,
        [mark]: value,
      }),
    );
  }

  /** The files that are there now; tsx's own don't count. */
  files(): string[] {
    return readdirSync(temporary).filter((file) => !file.startsWith("tsx-"));
  }

  /** Waits for a file of its own. */
  async file(): Promise<void> {
    while (this.files().length === 0) await setTimeout(1);
  }

  /** The processes that it has started, and their own, which are still there. */
  #processes(): string[] {
    if (process.platform !== "linux") return [];
    return readdirSync("/proc").filter((pid) => {
      try {
        const mine = readFileSync(`/proc/${pid}/environ`, "utf8");
        return mine.includes(this.#mark);
      } catch {
        return false; // it has ended, or is no process
      }
    });
  }

  /** Waits until no process is left; a child may end a little later. */
  async gone(): Promise<void> {
    while (this.#processes().length > 0) await setTimeout(5);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

/** Options for a Node that runs this text before anything else. */
export function preload(text: string): Record<string, string> {
  const url = `data:text/javascript,${encodeURIComponent(text)}`;
  return { NODE_OPTIONS: `--import ${url}` };
}

/** The folder of this Node, so that a shell finds the same one. */
export const nodeFolder = dirname(process.execPath);

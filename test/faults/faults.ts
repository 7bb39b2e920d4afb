/** System calls that fail when a test wants them to: see shim.c. */
import { spawnSync } from "node:child_process";
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** In the order of shim.c. */
const calls = [
  "accept",
  "recv",
  "send",
  "select",
  "poll",
  "epoll_wait",
  "epoll_ctl",
  "connect",
  "socket",
  "getsockname",
  "setsockopt",
  "epoll_create1",
  "close",
] as const;

export type Call = (typeof calls)[number];

export type Errno = keyof typeof constants.errno;

/** How a call fails; all of them, and for ever, unless it says otherwise. */
export interface Rule {
  readonly errno?: Errno;
  /** Each so-manieth call only. */
  readonly every?: number;
  /** How often at most. */
  readonly times?: number;
  /** How many bytes are moved at most. */
  readonly most?: number;
}

const source = fileURLToPath(new URL("shim.c", import.meta.url));
const ruleBytes = 32;

/** Why it can't be tried on this machine. */
export function whyNot(): string | undefined {
  if (process.platform !== "linux") return "LD_PRELOAD is Linux's";
  return spawnSync("cc", ["--version"]).error ? "there is no cc" : undefined;
}

/** A shim of one's own, for as many programs as one likes. */
export class Faults implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "posix-select-faults-"));
  readonly #fd: number;
  /** What a program's environment has to have. */
  readonly env: Readonly<Record<string, string>>;

  constructor() {
    const library = join(this.#folder, "shim.so");
    const { status, stderr } = spawnSync(
      "cc",
      ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`cc: ${stderr}`);
    const file = join(this.#folder, "rules");
    this.#fd = openSync(file, "w+");
    ftruncateSync(this.#fd, calls.length * ruleBytes);
    this.env = { LD_PRELOAD: library, FAULTS_FILE: file };
  }

  /** From now on. */
  set(call: Call, { errno, every = 1, times = -1, most = 0 }: Rule): void {
    const error = errno === undefined ? 0 : constants.errno[errno];
    // The addon's own calls only: the runtime has its own faults.
    const rule = Int32Array.of(error, every, times, most, 0, 0, 1, 0);
    const at = calls.indexOf(call) * ruleBytes;
    writeSync(this.#fd, rule, 0, ruleBytes, at);
  }

  /** All calls are the system's own again. */
  clear(): void {
    writeSync(
      this.#fd,
      Buffer.alloc(calls.length * ruleBytes),
      0,
      undefined,
      0,
    );
  }

  /** How often a call was made, and how often it failed, since its rule was set. */
  count(call: Call): { readonly calls: number; readonly faults: number } {
    const rule = new Int32Array(ruleBytes / 4);
    readSync(this.#fd, rule, 0, ruleBytes, calls.indexOf(call) * ruleBytes);
    return { calls: rule[4] ?? 0, faults: rule[5] ?? 0 };
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
    rmSync(this.#folder, { recursive: true });
  }
}

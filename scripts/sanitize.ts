// npm run test:sanitize    the waits that don't hold the thread, and every function
//                          called with anything (test/fuzz), with an addon that
//                          AddressSanitizer, LeakSanitizer,
//                          UndefinedBehaviorSanitizer and ThreadSanitizer watch;
//                          needs g++
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "posix-select-sanitize-"));
const stress = "test/programs/waits-stress.ts";
const fuzz = "test/programs/fuzz.ts";
/** The same calls each time: what one finds, the next one finds again. */
const seed = "1";
const parts = ["src", "native", "test", "binding.gyp", "package.json"];

interface Sanitizer {
  readonly name: string;
  readonly flag: string;
  readonly libraries: readonly string[];
  /** Of the stress program. */
  readonly options: readonly string[];
  /** How many calls with anything, of the addon's and of public functions. */
  readonly calls: readonly [raw: number, open: number];
  readonly env: Readonly<Record<string, string>>;
}

const address = {
  flag: "-fsanitize=address,undefined",
  libraries: ["libasan.so", "libubsan.so"],
};

const sanitizers: readonly Sanitizer[] = [
  {
    ...address,
    name: "AddressSanitizer, UndefinedBehaviorSanitizer",
    options: ["10"],
    calls: [20_000, 10_000],
    // Node runs no finalizer of what was collected just before a worker was
    // terminated.
    env: { ASAN_OPTIONS: "detect_leaks=0" },
  },
  {
    ...address,
    name: "LeakSanitizer",
    options: ["10", "--to-the-end"],
    calls: [10_000, 5000],
    // Node does not free what it has itself for an External that is there when
    // its worker ends.
    env: { LSAN_OPTIONS: `suppressions=${join(folder, "leaks.txt")}` },
  },
  {
    name: "ThreadSanitizer",
    flag: "-fsanitize=thread",
    libraries: ["libtsan.so"],
    options: ["2"],
    calls: [5000, 2500],
    // Node has reports of its own; ours are found by the addon's name.
    env: { TSAN_OPTIONS: "exitcode=0" },
  },
];

/** Who watches instead of the real src/runtime.ts. */
const watchers = [
  ["libuv's loop", true],
  ["the thread", false],
] as const;

function library(name: string): string {
  const found = execFileSync("g++", [`-print-file-name=${name}`]);
  return found.toString().trim();
}

function build(flag: string): void {
  const flags = `${flag} -fno-omit-frame-pointer -g -O1`;
  const env = { ...process.env, CXXFLAGS: flags, LDFLAGS: flag };
  const options = { cwd: folder, env, encoding: "utf8" } as const;
  const command = join(root, "node_modules/.bin/node-gyp");
  const { status, stderr } = spawnSync(command, ["rebuild"], options);
  if (status !== 0) throw new Error(`node-gyp: ${stderr}`);
}

/** Runs a program. Gives what is wrong, or undefined. */
function run(
  sanitizer: Sanitizer,
  program: string,
  options: readonly string[],
  end: string,
): string | undefined {
  const preload = sanitizer.libraries.map(library).join(" ");
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--import", "tsx", program, ...options],
    {
      cwd: folder,
      env: { ...process.env, ...sanitizer.env, LD_PRELOAD: preload },
      encoding: "utf8",
      timeout: 300_000,
      maxBuffer: 2 ** 28,
    },
  );
  const isOver = stdout.includes(end) && !stdout.includes('"wrong"');
  const isOurs = /posix_select|runtime error|AddressSanitizer: /.test(stderr);
  if (status === 0 && isOver && !isOurs) return undefined;
  const last = stdout.slice(-4000);
  return `exit code ${String(status)}, ${String(signal)}\n${last}${stderr}`;
}

function report(what: string, wrong: string | undefined): void {
  console.log(`${what}: ${wrong ?? "clean"}`);
  if (wrong !== undefined) process.exitCode = 1;
}

try {
  for (const part of parts) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  for (const part of ["tsconfig.json", "tsconfig.build.json"]) {
    cpSync(join(root, part), join(folder, part));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "leaks.txt"), "leak:napi_create_external\n");
  let built = "";
  for (const sanitizer of sanitizers) {
    if (sanitizer.flag !== built) build(sanitizer.flag);
    built = sanitizer.flag;
    for (const [name, hasLibuv] of watchers) {
      const runtime = `export const hasLibuv = ${String(hasLibuv)};\n`;
      writeFileSync(join(folder, "src/runtime.ts"), runtime);
      const wrong = run(sanitizer, stress, sanitizer.options, " rounds");
      report(`${sanitizer.name}, ${name}`, wrong);
    }
    for (const [i, layer] of ["raw", "public"].entries()) {
      const calls = String(sanitizer.calls[i]);
      const wrong = run(sanitizer, fuzz, [layer, seed, calls], '"over"');
      report(`${sanitizer.name}, ${calls} ${layer} calls`, wrong);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

// npm run test:sanitize    the addon's tests, the waits that don't hold the thread,
//                          and every function called with anything (test/fuzz),
//                          with an addon that AddressSanitizer, LeakSanitizer,
//                          UndefinedBehaviorSanitizer and ThreadSanitizer watch;
//                          needs g++; -- --short leaves out ThreadSanitizer's tests
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "posix-select-sanitize-"));
/** A file for each process of the tests in which a sanitizer says something. */
const logs = join(folder, "logs");
const stress = "test/programs/waits-stress.ts";
const fuzz = "test/programs/fuzz.ts";
/** The same calls each time: what one finds, the next one finds again. */
const seed = "1";
const parts = [
  "src",
  "native",
  "test",
  "bench",
  "examples",
  "exercises",
  "scripts",
  "binding.gyp",
  "LICENSE",
  "package.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "vitest.config.ts",
];

interface Sanitizer {
  readonly name: string;
  readonly flag: string;
  readonly libraries: readonly string[];
  /** Of the stress program. */
  readonly options: readonly string[];
  /** How many calls with anything, of the addon's and of public functions. */
  readonly calls: readonly [raw: number, open: number];
  /** Which tests run, as Vitest's options; undefined for none. */
  readonly tests: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** What a report of ours has in it. */
  readonly ours: RegExp;
}

const address = {
  flag: "-fsanitize=address,undefined",
  libraries: ["libasan.so", "libubsan.so"],
  // Of Node, too: it has none.
  ours: /ERROR: \w+Sanitizer|Sanitizer: CHECK failed|\.\w+:\d+:\d+: runtime error: /,
};
const undefinedBehavior = "halt_on_error=1:print_stacktrace=1";

/** Preloaded, too: scripts/sanitize-exec.cc. */
const onlyNode = join(folder, "exec.so");
/**
 * Not with ThreadSanitizer: a shell, prlimit, strace or a terminal starts Node
 * here, which has no sanitizer then, and can't load the addon.
 */
const startedByOthers = [
  "does not count places that were left",
  "is poll's where the better ones can't be made",
  "its terminal is resized after output",
  "no descriptor left is EMFILE",
  "nothing is lost if there is no descriptor left",
  "places that were left do not count",
  "waits again once there are descriptors",
  "without epoll_pwait2",
];

const sanitizers: readonly Sanitizer[] = [
  {
    ...address,
    name: "AddressSanitizer, UndefinedBehaviorSanitizer",
    options: ["10"],
    calls: [20_000, 10_000],
    tests: [],
    // Node runs no finalizer of what was collected just before a worker was
    // terminated.
    env: {
      ASAN_OPTIONS: "detect_leaks=0",
      UBSAN_OPTIONS: undefinedBehavior,
    },
  },
  {
    ...address,
    name: "LeakSanitizer",
    options: ["10", "--to-the-end"],
    calls: [10_000, 5000],
    // Whoever runs tests kills the processes that they ran in.
    tests: undefined,
    // Node does not free what it has itself for an External that is there when
    // its worker ends.
    env: {
      LSAN_OPTIONS: `suppressions=${join(folder, "leaks.txt")}`,
      UBSAN_OPTIONS: undefinedBehavior,
    },
  },
  {
    name: "ThreadSanitizer",
    flag: "-fsanitize=thread",
    libraries: ["libtsan.so", onlyNode],
    options: ["2"],
    calls: [5000, 2500],
    tests: [
      // The same, in every test or most of them.
      "--exclude=test/selectors/async.emfile.test.ts",
      "--exclude=test/socket/descriptors.test.ts",
      // Examples with one thread each, some of them in a shell.
      "--exclude=test/fds/**",
      `--testNamePattern=^(?!.*(?:${startedByOthers.join("|")}))`,
      // A number that is to be used again may be the sanitizer's own by then,
      // which opens a file when it has its first report.
      "--retry=2",
    ],
    env: { TSAN_OPTIONS: "exitcode=0" },
    // Node has reports of its own: ours have a frame in the addon.
    ours: /^ +#\d+ .*\(posix_select\.node\+0x/m,
  },
];

const runtime = "src/runtime.ts";
/** Who watches instead of the real one. */
const watchers = [
  ["libuv's loop", true],
  ["the thread", false],
] as const;

function library(name: string): string {
  const found = execFileSync("g++", [`-print-file-name=${name}`]);
  return found.toString().trim();
}

function preload({ libraries }: Sanitizer): string {
  return libraries
    .map((name) => (name === onlyNode ? name : library(name)))
    .join(" ");
}

function build(flag: string): void {
  const flags = `${flag} -fno-omit-frame-pointer -g -O1`;
  const env = { ...process.env, CXXFLAGS: flags, LDFLAGS: flag };
  const options = { cwd: folder, env, encoding: "utf8" } as const;
  const command = join(root, "node_modules/.bin/node-gyp");
  const { status, stderr } = spawnSync(command, ["rebuild", "-j2"], options);
  if (status !== 0) throw new Error(`node-gyp: ${stderr}`);
}

/** What the sanitizer says of us in a text. */
function reports({ ours }: Sanitizer, text: string): string[] {
  return text.split(/^={18}$/m).filter((part) => ours.test(part));
}

/** What it has written to files since they were looked at last. */
function logged(): string {
  const texts = readdirSync(logs).map((name) => {
    const text = readFileSync(join(logs, name), "utf8");
    rmSync(join(logs, name));
    return text;
  });
  return texts.join(`\n${"=".repeat(18)}\n`);
}

/** A frame in the addon, as ThreadSanitizer shows it, with its line. */
function named(report: string): string {
  const addon = join(folder, "build/Release/posix_select.node");
  const frame = /<null> <null> \(posix_select\.node\+(0x[\da-f]+)\)/g;
  return report.replaceAll(frame, (_, at: string) => {
    const options = ["-Cfspe", addon, at];
    return execFileSync("addr2line", options).toString().trim();
  });
}

/** Of many, a few are enough to begin with. */
function shown(found: readonly string[]): string {
  const first = found.slice(0, 5).map((text) => named(text.slice(0, 6000)));
  return `${found.length} reports\n${first.join("\n")}`;
}

/** Runs a program. Gives what is wrong, or undefined. */
function run(
  sanitizer: Sanitizer,
  program: string,
  options: readonly string[],
  end: string,
): string | undefined {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--import", "tsx", program, ...options],
    {
      cwd: folder,
      env: {
        ...process.env,
        ...sanitizer.env,
        LD_PRELOAD: preload(sanitizer),
      },
      encoding: "utf8",
      timeout: 300_000,
      maxBuffer: 2 ** 28,
    },
  );
  const found = reports(sanitizer, stderr);
  const isOver = stdout.includes(end) && !stdout.includes('"wrong"');
  if (status === 0 && isOver && found.length === 0) return undefined;
  const last = stdout.slice(-4000);
  const more = found.length > 0 ? shown(found) : stderr;
  return `exit code ${String(status)}, ${String(signal)}\n${last}${more}`;
}

/** Runs tests. Gives what is wrong, or undefined. */
function runTests(
  sanitizer: Sanitizer,
  options: readonly string[],
): string | undefined {
  const log = `:log_path=${join(logs, "log")}`;
  const env = Object.entries(sanitizer.env);
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--config",
      "scripts/sanitize-tests.ts",
      ...options,
    ],
    {
      cwd: folder,
      env: {
        ...process.env,
        ...Object.fromEntries(env.map(([name, value]) => [name, value + log])),
        SANITIZER: preload(sanitizer),
        NO_COLOR: "1",
      },
      encoding: "utf8",
      timeout: 1_800_000,
      maxBuffer: 2 ** 28,
    },
  );
  // UndefinedBehaviorSanitizer writes to no file where it has company.
  const found = reports(sanitizer, `${stderr}${logged()}`);
  const totals = /^\d+ passed, \d+ failed, .*$/m.exec(stdout)?.[0];
  if (totals !== undefined) console.log(`${sanitizer.name}, tests: ${totals}`);
  if (status === 0 && totals !== undefined && found.length === 0) {
    return undefined;
  }
  const last = `${stdout.slice(-8000)}${stderr.slice(-8000)}`;
  return `exit code ${String(status)}, ${String(signal)}\n${last}${shown(found)}`;
}

const { values } = parseArgs({ options: { short: { type: "boolean" } } });
let begin = performance.now();

function report(what: string, wrong: string | undefined): void {
  const seconds = Math.round((performance.now() - begin) / 1000);
  begin = performance.now();
  console.log(`${what}, ${seconds} s: ${wrong ?? "clean"}`);
  if (wrong !== undefined) process.exitCode = 1;
}

try {
  for (const part of parts) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  mkdirSync(logs);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "leaks.txt"), "leak:napi_create_external\n");
  execFileSync("g++", [
    "-shared",
    "-fPIC",
    "-o",
    onlyNode,
    join(root, "scripts/sanitize-exec.cc"),
  ]);
  // One test has a worker that imports what a user gets.
  execFileSync(join(root, "node_modules/.bin/tsc"), [
    "-p",
    join(folder, "tsconfig.build.json"),
  ]);
  let built = "";
  for (const sanitizer of sanitizers) {
    if (sanitizer.flag !== built) build(sanitizer.flag);
    built = sanitizer.flag;
    const isShort = values.short === true && sanitizer.flag !== address.flag;
    if (sanitizer.tests !== undefined && !isShort) {
      cpSync(join(root, runtime), join(folder, runtime));
      const wrong = runTests(sanitizer, sanitizer.tests);
      report(`${sanitizer.name}, tests`, wrong);
    }
    for (const [name, hasLibuv] of watchers) {
      const text = `export const hasLibuv = ${String(hasLibuv)};\n`;
      writeFileSync(join(folder, runtime), text);
      const wrong = run(sanitizer, stress, sanitizer.options, " rounds");
      report(`${sanitizer.name}, ${name}`, wrong);
    }
    // What is awaited here the thread waits for: libuv's loop is nothing of ours.
    for (const [i, layer] of ["raw", "public"].entries()) {
      const calls = String(sanitizer.calls[i]);
      const wrong = run(sanitizer, fuzz, [layer, seed, calls], '"over"');
      report(`${sanitizer.name}, ${calls} ${layer} calls`, wrong);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

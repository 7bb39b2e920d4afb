// npm run lint:native    clang-tidy and cppcheck over the C++ code
//
// Where they are not installed they are left out, and that is said. On CI they
// have to be there, but on Debian only, whose versions the code is clean for.
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { nodeHeaders } from "./binding.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

const sources = readdirSync(join(root, "native"))
  .filter((name) => name.endsWith(".cc"))
  .map((name) => join("native", name));

const headers = nodeHeaders();
const flags = [
  "-std=c++17",
  "-DNAPI_VERSION=8",
  "-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS",
  ...(headers === undefined ? [] : [`-isystem${headers}`]),
  `-isystem${dirname(require.resolve("node-addon-api"))}`,
];

/** One command line a linter, and where it is slow, one a file. */
const commands: readonly (readonly [string, ...string[]])[] = [
  ...sources.map(
    (source) => ["clang-tidy", "--quiet", source, "--", ...flags] as const,
  ),
  [
    "cppcheck",
    "--quiet",
    "--std=c++17",
    "--language=c++",
    "--enable=warning,performance,portability",
    "--inline-suppr",
    "--suppress=missingIncludeSystem",
    "--error-exitcode=1",
    "-DNAPI_VERSION=8",
    "-D__linux__",
    ...sources,
  ],
];

const isDebianCI =
  process.env["CI"] !== undefined && existsSync("/etc/debian_version");

const run = promisify(execFile);
const missing = new Set<string>();

async function lint([linter, ...args]: readonly [
  string,
  ...string[],
]): Promise<void> {
  try {
    await run(linter, args, { cwd: root, maxBuffer: 2 ** 26 });
  } catch (error) {
    const { code, stdout, stderr } = error as {
      code?: unknown;
      stdout: string;
      stderr: string;
    };
    if (code === "ENOENT") {
      missing.add(linter);
    } else {
      console.error(stdout + stderr);
      process.exitCode = 1;
    }
  }
}

const queue = commands.values();
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (const command of queue) await lint(command);
  }),
);

for (const linter of missing) {
  console.log(`${linter} is not installed: its checks are left out`);
  if (isDebianCI) process.exitCode = 1;
}

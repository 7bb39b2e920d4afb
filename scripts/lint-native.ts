// npm run lint:native    clang-tidy and cppcheck over the C++ code
//
// Most of clang-tidy's time goes into the headers, so it gets all sources as one:
// a name of one source must not be another thing in another one.
//
// Where they are not installed they are left out, and that is said. On CI they
// have to be there, but on Debian only, whose versions the code is clean for.
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
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

type Command = readonly [string, ...string[]];

const tidy = (source: string): Command => [
  "clang-tidy",
  "--quiet",
  `--config-file=${join(root, ".clang-tidy")}`,
  source,
  "--",
  ...flags,
  `-iquote${join(root, "native")}`,
];

const cppcheck: Command = [
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
];

const isDebianCI =
  process.env["CI"] !== undefined && existsSync("/etc/debian_version");

const run = promisify(execFile);
const missing = new Set<string>();

/** What a linter complains of: nothing, where it is not installed. */
async function complaints([linter, ...args]: Command): Promise<string> {
  try {
    await run(linter, args, { cwd: root, maxBuffer: 2 ** 26 });
  } catch (error) {
    const { code, stdout, stderr } = error as {
      code?: unknown;
      stdout: string;
      stderr: string;
    };
    if (code !== "ENOENT") return `${stdout}${stderr}` || String(error);
    missing.add(linter);
  }
  return "";
}

/** A line of all sources as one is this line of a source. */
function placeOf(line: number, texts: readonly string[]): string {
  let rest = line;
  for (const [i, text] of texts.entries()) {
    const lines = text.split("\n").length - 1; // it ends with a newline
    if (rest <= lines) return `${sources[i]}:${rest}`;
    rest -= lines;
  }
  throw new Error(`There is no line ${line}`);
}

async function tidyComplaints(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "lint-native-"));
  try {
    const whole = join(folder, "all.cc");
    const texts = sources.map((source) =>
      readFileSync(join(root, source), "utf8"),
    );
    writeFileSync(whole, texts.join(""));
    const found = await complaints(tidy(whole));
    return found.replaceAll(/\S*\ball\.cc:(\d+)/g, (_, line) =>
      placeOf(Number(line), texts),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const found = await Promise.all([tidyComplaints(), complaints(cppcheck)]);
for (const text of found.filter((text) => text !== "")) {
  console.error(text);
  process.exitCode = 1;
}

for (const linter of missing) {
  console.log(`${linter} is not installed: its checks are left out`);
  if (isDebianCI) process.exitCode = 1;
}

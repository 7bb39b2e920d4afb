// npm install, in a clone: builds the addon and dist/.
//
// It is `postprepare`, which npm runs as it runs `prepare`, but not for users of
// the package: it would warn them of a `prepare` in a tarball that is not the
// registry's.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Whether a program of Node's comes to a good end. */
function run(...args: readonly string[]): boolean {
  const options = { cwd: root, stdio: "inherit" } as const;
  return spawnSync(process.execPath, args, options).status === 0;
}

function hasCompiler(): boolean {
  const { CXX, PATH = "" } = process.env;
  if (CXX !== undefined && CXX !== "") return true;
  return PATH.split(delimiter).some((folder) =>
    ["c++", "g++", "clang++"].some((name) => existsSync(join(folder, name))),
  );
}

function hint(why: string): void {
  console.log(
    `posix-select: ${why}; \`npm run prebuilds\` gets a compiler from npm and builds the addon with it`,
  );
}

if (!hasCompiler()) {
  hint("there is no C++ compiler");
} else if (!run("--import", "tsx", join(root, "src/build.ts"))) {
  hint("the addon could not be built");
  // A person has the way out, a machine that tests has to say so.
  if (process.env["CI"] !== undefined) process.exitCode = 1;
}
const tsc = join(root, "node_modules/typescript/bin/tsc");
if (!run(tsc, "-p", "tsconfig.build.json")) process.exitCode = 1;

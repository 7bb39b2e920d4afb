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

function run(tool: string, ...args: readonly string[]): void {
  const file = join(root, "node_modules/.bin", tool);
  const { status } = spawnSync(file, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

function hasCompiler(): boolean {
  const { CXX, PATH = "" } = process.env;
  if (CXX !== undefined && CXX !== "") return true;
  return PATH.split(delimiter).some((folder) =>
    ["c++", "g++", "clang++"].some((name) => existsSync(join(folder, name))),
  );
}

if (hasCompiler()) {
  run("node-gyp", "rebuild");
} else {
  console.log(
    "posix-select: there is no C++ compiler; `npm run prebuilds` gets one from npm and builds the addon with it",
  );
}
run("tsc", "-p", "tsconfig.build.json");

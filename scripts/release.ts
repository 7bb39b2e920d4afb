// npm run release [-- --dry-run ...]    publishes the version of package.json,
//                                       with binaries for every platform
//
// `dist` and `prebuilds` have to be there: the workflow that calls it has made
// them. What follows `--` goes to npm publish.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../package.json" with { type: "json" };
import { fileOf, prebuilt } from "./targets.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What keeps the version from being published. */
function* obstacles(): Generator<string> {
  if (!existsSync(join(root, "dist/index.js"))) {
    yield "dist is not built: npm run build:ts";
  }
  for (const target of prebuilt) {
    const file = join("prebuilds", fileOf(target));
    if (!existsSync(join(root, file))) yield `${file} is not there`;
  }
  const { version } = manifest;
  const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  if (!changelog.split("\n").includes(`## ${version}`)) {
    yield `the changelog has no heading "## ${version}"`;
  }
}

const found = [...obstacles()];
for (const obstacle of found) console.error(obstacle);
if (found.length > 0) {
  process.exitCode = 1;
} else {
  // Nothing is to be built: what was tested is what goes out.
  const flags = ["--provenance", "--access", "public", "--ignore-scripts"];
  execFileSync("npm", ["publish", ...flags, ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
  });
}

// npm run changeset:version    makes the next version of what changesets tell:
//                              in package.json, its lock and the changelog;
//                              not while its newest entry is unreleased
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { mergeChangelog, obstacleToVersion } from "./changelog.ts";

/** What a lock says of the package itself. */
interface Lock {
  version: string;
  packages: { "": { version: string } };
}

const changeset = new URL(
  "../node_modules/@changesets/cli/bin.js",
  import.meta.url,
);

const before = readFileSync("CHANGELOG.md", "utf8");
const obstacle = obstacleToVersion(before);
if (obstacle !== undefined) {
  console.error(obstacle);
  process.exit(1);
}
execFileSync(process.execPath, [fileURLToPath(changeset), "version"], {
  stdio: "inherit",
});
const after = readFileSync("CHANGELOG.md", "utf8");
writeFileSync("CHANGELOG.md", mergeChangelog(before, after));

const manifest = readFileSync("package.json", "utf8");
const { version } = JSON.parse(manifest) as { version: string };
if (existsSync("package-lock.json")) {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;
  lock.version = version;
  lock.packages[""].version = version;
  writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(`the version is ${version}`);

// npm run release    what a release is made of, in release/: the tarball, its bill
//                    of materials and the notes; nothing is published
//
// `prebuilds` has to be there, for every platform. The workflow publishes the
// very file that was made and tried here.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../package.json" with { type: "json" };
import { isDue, notesOf } from "./changelog.ts";
import { fileOf, prebuilt } from "./targets.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "release");
const { name, version } = manifest;
const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");

/** What keeps the version from being published. */
function* obstacles(): Generator<string> {
  for (const target of prebuilt) {
    const file = join("prebuilds", fileOf(target));
    if (!existsSync(join(root, file))) yield `${file} is not there`;
  }
  if (!isDue(changelog, version)) {
    yield `the changelog has no heading "## ${version}"`;
  }
}

function npm(...args: readonly string[]): string {
  return execFileSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** The bill of materials; npm calls the package by its folder's name. */
function billOfMaterials(): string {
  const format = ["--sbom-format", "cyclonedx", "--sbom-type", "library"];
  const bill = JSON.parse(
    npm("sbom", ...format, "--omit", "dev", "--package-lock-only"),
  ) as {
    metadata: { component: { name: string } };
  };
  bill.metadata.component.name = name;
  return `${JSON.stringify(bill, null, 2)}\n`;
}

const found = [...obstacles()];
for (const obstacle of found) console.error(obstacle);
if (found.length > 0) {
  process.exitCode = 1;
} else {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  npm("pack", "--silent", "--pack-destination", folder);
  writeFileSync(join(folder, `${name}-${version}.cdx.json`), billOfMaterials());
  writeFileSync(join(folder, "notes.md"), notesOf(changelog, version));
  console.log(`release/${name}-${version}.tgz`);
}

// npm run test:install    packs the package, installs it by each package manager
//                         in an empty project, with no compiler and no Python,
//                         and uses it there in each Node
// npm run test:install -- TARBALL    the same, with this one
//
// It needs the binaries: npm run prebuilds -- --all
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Consumer, type Outcome } from "./consumer.ts";
import { tryOut } from "./installation.ts";
import { nodes } from "./installed-runtimes.ts";
import {
  install,
  isInstalled,
  managers,
  newestNode,
} from "./package-managers.ts";
import { pack, tarballFaults, unpack } from "./tarball.ts";

/** What is wrong where there is no binary, and with the way out. */
function tryWithoutBinaries(tarball: string, folder: string): string[] {
  const [node] = nodes;
  const npm = managers.find(isInstalled);
  if (node === undefined || npm === undefined) return ["there is no npm"];
  // The Node at hand: its headers are there, and need not be got.
  const consumer = new Consumer(folder, process.execPath);
  const adding = consumer.run(npm.file, [...npm.add, tarball]);
  if (!adding.isGood) return [`it can't be installed: ${adding.text}`];
  rmSync(join(consumer.installed(), "prebuilds"), { recursive: true });
  const { isGood, text } = consumer.use(process.execPath);
  if (isGood) return ["it works without a binary"];
  const [, system, command] =
    /posix-select: no binary could be loaded for (\S+-\S+[^;]*); `([^`]+)`/.exec(
      text,
    ) ?? [];
  if (system === undefined || command === undefined) {
    return [`the error does not tell what to do: ${text}`];
  }
  console.log(`without a binary: for ${system}, ${command}`);
  const before = readdirSync(consumer.installed());
  const building = spawnSync("sh", ["-c", command], {
    cwd: consumer.folder,
    encoding: "utf8",
  });
  if (building.status !== 0) {
    return [`it can't be built: ${building.stdout}${building.stderr}`];
  }
  const after: Outcome = consumer.use(process.execPath);
  const left = readdirSync(consumer.installed()).filter(
    (name) => name !== "build" && !before.includes(name),
  );
  return [
    ...(after.isGood ? [] : [`it was built, but: ${after.text}`]),
    ...left.map((name) => `${name} is left behind`),
  ];
}

let failed = 0;

function report(name: string, found: readonly string[]): void {
  console.log(`${name.padEnd(36)} ${found.length === 0 ? "good" : "BAD"}`);
  for (const fault of found) console.log(`    ${fault.trim()}`);
  if (found.length > 0) failed++;
}

const folder = mkdtempSync(join(tmpdir(), "posix-select-install-"));
try {
  install();
  const [, , given] = process.argv;
  const tarball = given === undefined ? pack(folder) : resolve(given);
  const files = unpack(tarball, folder);
  const { length } = execFileSync("cat", [tarball], { maxBuffer: 2 ** 28 });
  console.log(`${files.size} files, ${(length / 1024).toFixed(0)} KiB packed`);
  report("what is in the tarball", tarballFaults(files));
  const there = managers.filter(isInstalled);
  if (there.length < managers.length) {
    const names = managers.filter((it) => !isInstalled(it));
    console.log(`left out: ${names.map(({ name }) => name).join(", ")}`);
  }
  if (there.length === 0 && process.env["CI"] !== undefined) failed++;
  for (const manager of there) {
    for (const isIgnoring of [false, true]) {
      const name = `${manager.name}${isIgnoring ? ", --ignore-scripts" : ""}`;
      const how = { tarball, folder, isIgnoring, node: newestNode };
      report(name, tryOut(manager, { ...how, nodes, hasTypes: true }));
    }
  }
  report("without a binary", tryWithoutBinaries(tarball, folder));
} finally {
  rmSync(folder, { recursive: true });
}
if (failed > 0) process.exitCode = 1;

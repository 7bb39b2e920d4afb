// npm run prebuilds               the binaries for this system, in prebuilds/
// npm run prebuilds -- --all      those of every system that has one
// npm run prebuilds -- --check    nothing is built: are all there, and right?
//
// (Not `prebuild`: npm would run that before each `build`.)
// Zig builds them, also the one for this system, so that it is the same wherever
// it was built; it is got from npm where it is missing (395 MB).
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type Built, faults, newestGlibc } from "./addon-faults.ts";
import { readLibrary } from "./binary-symbols.ts";
import { inTurn } from "./in-turn.ts";
import { fileOf, nameOf, prebuilt, type Target } from "./targets.ts";
import {
  buildAddon,
  knowledgeOf,
  loadByMusl,
  type Zig,
  zigFor,
} from "./zig-addon.ts";
import { findZig, installZig, output, root } from "./zig.ts";

const atOnce = 2;

function place(target: Target): string {
  return join(root, "prebuilds", fileOf(target));
}

/** Where nobody sees it before it is whole: others may be running with it. */
async function build(zig: Zig, target: Target): Promise<Built> {
  const file = place(target);
  mkdirSync(dirname(file), { recursive: true });
  const built = await buildAddon(zig, target, `${file}.new`);
  renameSync(`${file}.new`, file);
  return built;
}

function check(zig: Zig, target: Target): Built {
  const file = place(target);
  if (!existsSync(file)) throw new Error(`${nameOf(target)}: there is none`);
  const bytes = readFileSync(file);
  const built = { library: readLibrary(bytes), bytes };
  const found = faults(built, target, knowledgeOf(zig));
  if (found.length > 0) throw new Error(found.join("\n"));
  return built;
}

function describe(target: Target, { library, bytes }: Built): string {
  const glibc = newestGlibc(library);
  return [
    nameOf(target).padEnd(18),
    `${(bytes.length / 1024).toFixed(1)} KiB`.padStart(10),
    ...(glibc === undefined ? [] : [`  wants ${glibc}`]),
  ].join("");
}

/** Loads those that are for this machine; a build of a clone stays out of it. */
async function load(zig: Zig, own: readonly Target[]): Promise<void> {
  const manifest = JSON.stringify(join(root, "package.json"));
  const program = `
    const require = process.getBuiltinModule("module").createRequire(${manifest});
    const addon = require("node-gyp-build")(${JSON.stringify(root)});
    if (addon.poll === undefined) throw new Error("it has no poll()");
  `;
  await output("env", "PREBUILDS_ONLY=1", process.execPath, "-e", program);
  for (const target of own.filter(({ libc }) => libc === "musl")) {
    const file = place(target);
    const said = await loadByMusl(zig, file, check(zig, target));
    if (said === undefined) console.log("musl is not here to load its own");
    else if (said !== "loaded") throw new Error(`${nameOf(target)}: ${said}`);
  }
}

const { values } = parseArgs({
  options: { all: { type: "boolean" }, check: { type: "boolean" } },
});
const isAll = values.all === true || values.check === true;
const own = prebuilt.filter(
  ({ platform, arch }) =>
    platform === process.platform && arch === process.arch,
);
const wanted = isAll ? prebuilt : own;
if (wanted.length === 0) {
  throw new Error(`no binary is made for ${process.platform}-${process.arch}`);
}

const begin = performance.now();
const zig = await zigFor(findZig() ?? (await installZig()), inTurn(atOnce));
const results = await Promise.allSettled(
  wanted.map(async (target) => {
    const built =
      values.check === true ? check(zig, target) : await build(zig, target);
    return describe(target, built);
  }),
);
for (const result of results) {
  if (result.status === "fulfilled") {
    console.log(result.value);
  } else {
    console.error(
      result.reason instanceof Error ? result.reason.message : result.reason,
    );
    process.exitCode = 1;
  }
}
if (own.length > 0 && process.exitCode === undefined) await load(zig, own);
const seconds = (performance.now() - begin) / 1000;
console.log(`${wanted.length} binaries in ${seconds.toFixed(1)} s`);

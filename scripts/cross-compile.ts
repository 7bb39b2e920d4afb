// npm run cross-compile [-- --install]    builds the addon for systems that have
//                                         no prebuilt one, with Zig
//
// It can't be run here; the compiler and what is in the file tell a lot. It needs
// Zig: --install gets it from npm (395 MB). Without one the check is left out,
// and that is said. What there is a binary for, `npm run prebuilds` builds.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inTurn } from "./in-turn.ts";
import { compiledOnly, nameOf } from "./targets.ts";
import { buildAddon, zigFor } from "./zig-addon.ts";
import { findZig, installZig, zigPackage } from "./zig.ts";

const atOnce = 2;

async function main(): Promise<void> {
  const wanted = process.argv.includes("--install");
  const command = findZig() ?? (wanted ? await installZig() : undefined);
  if (command === undefined) {
    console.log(
      `zig is not installed: cross-compiling is left out (npm run cross-compile -- --install gets ${zigPackage})`,
    );
    return;
  }
  const zig = await zigFor(command, inTurn(atOnce));
  const folder = mkdtempSync(join(tmpdir(), "posix-select-cross-"));
  try {
    for (const target of compiledOnly) {
      const file = join(folder, `${nameOf(target)}.node`);
      const { bytes } = await buildAddon(zig, target, file);
      const kibibytes = (bytes.length / 1024).toFixed(1);
      console.log(`${nameOf(target)}: compiled and linked, ${kibibytes} KiB`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

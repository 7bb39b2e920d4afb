// npm run check:package                publint and attw over what npm would publish
// npm run check:package -- TARBALL    the same, over this one
//
// The tarball is packed without the package's scripts: `dist` is what
// `npm run build` has made. The package is ESM only, also for require().
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a tool of the project's; fails if it finds fault. */
function run(tool: string, ...args: readonly string[]): void {
  const file = join(root, "node_modules/.bin", tool);
  execFileSync(file, args, { cwd: root, stdio: "inherit" });
}

/** Packs the package into a folder, and gives the tarball's path. */
function pack(folder: string): string {
  execFileSync(
    "npm",
    ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder],
    { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
  );
  const [name = ""] = readdirSync(folder);
  return join(folder, name);
}

const folder = mkdtempSync(join(tmpdir(), "posix-select-package-"));
try {
  const tarball = process.argv[2] ?? pack(folder);
  run("publint", "run", tarball, "--strict");
  run("attw", tarball, "--profile", "esm-only");
} catch {
  // The tool has said why.
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

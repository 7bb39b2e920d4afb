/** What `npm run changeset:version` makes of the changelog. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { mergeChangelog } from "../scripts/changelog.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsx = createRequire(import.meta.url).resolve("tsx");

/** A project of its own, with this one's configuration. */
function project(changelog: string): string {
  const folder = mkdtempSync(join(tmpdir(), "posix-select-version-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const versioned = { name: "posix-select", version: "1.2.3" };
  const lock = { ...versioned, packages: { "": { ...versioned } } };
  mkdirSync(join(folder, ".changeset"));
  cpSync(
    join(root, ".changeset/config.json"),
    join(folder, ".changeset/config.json"),
  );
  writeFileSync(join(folder, "CHANGELOG.md"), changelog);
  writeFileSync(join(folder, "package.json"), JSON.stringify(versioned));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  return folder;
}

function git(folder: string, ...args: readonly string[]): void {
  const author = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
  execFileSync("git", [...author, ...args], { cwd: folder, stdio: "ignore" });
}

test("a version's entries come after the introduction", () => {
  const before = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  const folder = project(before);
  for (const [kind, text] of [
    ["minor", "`select()` sleeps even better."],
    ["patch", "`poll()` wakes up."],
  ] as const) {
    writeFileSync(
      join(folder, `.changeset/${kind}.md`),
      `---\n"posix-select": ${kind}\n---\n\n${text}\n`,
    );
  }
  git(folder, "init", "--initial-branch=main");
  git(folder, "add", ".");
  git(folder, "commit", "--message=first");
  execFileSync(
    process.execPath,
    ["--import", tsx, join(root, "scripts/version.ts")],
    { cwd: folder, stdio: "pipe" },
  );
  const added =
    "## 1.3.0\n\n" +
    "### Minor Changes\n\n- `select()` sleeps even better.\n\n" +
    "### Patch Changes\n\n- `poll()` wakes up.\n\n";
  const at = before.indexOf("## ");
  expect(readFileSync(join(folder, "CHANGELOG.md"), "utf8")).toBe(
    before.slice(0, at) + added + before.slice(at),
  );
  for (const file of ["package.json", "package-lock.json"]) {
    const text = readFileSync(join(folder, file), "utf8");
    expect(text).toContain('"version": "1.3.0"');
    expect(text).not.toContain("1.2.3");
  }
});

test("a changelog to which nothing was added stays as it is", () => {
  const before = "# Changelog\n\nAbout it.\n\n## 1.0.0\n\n- It is there.\n";
  expect(mergeChangelog(before, before)).toBe(before);
});

test("old entries that have changed are an error", () => {
  const before = "# Changelog\n\nAbout it.\n\n## 1.0.0\n\n- It is there.\n";
  const after = before.replace("is there", "was there");
  expect(() => mergeChangelog(before, after)).toThrow("old entries");
});

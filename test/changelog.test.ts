/** What `npm run changeset:version` makes of the changelog. */
import { execFileSync, spawnSync } from "node:child_process";
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
import {
  isDue,
  mergeChangelog,
  notesOf,
  obstacleToVersion,
} from "../scripts/changelog.ts";

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

/** The changelog, with its newest entry released. */
function released(): string {
  const text = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  return text.replace(/^(## \S+).*$/m, "$1");
}

function git(folder: string, ...args: readonly string[]): void {
  const author = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
  execFileSync("git", [...author, ...args], { cwd: folder, stdio: "ignore" });
}

test("a version's entries come after the introduction", () => {
  const before = released();
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

test("no version is made while the newest entry is unreleased", () => {
  const before = "# Changelog\n\n## 0.2.0 (unreleased)\n\n- It is there.\n";
  const folder = project(before);
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", tsx, join(root, "scripts/version.ts")],
    { cwd: folder, encoding: "utf8" },
  );
  expect(stderr).toContain("0.2.0 (unreleased)");
  expect(status).toBe(1);
  expect(readFileSync(join(folder, "CHANGELOG.md"), "utf8")).toBe(before);
  expect(obstacleToVersion(released())).toBeUndefined();
  expect(obstacleToVersion("# Changelog\n\n## 1.0.0-beta.1\n")).toBe(undefined);
});

test("a version is due by its bare number, and has its own notes", () => {
  const text =
    "# Changelog\n\n## 0.2.0 (unreleased)\n\n- New.\n\n## 0.1.0\n\n### Minor\n\n- Old.\n";
  expect(isDue(text, "0.2.0")).toBe(false);
  expect(isDue(text, "0.1.0")).toBe(true);
  expect(isDue(text, "0.1")).toBe(false);
  expect(notesOf(text, "0.1.0")).toBe("### Minor\n\n- Old.\n");
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

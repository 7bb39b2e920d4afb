/** What npm would publish, and what must not be in it. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../package.json" with { type: "json" };
import { fileOf, prebuilt } from "./targets.ts";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** What a package is made of where there is no Git: a source archive. */
const sources = [
  ...["package.json", "tsconfig.json", "tsconfig.build.json"],
  ...["LICENSE", "README.md"],
  ...manifest.files.filter((name) => !/^(!|dist$|prebuilds$)/.test(name)),
];

/**
 * The files that Git has or would take, deleted ones left out; or folders, where
 * there is no Git.
 */
export function projectFiles(folder: string): string[] {
  const isThere = (name: string): boolean =>
    name !== "" && existsSync(join(folder, name));
  if (!existsSync(join(folder, ".git"))) return sources.filter(isThere);
  // In a container the folder may be another user's, which Git would refuse.
  const safe = `safe.directory=${realpathSync(folder)}`;
  const listed = execFileSync(
    "git",
    [
      ...["-c", safe, "ls-files"],
      ...["--cached", "--others", "--exclude-standard", "-z"],
    ],
    { cwd: folder, encoding: "utf8" },
  );
  return listed.split("\0").filter(isThere);
}

/**
 * Packs a clean copy of the project, with npm's own scripts, and with those
 * binaries that are there. Gives the tarball's path.
 */
export function pack(folder: string): string {
  const copy = mkdtempSync(join(folder, "project-"));
  for (const name of projectFiles(root)) {
    mkdirSync(dirname(join(copy, name)), { recursive: true });
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const prebuilds = join(root, "prebuilds");
  if (existsSync(prebuilds)) {
    cpSync(prebuilds, join(copy, "prebuilds"), { recursive: true });
  }
  const place = mkdtempSync(join(folder, "tarball-"));
  execFileSync("npm", ["pack", "--silent", "--pack-destination", place], {
    cwd: copy,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [name = ""] = readdirSync(place);
  return join(place, name);
}

/** What is in a tarball, by its name below the package's folder. */
export function unpack(
  tarball: string,
  folder: string,
): ReadonlyMap<string, Buffer> {
  const place = mkdtempSync(join(folder, "unpacked-"));
  execFileSync("tar", ["-xzf", tarball, "-C", place]);
  const top = join(place, "package");
  const entries = readdirSync(top, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(top.length + 1), readFileSync(file)]),
  );
}

const wanted: readonly RegExp[] = [
  /^package\.json$/,
  /^(README|CHANGELOG)\.md$/,
  /^LICENSE$/,
  /^dist\/[\w/-]+\.(js|d\.ts)(\.map)?$/,
  // Pages for a browser, with what they are made of.
  /^(dist|src)\/[\w/-]+\.(html|css|svg|js|json)$/,
  /^src\/[\w/-]+\.ts$/,
  /^native\/\w+\.(cc|h|gypi)$/,
  /^docs\/[\w./-]+\.(md|svg|png)$/,
];

const binaries = prebuilt.map((target) => `prebuilds/${fileOf(target)}`);

const needed = [
  ...["dist/index.js", "dist/index.d.ts", "dist/build.js"],
  ...["native/addon.cc", "native/addon.gypi", "LICENSE", "README.md"],
];

export interface TarballRules {
  /** Those binaries that have to be there. */
  readonly binaries?: readonly string[];
  /** Folders of this machine, which no file may name. */
  readonly folders?: readonly string[];
}

/** Empty if the tarball is as it should be. */
export function tarballFaults(
  files: ReadonlyMap<string, Buffer>,
  rules: TarballRules = {},
): string[] {
  const folders = rules.folders ?? [root, homedir()];
  const manifest = JSON.parse(
    files.get("package.json")?.toString() ?? "{}",
  ) as { gypfile?: boolean; scripts?: Readonly<Record<string, string>> };
  const isWanted = (name: string): boolean =>
    binaries.includes(name) || wanted.some((pattern) => pattern.test(name));
  return [
    ...[...files.keys()]
      .filter((name) => !isWanted(name))
      .map((name) => `${name} is in it`),
    ...[...needed, ...(rules.binaries ?? binaries)]
      .filter((name) => !files.has(name))
      .map((name) => `${name} is not in it`),
    ...["preinstall", "install", "postinstall"]
      .filter((name) => manifest.scripts?.[name] !== undefined)
      .map((name) => `it has a script named ${name}`),
    ...(manifest.gypfile === false ? [] : ["gypfile is not false"]),
    ...folders.flatMap((folder) =>
      [...files]
        .filter(([, bytes]) => bytes.includes(folder))
        .map(([name]) => `${name} names ${folder}`),
    ),
  ];
}

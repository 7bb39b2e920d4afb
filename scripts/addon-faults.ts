/** What is wrong with a built addon, as far as its file tells. */
import type { Library } from "./binary-symbols.ts";
import { nameOf, oldestGlibc, type Target } from "./targets.ts";

/** A file, and what was read from it. */
export interface Built {
  readonly library: Library;
  readonly bytes: Buffer;
}

/** What the machine that built it knows. */
export interface Knowledge {
  /** All names in musl's library. */
  readonly muslNames: ReadonlySet<string>;
  /** Folders of this machine, which no file may name. */
  readonly folders: readonly string[];
}

/** With all of the C++ library in it, it would be far larger. */
const mostBytes = 200 * 1024;

const entries = new Set([
  "napi_register_module_v1",
  "node_api_module_get_api_version_v1",
]);

/** What the linker itself puts into a Mach-O file. */
const linkerNames = /^_mh_dylib_header$|^__dso_handle$/;

/**
 * What Node and whatever is like it have for every addon. Not libuv's names:
 * Bun and Deno have none, so they are looked up when the addon runs.
 */
const nodeNames = /^(napi|node_api)_/;

const mechanisms = {
  linux: ["epoll_ctl", "poll"],
  darwin: ["kevent", "kqueue"],
  freebsd: ["kevent", "kqueue"],
} as const;

/** The system's own libraries: those of C++ differ too much. */
function systemLibraries({ platform, libc }: Target): RegExp {
  switch (platform) {
    case "darwin":
      return /^\/usr\/lib\/libSystem\.B\.dylib$/;
    case "freebsd":
      return /^lib(c\.so\.7|m\.so\.5|thr\.so\.3|sys\.so\.7)$/;
    case "linux":
      return libc === "musl"
        ? /^libc\.so$/
        : /^(lib(c|m)\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux.*)$/;
  }
}

/** Whether a glibc as old as those that are promised has it. */
function isOldEnough(version: string): boolean {
  const [, found] = /^GLIBC_(\d[\d.]*)$/.exec(version) ?? [];
  if (found === undefined) return false;
  const [major = 0, minor = 0] = found.split(".").map(Number);
  const [mostMajor = 0, mostMinor = 0] = oldestGlibc.split(".").map(Number);
  return major < mostMajor || (major === mostMajor && minor <= mostMinor);
}

/** Those of its names that neither Node nor a library of the system has. */
function unknownNames(
  library: Library,
  { libc }: Target,
  { muslNames }: Knowledge,
): string[] {
  // musl has no versions, by which a name would show that it was found.
  const isKnown = (name: string): boolean =>
    nodeNames.test(name) || (libc === "musl" && muslNames.has(name));
  return Array.from(library.unresolved).filter((name) => !isKnown(name));
}

/** Empty if it is as it should be. */
export function faults(
  { library, bytes }: Built,
  target: Target,
  knowledge: Knowledge,
): string[] {
  const isMac = target.platform === "darwin";
  const format = isMac ? "Mach-O" : "ELF";
  const known = systemLibraries(target);
  const isGlibc = target.libc === "glibc";
  const found = (isWrong: boolean, fault: string): string[] =>
    isWrong ? [fault] : [];
  return [
    ...found(library.format !== format, `${library.format}, not ${format}`),
    ...found(library.cpu !== target.arch, `for the processor ${library.cpu}`),
    ...[...entries]
      .filter((name) => !library.exports.has(name))
      .map((name) => `${name} is not exported`),
    ...Array.from(library.exports)
      .filter((name) => !entries.has(name) && !linkerNames.test(name))
      .map((name) => `${name} is exported`),
    ...mechanisms[target.platform]
      .filter((name) => !library.imports.has(name))
      .map((name) => `${name} is not imported`),
    ...unknownNames(library, target, knowledge).map(
      (name) => `${name} is in none of the system's libraries`,
    ),
    ...Array.from(library.libraries)
      .filter((name) => !known.test(name))
      .map((name) => `${name} has to be there`),
    ...found(library.libraries.size === 0, "no library has to be there"),
    ...Array.from(library.versions)
      .filter((version) => isGlibc && !isOldEnough(version))
      .map((version) => `${version} is newer than GLIBC_${oldestGlibc}`),
    ...found(
      isMac && target.arch === "arm64" && !library.isSigned,
      "not signed: macOS would not load it",
    ),
    ...found(
      bytes.length > mostBytes,
      `${bytes.length} bytes, more than ${mostBytes}`,
    ),
    ...knowledge.folders
      .filter((folder) => bytes.includes(folder))
      .map((folder) => `${folder} is named in it`),
  ].map((fault) => `${nameOf(target)}: ${fault}`);
}

/** The newest version of glibc's that it wants, if it wants any. */
export function newestGlibc({ versions }: Library): string | undefined {
  return [...versions]
    .filter((name) => name.startsWith("GLIBC_"))
    .sort((one, other) => one.localeCompare(other, "en", { numeric: true }))
    .at(-1);
}

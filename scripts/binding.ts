/**
 * What native/addon.gypi says of the addon, and where Node's headers are, for
 * compilers that node-gyp can't run.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** As gyp names systems. */
export type GypSystem = "linux" | "mac" | "freebsd";

/** How the addon is compiled for a system. */
export interface Compilation {
  readonly sources: readonly string[];
  readonly flags: readonly string[];
  /** The oldest macOS that it is for. */
  readonly macosVersion: string;
}

/** Those of Xcode's settings that the addon has. */
interface Xcode {
  readonly CLANG_CXX_LANGUAGE_STANDARD?: string;
  readonly GCC_SYMBOLS_PRIVATE_EXTERN?: "YES" | "NO";
  readonly MACOSX_DEPLOYMENT_TARGET?: string;
  readonly WARNING_CFLAGS?: readonly string[];
}

interface Settings {
  readonly sources?: readonly string[];
  readonly defines?: readonly string[];
  readonly cflags?: readonly string[];
  readonly cflags_cc?: readonly string[];
  readonly xcode_settings?: Xcode;
  readonly conditions?: readonly (readonly [
    condition: string,
    then: Settings,
    otherwise?: Settings,
  ])[];
}

/** gyp takes comments and commas at the end, which JSON does not. */
function parse(text: string): unknown {
  const quoted = /("(?:[^"\\]|\\.)*")/.source;
  const json = text
    .replaceAll(new RegExp(`${quoted}|#.*`, "g"), "$1")
    .replaceAll(new RegExp(`${quoted}|,(?=\\s*[\\]}])`, "g"), "$1");
  return JSON.parse(json);
}

/** @throws {Error} A condition is of a kind that this does not know. */
function holds(condition: string, system: GypSystem): boolean {
  const [, sign, name] = /^OS\s*([!=]=)\s*'(\w+)'$/.exec(condition) ?? [];
  if (name === undefined) throw new Error(`addon.gypi: ${condition}?`);
  return (name === system) === (sign === "==");
}

/** The settings, with those of the conditions that hold. */
function settled(settings: Settings, system: GypSystem): Settings[] {
  const more = (settings.conditions ?? []).flatMap(
    ([condition, then, otherwise = {}]) =>
      settled(holds(condition, system) ? then : otherwise, system),
  );
  return [settings, ...more];
}

function xcodeFlags(settings: Xcode): string[] {
  const { CLANG_CXX_LANGUAGE_STANDARD: standard } = settings;
  const isHidden = settings.GCC_SYMBOLS_PRIVATE_EXTERN === "YES";
  return [
    ...(standard === undefined ? [] : [`-std=${standard}`]),
    ...(isHidden ? ["-fvisibility=hidden", "-fvisibility-inlines-hidden"] : []),
    ...(settings.WARNING_CFLAGS ?? []),
  ];
}

/** What node-addon-api's target `node_addon_api` adds. */
const withoutExceptions = [
  "-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS",
  "-fno-exceptions",
];

const file = new URL("../native/addon.gypi", import.meta.url);

export function compilationFor(system: GypSystem): Compilation {
  const { targets } = parse(readFileSync(file, "utf8")) as {
    readonly targets: readonly Settings[];
  };
  const all = targets.flatMap((target) => settled(target, system));
  const xcode: Xcode = Object.assign(
    {},
    ...all.map(({ xcode_settings = {} }) => xcode_settings),
  ) as Xcode;
  const own =
    system === "mac"
      ? xcodeFlags(xcode)
      : all.flatMap(({ cflags = [], cflags_cc = [] }) => [
          ...cflags,
          ...cflags_cc,
        ]);
  return {
    sources: all
      .flatMap(({ sources = [] }) => sources)
      .map((source) => fileURLToPath(new URL(source, file))),
    flags: [
      ...own,
      ...withoutExceptions,
      ...all.flatMap(({ defines = [] }) => defines.map((it) => `-D${it}`)),
    ],
    macosVersion: xcode.MACOSX_DEPLOYMENT_TARGET ?? "11.0",
  };
}

/** Where Node's and libuv's headers are, as far as they came with Node. */
export function nodeHeaders(): string | undefined {
  const candidates = [
    join(process.env["npm_config_nodedir"] ?? "", "include/node"),
    join(dirname(process.execPath), "../include/node"),
    "/usr/include/node",
    "/usr/local/include/node",
  ];
  return candidates.find((folder) =>
    ["node_api.h", "uv.h"].every((name) => existsSync(join(folder, name))),
  );
}

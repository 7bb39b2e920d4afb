/**
 * Builds the addon with Zig, for systems that this one is not.
 *
 * Of C++'s library, libc++, only those of its sources are compiled that the
 * addon may need, and the linker keeps what it does need: 2 s and 10 KB a
 * target. All of it is 60 s and 220 KB; and to take the system's would be to
 * choose between two of them on Linux, and among their versions.
 */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Built, faults, type Knowledge } from "./addon-faults.ts";
import { readLibrary } from "./binary-symbols.ts";
import { compilationFor, type GypSystem, nodeHeaders } from "./binding.ts";
import type { InTurn } from "./in-turn.ts";
import { type Target, tripleOf } from "./targets.ts";
import { output, root, zigLibrary } from "./zig.ts";

const require = createRequire(import.meta.url);

const systems: Readonly<Record<Target["platform"], GypSystem>> = {
  linux: "linux",
  darwin: "mac",
  freebsd: "freebsd",
};

/**
 * Where a name of C++'s own is said to be in no library, the source that has it
 * is missing here.
 */
const libraryParts = [
  "libcxx/src/condition_variable.cpp",
  "libcxx/src/condition_variable_destructor.cpp",
  "libcxx/src/error_category.cpp",
  "libcxx/src/functional.cpp",
  "libcxx/src/future.cpp",
  "libcxx/src/hash.cpp",
  "libcxx/src/memory.cpp",
  "libcxx/src/mutex.cpp",
  "libcxx/src/mutex_destructor.cpp",
  "libcxx/src/stdexcept.cpp",
  "libcxx/src/string.cpp",
  "libcxx/src/system_error.cpp",
  "libcxx/src/thread.cpp",
  "libcxx/src/verbose_abort.cpp",
  "libcxxabi/src/abort_message.cpp",
  "libcxxabi/src/cxa_guard.cpp",
  "libcxxabi/src/cxa_virtual.cpp",
  "libcxxabi/src/stdlib_exception.cpp",
  "libcxxabi/src/stdlib_stdexcept.cpp",
];

const runtime = fileURLToPath(new URL("zig-runtime.cc", import.meta.url));

/** For all that goes into the addon. */
const common = [
  ...["-fPIC", "-g0", "-fno-exceptions", "-fno-rtti"],
  ...["-ffunction-sections", "-fdata-sections"],
  ...["-fvisibility=hidden", "-fvisibility-inlines-hidden"],
  // Else they would be Node's, or Node's would be ours.
  "-fvisibility-global-new-delete=force-hidden",
];

export interface Zig {
  readonly command: string;
  readonly lib: string;
  readonly inTurn: InTurn;
}

/** What Zig can tell of the systems it knows, and this machine of itself. */
export function knowledgeOf(zig: Zig): Knowledge {
  const musl = readFileSync(join(zig.lib, "libc/musl/libc.S"), "latin1");
  const names = musl.matchAll(/^(?:\.globl|\.weak|WEAK\w+)\s+(\w+)/gm);
  return {
    muslNames: new Set([...names].map(([, name = ""]) => name)),
    folders: [root, homedir(), tmpdir()].map((folder) =>
      // A home of `/` would be found in anything.
      folder.length > 2 ? folder : root,
    ),
  };
}

export async function zigFor(command: string, inTurn: InTurn): Promise<Zig> {
  return { command, lib: await zigLibrary(command), inTurn };
}

/** What is passed on to the linker. */
function linking(target: Target, folder: string): string[] {
  if (target.platform === "darwin") {
    return [
      ...["-Wl,-undefined,dynamic_lookup", "-Wl,-dead_strip"],
      // Else it would have the folder's name in it.
      "-Wl,-install_name,@rpath/posix_select.node",
    ];
  }
  const visible = join(folder, "visible.map");
  writeFileSync(
    visible,
    "{ global: napi_register_module_v1; node_api_module_get_api_version_v1; local: *; };\n",
  );
  return ["-Wl,--gc-sections", `-Wl,--version-script=${visible}`];
}

/** Builds it, and looks into it. Fails with all that is wrong. */
export async function buildAddon(
  zig: Zig,
  target: Target,
  file: string,
): Promise<Built> {
  const headers = nodeHeaders();
  if (headers === undefined) {
    throw new Error("Node's headers are not installed");
  }
  const compilation = compilationFor(systems[target.platform]);
  const triple = tripleOf(target, compilation.macosVersion);
  const folder = mkdtempSync(join(tmpdir(), "posix-select-zig-"));
  const compile = async (
    source: string,
    flags: readonly string[],
  ): Promise<string> => {
    const object = join(folder, `${basename(source)}.o`);
    const args = ["-target", triple, ...common, ...flags];
    await zig.inTurn(() =>
      output(zig.command, "c++", ...args, "-c", source, "-o", object),
    );
    return object;
  };
  try {
    const own = [
      ...["-O2", ...compilation.flags],
      // Zig does not take its macOS headers for the system's own.
      ...(target.platform === "darwin"
        ? ["-Wno-nullability-completeness"]
        : []),
      ...["-isystem", headers],
      ...["-isystem", dirname(require.resolve("node-addon-api"))],
    ];
    const foreign = [
      ...["-Os", "-w", "-std=c++23"],
      "-D_LIBCPP_BUILDING_LIBRARY",
      "-D_LIBCXXABI_BUILDING_LIBRARY",
      "-DLIBCXX_BUILDING_LIBCXXABI",
      ...["-I", join(zig.lib, "libcxx/src")],
    ];
    const objects = await Promise.all([
      ...compilation.sources.map((source) => compile(source, own)),
      ...libraryParts.map((part) => compile(join(zig.lib, part), foreign)),
      compile(runtime, ["-Os"]),
    ]);
    const args = ["-target", triple, "-shared", "-dynamic", "-s"];
    const libraries = ["-nostdlib", "-lc", ...linking(target, folder)];
    await zig.inTurn(() =>
      output(zig.command, "cc", ...args, ...libraries, "-o", file, ...objects),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
  const bytes = readFileSync(file);
  const built = { library: readLibrary(bytes), bytes };
  const found = faults(built, target, knowledgeOf(zig));
  if (found.length > 0) throw new Error(found.join("\n"));
  return built;
}

/** Where a system has musl, as a second C library or as its own. */
const muslLoader = `/lib/ld-musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`;

/**
 * Has musl load an addon for this processor into a process that has Node's
 * functions by name only, since there is no Node for musl to be had. Gives what
 * musl says; undefined if it is not here.
 */
export async function loadByMusl(
  zig: Zig,
  file: string,
  { library }: Built,
): Promise<string | undefined> {
  if (!existsSync(muslLoader)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "posix-select-musl-"));
  try {
    const names = Array.from(library.imports).filter((name) =>
      /^(napi|node_api)_/.test(name),
    );
    const source = join(folder, "host.c");
    const host = join(folder, "host");
    writeFileSync(
      source,
      `#include <dlfcn.h>
#include <stdio.h>
${names.map((name) => `int ${name}(void) { return 1; }`).join("\n")}
int main(int count, char** names) {
  void* addon = dlopen(names[count - 1], RTLD_NOW);
  int is_there = addon && dlsym(addon, "napi_register_module_v1");
  puts(is_there ? "loaded" : dlerror());
  return 0;
}
`,
    );
    const target = {
      platform: "linux",
      arch: process.arch === "arm64" ? "arm64" : "x64",
      libc: "musl",
    } as const;
    const args = [
      "-target",
      tripleOf(target, ""),
      "-O2",
      "-dynamic",
      "-rdynamic",
    ];
    await output(zig.command, "cc", ...args, source, "-o", host);
    return (await output(muslLoader, host, file)).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

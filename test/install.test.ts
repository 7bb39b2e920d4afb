/** The package as its users get it; `npm run test:install` tries more of them. */
import { execFileSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  onTestFinished,
  test,
} from "vitest";
import {
  faults,
  type Knowledge,
  newestGlibc,
} from "../scripts/addon-faults.ts";
import { type Library, readLibrary } from "../scripts/binary-symbols.ts";
import { isLoud, tryOut } from "../scripts/installation.ts";
import { bun, nodeAtHand, pathOf } from "../scripts/installed-runtimes.ts";
import { managers, npmAtHand } from "../scripts/package-managers.ts";
import {
  pack,
  projectFiles,
  root,
  tarballFaults,
  unpack,
} from "../scripts/tarball.ts";
import { fileOf, nameOf, prebuilt, type Target } from "../scripts/targets.ts";

const linux: Target = { platform: "linux", arch: "x64", libc: "glibc" };
const alpine: Target = { platform: "linux", arch: "x64", libc: "musl" };
const mac: Target = { platform: "darwin", arch: "arm64" };

const knowledge: Knowledge = {
  muslNames: new Set(["epoll_ctl", "poll"]),
  folders: ["/home/somebody"],
};

const good: Library = {
  format: "ELF",
  cpu: "x64",
  exports: new Set([
    "napi_register_module_v1",
    "node_api_module_get_api_version_v1",
  ]),
  imports: new Set(["napi_create_int32", "epoll_ctl", "poll"]),
  unresolved: new Set(["napi_create_int32"]),
  libraries: new Set(["libc.so.6"]),
  versions: new Set(["GLIBC_2.2.5", "GLIBC_2.17"]),
  isSigned: false,
};

const goodMac: Library = {
  ...good,
  format: "Mach-O",
  cpu: "arm64",
  imports: new Set(["napi_create_int32", "kqueue", "kevent"]),
  libraries: new Set(["/usr/lib/libSystem.B.dylib"]),
  versions: new Set(),
  isSigned: true,
};

const goodAlpine: Library = {
  ...good,
  unresolved: good.imports,
  libraries: new Set(["libc.so"]),
  versions: new Set(),
};

function look(
  library: Library,
  target: Target,
  bytes = Buffer.alloc(10),
): string {
  return faults({ library, bytes }, target, knowledge).join("\n");
}

describe("what is wrong with a binary", () => {
  test("nothing, if it is as it should be", () => {
    expect(look(good, linux)).toBe("");
    expect(look(goodAlpine, alpine)).toBe("");
    expect(look(goodMac, mac)).toBe("");
  });

  test("it is of another system or processor", () => {
    expect(look(goodMac, linux)).toMatch(/Mach-O, not ELF/);
    expect(look({ ...good, cpu: "arm64" }, linux)).toMatch(/processor arm64/);
  });

  test.each(["GLIBC_2.18", "GLIBC_2.34", "GLIBC_3.0", "GLIBCXX_3.4.21"])(
    "it wants %s",
    (version) => {
      const versions = new Set([...good.versions, version]);
      expect(look({ ...good, versions }, linux)).toContain(version);
    },
  );

  test("C++'s library has to be there", () => {
    const libraries = new Set(["libc.so.6", "libstdc++.so.6"]);
    expect(look({ ...good, libraries }, linux)).toMatch(/libstdc\+\+/);
  });

  test("it wants what only glibc has, on musl", () => {
    const unresolved = new Set([...good.imports, "__fxstat64"]);
    expect(look({ ...goodAlpine, unresolved }, alpine)).toMatch(/__fxstat64/);
  });

  test("it wants libuv, which Bun and Deno have not", () => {
    const unresolved = new Set(["uv_poll_init"]);
    for (const [library, target] of [
      [good, linux],
      [goodAlpine, alpine],
      [goodMac, mac],
    ] as const) {
      expect(look({ ...library, unresolved }, target)).toMatch(/uv_poll_init/);
    }
  });

  test("it exports too little or too much", () => {
    const exports = new Set(["napi_register_module_v1", "_Znwm"]);
    const found = look({ ...good, exports }, linux);
    expect(found).toMatch(/node_api_module_get_api_version_v1 is not exported/);
    expect(found).toMatch(/_Znwm is exported/);
  });

  test("it was built without the system's own mechanism", () => {
    const imports = new Set(["napi_create_int32", "kqueue"]);
    expect(look({ ...goodMac, imports }, mac)).toMatch(
      /kevent is not imported/,
    );
  });

  test("it is not signed, on a Mac that wants that", () => {
    expect(look({ ...goodMac, isSigned: false }, mac)).toMatch(/not signed/);
  });

  test("it is too large, or tells of the machine that built it", () => {
    expect(look(good, linux, Buffer.alloc(300_000))).toMatch(/300000 bytes/);
    const bytes = Buffer.from("x/home/somebody/native/fd.cc");
    expect(look(good, linux, bytes)).toMatch(/somebody is named/);
  });
});

// What node-gyp makes is for this machine alone, which is what a prebuilt one
// must not be.
const own = join(root, "build/Release/posix_select.node");
const isGlibc =
  process.platform === "linux" && !existsSync("/etc/alpine-release");

test.skipIf(!isGlibc || !existsSync(own))(
  "a file's own tables tell what it gives and wants",
  () => {
    const library = readLibrary(readFileSync(own));
    expect(library.format).toBe("ELF");
    expect(library.cpu).toBe(process.arch);
    expect(library.exports).toContain("napi_register_module_v1");
    expect(library.imports).toContain("epoll_ctl");
    expect(library.unresolved).toContain("napi_create_function");
    expect(library.unresolved).not.toContain("epoll_ctl");
    expect(library.libraries).toContain("libc.so.6");
    expect(newestGlibc(library)).toMatch(/^GLIBC_2\.\d+/);
  },
);

test.each(prebuilt.map((target) => [nameOf(target), target] as const))(
  "the binary for %s can be read, if it is there",
  (_, target) => {
    const file = join(root, "prebuilds", fileOf(target));
    if (!existsSync(file)) return;
    const library = readLibrary(readFileSync(file));
    expect(library.cpu).toBe(target.arch);
    expect(library.exports).toContain("napi_register_module_v1");
    expect(library.libraries.size).toBeGreaterThan(0);
  },
);

describe("what the package is packed of", () => {
  const empty = (): string => {
    const folder = mkdtempSync(join(tmpdir(), "posix-select-files-"));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    return folder;
  };

  // As in a container, whose user has not made the workspace.
  test.skipIf(process.getuid?.() !== 0)("another user's clone", () => {
    const folder = empty();
    execFileSync("git", ["init", "--quiet"], { cwd: folder });
    writeFileSync(join(folder, "a.ts"), "");
    for (const name of [".", ".git"])
      chownSync(join(folder, name), 65534, 65534);
    expect(projectFiles(folder)).toEqual(["a.ts"]);
  });

  test("a source archive, which has no Git", () => {
    const folder = empty();
    for (const name of ["package.json", "src", "secret.txt"]) {
      writeFileSync(join(folder, name), "");
    }
    expect(projectFiles(folder)).toEqual(["package.json", "src"]);
  });
});

describe("what is wrong with a tarball", () => {
  const files = new Map(
    [
      ["package.json", '{ "gypfile": false, "scripts": { "build": "" } }'],
      ["README.md", ""],
      ["LICENSE", ""],
      ["dist/index.js", ""],
      ["dist/index.d.ts", ""],
      ["dist/build.js", ""],
      ["native/addon.cc", ""],
      ["native/addon.gypi", ""],
      ...prebuilt.map((target) => [`prebuilds/${fileOf(target)}`, ""] as const),
    ].map(([name, text]) => [name, Buffer.from(text)]),
  );
  const folders = ["/home/somebody"];
  const wrong = (changes: Readonly<Record<string, string>>): string => {
    const added = Object.entries(changes).map(
      ([name, text]) => [name, Buffer.from(text)] as const,
    );
    return tarballFaults(new Map([...files, ...added]), { folders }).join("\n");
  };

  test("nothing, if it is as it should be", () => {
    expect(wrong({})).toBe("");
  });

  test.each([
    "binding.gyp",
    "test/select.test.ts",
    "scripts/zig.ts",
    "prebuilds/linux-x64/node.napi.glibc.node.new",
    "build/Release/posix_select.node",
    "isolate-0x1-v8.log",
  ])("%s is in it", (name) => {
    expect(wrong({ [name]: "" })).toBe(`${name} is in it`);
  });

  test("a binary is missing", () => {
    const less = new Map(files);
    less.delete("prebuilds/darwin-arm64/node.napi.node");
    expect(tarballFaults(less, { folders })).toEqual([
      "prebuilds/darwin-arm64/node.napi.node is not in it",
    ]);
  });

  test("it would be built by its user", () => {
    const manifest = '{ "scripts": { "install": "node-gyp rebuild" } }';
    expect(wrong({ "package.json": manifest })).toBe(
      "it has a script named install\ngypfile is not false",
    );
  });

  test("a file tells of the machine that it was made on", () => {
    expect(wrong({ "dist/fd.js.map": "/home/somebody/src/fd.ts" })).toBe(
      "dist/fd.js.map names /home/somebody",
    );
  });
});

test.each([
  "npm warn install-scripts   posix-select@0.1.0 (install: node-gyp rebuild)",
  "gyp ERR! find Python",
  "│   Ignored build scripts: posix-select.",
  "➤ YN0007: │ posix-select must be built because it never has been before",
  "warning posix-select > something",
])("a package manager that says this is not quiet: %s", (line) => {
  expect(isLoud(line)).toBe(true);
});

test.each(["├─ node-gyp-build@4.8.4", "added 3 packages in 529ms"])(
  "one that says this is: %s",
  (line) => {
    expect(isLoud(line)).toBe(false);
  },
);

const mine = prebuilt.filter(
  ({ platform, arch }) =>
    platform === process.platform && arch === process.arch,
);
const binaries = mine.map((target) => `prebuilds/${fileOf(target)}`);
const isBuilt =
  mine.length > 0 && binaries.every((name) => existsSync(join(root, name)));

// Without the binaries, which `npm run prebuilds` makes, there is nothing to
// install.
describe.skipIf(!isBuilt)("the package, packed", () => {
  let folder = "";
  let tarball = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "posix-select-install-"));
    tarball = pack(folder);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("has what it should have, and nothing else", () => {
    expect(tarballFaults(unpack(tarball, folder), { binaries })).toEqual([]);
  });

  const here = [
    npmAtHand(),
    ...managers.filter(({ name }) => name === "bun" && existsSync(pathOf(bun))),
  ];
  test.each(here.map((manager) => [manager.name, manager] as const))(
    "is installed by %s and used, with no compiler and no Python",
    (_, manager) => {
      const found = tryOut(manager, {
        ...{ tarball, folder, isIgnoring: false },
        ...{ node: process.execPath, nodes: [nodeAtHand], hasTypes: false },
      });
      expect(found).toEqual([]);
    },
  );
});

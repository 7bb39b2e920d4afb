/** The arrows of docs/design.md: who may import whom. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The files below a folder that end with `ending`, seen from the root. */
function files(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort();
}

/** What a file imports: packages by name, the project's own files by path. */
function imports(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(/\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/g);
  return [...found]
    .map(([, name = "", dynamic = ""]) => name || dynamic)
    .map((name) => (name.startsWith(".") ? join(dirname(file), name) : name));
}

/** The rooms of `src`, lowest first: each may import those before it. */
const floors: readonly (readonly RegExp[])[] = [
  [/^src\/constant-names\.ts$/],
  [/^src\/(native|errors|arguments|closing|runtime|context)\.ts$/],
  [/^src\/(constants|exchange|registers|result)\.ts$/],
  [/^src\/observe\.ts$/],
  [/^src\/recv-send\.ts$/],
  [/^src\/(deadline|descriptor|signals)\.ts$/],
  [/^src\/(wait|watcher|pending|turns|leaks|fd)\.ts$/],
  [/^src\/(select|poll|epoll|kqueue)-set\.ts$/],
  [/^src\/(poll|epoll|kqueue)\.ts$/],
  [/^src\/select\.ts$/, /^src\/socket\//, /^src\/selectors\//],
  [/^src\/promises\//],
  [/^src\/generator\.ts$/],
  [/^src\/inspect\.ts$/],
  [/^src\/scope\//],
  [/^src\/index\.ts$/],
  [/^src\/build\.ts$/],
];

function floorOf(file: string): number {
  return floors.findIndex((rooms) => rooms.some((room) => room.test(file)));
}

test.each(files("src", ".ts"))("%s imports only from below", (file) => {
  const floor = floorOf(file);
  expect(floor, "it has no floor yet").toBeGreaterThanOrEqual(0);
  const isRoom = (other: string): boolean =>
    floors[floor]?.some((room) => room.test(file) && room.test(other)) ?? false;
  const own = imports(file).filter((name) => name.startsWith("src/"));
  const wrong = own.filter((name) => floorOf(name) >= floor && !isRoom(name));
  expect(wrong).toEqual([]);
});

test.each(files("src", ".ts"))("%s imports nothing but Node", (file) => {
  const foreign = imports(file).filter(
    (name) => !name.startsWith("src/") && !name.startsWith("node:"),
  );
  expect(foreign).toEqual([]);
});

test("the addon is loaded, and believed without proof, in one place", () => {
  const loading = files("src", ".ts").filter((file) =>
    /\.node"|createRequire/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(loading).toEqual(["src/native.ts"]);
});

/** Whether a lesson or an exercise may import a file of the project. */
function isItsOwn(file: string, name: string): boolean {
  const folder = dirname(file);
  if (folder === "exercises/checks" || folder === "exercises/runner") {
    return dirname(name) === "exercises/runner";
  }
  return folder.startsWith("examples/") && dirname(name) === folder;
}

test.each([...files("examples", ".ts"), ...files("exercises", ".ts")])(
  "%s uses public modules only",
  (file) => {
    const foreign = imports(file).filter(
      (name) => !/^(node:|posix-select)/.test(name) && !isItsOwn(file, name),
    );
    expect(foreign).toEqual([]);
  },
);

/** The parts of the native side that every other one may use. */
const shared = [
  "address.h",
  "args.h",
  "environment.h",
  "exchange.h",
  "fd.h",
  "flags.h",
  "mark.h",
  "retry.h",
  "wait.h",
];

test.each(files("native", ".cc"))(
  "%s keeps to its own family of system calls",
  (file) => {
    if (file === "native/addon.cc") return;
    const text = readFileSync(join(root, file), "utf8");
    const included = [...text.matchAll(/#include "([^"]+)"/g)].map(
      ([, name = ""]) => name,
    );
    const own = relative("native", file).replace(".cc", ".h");
    const foreign = included.filter(
      (name) => name !== own && !shared.includes(name),
    );
    expect(foreign).toEqual([]);
  },
);

/** What comes with the package, and what runs when it is installed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./helpers/markdown.ts";

/** Each that a program gets with the package, and why. */
const wanted = {
  "node-addon-api":
    "the C++ headers of Node-API, to build where no binary fits",
  "node-gyp-build": "finds the binary for this system",
};

/** Licences that ask for nothing but to be named, or concern tools only. */
const licences = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MPL-2.0",
  "Python-2.0",
];
/** Who names none but has a text: it was read, and is MIT's. */
const lookedAt = ["spawndamnit"];

/** Development tools that run something when they are installed. */
const toolsWithScripts = ["esbuild", "fsevents"];

type Part = Readonly<Record<string, unknown>>;

function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null;
}

function read(file: string): Part {
  const value: unknown = JSON.parse(readFileSync(join(root, file), "utf8"));
  if (!isPart(value)) throw new Error(`${file} is no object`);
  return value;
}

/** What an object has in an object, nothing where there is none. */
function within(part: Part, name: string): Part {
  const value = part[name];
  return isPart(value) ? value : {};
}

const manifest = read("package.json");
const installing = ["preinstall", "install", "postinstall"];

/** Every package that the lock file has, by its folder. */
const locked = Object.entries(within(read("package-lock.json"), "packages"))
  .filter(([folder]) => folder !== "")
  .map(([folder, part]) => {
    if (!isPart(part)) throw new Error(`${folder} is no object`);
    const name = folder.slice(folder.lastIndexOf("node_modules/") + 13);
    return { folder, name, part };
  });

test("installing the package runs nothing", () => {
  const scripts = Object.keys(within(manifest, "scripts"));
  expect(scripts.filter((name) => installing.includes(name))).toEqual([]);
  // With a binding.gyp npm would build unasked.
  expect(manifest["gypfile"]).toBe(false);
});

test("what it needs at run time is what is listed here", () => {
  expect(Object.keys(within(manifest, "dependencies")).sort()).toEqual(
    Object.keys(wanted).sort(),
  );
  for (const kind of [
    "optionalDependencies",
    "peerDependencies",
    "bundleDependencies",
    "bundledDependencies",
  ]) {
    expect(manifest[kind], kind).toBeUndefined();
  }
});

test.each(Object.keys(wanted))("%s brings nothing and runs nothing", (name) => {
  const installed = read(`node_modules/${name}/package.json`);
  expect(within(installed, "dependencies")).toEqual({});
  expect(within(installed, "optionalDependencies")).toEqual({});
  const scripts = Object.keys(within(installed, "scripts"));
  expect(scripts.filter((name) => installing.includes(name))).toEqual([]);
  expect(installed["license"]).toBe("MIT");
});

test("the licence of each package that is ever installed is known", () => {
  const unknown = locked
    .filter(({ part }) => part["link"] !== true)
    .filter(({ name, part }) => {
      const licence = part["license"];
      const isKnown = typeof licence === "string" && licences.includes(licence);
      return !isKnown && !lookedAt.includes(name);
    })
    .map(({ name, part }) => `${name}: ${String(part["license"])}`);
  expect(unknown).toEqual([]);
});

test("each of them comes from a registry, byte for byte", () => {
  const others = locked
    .filter(({ part }) => part["link"] !== true)
    .filter(({ part }) => {
      const { resolved, integrity } = part;
      // Without an address it is the registry's; another one must be named.
      const isFetched = resolved === undefined;
      const isSealed =
        typeof integrity === "string" && integrity.startsWith("sha512-");
      return !isFetched || !isSealed;
    })
    .map(({ folder }) => folder);
  expect(others).toEqual([]);
});

test("of the tools only those listed here run something then", () => {
  const running = locked
    .filter(({ part }) => part["hasInstallScript"] === true)
    .map(({ name }) => name);
  for (const name of running) expect(toolsWithScripts).toContain(name);
});

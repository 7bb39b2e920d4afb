/** One package manager, one way to install the package, and what comes of it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Consumer } from "./consumer.ts";
import { pathOf, type Runtime } from "./installed-runtimes.ts";
import type { Manager } from "./package-managers.ts";

/**
 * What a package manager says when it runs a script of a package, or would like
 * to.
 */
const loud = /gyp|\bscripts?\b|\bbuil[dt]s?\b|binding|warn.*posix-select/i;

export function isLoud(line: string): boolean {
  // It was told to.
  if (line.endsWith("Ignored scripts due to flag.")) return false;
  return loud.test(line.replace("node-gyp-build@", ""));
}

export interface Installation {
  readonly tarball: string;
  /** Where projects may be made. */
  readonly folder: string;
  readonly isIgnoring: boolean;
  /** What the package manager is run by. */
  readonly node: string;
  /** What uses the package. */
  readonly nodes: readonly Runtime[];
  /** Whether TypeScript looks at a program that uses it. */
  readonly hasTypes: boolean;
}

/** What is wrong with one way to install it; empty if nothing is. */
export function tryOut(manager: Manager, how: Installation): string[] {
  const { tarball, folder, isIgnoring, node: own, nodes } = how;
  const consumer = new Consumer(folder, own);
  for (const [name, text] of Object.entries(manager.files ?? {})) {
    consumer.write(name, text);
  }
  const { args = [], env = {} } = isIgnoring ? manager.ignoreScripts : {};
  const adding = consumer.run(
    manager.file,
    [...manager.add, ...args, tarball],
    env,
  );
  if (!adding.isGood) return [`it can't be installed: ${adding.text}`];
  const found = adding.text.split("\n").filter(isLoud);
  if (consumer.asked() !== "") found.push(`asked for: ${consumer.asked()}`);
  if (existsSync(join(consumer.installed(), "build")))
    found.push("it is built");
  for (const node of nodes) {
    const { isGood, text } = consumer.use(pathOf(node));
    if (!isGood) found.push(`${node.name}: ${text}`);
  }
  if (!how.hasTypes) return found;
  const types = consumer.typecheck();
  return types.isGood ? found : [...found, `TypeScript: ${types.text}`];
}

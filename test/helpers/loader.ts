/**
 * What `--import` is told in place of tsx: has Node load the project's sources
 * as compiled.ts has compiled them. So is this file, to the top of that folder.
 */
import { existsSync, readFileSync } from "node:fs";
import * as module from "node:module";

/** What lies beside this file. */
export interface Project {
  /** The URL of its folder. */
  readonly root: string;
  /** The URLs of the public modules, by their names. */
  readonly modules: Readonly<Record<string, string>>;
}

const { root, modules } = JSON.parse(
  readFileSync(new URL("project.json", import.meta.url), "utf8"),
) as Project;

/** A hook of Node's. `next` is the one that comes after it. */
export function resolve<Context, Result>(
  specifier: string,
  context: Context,
  next: (specifier: string, context: Context) => Result,
): Result | { readonly url: string; readonly shortCircuit: true } {
  const url = modules[specifier];
  if (url === undefined) return next(specifier, context);
  return { url, shortCircuit: true };
}

export function load<Context, Result>(
  url: string,
  context: Context,
  next: (url: string, context: Context) => Result,
): Result | object {
  const [path = ""] = url.split(/[?#]/);
  if (!path.startsWith(root) || !path.endsWith(".ts")) {
    return next(url, context);
  }
  const file = new URL(`${path.slice(root.length)}.js`, import.meta.url);
  if (!existsSync(file)) return next(url, context);
  const source = readFileSync(file, "utf8");
  return { format: "module", source, shortCircuit: true };
}

const forHooks = "?hooks";

// Hooks run in the program's own thread, or before Node 22.15 in one of theirs,
// which loads this file once more.
if (!import.meta.url.endsWith(forHooks)) {
  process.setSourceMapsEnabled(true);
  const registerHooks: unknown = Reflect.get(module, "registerHooks");
  if (typeof registerHooks === "function") {
    Reflect.apply(registerHooks, module, [{ resolve, load }]);
  } else {
    module.register(import.meta.url + forHooks);
  }
}

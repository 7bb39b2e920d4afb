/** What competitors are run with: each is there, or there is a reason why not. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bench = join(root, "bench");
const built = join(root, "build/bench");

/** A command, or why there is none. */
export type Tool =
  { readonly command: readonly string[] } | { readonly missing: string };

const known = new Map<string, string>();

/** The first line that a program prints, or "" if there is no such program. */
export function firstLine(program: string, ...args: string[]): string {
  const key = [program, ...args].join(" ");
  const before = known.get(key);
  if (before !== undefined) return before;
  const options = { encoding: "utf8", timeout: 10_000 } as const;
  const { stdout, error } = spawnSync(program, args, options);
  const line = error ? "" : (stdout.split("\n")[0] ?? "").trim();
  known.set(key, line);
  return line;
}

/** Where the shell finds a program. */
export function which(program: string): string {
  return firstLine("sh", "-c", `command -v ${program}`);
}

/** A program of bench/c, compiled on the spot. */
export function c(name: string, ...args: string[]): Tool {
  if (which("cc") === "") return { missing: "there is no C compiler, cc" };
  if (process.platform !== "linux") return { missing: "it is for Linux only" };
  const output = join(built, name);
  if (!known.has(output)) {
    mkdirSync(built, { recursive: true });
    const source = join(bench, "c", `${name}.c`);
    const options = ["-O2", "-pthread", "-o", output, source];
    const { status, stderr } = spawnSync("cc", options, {
      encoding: "utf8",
      timeout: 60_000,
    });
    known.set(output, status === 0 ? "" : `it does not compile: ${stderr}`);
  }
  const problem = known.get(output) ?? "";
  return problem === "" ? { command: [output, ...args] } : { missing: problem };
}

/** The interpreter itself: the name may stand for a script that looks for it. */
function interpreter(): string {
  return firstLine("python3", "-c", "import sys; print(sys.executable)");
}

/** A program of bench/python. */
export function python(file: string, ...args: string[]): Tool {
  const found = interpreter();
  if (found === "") return { missing: "there is no python3" };
  return { command: [found, join(bench, "python", file), ...args] };
}

/** The same, where a module is installed. */
export function pythonWith(module: string, file: string): Tool {
  const found = interpreter();
  const program = `import ${module}; print("yes")`;
  if (found === "" || firstLine(found, "-c", program) !== "yes") {
    return { missing: `python3 has no ${module}` };
  }
  return python(file);
}

/**
 * A program of bench/programs as plain JavaScript: no loader is in the way, and
 * the package is what its users get, dist.
 */
function transpiled(name: string): string {
  const output = join(built, `${name}.js`);
  if (known.has(output)) return output;
  const source = readFileSync(join(bench, "programs", `${name}.ts`), "utf8");
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  mkdirSync(built, { recursive: true });
  writeFileSync(output, outputText);
  known.set(output, "");
  for (const [, imported = ""] of outputText.matchAll(/from "(\.\/[^"]+)"/g)) {
    transpiled(basename(imported, ".js"));
  }
  return output;
}

/** A program of bench/programs. */
export function node(name: string, ...args: string[]): Tool {
  const file = transpiled(name);
  return { command: [process.execPath, "--expose-gc", file, ...args] };
}

/** The same, where a package is installed that is not ours. */
export function nodeWith(module: string, name: string): Tool {
  try {
    createRequire(join(root, "package.json")).resolve(module);
  } catch {
    return {
      missing: `it is not installed: npm install --no-save ${module}`,
    };
  }
  return node(name);
}

/** A program of bench/programs on Bun, where that is installed. */
export function bun(name: string): Tool {
  const system = `${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}`;
  const own = `node_modules/.cache/runtimes/node_modules/@oven/bun-${system}/bin/bun`;
  const found = which("bun") || (existsSync(join(root, own)) ? own : "");
  if (found === "") return { missing: "there is no bun" };
  const path = found === own ? join(root, own) : found;
  return { command: [path, transpiled(name)] };
}

/** The package's version of Bun, for the machine's description. */
export function bunVersion(): string {
  const tool = bun("control");
  return "command" in tool ? firstLine(tool.command[0] ?? "", "--version") : "";
}

/** A program of the system. */
export function system(program: string, ...args: string[]): Tool {
  const path = which(program);
  if (path === "") return { missing: `there is no ${program}` };
  return { command: [path, ...args] };
}

/** The command of a tool that is there. */
export function commandOf(tool: Tool): readonly string[] {
  if ("missing" in tool) throw new Error(tool.missing);
  return tool.command;
}

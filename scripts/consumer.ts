/**
 * An empty project into which the tarball is installed, on a machine that has no
 * compiler and no Python: in their place are programs that tell on who asks.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a program printed, and how it ended. */
export interface Outcome {
  readonly isGood: boolean;
  readonly text: string;
}

/** What package managers themselves want of a system. */
const tools = [
  ...["sh", "env", "uname", "dirname", "basename", "readlink", "sed", "cat"],
  ...["mkdir", "rm", "ls"],
];

const forbidden = [
  ...["cc", "c++", "gcc", "g++", "clang", "clang++", "make", "gmake"],
  ...["python", "python3", "node-gyp", "zig"],
];

/** It uses the package as a program of either kind would. */
const program = `
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import * as whole from "posix-select";
import { OSError } from "posix-select/errors";
import { readable } from "posix-select/promises";
import { select } from "posix-select/select";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import { socketpair } from "posix-select/socket";

const [a, b] = socketpair();
assert.deepEqual(select([a], [], [], 0), [[], [], []]);
b.send("x");
assert.deepEqual(select([a], [], []), [[a], [], []]);
const selector = new DefaultSelector();
const key = selector.register(a, EVENT_READ);
assert.deepEqual(selector.select(), [[key, EVENT_READ]]);
selector.close();
await readable(a);
const required = createRequire(import.meta.url)("posix-select");
assert.equal(required.select, whole.select);
assert.equal(required.OSError, OSError);
a.close();
b.close();
console.log("it works");
`;

const requiring = `
const { select, socketpair } = require("posix-select");
const [a, b] = socketpair();
b.send("x");
if (select([a], [], [])[0][0] === a) console.log("it works");
`;

export class Consumer {
  readonly folder: string;
  readonly #home: string;
  readonly #bin: string;
  readonly #asked: string;

  /** \`node\` is what the project finds under that name. */
  constructor(parent: string, node: string) {
    const place = mkdtempSync(join(parent, "consumer-"));
    this.folder = join(place, "project");
    this.#home = join(parent, "home");
    this.#bin = join(place, "bin");
    this.#asked = join(place, "asked");
    for (const folder of [this.folder, this.#home, this.#bin]) {
      mkdirSync(folder, { recursive: true });
    }
    symlinkSync(node, join(this.#bin, "node"));
    const folders = (process.env["PATH"] ?? "").split(delimiter);
    for (const tool of tools) {
      const found = folders.find((folder) => existsSync(join(folder, tool)));
      if (found !== undefined) {
        symlinkSync(join(found, tool), join(this.#bin, tool));
      }
    }
    for (const name of forbidden) {
      const file = join(this.#bin, name);
      writeFileSync(
        file,
        `#!/bin/sh\necho "${name} $*" >>${this.#asked}\nexit 1\n`,
      );
      chmodSync(file, 0o755);
    }
    this.write("package.json", '{ "name": "consumer", "private": true }\n');
    this.write("use.mjs", program);
    this.write("use.cjs", requiring);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs a program of Node's, or one that is none. */
  run(
    file: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Outcome {
    const isScript = /\.[cm]?js$/.test(file);
    const command = isScript ? join(this.#bin, "node") : file;
    const { status, signal, stdout, stderr } = spawnSync(
      command,
      [...(isScript ? [file] : []), ...args],
      {
        cwd: this.folder,
        env: { ...this.#environment(), ...env },
        encoding: "utf8",
        timeout: 120_000,
      },
    );
    const end = status === 0 ? "" : `(it ended with ${status} ${signal})`;
    return {
      isGood: status === 0,
      text: `${stdout}${stderr}${end}`,
    };
  }

  /** Runs each of the two programs by a Node. */
  use(node: string): Outcome {
    const outcomes = ["use.mjs", "use.cjs"].map((name) =>
      this.run(node, [name]),
    );
    return {
      isGood: outcomes.every(({ text }) => text.includes("it works")),
      text: outcomes.map(({ text }) => text).join(""),
    };
  }

  /** Which compilers and the like were asked for. */
  asked(): string {
    return existsSync(this.#asked) ? readFileSync(this.#asked, "utf8") : "";
  }

  /** Where the package is. */
  installed(): string {
    return join(this.folder, "node_modules/posix-select");
  }

  /** Type-checks a program that uses it, by the project's own TypeScript. */
  typecheck(): Outcome {
    this.write(
      "use.ts",
      `import { select } from "posix-select/select";
import { Socket, socketpair } from "posix-select/socket";
const [socket] = socketpair();
const [ready]: [Socket[], number[], never[]] = select([socket], [1], []);
export const count: number = ready.length;
// @ts-expect-error: it is no descriptor
select(["a"], [], []);
`,
    );
    const types = join(this.folder, "node_modules/@types");
    mkdirSync(types, { recursive: true });
    const node = join(types, "node");
    if (!existsSync(node)) {
      symlinkSync(join(root, "node_modules/@types/node"), node);
    }
    this.write(
      "tsconfig.json",
      JSON.stringify({
        compilerOptions: {
          // Neither `types` nor `lib`: what TypeScript has by itself.
          module: "nodenext",
          target: "es2022",
          strict: true,
          noEmit: true,
          skipLibCheck: false,
        },
        files: ["use.ts"],
      }),
    );
    return this.run(join(root, "node_modules/typescript/lib/tsc.js"), []);
  }

  /** Its own home, but the same way to the registry. */
  #environment(): Record<string, string> {
    const kept = Object.entries(process.env).filter(
      ([name]) =>
        !/^(npm_|HOME$|PATH$|XDG_|YARN_|BUN_|PNPM_|INIT_CWD$|NODE_OPTIONS$)/i.test(
          name,
        ) || /^npm_config_(registry|cafile)$/i.test(name),
    );
    const { env } = process;
    const registry = env["npm_config_registry"];
    return {
      ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ""])),
      ...(registry === undefined ? {} : { YARN_NPM_REGISTRY_SERVER: registry }),
      HOME: this.#home,
      PATH: this.#bin,
      // Else a package manager would not be as it is for a person.
      CI: "",
    };
  }
}

import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { runInNewContext, Script } from "node:vm";
import { Worker } from "node:worker_threads";
import {
  GEN_CLOSED,
  GEN_CREATED,
  GEN_RUNNING,
  GEN_SUSPENDED,
  getGeneratorLocation,
  getGeneratorState,
} from "posix-select/inspect";
import { describe, expect, test } from "vitest";
import { Program } from "./helpers/programs.ts";

type AnyGenerator = Generator<unknown, unknown, never>;

function* three(): Generator<number, string, unknown> {
  yield 1;
  yield 2;
  yield 3;
  return "done";
}

test("the names are Python's", () => {
  expect([GEN_CREATED, GEN_RUNNING, GEN_SUSPENDED, GEN_CLOSED]).toEqual([
    "GEN_CREATED",
    "GEN_RUNNING",
    "GEN_SUSPENDED",
    "GEN_CLOSED",
  ]);
});

test("created, suspended three times, closed", () => {
  const generator = three();
  expect(getGeneratorState(generator)).toBe(GEN_CREATED);
  for (let i = 0; i < 3; i++) {
    generator.next();
    expect(getGeneratorState(generator)).toBe(GEN_SUSPENDED);
  }
  generator.next();
  expect(getGeneratorState(generator)).toBe(GEN_CLOSED);
});

test("a look changes nothing", () => {
  const generator = three();
  const before = Object.getOwnPropertyNames(globalThis);
  getGeneratorState(generator);
  expect([...generator]).toEqual([1, 2, 3]);
  expect(Object.getOwnPropertyNames(globalThis)).toEqual(before);
});

test("it runs while it is asked from within", () => {
  const seen: unknown[] = [];
  function* asking(): Generator<number, void, unknown> {
    seen.push(getGeneratorState(generator), getGeneratorLocation(generator));
    yield* inside();
  }
  function* inside(): Generator<number, void, unknown> {
    seen.push(getGeneratorState(generator));
    yield 1;
  }
  const generator = asking();
  generator.next();
  expect(seen).toEqual([GEN_RUNNING, undefined, GEN_RUNNING]);
  expect(getGeneratorState(generator)).toBe(GEN_SUSPENDED);
});

describe("is over", () => {
  test("after return() before its first step", () => {
    const generator = three();
    generator.return("early");
    expect(getGeneratorState(generator)).toBe(GEN_CLOSED);
    expect(getGeneratorLocation(generator)).toBeUndefined();
  });

  test("after throw() into it", () => {
    const generator = three();
    generator.next();
    expect(() => generator.throw(new Error("in"))).toThrow("in");
    expect(getGeneratorState(generator)).toBe(GEN_CLOSED);
  });

  test("not after a throw() that it survives", () => {
    function* surviving(): Generator<number, void, unknown> {
      try {
        yield 1;
      } catch {}
      yield 2;
    }
    const generator = surviving();
    generator.next();
    generator.throw(new Error("in"));
    expect(getGeneratorState(generator)).toBe(GEN_SUSPENDED);
  });
});

/** Generators of every way to write one. */
const written: [string, () => AnyGenerator][] = [
  [
    "defaults",
    () =>
      (function* (a = 1) {
        yield a;
      })(),
  ],
  [
    "a destructured parameter",
    () =>
      (function* ({ a }: { a: number }) {
        yield a;
      })({ a: 1 }),
  ],
  [
    "a rest parameter",
    () =>
      (function* (...a: number[]) {
        yield a;
      })(),
  ],
  [
    "a yield in its first expression",
    () =>
      (function* (a = "yield") {
        return [yield a];
      })(),
  ],
  [
    "a computed name",
    () =>
      ({
        *["{yield("](a = 1) {
          yield a;
        },
      })["{yield("](),
  ],
  [
    "a class around it",
    () =>
      new (class {
        *#hidden(a = this) {
          yield a;
        }
        open() {
          return this.#hidden();
        }
      })().open(),
  ],
  [
    "eval() as its home",
    () => runInNewContext("(function* (a = 1) { yield a; })()") as AnyGenerator,
  ],
  [
    "new Function() as its home",
    () =>
      (
        Reflect.construct(Function, [
          "return function* (a = 1) { yield a; }",
        ]) as () => () => AnyGenerator
      )()(),
  ],
  [
    "a script that begins elsewhere in its file",
    () =>
      new Script("(function* (a = 1) { yield a; })()", {
        lineOffset: 40,
        columnOffset: 30,
      }).runInThisContext() as AnyGenerator,
  ],
];

describe.each(written)("a generator with %s", (_, make) => {
  test("is created, suspended, closed", () => {
    const generator = make();
    expect(getGeneratorState(generator)).toBe(GEN_CREATED);
    generator.next();
    expect(getGeneratorState(generator)).toBe(GEN_SUSPENDED);
    generator.next();
    expect(getGeneratorState(generator)).toBe(GEN_CLOSED);
  });
});

test.each<[string, unknown]>([
  ["undefined", undefined],
  ["null", null],
  ["a number", 3],
  ["a generator function", three],
  ["an array's iterator", [][Symbol.iterator]()],
  ["an object with next()", { next: () => ({ done: true }) }],
  ["a proxy of one", new Proxy(three(), {})],
  ["what inherits from one", Object.create(three())],
  [
    "an async generator",
    (async function* () {
      yield await Promise.resolve(1);
    })(),
  ],
])("%s is no generator", (_, value) => {
  for (const ask of [getGeneratorState, getGeneratorLocation]) {
    expect(() => ask(value as AnyGenerator)).toThrow(
      expect.objectContaining({
        name: "TypeError",
        code: "ERR_INVALID_ARG_TYPE",
        message: expect.stringContaining("generator") as unknown,
      }),
    );
  }
});

test("the place is in the script where no source map leads further", () => {
  const script = new Script("\n(function* () {\n  yield 1;\n})()", {
    filename: "file:///a/script.js",
    lineOffset: 10,
  });
  const generator = script.runInThisContext() as AnyGenerator;
  const url = "file:///a/script.js";
  expect(getGeneratorLocation(generator)).toMatchObject({ url, line: 12 });
  generator.next();
  const place = { url, line: 13, column: 3 };
  expect(getGeneratorLocation(generator)).toEqual(place);
});

test("the places of a TypeScript file are the ones in its source", async () => {
  const file = "test/programs/generator-states.ts";
  const source = readFileSync(
    fileURLToPath(new URL(`../${file}`, import.meta.url)),
    "utf8",
  ).split("\n");
  const at = (mark: string): string =>
    `generator-states.ts:${source.findIndex((line) => line.endsWith(mark)) + 1}`;
  await using program = new Program(file);
  const { stdout, stderr } = await program.ended;
  expect(stderr).toBe("");
  expect(stdout.trimEnd().split("\n")).toEqual([
    `GEN_CREATED ${at("function* plain(): Generator<number, void, unknown> {")}`,
    `GEN_SUSPENDED ${at("// plain 1")}`,
    `GEN_SUSPENDED ${at("// plain 2")}`,
    "GEN_CLOSED :0",
    `GEN_CREATED ${at("*method({ a } = { a: 1 }, ...rest: number[]) {")}`,
    `GEN_SUSPENDED ${at("// method")}`,
    "GEN_CLOSED :0",
  ]);
});

test("a worker asks its own engine", async () => {
  const dist = new URL("../dist/inspect.js", import.meta.url).href;
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
    import(${JSON.stringify(dist)}).then(({ getGeneratorState }) => {
      const generator = (function* () { yield 1; })();
      const states = [getGeneratorState(generator)];
      generator.next();
      parentPort.postMessage([...states, getGeneratorState(generator)]);
    });`,
    { eval: true },
  );
  try {
    const states = await new Promise((resolve, reject) => {
      worker.once("message", resolve).once("error", reject);
    });
    expect(states).toEqual([GEN_CREATED, GEN_SUSPENDED]);
  } finally {
    await worker.terminate();
  }
});

test("generators that were looked at are not kept", async () => {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const lost = (): WeakRef<object> => {
    const generator = three();
    generator.next();
    getGeneratorState(generator);
    return new WeakRef(generator);
  };
  const ref = lost();
  for (let i = 0; i < 1000 && ref.deref() !== undefined; i++) {
    await setImmediate();
    collect();
  }
  expect(ref.deref()).toBeUndefined();
});

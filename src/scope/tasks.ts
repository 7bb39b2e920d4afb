import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import {
  GEN_CLOSED,
  GEN_SUSPENDED,
  type GeneratorLocation,
  type GeneratorLook,
  lookAt,
} from "../generator.ts";
import { Budget } from "./budget.ts";
import type { Teller } from "./teller.ts";

/** How often the engine is asked, which takes some 0.1 ms. */
const looksPerSecond = 500;

/** How many are kept in mind to be told of later. */
const mostBehind = 10_000;

/** A longer text is not shown. */
const mostText = 2 ** 20;

/** Where this library's own files are: their generators are nobody's tasks. */
const own = new URL("..", import.meta.url).href;

/** Where all generators have their methods from. */
const prototype = generatorPrototype();

function generatorPrototype(): object {
  function* any(): Generator<number> {
    yield 0;
  }
  const found: unknown = Object.getPrototypeOf(any.prototype);
  if (typeof found === "object" && found !== null) return found;
  throw new Error("generators have no prototype");
}

/** What was found out about a generator: its task's number, or that it is none. */
type Known = number | "none";

/**
 * The generators of the program, each a task: who resumes one is seen, since all
 * of them have their `next()` from the same prototype.
 */
export class Tasks {
  readonly #teller: Teller;
  readonly #looks = new Budget(looksPerSecond);
  readonly #known = new WeakMap<object, Known>();
  readonly #sources = new Map<string, number>();
  /** Those that were resumed while nothing was told. */
  readonly #behind = new Map<object, number>();
  #last = 0;
  /** Asking the engine runs generators of Node's own. */
  #isLooking = false;

  constructor(teller: Teller) {
    this.#teller = teller;
  }

  /** Has every `next()`, `throw()` and `return()` of a generator seen. */
  watch(): void {
    const tasks = this.#hooks();
    for (const name of ["next", "throw", "return"]) {
      const method: unknown = Reflect.get(prototype, name);
      if (typeof method !== "function") continue;
      // The only frame that it adds to the program's stack.
      const seen = function (this: unknown, ...args: unknown[]): unknown {
        const task = tasks.begin(this);
        try {
          return Reflect.apply(method, this, args);
        } finally {
          if (task !== 0) tasks.end(this, task);
        }
      };
      try {
        Object.defineProperty(seen, "name", { value: name });
        Object.defineProperty(seen, "length", { value: method.length });
        Object.defineProperty(prototype, name, { value: seen });
      } catch {
        // The prototypes are frozen: there are no tasks then.
        return;
      }
    }
  }

  #hooks(): {
    begin(generator: unknown): number;
    end(generator: unknown, task: number): void;
  } {
    return {
      begin: (generator) => this.#resume(generator),
      end: (generator, task) => {
        if (types.isGeneratorObject(generator)) this.#tellOf(generator, task);
      },
    };
  }

  /** A generator is resumed. Gives its task, or 0 if nothing is to be told. */
  #resume(generator: unknown): number {
    if (this.#isLooking || !types.isGeneratorObject(generator)) return 0;
    const task = this.#taskOf(generator);
    if (task === "none") return 0;
    if (this.#teller.isQuiet || !this.#looks.hasLeft) {
      if (this.#behind.size < mostBehind) this.#behind.set(generator, task);
      return 0;
    }
    this.#teller.tell({ type: "resume", task });
    return task;
  }

  /** Tells where those wait that were resumed while nothing was told. */
  catchUp(): void {
    const behind = [...this.#behind];
    this.#behind.clear();
    for (const [generator, task] of behind) this.#tellOf(generator, task);
  }

  #taskOf(generator: object): Known {
    const known = this.#known.get(generator);
    if (known !== undefined) return known;
    const look = this.#lookAt(generator);
    // There was no time to ask: next time, if there is one.
    if (look === undefined) return "none";
    const task = this.#begin(look);
    this.#known.set(generator, task);
    return task;
  }

  #begin({ location, name }: GeneratorLook): Known {
    if (location === undefined || !isProgram(location.url)) return "none";
    const task = ++this.#last;
    this.#teller.tell({ type: "task", task, name });
    return task;
  }

  #tellOf(generator: object, task: number): void {
    const look = this.#lookAt(generator);
    if (look?.state === GEN_CLOSED) {
      this.#teller.tell({ type: "done", task });
      this.#known.set(generator, "none");
    }
    const location = look?.location;
    if (look?.state !== GEN_SUSPENDED || location === undefined) return;
    const { line, column } = location;
    const source = this.#sourceOf(location);
    this.#teller.tell({ type: "suspend", task, source, line, column });
  }

  #lookAt(generator: object): GeneratorLook | undefined {
    if (!this.#looks.take()) return undefined;
    this.#isLooking = true;
    try {
      return lookAt(generator);
    } catch {
      // An engine that tells nothing of generators: there are no tasks then.
      return undefined;
    } finally {
      this.#isLooking = false;
    }
  }

  /** The number of a source, which is told the first time. */
  #sourceOf({ url }: GeneratorLocation): number {
    const known = this.#sources.get(url);
    if (known !== undefined) return known;
    const source = this.#sources.size + 1;
    this.#sources.set(url, source);
    const whole = textOf(url);
    const text = whole.length > mostText ? "" : whole;
    this.#teller.tell({ type: "source", source, url, text });
    return source;
  }
}

/** Whether a file is the program's own, and no library's. */
function isProgram(url: string): boolean {
  return (
    !url.startsWith("node:") &&
    !url.includes("/node_modules/") &&
    !url.startsWith(own)
  );
}

function textOf(url: string): string {
  try {
    return readFileSync(
      url.startsWith("file:") ? fileURLToPath(url) : url,
      "utf8",
    );
  } catch {
    return "";
  }
}

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Entry } from "./catalogue.ts";

/** What is remembered of an exercise. */
interface Note {
  /** The program as it was when its checks passed. */
  solved?: string;
  /** How many hints were asked for. */
  hints?: number;
}

/** "changed": it was solved, and was edited since. */
export type State = "solved" | "changed" | "unsolved";

/**
 * What the learner has solved: kept in `exercises/.progress`, which may be
 * deleted. A program counts as solved as long as it is the very one that passed.
 */
export class Progress {
  readonly #root: string;
  readonly #file: string;
  readonly #notes: Map<string, Note>;

  constructor(root: string) {
    this.#root = root;
    this.#file = join(root, "exercises/.progress");
    this.#notes = new Map(Object.entries(read(this.#file)));
  }

  stateOf(entry: Entry): State {
    const solved = this.#notes.get(entry.name)?.solved;
    if (solved === undefined) return "unsolved";
    return solved === this.#digest(entry) ? "solved" : "changed";
  }

  /** What a program is now: to be asked for before its checks run. */
  version(entry: Entry): string {
    return this.#digest(entry);
  }

  /** @param version What passed, or undefined if it did not. */
  setSolved(entry: Entry, version: string | undefined): void {
    const { hints } = this.#notes.get(entry.name) ?? {};
    this.#set(entry, {
      ...(version === undefined ? {} : { solved: version }),
      ...(hints === undefined ? {} : { hints }),
    });
  }

  hintsOf({ name }: Entry): number {
    const hints = this.#notes.get(name)?.hints;
    return typeof hints === "number" ? hints : 0;
  }

  setHints(entry: Entry, hints: number): void {
    this.#set(entry, { ...this.#notes.get(entry.name), hints });
  }

  #set({ name }: Entry, note: Note): void {
    this.#notes.set(name, note);
    const text = JSON.stringify(Object.fromEntries(this.#notes), null, 2);
    try {
      writeFileSync(this.#file, `${text}\n`);
    } catch {
      // It can't be kept: then the next run checks once more.
    }
  }

  #digest({ file }: Entry): string {
    try {
      const text = readFileSync(join(this.#root, file));
      return createHash("sha256").update(text).digest("hex").slice(0, 16);
    } catch {
      return "there is no such file";
    }
  }
}

/** What the file holds; a spoilt one holds nothing. */
function read(file: string): Record<string, Note> {
  try {
    const notes: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (!(notes instanceof Object)) return {};
    return Object.fromEntries(
      Object.entries(notes).filter(([, note]) => note instanceof Object),
    );
  } catch {
    return {};
  }
}

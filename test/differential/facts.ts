import { Socket } from "posix-select/socket";
import { SelectorSubject } from "./subjects.ts";
import type { FileArgument, Step } from "./steps.ts";
import { Box, Subject, type World } from "./world.ts";

/** What kind of thing a call is given to watch. */
export type FileFact =
  /** A number from 0, or an object that has one. */
  | "descriptor"
  /** An object that has lost its descriptor. */
  | "lost"
  /** A selector or epoll object that was closed. */
  | "closed subject"
  | "negative"
  | "fraction"
  /** A number beyond FD_SETSIZE. */
  | "beyond FD_SETSIZE"
  /** A closed number that the kernel's table has no room for. */
  | "beyond the table"
  /** More than C's int. */
  | "huge"
  | "wrong type";

/** What is so before a step, for the table of differences to look at. */
export interface Facts {
  /** What the step's calls are given, in their order. */
  readonly files: readonly FileFact[];
  /** Whether the object whose method it calls was closed. */
  readonly isClosed: boolean;
  /** Whether the number's key belongs to an object that has it no more. */
  readonly isStale: boolean;
  /** Whether the key was registered with another object than this one. */
  readonly isOther: boolean;
  /** Whether the epoll set has an entry that no descriptor can reach. */
  readonly hasLeftover: boolean;
  /** Whether it is about an epoll set's own number after a set was rebuilt. */
  readonly isAboutRebuilt: boolean;
  /** Whether a key's events were changed before, or are by this step. */
  readonly wasModified: boolean;
  /** The selector's highest number. */
  readonly highest: number;
  /** Whether one of its keys asks for EVENT_PRIORITY. */
  readonly hasPriority: boolean;
}

const none: Facts = {
  files: [],
  isClosed: false,
  isStale: false,
  isOther: false,
  hasLeftover: false,
  isAboutRebuilt: false,
  wasModified: false,
  highest: -1,
  hasPriority: false,
};

/** The table of the process that runs CPython has room for so many. */
const tableSize = 256;

function factOf(world: World, argument: FileArgument): FileFact {
  const file = world.file(argument);
  if (typeof file === "number") {
    if (Number.isNaN(file)) return "wrong type";
    if (!Number.isInteger(file)) return "fraction";
    if (file < 0) return "negative";
    if (file > 2 ** 31 - 1) return "huge";
    if (file >= 1024) return "beyond FD_SETSIZE";
    return file >= tableSize ? "beyond the table" : "descriptor";
  }
  if (file instanceof Socket || file instanceof Box) {
    return file.fileno() < 0 ? "lost" : "descriptor";
  }
  const thing = "name" in argument ? world.thing(argument.name) : undefined;
  if (!(thing instanceof Subject)) return "wrong type";
  if (!("fileno" in thing.object)) return "wrong type";
  return thing.isClosed ? "closed subject" : "descriptor";
}

/** What epoll sets have, and what was done before. */
export class History {
  readonly #entries = new Map<string, { fd: number; file: object }[]>();
  readonly #modified = new Set<string>();
  readonly #world: World;
  #wasRebuilt = false;
  /** Sets in which an entry was lost that CPython's may yet report. */
  readonly #deaf = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** What is so before a step. */
  facts(step: Step): Facts {
    const world = this.#world;
    if (step.do === "select") {
      const files = step.lists
        .flatMap((list) => list.files)
        .map((argument) => factOf(world, argument));
      return { ...none, files };
    }
    if (!("on" in step)) return none;
    const subject = world.thing(step.on);
    if (!(subject instanceof Subject)) return none;
    const hasLeftover = this.#hasLeftover(step.on, subject);
    if (hasLeftover && step.do === "wait") this.#noteRebuilt(step.on, subject);
    const facts = {
      ...none,
      isClosed: subject.isClosed,
      hasLeftover,
      isAboutRebuilt: this.#wasRebuilt && this.#isNested(step),
      wasModified: step.do === "modify" || this.#modified.has(step.on),
      highest: subject instanceof SelectorSubject ? subject.highest : -1,
      hasPriority: subject instanceof SelectorSubject && subject.hasPriority,
    };
    if (!("file" in step)) return facts;
    const files = [factOf(world, step.file)];
    if (!(subject instanceof SelectorSubject)) return { ...facts, files };
    const file = world.file(step.file);
    const number = numberOf(file);
    const key = subject.keyOf(number);
    return {
      ...facts,
      files,
      isStale:
        key !== undefined &&
        typeof key.fileobj === "object" &&
        numberOf(key.fileobj) !== number,
      isOther: key !== undefined && key.fileobj !== file,
    };
  }

  /** Whether a step is about an epoll set that another one watches. */
  #isNested(step: Extract<Step, { readonly on: string }>): boolean {
    const { files, sets } = this.#world;
    const entries = this.#entries.get(step.on) ?? [];
    if (entries.some(({ file }) => sets.has(file))) return true;
    if (!("file" in step)) return false;
    const file = files.get(numberOf(this.#world.file(step.file)));
    return file !== undefined && sets.has(file);
  }

  #hasLeftover(name: string, subject: Subject): boolean {
    if (!(subject instanceof SelectorSubject)) return false;
    if (this.#deaf.has(name)) return true;
    const { files } = this.#world;
    const alive = new Set(files.values());
    const entries = this.#entries.get(name) ?? [];
    // A key's own entry is the last one that was made for its number.
    const last = new Map(entries.map(({ fd, file }) => [fd, file]));
    return entries.some(
      ({ fd, file }) =>
        alive.has(file) &&
        (files.get(fd) !== file || last.get(fd) !== file || !subject.keyOf(fd)),
    );
  }

  /** A key that was closed can't be told a new set; its number may come back. */
  #noteRebuilt(name: string, subject: Subject): void {
    this.#wasRebuilt = true;
    if (!(subject instanceof SelectorSubject)) return;
    const { files } = this.#world;
    const entries = this.#entries.get(name) ?? [];
    const last = new Map(entries.map(({ fd, file }) => [fd, file]));
    const isLost = [...last].some(
      ([fd, file]) => files.get(fd) !== file && subject.keyOf(fd) !== undefined,
    );
    if (isLost) this.#deaf.add(name);
  }

  /** Remembers what a step that succeeded has done. */
  note(step: Step): void {
    if (step.do !== "register" && step.do !== "modify") {
      if (step.do === "unregister") this.#forget(step.on, step.file);
      return;
    }
    if (step.do === "modify") this.#modified.add(step.on);
    const fd = numberOf(this.#world.file(step.file));
    const file = this.#world.files.get(fd);
    if (file === undefined) return;
    const entries = this.#entries.get(step.on) ?? [];
    entries.push({ fd, file });
    this.#entries.set(step.on, entries);
  }

  #forget(name: string, argument: FileArgument): void {
    const fd = numberOf(this.#world.file(argument));
    const file = this.#world.files.get(fd);
    const entries = this.#entries.get(name) ?? [];
    const left = entries.filter(
      (entry) => entry.fd !== fd || entry.file !== file,
    );
    this.#entries.set(name, left);
  }
}

function numberOf(file: unknown): number {
  if (typeof file === "number") return file;
  if (typeof file !== "object" || file === null) return -1;
  try {
    const { fileno }: { fileno?: () => unknown } = file;
    return fileno === undefined ? -1 : Number(fileno.call(file));
  } catch {
    return -1;
  }
}

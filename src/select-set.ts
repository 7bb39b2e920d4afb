import { native, type Arena } from "./native.ts";
import { result, setWait } from "./registers.ts";
import { EBADF, type ResultDetails } from "./result.ts";
import { wait } from "./wait.ts";

/**
 * The three lists of select(2) in memory that the native side sees, laid out as
 * in `native/select.cc`.
 */
export class SelectSet {
  /** Where each list's number of ready descriptors stands, and the first fd. */
  static readonly #ready = 3;
  static readonly #fds = 6;

  #arena!: Arena;
  #words!: Int32Array;
  /** How many lists there are, and where the next one's descriptors go. */
  #lists = 0;
  #end = SelectSet.#fds;

  constructor() {
    this.#allocate(64);
  }

  #allocate(words: number): void {
    const [arena, buffer] = native.createArena(words * 4);
    this.#arena = arena;
    this.#words = new Int32Array(buffer);
  }

  /** The memory, to be written to only: another one after each `addList()`. */
  get words(): Int32Array {
    return this.#words;
  }

  /** Removes the lists. */
  clear(): void {
    this.#lists = 0;
    this.#end = SelectSet.#fds;
  }

  /** Adds a list. Gives where in `words` its descriptors are to be written. */
  addList(length: number): number {
    const first = this.#end;
    this.#end += length;
    // Each descriptor needs another word for the answer.
    if (2 * this.#end > this.#words.length) {
      const before = this.#words;
      this.#allocate(4 * this.#end);
      this.#words.set(before);
    }
    this.#words[this.#lists++] = length;
    return first;
  }

  /** Blocks. Gives how many are ready, 0 after the time, or -errno. */
  wait(timeoutMs: number): number {
    return wait(timeoutMs, this.#attempt);
  }

  readonly #attempt = (ms: number, signals: number): number => {
    setWait(this.#arena, 0, ms, signals);
    native.select();
    return result();
  };

  /** Those of `objects`, the list's own, that are ready. */
  ready<T>(list: 0 | 1 | 2, objects: readonly T[]): T[] {
    const words = this.#words;
    let at = this.#end;
    for (let before = 0; before < list; before++) {
      at += words[SelectSet.#ready + before] ?? 0;
    }
    const end = at + (words[SelectSet.#ready + list] ?? 0);
    if (end - at === objects.length) return objects.slice();
    const ready = new Array<T>(end - at);
    for (let i = 0; at < end; i++, at++) {
      const object = objects[words[at] ?? 0];
      if (object !== undefined) ready[i] = object;
    }
    return ready;
  }

  /** The descriptors of a list. */
  fds(list: number): number[] {
    let first = SelectSet.#fds;
    for (let before = 0; before < list; before++) {
      first += this.#words[before] ?? 0;
    }
    return [...this.#words.subarray(first, first + (this.#words[list] ?? 0))];
  }

  /** Those of a list that the last wait found ready, in the same order. */
  readyFds(list: number): number[] {
    const fds = this.fds(list);
    let at = this.#end;
    for (let before = 0; before < list; before++) {
      at += this.#words[SelectSet.#ready + before] ?? 0;
    }
    const count = this.#words[SelectSet.#ready + list] ?? 0;
    return Array.from(
      this.#words.subarray(at, at + count),
      (i) => fds[i] ?? -1,
    );
  }

  /**
   * Who is to blame for a failure: the kernel says EBADF, but not of whom.
   * @param names What the lists are called in the message.
   */
  guilty(result: number, names: readonly string[]): ResultDetails {
    if (result !== EBADF) return {};
    let at = SelectSet.#fds;
    for (let list = 0; list < 3; list++) {
      const length = this.#words[list] ?? 0;
      for (let i = 0; i < length; i++) {
        const fd = this.#words[at++] ?? -1;
        if (native.isOpen(fd) === EBADF) {
          const name = names[list];
          const place = name === undefined ? "" : `${name}[${String(i)}] is `;
          return { fd, note: `${place}fd ${String(fd)}, which is closed` };
        }
      }
    }
    return {};
  }
}

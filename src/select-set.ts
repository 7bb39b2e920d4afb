import { native, type Arena } from "./native.ts";
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
  /** Which list is being filled, and where its next descriptor goes. */
  #list = 0;
  #end = SelectSet.#fds;
  #first = SelectSet.#fds;

  constructor() {
    this.#allocate(64);
  }

  #allocate(words: number): void {
    const [arena, buffer] = native.createArena(words * 4);
    this.#arena = arena;
    this.#words = new Int32Array(buffer);
  }

  /** Empties the lists; the first one is filled first. */
  begin(): void {
    this.#list = 0;
    this.#end = this.#first = SelectSet.#fds;
  }

  /** Adds a descriptor to the list that is being filled. */
  add(fd: number): void {
    // Each descriptor needs another word for the answer.
    if (2 * this.#end > this.#words.length - 2) {
      const before = this.#words;
      this.#allocate(before.length * 2);
      this.#words.set(before);
    }
    this.#words[this.#end++] = fd;
  }

  /** Ends a list; the next one is filled next. */
  endList(): void {
    this.#words[this.#list++] = this.#end - this.#first;
    this.#first = this.#end;
  }

  /** Blocks. Gives how many are ready, 0 after the time, or -errno. */
  wait(timeoutMs: number): number {
    return wait(timeoutMs, this.#attempt);
  }

  readonly #attempt = (ms: number, signals: number): number =>
    native.select(this.#arena, ms, signals);

  /** Those of `objects`, the list's own, that are ready; lists in order. */
  ready<T>(list: 0 | 1 | 2, objects: readonly T[]): T[] {
    const words = this.#words;
    let at = this.#end;
    for (let before = 0; before < list; before++) {
      at += words[SelectSet.#ready + before] ?? 0;
    }
    const end = at + (words[SelectSet.#ready + list] ?? 0);
    const ready: T[] = [];
    for (; at < end; at++) {
      const object = objects[words[at] ?? 0];
      if (object !== undefined) ready.push(object);
    }
    return ready;
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

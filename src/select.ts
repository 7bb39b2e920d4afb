/**
 * The operating system's own calls that wait until descriptors are ready.
 *
 * @see https://docs.python.org/3/library/select.html
 * @module
 */
import { invalidType } from "./arguments.ts";
import { timeout, type Timeout } from "./deadline.ts";
import { check, EBADF, type ResultDetails } from "./result.ts";
import { fdOf, type FileDescriptorLike } from "./descriptor.ts";
import { native, type Arena } from "./native.ts";
import { wait } from "./wait.ts";

export { PIPE_BUF } from "./constants.ts";
export type { Timeout } from "./deadline.ts";
export type { FileDescriptorLike } from "./descriptor.ts";

/**
 * Waits until at least one descriptor is ready, and gives those that are.
 *
 * The lists may be any iterables of descriptors. The results hold the very
 * objects that were passed in, in their order, as often as they were passed in.
 * Three empty lists with a time-out sleep. Any descriptor may be watched, also
 * beyond FD_SETSIZE.
 *
 * @param rlist Waited for until a read would not block.
 * @param wlist Waited for until a write would not block.
 * @param xlist Waited for until an exceptional condition: urgent data.
 * @param timeoutMs Milliseconds; undefined, null and Infinity wait for ever, 0
 *   or less looks and returns at once. Not rounded down: no wait ends early.
 * @returns Three new arrays, all empty after the time-out.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE: no iterable, no descriptor, no time.
 * @throws {RangeError} ERR_OUT_OF_RANGE: a number that can be no descriptor.
 * @throws {OSError} EBADF: a closed descriptor; the error's `fd` names it.
 * @throws {InterruptedError} EINTR: a signal listener is waiting to run.
 * @see select(2), https://docs.python.org/3/library/select.html#select.select
 */
export function select<
  R extends FileDescriptorLike,
  W extends FileDescriptorLike,
  X extends FileDescriptorLike,
>(
  rlist: Iterable<R>,
  wlist: Iterable<W>,
  xlist: Iterable<X>,
  timeoutMs?: Timeout,
): [R[], W[], X[]] {
  const time = timeout(timeoutMs);
  const readers = snapshot(rlist, "rlist");
  const writers = snapshot(wlist, "wlist");
  const others = snapshot(xlist, "xlist");
  const lists = spare.pop() ?? new Lists();
  try {
    lists.begin(readers.length, writers.length, others.length);
    lists.add(readers, "rlist");
    lists.add(writers, "wlist");
    lists.add(others, "xlist");
    const ready = lists.wait(time);
    if (ready === 0) return [[], [], []];
    if (ready < 0) check(ready, "select", lists.guilty(ready));
    return [lists.take(readers), lists.take(writers), lists.take(others)];
  } finally {
    spare.push(lists);
  }
}

/** An object's `fileno()` may change the list that it is in. */
function snapshot<T>(list: Iterable<T>, name: string): T[] {
  if (isArray(list)) return list.slice();
  if (isIterable(list)) return [...list];
  throw invalidType(name, "an iterable of file descriptors", list);
}

function isArray<T>(list: Iterable<T>): list is T[] {
  return Array.isArray(list);
}

function isIterable(list: unknown): boolean {
  return list !== undefined && list !== null && Symbol.iterator in Object(list);
}

const listNames = ["rlist", "wlist", "xlist"] as const;

/**
 * The three lists of one call in memory that the native side sees: how many
 * each has, then the descriptors. After a wait, how many are ready, and at each
 * list's place their indices.
 */
class Lists {
  static readonly #header = 3;

  #arena: Arena;
  #words: Int32Array;
  /** The lists' lengths, for the native side overwrites its own. */
  #lengths: readonly number[] = [];
  /** How many words are filled, and then how far they are taken. */
  #end = 0;
  /** Which list comes next. */
  #list = 0;

  constructor() {
    [this.#arena, this.#words] = Lists.#memory(64);
  }

  static #memory(words: number): [Arena, Int32Array] {
    const [arena, buffer] = native.createArena(words * 4);
    return [arena, new Int32Array(buffer)];
  }

  begin(...lengths: [number, number, number]): void {
    const needed = Lists.#header + lengths[0] + lengths[1] + lengths[2];
    if (needed > this.#words.length) {
      [this.#arena, this.#words] = Lists.#memory(needed * 2);
    }
    this.#words.set(lengths);
    this.#lengths = lengths;
    this.#end = Lists.#header;
  }

  add(list: readonly FileDescriptorLike[], name: string): void {
    const words = this.#words;
    let end = this.#end;
    for (let i = 0; i < list.length; i++) {
      words[end++] = fdOf(list[i], "select", name, i);
    }
    this.#end = end;
  }

  wait(timeoutMs: number): number {
    this.#end = Lists.#header;
    this.#list = 0;
    return wait(timeoutMs, (ms, signals) =>
      native.select(this.#arena, ms, signals),
    );
  }

  /** The objects of the next list that are ready. */
  take<T>(objects: readonly T[]): T[] {
    const words = this.#words;
    const first = this.#end;
    const end = first + (words[this.#list++] ?? 0);
    const ready: T[] = [];
    for (let at = first; at < end; at++) {
      const object = objects[words[at] ?? 0];
      if (object !== undefined) ready.push(object);
    }
    this.#end += objects.length;
    return ready;
  }

  /** Who is to blame for a failure: the kernel says EBADF, but not of whom. */
  guilty(result: number): ResultDetails {
    if (result !== EBADF) return {};
    let at = Lists.#header;
    for (const [list, length] of this.#lengths.entries()) {
      for (let i = 0; i < length; i++) {
        const fd = this.#words[at++] ?? -1;
        if (native.isOpen(fd) === EBADF) {
          const name = `${listNames[list] ?? ""}[${String(i)}]`;
          return { fd, note: `${name} is fd ${String(fd)}, which is closed` };
        }
      }
    }
    return {};
  }
}

/** Lists that are not in use: usually one, more where a `fileno()` selects. */
const spare: Lists[] = [];

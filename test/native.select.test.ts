/**
 * The memory of `native/select.cc`: what a call finds there that an earlier one
 * left, where it ends, and what it makes of lists that are broken.
 */
import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { select } from "posix-select/select";
import { MSG_OOB } from "posix-select/socket";
import { exchange } from "../src/exchange.ts";
import { type Arena, native } from "../src/native.ts";
import { result, setWait } from "../src/registers.ts";
import { Cleanup } from "./helpers/cleanup.ts";
import { tcpPair } from "./socket/support.ts";

const { EBADF, EINVAL } = constants.errno;

/** Far more than it takes; a wait for ever would hang where it fails. */
const soonMs = 30_000;

type Triple<T> = readonly [readers: T, writers: T, others: T];

/** Where the numbers of ready ones and the descriptors begin, in words. */
const at = { ready: 3, fds: 6 } as const;

/** The native call, which does not wait. */
function look(arena: Arena): number {
  setWait(arena, 0, 0, -1);
  native.select();
  return result();
}

/** The three lists in memory, as `src/select-set.ts` has them. */
class Lists {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #fds: readonly number[];

  /**
   * @param counts What the memory says of their lengths.
   * @param words How large the memory is; as large as the lists need.
   */
  constructor(
    lists: Triple<readonly number[]>,
    counts: readonly number[] = lists.map(({ length }) => length),
    words = at.fds + 2 * lists.flat().length,
  ) {
    const [arena, buffer] = native.createArena(words * 4);
    this.#arena = arena;
    this.#words = new Int32Array(buffer);
    this.#fds = lists.flat();
    this.#words.set(counts);
    this.#words.set(this.#fds, at.fds);
  }

  /** The native call, which does not wait. */
  look(): number {
    return look(this.#arena);
  }

  /** The indices of those that were ready. */
  get ready(): number[][] {
    let first = at.fds + this.#fds.length;
    return [0, 1, 2].map((list) => {
      const begin = first;
      first += this.#words[at.ready + list] ?? 0;
      return [...this.#words.subarray(begin, first)];
    });
  }
}

/** Gives what `fd` stands for another number too, until the test ends. */
function place(cleanup: Cleanup, fd: number, number: number): number {
  if (isOpen(number)) throw new Error(`${number} is in use`);
  const placed = native.replace(native.duplicate(fd, exchange), number);
  return placed < 0 ? placed : cleanup.fd(placed);
}

function isOpen(fd: number): boolean {
  return native.isOpen(fd) === 0;
}

/** A socket that is ready for everything, and one that can only be written. */
function sockets(cleanup: Cleanup): { busy: number; idle: number } {
  const [client, busy] = tcpPair(cleanup);
  client.send("data and an urgent byte!", MSG_OOB);
  select([], [], [busy], soonMs);
  return { busy: busy.fileno(), idle: client.fileno() };
}

/** The numbers from `first` to `last`. */
function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

describe("what an earlier call left", () => {
  test("in any of the three sets is neither looked at nor reported", () => {
    using cleanup = new Cleanup();
    const { busy, idle } = sockets(cleanup);
    const [closed = -1, low = -1] = numbers(3, 63)
      .filter((fd) => !isOpen(fd))
      .slice(-2);
    place(cleanup, idle, low);
    // A set of the small call is one word, where a large set's second and third
    // word was, in which the bit of `closed` is that of these:
    const high = [64 + closed, 128 + closed];
    for (const number of high) place(cleanup, busy, number);
    const large = new Lists([high, high, high]);
    for (const lists of [
      [[low], [low], [low]],
      [[], [low], [low]],
      [[low], [], [low]],
    ] as const) {
      const small = new Lists(lists);
      // One right behind the other: nothing else writes there in between.
      const results = [large.look(), small.look()];
      expect(results).toEqual([6, lists[1].length]);
      expect(small.ready).toEqual([[], lists[1].map(() => 0), []]);
    }
    expect(isOpen(closed)).toBe(false);
  });
});

describe("where the memory on the stack ends", () => {
  // It has 256 words for a set; the next descriptor needs a 257th.
  test.for([16_383, 16_384, 16_447])(
    "three lists up to descriptor %d are watched",
    (highest, { skip }) => {
      using cleanup = new Cleanup();
      const { busy, idle } = sockets(cleanup);
      const fds = numbers(highest - 191, highest);
      for (const [i, number] of fds.entries()) {
        const placed = place(cleanup, i % 3 === 0 ? idle : busy, number);
        if (placed < 0) {
          const reason = `no descriptor may be as high as ${number}`;
          console.log(`skipped: ${reason}`);
          skip(reason);
        }
      }
      const lists = new Lists([fds, fds, fds]);
      const all = [...fds.keys()];
      const busyOnes = all.filter((i) => i % 3 !== 0);
      expect(lists.look()).toBe(all.length + 2 * busyOnes.length);
      expect(lists.ready).toEqual([busyOnes, all, busyOnes]);
    },
  );
});

describe("lists that are broken", () => {
  const most = 2 ** 31 - 1;

  test.for([
    [-1, 0, 0],
    [0, -1, 0],
    [0, 0, -1],
    [-1, 1, 0],
    [1, -1, 1],
    [-most, most, 1],
    [-most - 1, most, 1],
  ])("that have %d, %d and %d descriptors are refused", (counts) => {
    const lists = new Lists([[0], [0], [0]], counts);
    expect(lists.look()).toBe(-EINVAL);
  });

  test.for([
    [2, 0, 0],
    [0, 2, 0],
    [0, 0, 2],
    [1, 1, 0],
    [most, 0, 0],
    [0, 0, most],
    [most, most, most],
    [most, most, 2],
    [most, most, 3],
    [2 ** 30, 2 ** 30, 2 ** 31 - 1],
  ])(
    "that have %d, %d and %d descriptors, and room for one, are refused",
    (counts) => {
      const lists = new Lists([[0], [], []], counts);
      expect(lists.look()).toBe(-EINVAL);
    },
  );

  test("that have no room for the answers are refused", () => {
    // The word that is one too few, and the first size that will do.
    const fds: Triple<number[]> = [[0], [0], [0]];
    const counts = [1, 1, 1];
    for (const words of [9, 10, 11]) {
      const lists = new Lists(fds, counts, words);
      expect(lists.look()).toBe(-EINVAL);
    }
    expect(new Lists(fds, counts, 12).look()).toBeGreaterThanOrEqual(0);
  });

  test.for([1, 4, 23])("of %d bytes are refused", (bytes) => {
    const [arena] = native.createArena(bytes);
    expect(look(arena)).toBe(-EINVAL);
  });

  test.for([-1, -2, -64, -16_384, -most, -most - 1])(
    "with a descriptor %d are EBADF",
    (fd) => {
      for (const lists of [
        [[fd], [], []],
        [[0], [fd, 0], []],
        [[0], [0], [0, fd]],
      ] as const) {
        expect(new Lists(lists).look()).toBe(-EBADF);
      }
    },
  );

  test.for([2 ** 24, most])("with a descriptor %d are EBADF", (fd) => {
    expect(new Lists([[0], [fd], [0]]).look()).toBe(-EBADF);
  });
});

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { pipe } from "posix-select/fd";
import { type FileDescriptorLike, select } from "posix-select/select";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";
import { expectNoLeak } from "./helpers/descriptors.ts";
import { Program } from "./helpers/programs.ts";

/** A pipe with something to read in it: its reading end. */
function readyPipe(cleanup: Cleanup): number {
  const [read, write] = cleanup.fds(pipe());
  writeSync(write, "x");
  return read;
}

/** A pipe with nothing in it: its reading end. */
function emptyPipe(cleanup: Cleanup): number {
  return cleanup.fds(pipe())[0];
}

describe("lists", () => {
  test("what is ready is told for each list apart", () => {
    using cleanup = new Cleanup();
    const ready = readyPipe(cleanup);
    const [empty, writable] = cleanup.fds(pipe());
    expect(select([ready, empty], [writable], [ready], 0)).toEqual([
      [ready],
      [writable],
      [],
    ]);
  });

  test("what is not ready is left out, and the order is the list's", () => {
    using cleanup = new Cleanup();
    const [a, b, c] = [1, 2, 3].map(() => readyPipe(cleanup)) as [
      number,
      number,
      number,
    ];
    const [d, e] = [emptyPipe(cleanup), emptyPipe(cleanup)];
    expect(select([c, d, a, e, b], [], [], 0)).toEqual([[c, a, b], [], []]);
  });

  test("any iterable is a list", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    function* both(): Generator<typeof a> {
      yield b;
      yield a;
    }
    const lists: Iterable<typeof a>[] = [
      [b, a],
      new Set([b, a]),
      new Map([
        [b, 1],
        [a, 2],
      ]).keys(),
      both(),
      { [Symbol.iterator]: both },
      Object.freeze([b, a]),
    ];
    for (const list of lists) {
      const [, [first, second, ...rest]] = select([], list, [], 0);
      expect(first).toBe(b);
      expect(second).toBe(a);
      expect(rest).toEqual([]);
    }
  });

  test("a generator of each list is run to its end once", () => {
    using cleanup = new Cleanup();
    const ready = readyPipe(cleanup);
    const steps: string[] = [];
    function* list(name: string): Generator<number> {
      steps.push(`${name} begins`);
      yield ready;
      steps.push(`${name} ends`);
    }
    select(list("rlist"), list("wlist"), list("xlist"), 0);
    expect(steps).toEqual([
      "rlist begins",
      "rlist ends",
      "wlist begins",
      "wlist ends",
      "xlist begins",
      "xlist ends",
    ]);
  });

  test("the bytes of a buffer are descriptors", () => {
    using cleanup = new Cleanup();
    const ready = readyPipe(cleanup);
    expect(select(new Uint8Array([ready]), [], [], 0)[0]).toEqual([ready]);
  });

  test("an empty string is an empty list", () => {
    expect(select("" as Iterable<never>, [], [], 0)).toEqual([[], [], []]);
  });

  test("duplicates are given back as often as they were passed in", () => {
    using cleanup = new Cleanup();
    const [ready, empty] = [readyPipe(cleanup), emptyPipe(cleanup)];
    const list = [ready, empty, ready, ready, empty];
    expect(select(list, [], [], 0)[0]).toEqual([ready, ready, ready]);
  });

  test("a number and objects of one descriptor are each given back", () => {
    using cleanup = new Cleanup();
    const ready = readyPipe(cleanup);
    const first = { fileno: () => ready };
    const second = { fd: ready };
    const [given] = select([first, ready, second, ready, first], [], [], 0);
    const expected = [first, ready, second, ready, first];
    expect(given).toHaveLength(5);
    for (const [i, object] of expected.entries()) expect(given[i]).toBe(object);
  });

  test("one descriptor may be in all three lists", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    expect(select([a], [a], [a], 0)).toEqual([[], [a], []]);
    b.send("x");
    const [r, w, x] = select([a, a.fileno()], [a.fileno(), a], [a], 0);
    expect(r[0]).toBe(a);
    expect(r[1]).toBe(a.fileno());
    expect(w[0]).toBe(a.fileno());
    expect(w[1]).toBe(a);
    expect(x).toEqual([]);
  });

  test("the results are new arrays, never the caller's nor the same twice", () => {
    using cleanup = new Cleanup();
    const list = [cleanup.fds(pipe())[1]];
    const none: number[] = [];
    const all = [
      ...select(none, list, none, 0),
      ...select(none, list, none, 0),
      ...select(none, none, none, 0),
      ...select(none, none, none, 0),
    ];
    expect(new Set<unknown>([...all, list, none]).size).toBe(all.length + 2);
    all[1]?.push(-1);
    expect(list).toHaveLength(1);
    expect(select(none, list, none, 0)[1]).toEqual(list);
  });

  test("the result of an earlier call stays as it was", () => {
    using cleanup = new Cleanup();
    const first = select([readyPipe(cleanup), readyPipe(cleanup)], [], [], 0);
    const copy = structuredClone(first);
    select([emptyPipe(cleanup)], [cleanup.fds(pipe())[1]], [], 0);
    expect(first).toEqual(copy);
  });
});

describe("descriptors", () => {
  test("fileno() wins over fd", () => {
    using cleanup = new Cleanup();
    const [ready, empty] = [readyPipe(cleanup), emptyPipe(cleanup)];
    const isReady = { fileno: () => ready, fd: empty };
    const isEmpty = { fileno: () => empty, fd: ready };
    expect(select([isEmpty, isReady], [], [], 0)[0]).toEqual([isReady]);
  });

  test("fileno() is called as a method, once in a call", () => {
    using cleanup = new Cleanup();
    class File {
      calls = 0;
      readonly #fd = readyPipe(cleanup);
      fileno(): number {
        this.calls++;
        return this.#fd;
      }
    }
    const file = new File();
    expect(select([file], [], [], 0)[0][0]).toBe(file);
    expect(file.calls).toBe(1);
    select([file], [], [], 0);
    expect(file.calls).toBe(2);
  });

  test("a FileHandle is watched until it is closed", async () => {
    const handle = await open("/dev/null");
    try {
      expect(select([handle], [], [], 0)[0][0]).toBe(handle);
    } finally {
      await handle.close();
    }
    expect(() => select([handle], [], [], 0)).toThrow("rlist[0] is closed");
  });

  test("process.stdin is watched, and is readable when its end has come", async () => {
    await using program = new Program("test/programs/select-stdin.ts");
    expect(await program.line()).toBe("a look finds nothing: true");
    program.process.stdin?.write("some words");
    expect(await program.line()).toBe("the very object: true");
    expect(await program.line()).toBe("read: some words");
    program.process.stdin?.end();
    expect(await program.line()).toBe("read: ");
    expect((await program.ended).code).toBe(0);
  });

  test("a function that has fileno() is an object as any other", () => {
    using cleanup = new Cleanup();
    const ready = readyPipe(cleanup);
    const file = Object.assign(() => -1, { fileno: () => ready });
    expect(select([file], [], [], 0)[0][0]).toBe(file);
  });

  test("an object may lie about its type as long as it has a descriptor", () => {
    using cleanup = new Cleanup();
    const ready = readyPipe(cleanup);
    const inherited = Object.create({ fd: ready }) as { fd: number };
    const array = Object.assign([1, 2], { fd: ready });
    expect(select([inherited, array], [], [], 0)[0]).toHaveLength(2);
  });
});

describe("fileno() that does more than it should", () => {
  test("a list that it shortens is watched as it was at the beginning", () => {
    using cleanup = new Cleanup();
    const ready = readyPipe(cleanup);
    const list: FileDescriptorLike[] = [];
    const files = Array.from({ length: 10 }, () => ({
      fileno: () => {
        list.pop();
        return ready;
      },
    }));
    list.push(...files);
    const [given] = select(list, [], [], 0);
    expect(list).toEqual([]);
    expect(given).toHaveLength(10);
    for (const [i, file] of files.entries()) expect(given[i]).toBe(file);
  });

  test("a list that it lengthens is watched as it was at the beginning", () => {
    using cleanup = new Cleanup();
    const ready = readyPipe(cleanup);
    const list: FileDescriptorLike[] = [];
    const file = {
      fileno: () => {
        for (let i = 0; i < 1000; i++) list.push(ready);
        return ready;
      },
    };
    list.push(file, file);
    expect(select(list, [], list, 0)).toEqual([[file, file], [], []]);
  });

  test("it may call select() itself", () => {
    using cleanup = new Cleanup();
    const [a, b, c] = [
      readyPipe(cleanup),
      readyPipe(cleanup),
      emptyPipe(cleanup),
    ];
    const inner: unknown[] = [];
    const nested = {
      fileno: () => {
        inner.push(select([c, b], [], [], 0));
        return a;
      },
    };
    expect(select([b, nested, c, a], [], [nested], 0)).toEqual([
      [b, nested, a],
      [],
      [],
    ]);
    expect(inner).toEqual([
      [[b], [], []],
      [[b], [], []],
    ]);
  });

  test("it may call select() with much larger lists, and that again", () => {
    using cleanup = new Cleanup();
    const [ready, empty] = [readyPipe(cleanup), emptyPipe(cleanup)];
    const deepest = { fileno: () => ready };
    const nest = (
      inside: { fileno(): number },
      length: number,
    ): { fileno(): number } => ({
      fileno: () => {
        const list = Array.from({ length }, (_, i) => (i % 2 ? empty : ready));
        const [given] = select([...list, inside], list, list, 0);
        expect(given).toHaveLength(length / 2 + 1);
        expect(given.at(-1)).toBe(inside);
        return ready;
      },
    });
    const outer = nest(nest(nest(deepest, 30_000), 3000), 300);
    for (let round = 0; round < 3; round++) {
      expect(select([empty, outer, ready], [], [], 0)).toEqual([
        [outer, ready],
        [],
        [],
      ]);
    }
  });

  test("a nested select() that fails harms neither call", () => {
    using cleanup = new Cleanup();
    const ready = readyPipe(cleanup);
    const closed = openSync("/dev/null", "r");
    closeSync(closed);
    const nested = {
      fileno: () => {
        expect(() => select([ready, closed], [], [], 0)).toThrow("EBADF");
        return ready;
      },
    };
    expect(select([nested, ready], [], [], 0)[0]).toEqual([nested, ready]);
  });
});

test("select() takes nothing from what it watches", () => {
  using cleanup = new Cleanup();
  const [read, write] = cleanup.fds(pipe());
  writeSync(write, "abc");
  for (let i = 0; i < 3; i++) select([read], [write], [], 0);
  const buffer = Buffer.alloc(10);
  expect(readSync(read, buffer)).toBe(3);
  expect(select([read], [], [], 0)[0]).toEqual([]);
});

test("select() opens nothing that it leaves open", () => {
  using cleanup = new Cleanup();
  const ready = readyPipe(cleanup);
  const closed = openSync("/dev/null", "r");
  closeSync(closed);
  expectNoLeak(() => {
    for (let i = 0; i < 50; i++) {
      select([ready], [], [], 0);
      select([], [], [], 0.01);
      expect(() => select([ready, closed], [], [], 0)).toThrow("EBADF");
      expect(() => select([ready, -1], [], [], 0)).toThrow(RangeError);
    }
  });
});

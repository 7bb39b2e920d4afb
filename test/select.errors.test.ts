import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import { type FileDescriptorLike, select } from "posix-select/select";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";
import { expectThrow } from "./helpers/errors.ts";

const isLinux = process.platform === "linux";

/** What TypeScript would not let a caller pass. */
const wrong = (value: unknown): never => value as never;

/** A number that was a descriptor, and is none now. */
function closedFd(): number {
  const fd = openSync("/dev/null", "r");
  closeSync(fd);
  return fd;
}

/** A pipe that is readable at its first end, and writable at its second. */
function fullPipe(cleanup: Cleanup): [read: number, write: number] {
  const [read, write] = cleanup.fds(pipe());
  writeSync(write, "x");
  return [read, write];
}

/** How many descriptors the kernel's table of this process has room for. */
function tableSize(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/^FDSize:\s*(\d+)$/m.exec(status)?.[1]);
}

describe("an object that has lost its descriptor is named", () => {
  const lost = (name: string): Record<string, unknown> => ({
    code: "EBADF",
    errno: -constants.errno.EBADF,
    syscall: "select",
    message: `EBADF: bad file descriptor, select (${name} is closed)`,
  });

  test("a closed socket", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    b.close();
    const calls: [() => unknown, string][] = [
      [() => select([a, a, b], [], [], 0), "rlist[2]"],
      [() => select([a], [b], [], 0), "wlist[0]"],
      [() => select([a], [a], [a, b], 0), "xlist[1]"],
      [() => select(new Set([a, b]), [], [], 0), "rlist[1]"],
    ];
    for (const [call, name] of calls) expectThrow(call, OSError, lost(name));
  });

  test.each([-1, -2, -(2 ** 31)])("an object that tells %d", (fd) => {
    const files = [{ fd }, { fileno: () => fd }, { fileno: () => fd, fd: 0 }];
    for (const file of files) {
      const call = (): unknown => select([], [0, 0, file], [], 0);
      expectThrow(call, OSError, lost("wlist[2]"));
    }
  });
});

describe("a closed descriptor is named by the error", () => {
  const isClosed = (fd: number, name: string): Record<string, unknown> => ({
    name: "OSError",
    code: "EBADF",
    errno: -constants.errno.EBADF,
    syscall: "select",
    fd,
    message: `EBADF: bad file descriptor, select (${name} is fd ${fd}, which is closed)`,
  });

  test("in each of the three lists", () => {
    const fd = closedFd();
    for (const [call, name] of [
      [() => select([fd], [], [], 0), "rlist[0]"],
      [() => select([], [0, fd], [], 0), "wlist[1]"],
      [() => select([0], [0], [0, 0, fd], 0), "xlist[2]"],
    ] as const) {
      expectThrow(call, OSError, isClosed(fd, name));
    }
  });

  test("behind an object that does not know", () => {
    const fd = closedFd();
    for (const file of [{ fd }, { fileno: () => fd }]) {
      const call = (): unknown => select([0, file], [], [], 0);
      expectThrow(call, OSError, isClosed(fd, "rlist[1]"));
    }
  });

  test("among many good ones, also when they are ready", () => {
    using cleanup = new Cleanup();
    const [read, write] = fullPipe(cleanup);
    const fd = closedFd();
    const readers = Array.from({ length: 300 }, () => read);
    const writers = Array.from({ length: 300 }, () => write);
    writers[123] = fd;
    const call = (): unknown => select(readers, writers, readers);
    expectThrow(call, OSError, isClosed(fd, "wlist[123]"));
  });

  test("the first of several", () => {
    using cleanup = new Cleanup();
    const [first, second] = cleanup.fds(pipe());
    closeSync(first);
    closeSync(second);
    const call = (): unknown => select([0, second, first], [first], [], 0);
    expectThrow(call, OSError, isClosed(second, "rlist[1]"));
  });

  test("also if no time-out would end the wait", () => {
    const fd = closedFd();
    const call = (): unknown => select([fd], [], []);
    expectThrow(call, OSError, isClosed(fd, "rlist[0]"));
  });

  test("also if it was closed by the fileno() of another", () => {
    using cleanup = new Cleanup();
    const [read] = fullPipe(cleanup);
    const closer = {
      fileno: () => {
        closeSync(read);
        return 0;
      },
    };
    const call = (): unknown => select([read, closer], [], [], 0);
    expectThrow(call, OSError, isClosed(read, "rlist[0]"));
  });

  test.each([900, 5000, 1_000_000, 2 ** 31 - 64, 2 ** 31 - 1])(
    "number %d, of which the kernel has never heard",
    (fd) => {
      using cleanup = new Cleanup();
      const [read] = fullPipe(cleanup);
      const calls: [() => unknown, string][] = [
        [() => select([fd], [], [], 0), "rlist[0]"],
        [() => select([], [fd], [], 0), "wlist[0]"],
        [() => select([], [], [fd], 0), "xlist[0]"],
        [() => select([fd], [fd], [fd], 10), "rlist[0]"],
        [() => select([read], [], [read, fd]), "xlist[1]"],
      ];
      for (const [call, name] of calls) {
        expectThrow(call, OSError, isClosed(fd, name));
      }
    },
  );

  test.skipIf(!isLinux /* only there the table's size is told */)(
    "every number on both sides of the end of the kernel's table",
    () => {
      const size = tableSize();
      expect(size).toBeLessThan(5000);
      let closed = 0;
      for (const fd of numbers(size - 8, size + 136)) {
        if (isOpen(fd)) continue;
        const call = (): unknown => select([fd], [], [], 0);
        expectThrow(call, OSError, isClosed(fd, "rlist[0]"));
        closed++;
      }
      expect(closed).toBeGreaterThan(100);
    },
  );
});

test("a call that failed leaves the next one unharmed", () => {
  using cleanup = new Cleanup();
  const [read, write] = fullPipe(cleanup);
  const closed = closedFd();
  const thrower = {
    fileno: (): number => {
      throw new Error("its own");
    },
  };
  const many = Array.from({ length: 500 }, () => read);
  const failing: (readonly FileDescriptorLike[])[] = [
    [closed],
    [...many, closed],
    [...many, -1],
    [...many, wrong("x")],
    [read, thrower],
    [...many, thrower],
    [2 ** 31 - 1],
  ];
  for (const list of failing) {
    expect(() => select([read], list, [read], 0)).toThrow();
    expect(() => select(list, [write], [], 0)).toThrow();
    expect(select([read], [write], [read], 0)).toEqual([[read], [write], []]);
    expect(select([], [], [], 0)).toEqual([[], [], []]);
  }
});

function* numbers(from: number, to: number): Generator<number> {
  for (let n = from; n < to; n++) yield n;
}

function isOpen(fd: number): boolean {
  try {
    readFileSync(`/proc/self/fdinfo/${fd}`);
    return true;
  } catch {
    return false;
  }
}

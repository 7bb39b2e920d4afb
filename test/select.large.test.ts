import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import { select } from "posix-select/select";
import { Cleanup } from "./helpers/cleanup.ts";
import { expectThrow } from "./helpers/errors.ts";

/** How many descriptors may be open: what Node made of the soft limit. */
const limit = ((): number => {
  const text = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" });
  return text.trim() === "unlimited" ? 10_000 : Number(text);
})();

/** Far more than it takes; a wait for ever would hang where it fails. */
const soonMs = 30_000;

/** Opens descriptors until all numbers up to `number` are taken. */
function fillUpTo(cleanup: Cleanup, number: number): number[] {
  const opened: number[] = [];
  cleanup.defer(() => {
    for (const fd of opened) closeSync(fd);
  });
  let last = -1;
  while (last < number) {
    last = openSync("/dev/null", "r");
    opened.push(last);
  }
  return opened;
}

describe.each([
  // Where fd_set ends, where a set of words does, where the addon's own stack
  // does.
  { above: 1023 },
  { above: 1100 },
  { above: 4095 },
  { above: 16_383 },
])("descriptors above $above", ({ above }) => {
  test.skipIf(limit < above + 200 /* the system allows no more */)(
    "are watched as any others",
    () => {
      using cleanup = new Cleanup();
      const [lowRead, lowWrite] = cleanup.fds(pipe());
      fillUpTo(cleanup, above);
      const pipes = Array.from({ length: 70 }, () => cleanup.fds(pipe()));
      const readers = pipes.map(([read]) => read);
      const writers = pipes.map(([, write]) => write);
      expect(Math.min(...readers)).toBeGreaterThan(above);

      expect(select(readers, [], readers, 0)).toEqual([[], [], []]);
      expect(select(readers, writers, [], 0)).toEqual([[], writers, []]);
      for (const [read, write] of pipes) {
        writeSync(write, "x");
        expect(select(readers, [], [], 0)[0].at(-1)).toBe(read);
      }
      expect(select(readers, writers, readers, soonMs)).toEqual([
        readers,
        writers,
        [],
      ]);
      expect(select([lowRead, ...readers], [lowWrite], [], 0)).toEqual([
        readers,
        [lowWrite],
        [],
      ]);
    },
  );

  test.skipIf(limit < above + 200 /* the system allows no more */)(
    "are waited for, and not reported after the time-out",
    () => {
      using cleanup = new Cleanup();
      fillUpTo(cleanup, above);
      const [read, write] = cleanup.fds(pipe());
      expect(read).toBeGreaterThan(above);
      const begin = performance.now();
      expect(select([read], [], [read, write], 20)).toEqual([[], [], []]);
      expect(performance.now() - begin).toBeGreaterThanOrEqual(20);
    },
  );

  test.skipIf(limit < above + 200 /* the system allows no more */)(
    "are named by the error when they are closed",
    () => {
      using cleanup = new Cleanup();
      const opened = fillUpTo(cleanup, above);
      const [read, write] = cleanup.fds(pipe());
      const fields = { code: "EBADF", fd: read };
      closeSync(read);
      expectThrow(() => select([read], [], [], 0), OSError, fields);
      expectThrow(
        () => select([...opened, read], [], [], soonMs),
        OSError,
        fields,
      );
      expectThrow(
        () => select([], [write], [write, read], soonMs),
        OSError,
        fields,
      );
      expect(select(opened, [], [], 0)[0]).toEqual(opened);
    },
  );
});

describe("many descriptors", () => {
  test.skipIf(limit < 1700 /* the system allows no more */)(
    "1,500 that are ready are all given back, in their order",
    () => {
      using cleanup = new Cleanup();
      const fds = Array.from({ length: 1500 }, () =>
        cleanup.fd(openSync("/dev/null", "r")),
      );
      const files = fds.map((fd) => ({ fileno: () => fd }));
      files.reverse();
      const [readers, writers, others] = select(files, fds, files, 0);
      expect(readers).toHaveLength(1500);
      expect(readers.every((file, i) => file === files[i])).toBe(true);
      expect(writers).toEqual(fds);
      expect(others).toEqual([]);
    },
  );

  test("a list may have more elements than there are descriptors", () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    writeSync(write, "x");
    const readers = Array.from({ length: 50_000 }, () => read);
    const writers = Array.from({ length: 30_000 }, (_, i) =>
      i % 2 === 0 ? write : read,
    );
    const given = select(readers, writers, [], 0);
    expect(given[0]).toHaveLength(50_000);
    expect(given[1].filter((fd) => fd === write)).toHaveLength(15_000);
    expect(select([read], [], [], 0)).toEqual([[read], [], []]);
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import { pipe } from "posix-select/fd";
import { select, type Timeout } from "posix-select/select";
import { Cleanup } from "./helpers/cleanup.ts";
import { startWorker } from "./helpers/workers.ts";

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

/** The reading end of a pipe that a child writes to after `laterMs`. */
const laterMs = 50;
function readyLater(cleanup: Cleanup): number {
  const [read, write] = cleanup.fds(pipe());
  const child = spawn("sh", ["-c", `sleep ${laterMs / 1000}; echo x >&3`], {
    stdio: ["ignore", "ignore", "ignore", write],
  });
  cleanup.defer(() => child.kill("SIGKILL"));
  return read;
}

function elapsedMs(call: () => unknown): number {
  const begin = performance.now();
  call();
  return performance.now() - begin;
}

describe("time-outs", () => {
  test.each([1, 30, 0.3, 1.5, 100.001])(
    "a wait of %d ms does not end early",
    (timeoutMs) => {
      using cleanup = new Cleanup();
      const empty = emptyPipe(cleanup);
      let given: unknown;
      const ms = elapsedMs(() => {
        given = select([empty], [], [empty], timeoutMs);
      });
      expect(ms).toBeGreaterThanOrEqual(timeoutMs);
      expect(given).toEqual([[], [], []]);
    },
  );

  test.each([Number.MIN_VALUE, 1e-9, 1e-3, 0.3, 20])(
    "three empty lists sleep for %d ms",
    (timeoutMs) => {
      let given: unknown;
      const ms = elapsedMs(() => {
        given = select([], [], [], timeoutMs);
      });
      expect(ms).toBeGreaterThanOrEqual(timeoutMs);
      expect(given).toEqual([[], [], []]);
    },
  );

  test("many waits of a fraction are not one of them early", () => {
    for (let i = 0; i < 100; i++) {
      const timeoutMs = 0.01 + i / 700;
      const ms = elapsedMs(() => select([], [], [], timeoutMs));
      expect(ms).toBeGreaterThanOrEqual(timeoutMs);
    }
  });

  test("children that end do not shorten a wait", () => {
    using cleanup = new Cleanup();
    for (const seconds of [0, 0.05, 0.1]) {
      const child = spawn("sleep", [String(seconds)], { stdio: "ignore" });
      cleanup.defer(() => child.kill("SIGKILL"));
    }
    // Each of them sends a SIGCHLD.
    const ms = elapsedMs(() => select([], [], [], 200));
    expect(ms).toBeGreaterThanOrEqual(200);
  });

  test.each([0, -0, -1, -0.5, -1e300, -(2 ** 32) + 5, -Infinity])(
    "%d looks and returns at once",
    (timeoutMs) => {
      using cleanup = new Cleanup();
      const [ready, empty] = [readyPipe(cleanup), emptyPipe(cleanup)];
      // If one of these waited, it would do so for ever or for weeks.
      expect(select([empty], [], [], timeoutMs)).toEqual([[], [], []]);
      expect(select([], [], [], timeoutMs)).toEqual([[], [], []]);
      expect(select([ready], [], [], timeoutMs)).toEqual([[ready], [], []]);
    },
  );

  test.each<[string, Timeout]>([
    ["undefined", undefined],
    ["null", null],
    ["Infinity", Infinity],
    ["10 ** 300", 1e300],
    ["the largest number", Number.MAX_VALUE],
    ["2 ** 64", 2 ** 64],
    ["2 ** 53 - 1", Number.MAX_SAFE_INTEGER],
    ["2 ** 40", 2 ** 40],
    ["2 ** 32", 2 ** 32],
    ["2 ** 31 + 0.5", 2 ** 31 + 0.5],
  ])("%s waits until something is ready", (_, timeoutMs) => {
    using cleanup = new Cleanup();
    let given: unknown;
    let later = -1;
    const ms = elapsedMs(() => {
      later = readyLater(cleanup);
      given = select([later], [], [], timeoutMs);
    });
    expect(given).toEqual([[later], [], []]);
    expect(ms).toBeGreaterThanOrEqual(laterMs);
  });

  test("no time-out at all waits until something is ready", () => {
    using cleanup = new Cleanup();
    const later = readyLater(cleanup);
    expect(select([emptyPipe(cleanup), later], [], [])).toEqual([
      [later],
      [],
      [],
    ]);
  });

  test("what is ready at the beginning is not waited for", () => {
    using cleanup = new Cleanup();
    const list = [readyPipe(cleanup)];
    // A test that waits for ever is one that fails.
    expect(select(list, [], [], Infinity)[0]).toEqual(list);
    expect(select(list, [], [], 1e300)[0]).toEqual(list);
    expect(select(list, [], [])[0]).toEqual(list);
  });
});

test("a worker's wait is over neither early nor at a look in between", async () => {
  const worker = startWorker("select-worker.ts", 350.5);
  try {
    const [[given, ms]] = (await once(worker, "message")) as [
      [unknown, number],
    ];
    expect(given).toEqual([[], [], []]);
    expect(ms).toBeGreaterThanOrEqual(350.5);
  } finally {
    await worker.terminate();
  }
});

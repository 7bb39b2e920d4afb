import { constants, readFileSync, readSync, writeSync } from "node:fs";
import { constants as osConstants } from "node:os";
import { performance } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  eventfd,
  TFD_CLOEXEC,
  TFD_NONBLOCK,
  timerfd,
} from "posix-select/fd";
import { select } from "posix-select/select";
import { Cleanup } from "./helpers/cleanup.ts";
import { expectNoLeak } from "./helpers/descriptors.ts";
import { expectThrow } from "./helpers/errors.ts";

const wrongType = { code: "ERR_INVALID_ARG_TYPE", name: "TypeError" };
const wrongValue = { code: "ERR_OUT_OF_RANGE", name: "RangeError" };
const invalid = (syscall: string): Record<string, unknown> => ({
  name: "OSError",
  code: "EINVAL",
  errno: -osConstants.errno.EINVAL,
  syscall,
  message: `EINVAL: invalid argument, ${syscall}`,
});

const O_CLOEXEC = 0o2000000;

/** What TypeScript would not let a caller pass. */
const wrong = (value: unknown): never => value as never;

/** The flags of open(2) that the kernel tells of a descriptor. */
function flagsOf(fd: number): number {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  return parseInt(/^flags:\s*([0-7]+)$/m.exec(text)?.[1] ?? "", 8);
}

/** A descriptor's flags, those that pipe2(2) and its like can set. */
function options(fd: number): { cloexec: boolean; nonblock: boolean } {
  const flags = flagsOf(fd);
  return {
    cloexec: (flags & O_CLOEXEC) !== 0,
    nonblock: (flags & constants.O_NONBLOCK) !== 0,
  };
}

/** The number that an eventfd or timerfd holds. */
function count(fd: number): bigint {
  const buffer = new BigUint64Array(1);
  expect(readSync(fd, buffer)).toBe(8);
  return buffer[0] ?? -1n;
}

function add(fd: number, value: bigint): void {
  writeSync(fd, new BigUint64Array([value]));
}

/** Far more than it takes; a wait for ever would hang where it fails. */
const soonMs = 30_000;

const isReadable = (fd: number): boolean =>
  select([fd], [], [], 0)[0].length > 0;
const isWritable = (fd: number): boolean =>
  select([], [fd], [], 0)[1].length > 0;

describe.skipIf(!eventfd /* Linux only */)("eventfd()", () => {
  const make = (initial?: number, flags?: number): number =>
    eventfd?.(initial, flags) ?? expect.fail("no eventfd");

  test("holds the sum of what is written, and 0 once it is read", () => {
    using cleanup = new Cleanup();
    const fd = cleanup.fd(make());
    expect(isReadable(fd)).toBe(false);
    add(fd, 3n);
    add(fd, 2n ** 40n);
    expect(isReadable(fd)).toBe(true);
    expect(count(fd)).toBe(2n ** 40n + 3n);
    expect(isReadable(fd)).toBe(false);
  });

  test.each([1, 7, 2 ** 31, 2 ** 32 - 1])("begins with %d", (initial) => {
    using cleanup = new Cleanup();
    const fd = cleanup.fd(make(initial));
    expect(isReadable(fd)).toBe(true);
    expect(count(fd)).toBe(BigInt(initial));
  });

  test("is writable unless its counter is full", () => {
    using cleanup = new Cleanup();
    const fd = cleanup.fd(make(0, EFD_NONBLOCK));
    expect(isWritable(fd)).toBe(true);
    add(fd, 2n ** 64n - 2n);
    expect(isWritable(fd)).toBe(false);
    expect(() => {
      add(fd, 1n);
    }).toThrow("EAGAIN");
  });

  test("counts down by one as a semaphore", () => {
    using cleanup = new Cleanup();
    const fd = cleanup.fd(make(2, EFD_SEMAPHORE | EFD_NONBLOCK));
    expect(count(fd)).toBe(1n);
    expect(isReadable(fd)).toBe(true);
    expect(count(fd)).toBe(1n);
    expect(isReadable(fd)).toBe(false);
    expect(() => count(fd)).toThrow("EAGAIN");
  });

  test("is close-on-exec with any flags, non-blocking if asked for", () => {
    using cleanup = new Cleanup();
    const of = (flags?: number): unknown => options(cleanup.fd(make(0, flags)));
    expect(of()).toEqual({ cloexec: true, nonblock: false });
    expect(of(0)).toEqual({ cloexec: true, nonblock: false });
    expect(of(EFD_CLOEXEC)).toEqual({ cloexec: true, nonblock: false });
    expect(of(EFD_NONBLOCK)).toEqual({ cloexec: true, nonblock: true });
    expect(of(EFD_SEMAPHORE)).toEqual({ cloexec: true, nonblock: false });
  });

  test.each([-1, 2 ** 32, 0.5, NaN, Infinity])(
    "the initial value %d is out of range",
    (initial) => {
      expectThrow(() => make(initial), RangeError, wrongValue);
    },
  );

  test.each(["1", null, true, 1n, {}])("%o is no number", (value) => {
    expectThrow(() => make(wrong(value)), TypeError, wrongType);
    expectThrow(() => make(0, wrong(value)), TypeError, wrongType);
  });

  test("does not know other flags", () => {
    const call = (): unknown => make(0, constants.O_APPEND);
    expectNoLeak(() => {
      expectThrow(call, OSError, invalid("eventfd"));
    });
    expectThrow(() => make(0, 0.5), RangeError, wrongValue);
    expectThrow(() => make(0, 2 ** 32), RangeError, wrongValue);
  });
});

describe.skipIf(!timerfd /* Linux only */)("timerfd()", () => {
  const make: NonNullable<typeof timerfd> = (options) =>
    timerfd ? timerfd(options) : expect.fail("no timerfd");

  test.each([0.3, 1, 40, 1000.5 / 7])(
    "does not expire before its %d ms",
    (initialMs) => {
      using cleanup = new Cleanup();
      const begin = performance.now();
      const fd = cleanup.fd(make({ initialMs }));
      expect(count(fd)).toBe(1n);
      expect(performance.now() - begin).toBeGreaterThanOrEqual(initialMs);
    },
  );

  test("expires only once without an interval", () => {
    using cleanup = new Cleanup();
    const fd = cleanup.fd(make({ initialMs: 1, flags: TFD_NONBLOCK }));
    select([fd], [], [], soonMs);
    expect(count(fd)).toBe(1n);
    expect(select([fd], [], [], 20)[0]).toEqual([]);
    expect(() => count(fd)).toThrow("EAGAIN");
  });

  test("goes on expiring with an interval, never early", () => {
    using cleanup = new Cleanup();
    const begin = performance.now();
    const fd = cleanup.fd(make({ initialMs: 30, intervalMs: 5 }));
    let expiries = 0;
    for (let reads = 0; reads < 4; reads++) {
      expiries += Number(count(fd));
      const leastMs = 30 + (expiries - 1) * 5;
      expect(performance.now() - begin).toBeGreaterThanOrEqual(leastMs);
    }
    expect(expiries).toBeGreaterThanOrEqual(4);
  });

  test("counts the expiries that were not read", () => {
    using cleanup = new Cleanup();
    const fd = cleanup.fd(make({ intervalMs: 2 }));
    select([], [], [], 30);
    expect(count(fd)).toBeGreaterThanOrEqual(14n);
  });

  test("first expires after the interval unless told otherwise", () => {
    using cleanup = new Cleanup();
    const begin = performance.now();
    const fd = cleanup.fd(make({ intervalMs: 30 }));
    expect(isReadable(fd)).toBe(false);
    expect(count(fd)).toBe(1n);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(30);
    expect(count(fd)).toBeGreaterThanOrEqual(1n);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(60);
  });

  test.each([
    { initialMs: 0 },
    { initialMs: -0 },
    { initialMs: Number.MIN_VALUE },
    { initialMs: 0, intervalMs: 0 },
    { intervalMs: 0 },
  ])("expires at once with %o, and only once", (options) => {
    using cleanup = new Cleanup();
    const fd = cleanup.fd(make(options));
    expect(select([fd], [], [], soonMs)[0]).toEqual([fd]);
    expect(count(fd)).toBe(1n);
    expect(isReadable(fd)).toBe(false);
  });

  test("expires at once and then in its interval", () => {
    using cleanup = new Cleanup();
    const begin = performance.now();
    const fd = cleanup.fd(make({ initialMs: 0, intervalMs: 25 }));
    expect(count(fd)).toBe(1n);
    expect(count(fd)).toBeGreaterThanOrEqual(1n);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(25);
  });

  test("an interval is rounded up to what the clock knows, not to none", () => {
    using cleanup = new Cleanup();
    const fd = cleanup.fd(make({ initialMs: 0, intervalMs: 1e-9 }));
    for (let i = 0; i < 3; i++) expect(count(fd)).toBeGreaterThan(0n);
  });

  test.each([2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, 1e300])(
    "a time of %d ms is not wrapped",
    (ms) => {
      using cleanup = new Cleanup();
      const first = cleanup.fd(make({ initialMs: ms }));
      const both = cleanup.fd(make({ initialMs: ms, intervalMs: ms }));
      const later = cleanup.fd(make({ initialMs: 0, intervalMs: ms }));
      expect(count(later)).toBe(1n);
      expect(select([first, both, later], [], [], 10)[0]).toEqual([]);
    },
  );

  test("is close-on-exec with any flags, non-blocking if asked for", () => {
    using cleanup = new Cleanup();
    const of = (flags?: number): unknown =>
      options(
        cleanup.fd(
          make(
            flags === undefined ? { initialMs: 1 } : { initialMs: 1, flags },
          ),
        ),
      );
    expect(of()).toEqual({ cloexec: true, nonblock: false });
    expect(of(0)).toEqual({ cloexec: true, nonblock: false });
    expect(of(TFD_CLOEXEC)).toEqual({ cloexec: true, nonblock: false });
    expect(of(TFD_NONBLOCK)).toEqual({ cloexec: true, nonblock: true });
  });

  test.each([-1, -1e-9, NaN, Infinity, -Infinity])(
    "a time of %d is out of range",
    (ms) => {
      const first = (): unknown => make({ initialMs: ms });
      expectThrow(first, RangeError, {
        ...wrongValue,
        message: expect.stringContaining('"initialMs"') as unknown,
      });
      const later = (): unknown => make({ initialMs: 1, intervalMs: ms });
      expectThrow(later, RangeError, {
        ...wrongValue,
        message: expect.stringContaining('"intervalMs"') as unknown,
      });
    },
  );

  test.each(["1", null, true, 1n, {}])("%o is no time", (ms) => {
    expectThrow(() => make({ initialMs: wrong(ms) }), TypeError, wrongType);
    const later = (): unknown => make({ initialMs: 1, intervalMs: wrong(ms) });
    expectThrow(later, TypeError, wrongType);
  });

  test("one of the times has to be given", () => {
    expectThrow(() => make({}), TypeError, wrongType);
    expectThrow(() => make({ flags: 0 }), TypeError, wrongType);
  });

  test.each([undefined, null, 5, "5"])("%o is no options", (options) => {
    expectThrow(() => make(wrong(options)), TypeError, wrongType);
  });

  test("does not know other flags", () => {
    const of = (flags: number) => () => make({ initialMs: 1, flags });
    const fields = invalid("timerfd_create");
    expectNoLeak(() => {
      expectThrow(of(constants.O_APPEND), OSError, fields);
      expectThrow(of(1), OSError, fields);
    });
    expectThrow(of(0.5), RangeError, wrongValue);
    expectThrow(of(2 ** 32), RangeError, wrongValue);
    expectThrow(of(wrong("0")), TypeError, wrongType);
  });
});

import { afterEach, describe, expect, test, vi } from "vitest";
import { select } from "posix-select/select";
import { deadlineAfter, msUntil, now, timeout } from "../src/deadline.ts";
import { expectThrow } from "./helpers/errors.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("a time-out", () => {
  test("is normalized to 0 to Infinity", () => {
    expect([undefined, null, Infinity].map((ms) => timeout(ms))).toEqual(
      Array(3).fill(Infinity),
    );
    for (const ms of [0, -0, -1, -1e300, -Infinity]) {
      expect(timeout(ms)).toBe(0); // and not -0
    }
    for (const ms of [Number.MIN_VALUE, 0.3, 1, 2 ** 31, 2 ** 40, 1e300]) {
      expect(timeout(ms)).toBe(ms);
    }
  });

  test("that is none is named as the caller's argument", () => {
    expectThrow(() => timeout(NaN, "options.timeoutMs"), TypeError, {
      code: "ERR_INVALID_ARG_TYPE",
      message: expect.stringContaining('"options.timeoutMs"') as unknown,
    });
  });
});

describe("a deadline", () => {
  test("of 0 is over already, and of Infinity never", () => {
    expect(msUntil(deadlineAfter(0))).toBe(0);
    expect(msUntil(deadlineAfter(Infinity))).toBe(Infinity);
  });

  test("is not a fraction early", () => {
    for (const ms of [1e-3, 0.3, 7.7, 1000.9]) {
      const begin = now();
      expect(deadlineAfter(ms)).toBeGreaterThanOrEqual(begin + ms);
    }
  });

  test("comes nearer, and is over with 0 and not less", () => {
    const deadline = deadlineAfter(10_000);
    const left = msUntil(deadline);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(10_000);
    while (msUntil(deadline) === left);
    expect(msUntil(deadline)).toBeLessThan(left);
    expect(msUntil(now() - 5)).toBe(0);
  });

  test("that is too far away to count stays away", () => {
    for (const ms of [2 ** 40, Number.MAX_SAFE_INTEGER, 1e300]) {
      expect(msUntil(deadlineAfter(ms))).toBeGreaterThan(2 ** 39);
    }
  });
});

test("a clock that stands still in a test does not stop a real wait", () => {
  const begin = process.hrtime.bigint();
  const real = process.hrtime.bigint.bind(process.hrtime);
  vi.useFakeTimers({ toFake: ["performance", "Date", "hrtime"] });
  const fake = performance.now();
  while (Number(real() - begin) < 1e6); // the real clock goes on
  expect(performance.now()).toBe(fake);
  expect(select([], [], [], 20)).toEqual([[], [], []]);
  expect(performance.now()).toBe(fake);
  expect(Number(real() - begin)).toBeGreaterThanOrEqual(20e6);
});

/** Time-outs, whatever number they are. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { deadlineAfter, msUntil, now, timeout } from "../../src/deadline.ts";

const numbers = fc.double({ noNaN: true });

test("a time-out is from 0 to Infinity, and never less than was asked for", () => {
  fc.assert(
    fc.property(numbers, (ms) => {
      const time = timeout(ms);
      expect(time).toBeGreaterThanOrEqual(0);
      expect(time).toBeGreaterThanOrEqual(ms);
      expect(time === 0).toBe(ms <= 0);
    }),
  );
});

test("nothing but a number, undefined and null is one", () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const isTime =
        value === undefined ||
        value === null ||
        (typeof value === "number" && !Number.isNaN(value));
      const call = () => timeout(value as number);
      if (isTime) call();
      else expect(call).toThrow(TypeError);
    }),
  );
});

test("what is left until a deadline is no more than the time, and no less", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (ms) => {
      const before = now();
      const deadline = deadlineAfter(ms);
      const left = msUntil(deadline);
      const passed = now() - before;
      // A part of a microsecond is lost where the sum is large.
      const lost = (before + ms) * 2 ** -50;
      expect(left).toBeLessThanOrEqual(ms + lost);
      expect(left).toBeGreaterThanOrEqual(Math.max(ms - passed, 0) - lost);
    }),
  );
});

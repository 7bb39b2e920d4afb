import { expect } from "vitest";

/** What `call` throws; fails if it throws nothing. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return expect.fail("nothing was thrown");
}

/**
 * Expects `call` to throw exactly a `type` (no subclass of it) with these
 * fields.
 */
export function expectThrow(
  call: () => unknown,
  type: abstract new (...args: never[]) => Error,
  fields: Readonly<Record<string, unknown>>,
): void {
  const error = thrownBy(call);
  expect(error).toMatchObject(fields);
  expect(Object.getPrototypeOf(error)).toBe(type.prototype);
}

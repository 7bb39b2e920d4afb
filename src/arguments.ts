import { inspect } from "node:util";

/** Node's own codes for a wrong argument. */
export type ArgumentErrorCode = "ERR_INVALID_ARG_TYPE" | "ERR_OUT_OF_RANGE";

const MAX_INT32 = 2 ** 31 - 1;

function shown(value: unknown): string {
  try {
    return inspect(value, { depth: 0, breakLength: Infinity });
  } catch {
    return "a value that can't be shown";
  }
}

function describe(value: unknown): string {
  const text = shown(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function withCode<E extends Error>(error: E, code: ArgumentErrorCode): E {
  return Object.defineProperty(error, "code", {
    value: code,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** A `TypeError` for argument `name`, which was to be `expected`. */
export function invalidType(
  name: string,
  expected: string,
  value: unknown,
): TypeError {
  return withCode(
    new TypeError(
      `The "${name}" argument must be ${expected}. Received ${describe(value)}`,
    ),
    "ERR_INVALID_ARG_TYPE",
  );
}

/** A `RangeError` for argument `name`, which was to be `expected`. */
export function outOfRange(
  name: string,
  expected: string,
  value: unknown,
): RangeError {
  return withCode(
    new RangeError(
      `The value of "${name}" is out of range. It must be ${expected}. Received ${describe(value)}`,
    ),
    "ERR_OUT_OF_RANGE",
  );
}

/**
 * Checks that `value` is a whole number from `min` to `max`.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE: no number.
 * @throws {RangeError} ERR_OUT_OF_RANGE: a fraction, NaN, or out of range.
 */
export function integer(
  value: unknown,
  name: string,
  min = 0,
  max = MAX_INT32,
): number {
  if (typeof value !== "number") throw invalidType(name, "a number", value);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw outOfRange(
    name,
    `a whole number from ${String(min)} to ${String(max)}`,
    value,
  );
}

/**
 * Checks that `value` is a mask of at most 32 bits, and gives it as the signed
 * number that C takes.
 *
 * `EPOLLIN | EPOLLET` is negative in JavaScript, so both signs are taken.
 */
export function mask(value: unknown, name: string): number {
  return integer(value, name, -(2 ** 31), 2 ** 32 - 1) | 0;
}

/** Checks that `value` is a string. */
export function string(value: unknown, name: string): string {
  if (typeof value !== "string") throw invalidType(name, "a string", value);
  return value;
}

/** Checks that `value` is a boolean, or absent. */
export function boolean(
  value: unknown,
  name: string,
  otherwise: boolean,
): boolean {
  if (value === undefined) return otherwise;
  if (typeof value !== "boolean") throw invalidType(name, "a boolean", value);
  return value;
}

/** Checks that `value` is an object, as options are. */
export function options(value: unknown, name: string): void {
  if (typeof value !== "object" || value === null) {
    throw invalidType(name, "an object", value);
  }
}

/** Whether it is such a view, and nothing that only inherits from one. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && ArrayBuffer.isView(value);
}

/** The bytes of a view or a string (as UTF-8), without a copy of a view. */
export function bytes(value: unknown, name: string): Uint8Array {
  if (isBytes(value)) return value;
  if (typeof value === "string") return Buffer.from(value);
  return writableBytes(
    value,
    name,
    "a string, or a Buffer, TypedArray or DataView",
  );
}

/** The bytes of a view, to be written into. */
export function writableBytes(
  value: unknown,
  name: string,
  expected = "a Buffer, TypedArray or DataView",
): Uint8Array {
  if (isBytes(value)) return value;
  if (!ArrayBuffer.isView(value)) throw invalidType(name, expected, value);
  try {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  } catch {
    // Its memory has been given away, or has shrunk.
    throw invalidType(name, expected, value);
  }
}

/** Whether a `for` loop can go through `list`. */
export function isIterable(list: unknown): boolean {
  if (typeof list === "string") return true;
  if (typeof list !== "object" || list === null) return false;
  return Symbol.iterator in list && typeof list[Symbol.iterator] === "function";
}

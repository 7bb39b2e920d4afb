/** Anything that JavaScript can hand over. */
import { inspect } from "node:util";
import type { Random } from "../differential/random.ts";
import { Thrown } from "./verdict.ts";

/** What a value may do when it is looked at. */
export interface Surroundings {
  readonly random: Random;
  /** A number that may stand for a descriptor: none that is the runtime's. */
  fd(): number;
  /** Something in the middle of a call: another call, a close, a detach. */
  act(): void;
}

const numbers = [
  0,
  -0,
  1,
  -1,
  2,
  3.5,
  -0.5,
  7,
  64,
  253,
  254,
  1023,
  1024,
  1025,
  65_535,
  65_536,
  2 ** 20,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  -(2 ** 31) - 1,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  1e15,
  1e300,
  -1e300,
  5e-324,
  NaN,
  Infinity,
  -Infinity,
] as const;

export const strings = [
  "",
  "0",
  "1",
  "x",
  "a\0b",
  "\0",
  "\0name",
  "\ud800",
  "\udfff\ud800",
  "\u{1f600}",
  "ü".repeat(54),
  "p".repeat(107),
  "p".repeat(108),
  "l".repeat(5000),
  "__proto__",
] as const;

const typed = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/** A view of memory that JavaScript has, still has, or has no more. */
export function view(random: Random): ArrayBufferView {
  const length = random.pick([0, 1, 8, 64, 1000, 4096, 70_000]);
  switch (random.between(0, 9)) {
    case 0:
      return Buffer.alloc(length);
    case 1:
      return new Uint8Array(new SharedArrayBuffer(length));
    case 2:
      return new DataView(new ArrayBuffer(length));
    case 3:
      return detached(length);
    case 4:
      return resized(random, length);
    case 5: {
      const buffer = new ArrayBuffer(length + 16);
      return new Uint8Array(buffer, random.between(0, 16), length);
    }
    case 6:
      return Buffer.from("pooled");
    case 7:
    case 8:
      return new Uint8Array(length);
    default:
      return new (random.pick(typed))(random.between(0, 32));
  }
}

function detached(length: number): Uint8Array {
  const array = new Uint8Array(length);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

/** What TypeScript's library of ES2023 does not know yet. */
interface Resizable extends ArrayBuffer {
  resize(bytes: number): void;
}

/** One that follows its memory, or one that does not and may be left outside. */
function resized(random: Random, length: number): Uint8Array {
  const options = [length, { maxByteLength: 80_000 }];
  const buffer = Reflect.construct(ArrayBuffer, options) as Resizable;
  const part = random.between(0, length);
  const array = random.chance(0.5)
    ? new Uint8Array(buffer)
    : new Uint8Array(buffer, 0, part);
  buffer.resize(random.between(0, 80_000));
  return array;
}

/** One of them, which may be undefined. */
export function one<T>(random: Random, values: readonly T[]): T | undefined {
  return values[random.between(0, values.length - 1)];
}

/** A number, mostly one at some edge. */
export function number(random: Random): number {
  return random.chance(0.6) ? random.pick(numbers) : random.between(-4, 70);
}

function thrower(): never {
  throw new Thrown("a value's own");
}

/** An object whose `fileno()` or `fd` does something before it answers. */
export function fileLike(around: Surroundings): unknown {
  const { random } = around;
  const fd = around.fd();
  switch (random.between(0, 11)) {
    case 0:
      return { fileno: () => fd };
    case 1:
      return { fd };
    case 2:
      return { fileno: thrower };
    case 3:
      return {
        get fileno(): never {
          return thrower();
        },
      };
    case 4:
      return {
        fileno(): number {
          around.act();
          return fd;
        },
      };
    case 5:
      return {
        get fd(): number {
          around.act();
          return fd;
        },
      };
    case 6:
      return { fileno: 5, fd };
    case 7:
      return { fileno: () => -1 };
    case 8:
      return { fileno: () => anything(around, 2) };
    case 9:
      return { fd: anything(around, 2) };
    case 10: {
      let looks = 0;
      return { fileno: () => (looks++ === 0 ? fd : around.fd()) };
    }
    default:
      return Object.assign(() => undefined, { fileno: () => fd });
  }
}

function* gives(values: readonly unknown[]): Generator {
  yield* values;
}

/** Anything at all. */
export function anything(around: Surroundings, depth = 0): unknown {
  const { random } = around;
  const inner = (): unknown =>
    depth < 2 ? anything(around, depth + 1) : random.pick([1, "x", null]);
  switch (random.between(0, 33)) {
    case 0:
    case 1:
    case 2:
      return harmless(around, number(random));
    case 3:
      return undefined;
    case 4:
      return null;
    case 5:
      return random.chance(0.5);
    case 6:
    case 7:
      return random.pick(strings);
    case 8:
      return Symbol("s");
    case 9:
      return random.pick([0n, 5n, -1n, 2n ** 64n]);
    case 10:
      return () => inner();
    case 11:
      return thrower;
    case 12:
      return Map;
    case 13:
      return [inner(), inner()];
    case 14:
      return new Array<unknown>(random.pick([1, 3, 5000]));
    case 15:
      return { timeoutMs: inner(), flags: inner(), length: inner() };
    case 16:
      return { host: inner(), port: inner(), path: inner() };
    case 17:
      return Object.create(null);
    case 18:
    case 19:
      return view(random);
    case 20:
      return Object.create(Uint8Array.prototype);
    case 21:
      return new Proxy(new Uint8Array(8), {});
    case 22: {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    }
    case 23:
      return new Proxy({}, { get: thrower, has: thrower, ownKeys: thrower });
    case 24:
      return new Proxy([inner()], {
        get: (target, name, receiver): unknown => {
          around.act();
          return Reflect.get(target, name, receiver);
        },
      });
    case 25:
      return new Set([inner(), inner()]);
    case 26:
      return gives([inner(), inner()]);
    case 27:
      return { [Symbol.iterator]: thrower };
    case 28:
      return { valueOf: () => 1, toString: thrower };
    case 29:
      return { [Symbol.toPrimitive]: thrower, [inspect.custom]: thrower };
    case 30:
      return random.pick([new Date(NaN), /x/, new Map(), new WeakMap()]);
    case 31:
      return Promise.resolve(1);
    default:
      return fileLike(around);
  }
}

/** The runtime's own descriptors are not the fuzzer's to touch. */
function harmless(around: Surroundings, value: number): number {
  const asFd = value | 0;
  return asFd >= 0 && asFd < 100 ? around.fd() : value;
}

/** Arguments, as they are printed. */
export function shown(given: readonly unknown[]): string {
  try {
    return inspect(given, { depth: 1, maxArrayLength: 4, breakLength: 200 });
  } catch {
    return "(they can't be shown)";
  }
}

import { invalidType, outOfRange } from "./arguments.ts";
import { EBADF, osError } from "./result.ts";

/** Whatever has a descriptor: a number, or an object that tells its own. */
export type FileDescriptorLike =
  | number
  | {
      /** The descriptor's number; it wins over `fd`. */
      fileno(): number;
    }
  | {
      /** The descriptor's number. */
      readonly fd: number;
    };

const MAX_FD = 2 ** 31 - 1;

/**
 * The descriptor of `value`, which is argument `name`, or element `index` of
 * that argument. `fileno()` wins over `fd`.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE: nothing that has a descriptor.
 * @throws {RangeError} ERR_OUT_OF_RANGE: a number that can be none.
 * @throws {OSError} EBADF: an object that has lost its descriptor.
 */
export function fdOf(
  value: unknown,
  syscall: string,
  name: string,
  index = -1,
): number {
  const said = saidBy(value);
  const fd = whole(said);
  if (fd >= 0) return fd;
  const place = index < 0 ? name : `${name}[${String(index)}]`;
  throw badFd(value, said, syscall, place);
}

/** The method that tells a number and does nothing else, once there is one. */
let ownFileno: unknown = () => -1;

/** Says that a `fileno()` runs no code of the program's. */
export function trustFileno(fileno: () => number): void {
  ownFileno = fileno;
}

const isOwn = (value: unknown): value is { fileno(): unknown } =>
  hasProperties(value) && value.fileno === ownFileno;

/**
 * Writes the descriptors of `values` into `words` from `first` on, if they can be
 * had without running any code of the program's, which could change the list.
 * Lists have thousands: that the two kinds are written apart, and that the helpers
 * are constants, is a third of the instructions for each.
 * @returns Whether they could; if not, it may have written some.
 */
export function writeOwnFds(
  words: Int32Array,
  first: number,
  values: readonly unknown[],
): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "number") {
      if (whole(value) < 0) return false;
      words[first + i] = value;
    } else {
      if (!isOwn(value)) return false;
      const fd = whole(value.fileno());
      if (fd < 0) return false;
      words[first + i] = fd;
    }
  }
  return true;
}

/** What a value says that its descriptor is: anything. */
const saidBy = (value: unknown): unknown => {
  if (typeof value === "number") return value;
  if (!hasProperties(value)) return undefined;
  const { fileno } = value;
  return typeof fileno === "function" ? fileno.call(value) : value.fd;
};

const hasProperties = (
  value: unknown,
): value is { readonly fileno?: unknown; readonly fd?: unknown } =>
  value !== null && value !== undefined;

/** A number that can be a descriptor's, or else one below 0. */
const whole = (fd: unknown): number =>
  // A whole number from 0 to 2^31 - 1 is what is left of it as such a number.
  typeof fd === "number" && (fd | 0) === fd ? fd | 0 : -1;

function badFd(
  value: unknown,
  fd: unknown,
  syscall: string,
  name: string,
): Error {
  if (typeof fd !== "number" || Number.isNaN(fd)) {
    return invalidType(
      name,
      "a file descriptor, or an object with fileno() or a numeric fd",
      value,
    );
  }
  if (typeof value !== "number" && fd < 0 && Number.isInteger(fd)) {
    return osError(EBADF, syscall, { fd, note: `${name} is closed` });
  }
  return outOfRange(name, `a whole number from 0 to ${String(MAX_FD)}`, fd);
}

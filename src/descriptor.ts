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
  const fd = typeof value === "number" ? value : fdOfObject(value);
  // A whole number from 0 to 2^31 - 1 is what is left of it as such a number.
  if (typeof fd === "number" && fd >= 0 && (fd | 0) === fd) return fd;
  throw badFd(
    value,
    fd,
    syscall,
    index < 0 ? name : `${name}[${String(index)}]`,
  );
}

function fdOfObject(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const { fileno } = value;
  return typeof fileno === "function" ? fileno.call(value) : value.fd;
}

function isObject(
  value: unknown,
): value is { readonly fileno?: unknown; readonly fd?: unknown } {
  const isObject = typeof value === "object" || typeof value === "function";
  return isObject && value !== null;
}

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

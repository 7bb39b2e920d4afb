import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import {
  BlockingIOError,
  BrokenPipeError,
  ConnectionAbortedError,
  ConnectionRefusedError,
  ConnectionResetError,
  FileExistsError,
  FileNotFoundError,
  InterruptedError,
  NotADirectoryError,
  OSError,
  PermissionError,
  TimeoutError,
  type ErrorDetails,
} from "./errors.ts";
import { native } from "./native.ts";

/** What is known of a failure beside its number. */
export interface ResultDetails extends ErrorDetails {
  /** More words for the message. */
  note?: string;
  /** The message's words where they are not the system's. */
  text?: string;
}

const classes = new Map<string, typeof OSError>([
  ["EAGAIN", BlockingIOError],
  ["EALREADY", BlockingIOError],
  ["EINPROGRESS", BlockingIOError],
  ["EPIPE", BrokenPipeError],
  ["ESHUTDOWN", BrokenPipeError],
  ["ECONNABORTED", ConnectionAbortedError],
  ["ECONNREFUSED", ConnectionRefusedError],
  ["ECONNRESET", ConnectionResetError],
  ["EEXIST", FileExistsError],
  ["ENOENT", FileNotFoundError],
  ["ENOTDIR", NotADirectoryError],
  ["EINTR", InterruptedError],
  ["EACCES", PermissionError],
  ["EPERM", PermissionError],
  ["ETIMEDOUT", TimeoutError],
]);

/** `-errno` of the errors that the library itself looks at. */
export const EAGAIN = -constants.errno.EAGAIN;
export const EAFNOSUPPORT = -constants.errno.EAFNOSUPPORT;
export const EALREADY = -constants.errno.EALREADY;
export const EBADF = -constants.errno.EBADF;
export const ECONNRESET = -constants.errno.ECONNRESET;
export const EINPROGRESS = -constants.errno.EINPROGRESS;
export const ENOENT = -constants.errno.ENOENT;
export const EEXIST = -constants.errno.EEXIST;
export const EINVAL = -constants.errno.EINVAL;
export const ENOSYS = -constants.errno.ENOSYS;
export const EPERM = -constants.errno.EPERM;
export const EINTR = -constants.errno.EINTR;
export const ETIMEDOUT = -constants.errno.ETIMEDOUT;

const systemErrors = getSystemErrorMap();

/** The number that libuv gives a failure to resolve a name, `EAI_AGAIN`. */
export function resolverErrno(name: string): number {
  for (const [errno, [code]] of systemErrors) if (code === name) return errno;
  return -constants.errno.EINVAL;
}

/** The name of `-errno`. */
export function codeOf(errno: number): string {
  const known = systemErrors.get(errno)?.[0];
  // As Node's dns has it.
  if (known === "EAI_NONAME" || known === "EAI_NODATA") return "ENOTFOUND";
  if (known !== undefined) return known;
  const named = Object.entries(constants.errno).find(([, n]) => n === -errno);
  return named?.[0] ?? `errno ${String(-errno)}`;
}

/** The error that a native result below 0 stands for. */
export function osError(
  result: number,
  syscall: string,
  details: ResultDetails = {},
): OSError {
  const code = codeOf(result);
  const constructor = classes.get(code) ?? OSError;
  const words = details.text ?? systemErrors.get(result)?.[1] ?? text(result);
  const note = details.note === undefined ? "" : ` (${details.note})`;
  return new constructor(
    `${code}: ${words}, ${syscall}${place(details)}${note}`,
    { ...details, code, errno: result, syscall },
  );
}

/** The system's own words, where Node has none. */
function text(errno: number): string {
  const words = native.errorText(-errno);
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** Where it happened: the address, path or name, as a message has it. */
function place({ address, port, path, hostname }: ErrorDetails): string {
  if (address !== undefined) {
    const host = address.includes(":") ? `[${address}]` : address;
    return port === undefined ? ` ${host}` : ` ${host}:${String(port)}`;
  }
  if (path !== undefined) return ` '${path.replaceAll("\0", "\\0")}'`;
  return hostname === undefined ? "" : ` ${hostname}`;
}

/**
 * Gives a native result back, or throws what it stands for.
 *
 * This is the only place where a result becomes an exception.
 */
export function check(
  result: number,
  syscall: string,
  details?: ResultDetails,
): number {
  if (result >= 0) return result;
  throw osError(result, syscall, details);
}

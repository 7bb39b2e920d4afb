/** What a call that was given anything at all may do. */
import {
  AbortError,
  AlreadyRegisteredError,
  BusyError,
  ClosedError,
  NotRegisteredError,
  OSError,
} from "posix-select/errors";

/** What the fuzzer's own getters, functions and iterators throw. */
export class Thrown extends Error {}

/** What V8 says of the caller's own: a proxy, and an iterable, that are none. */
const revoked =
  /proxy that has been revoked|^this is not a typed array|TypedArray%.prototype.values on a detached/;

const states = [
  AbortError,
  AlreadyRegisteredError,
  BusyError,
  ClosedError,
  NotRegisteredError,
];

/** What is wrong with what a public function threw; undefined: nothing. */
export function wrongPublic(error: unknown): string | undefined {
  if (error instanceof Thrown) return undefined;
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  if (revoked.test(error.message)) return undefined;
  const text = `${error.name}: ${error.message}`;
  if (error instanceof OSError) {
    const { code, errno, syscall } = error;
    const isWhole =
      /^E[A-Z0-9_]+$/.test(code) && errno < 0 && /^[a-z0-9_]+$/.test(syscall);
    return isWhole ? undefined : `${text} (${code} ${errno} ${syscall})`;
  }
  if (states.some((state) => error instanceof state)) return undefined;
  const code = "code" in error ? error.code : undefined;
  if (error instanceof TypeError && code === "ERR_INVALID_ARG_TYPE") {
    return undefined;
  }
  if (error instanceof RangeError && code === "ERR_OUT_OF_RANGE") {
    return undefined;
  }
  return text;
}

/** The same for the functions of the addon itself. */
export function wrongNative(error: unknown): string | undefined {
  if (error instanceof Thrown) return undefined;
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  if (revoked.test(error.message)) return undefined;
  if (error instanceof TypeError && error.message.startsWith("Expected arg")) {
    return undefined;
  }
  return `${error.name}: ${error.message}`;
}

/** A result of the addon's that is a number: the system's, or -errno. */
export function wrongResult(result: unknown): string | undefined {
  if (typeof result !== "number") return undefined;
  if (result === -(2 ** 31)) return undefined; // a signal's listener waits
  return Number.isInteger(result) && result > -4096
    ? undefined
    : `gave ${result}`;
}

/// <reference types="node" preserve="true" />
/**
 * Calls that make file descriptors.
 *
 * Reading, writing and closing them is the work of `node:fs`: `readSync`,
 * `writeSync`, `closeSync`.
 * @module posix-select/fd
 */
import {
  integer,
  invalidType,
  mask,
  options,
  outOfRange,
} from "./arguments.ts";

import { exchange, readPair } from "./exchange.ts";
import { native } from "./native.ts";
import { check } from "./result.ts";

export {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  PIPE_BUF,
  TFD_CLOEXEC,
  TFD_NONBLOCK,
} from "./constants.ts";

export type { FileDescriptorLike } from "./descriptor.ts";

/**
 * Makes a pipe: what is written to the second descriptor can be read from the
 * first. Both are close-on-exec.
 *
 * @param flags `O_NONBLOCK` of `fs.constants`, or 0.
 * @returns The reading and the writing end, to be closed by the caller.
 * @throws {OSError} EMFILE, ENFILE: no descriptors left; EINVAL: other flags.
 * @see pipe(2), https://docs.python.org/3/library/os.html#os.pipe2
 */
export function pipe(flags = 0): [read: number, write: number] {
  check(native.pipe(mask(flags, "flags"), exchange), "pipe");
  return readPair();
}

/**
 * Makes an eventfd: a counter that is readable while it is not 0. It is written
 * and read as eight bytes in the machine's order.
 *
 * Linux only: `undefined` elsewhere.
 * @param initial The counter's first value.
 * @param flags `EFD_NONBLOCK`, `EFD_SEMAPHORE`; it is close-on-exec always.
 * @returns A descriptor, to be closed by the caller.
 * @throws {OSError} EMFILE, ENFILE: no descriptors left; EINVAL: other flags.
 * @see eventfd(2), https://docs.python.org/3/library/os.html#os.eventfd
 */
export const eventfd:
  ((initial?: number, flags?: number) => number) | undefined =
  native.eventfd && makeEventfd;

function makeEventfd(initial = 0, flags = 0): number {
  integer(initial, "initial", 0, 2 ** 32 - 1);
  const result = native.eventfd?.(initial, mask(flags, "flags"));
  return check(result ?? -1, "eventfd");
}

/** When a `timerfd` expires, in milliseconds. */
export interface TimerOptions {
  /** The time until it first expires; `intervalMs` unless given. */
  readonly initialMs?: number;
  /** The time between all later expiries; 0, the default, means only one. */
  readonly intervalMs?: number;
  /** `TFD_NONBLOCK`, or 0. */
  readonly flags?: number;
}

/**
 * Makes a timerfd on the monotonic clock: it is readable once it has expired,
 * and then gives how often in eight bytes in the machine's order.
 *
 * Linux only: `undefined` elsewhere.
 * @returns A descriptor, to be closed by the caller.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE: neither time is given, or no number.
 * @throws {RangeError} ERR_OUT_OF_RANGE: a time is negative or not finite.
 * @throws {OSError} EMFILE, ENFILE: no descriptors left; EINVAL: other flags.
 * @see timerfd_create(2), https://docs.python.org/3/library/os.html#os.timerfd_create
 */
export const timerfd: ((options: TimerOptions) => number) | undefined =
  native.timerfd && makeTimerfd;

/** A timer that is set to 0 never expires: "at once" is a nanosecond. */
const atOnceMs = 1e-6;

function makeTimerfd(settings: TimerOptions): number {
  options(settings, "options");
  const { intervalMs = 0, flags = 0 } = settings;
  const { initialMs = settings.intervalMs } = settings;
  const initial = Math.max(duration(initialMs, "initialMs"), atOnceMs);
  const interval = duration(intervalMs, "intervalMs");
  const result = native.timerfd?.(initial, interval, mask(flags, "flags"));
  return check(result ?? -1, "timerfd_create");
}

function duration(ms: unknown, name: string): number {
  if (typeof ms !== "number") throw invalidType(name, "a number", ms);
  if (ms >= 0 && ms < Infinity) return ms;
  throw outOfRange(name, "a finite number of milliseconds from 0", ms);
}

/**
 * What the library tells on `node:diagnostics_channel`: each wait on
 * `posix-select:wait`, each call of a socket on `posix-select:io`. While nobody
 * listens, that costs a look at `hasSubscribers`.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html
 */
import { type Channel, channel } from "node:diagnostics_channel";
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
} from "./constants.ts";
import { codeOf } from "./result.ts";

/** A descriptor that a wait watches, or finds ready. */
export interface Watched {
  /** The descriptor's number. */
  readonly fd: number;
  /** A sum of `EVENT_READ`, `EVENT_WRITE` and `EVENT_PRIORITY`. */
  readonly events: number;
  /** What the program gave: a number, a socket. */
  readonly fileobj?: unknown;
  /** What a selector keeps with it: a callback, a task. */
  readonly data?: unknown;
}

/**
 * What is published on `posix-select:wait`: the same object just before the wait
 * and just after it, and in the middle of a blocking one that has lasted for 100
 * milliseconds. A subscriber that blocks before delays the wait.
 */
export interface WaitMessage {
  /** `select`, `poll`, `epoll`, `kqueue`, or a selector's class. */
  readonly mechanism: string;
  /** Whether it holds the thread. */
  readonly isBlocking: boolean;
  /** Milliseconds; Infinity: for ever. */
  readonly timeoutMs: number;
  /** What keeps the list: a selector; undefined for one that is given each time. */
  readonly keeper: object | undefined;
  /** What is watched, put together when it is first asked for. */
  readonly watched: readonly Watched[];
  /** When it began, by `performance.now()`. */
  readonly startMs: number;
  /** By `performance.now()`; undefined before the wait. */
  readonly endMs: number | undefined;
  /** Whether it has lasted for 100 milliseconds. */
  readonly isAsleep: boolean;
  /** What was ready; none before the wait. */
  readonly ready: readonly Watched[];
  /** What the wait threw. */
  readonly error: unknown;
}

/** What is published on `posix-select:io`, after the call. */
export interface IoMessage {
  /** `accept`, `connect`, `recv`, `send`, `shutdown`, `close`, ... */
  readonly operation: string;
  /** The socket's descriptor. */
  readonly fd: number;
  /** The system's result: bytes, the accepted descriptor, 0; -errno. */
  readonly result: number;
  /** `EAGAIN` and the like; undefined unless the call failed. */
  readonly code: string | undefined;
  /** The bytes that were moved, to be looked at while it is published only. */
  readonly data: Uint8Array | undefined;
}

/**
 * The events of poll(2) and epoll(7), whose numbers are the same, as selectors
 * have them: who was hung up or has an error is ready for everything.
 */
export function eventsOf(bits: number): number {
  if ((bits & (POLLERR | POLLHUP | POLLNVAL)) !== 0) return 7;
  return (
    ((bits & POLLIN) === 0 ? 0 : 1) |
    ((bits & POLLOUT) === 0 ? 0 : 2) |
    ((bits & POLLPRI) === 0 ? 0 : 4)
  );
}

/** The channel of all waits. */
export const waitChannel: Channel = channel("posix-select:wait");

/** The channel of all calls of sockets. */
export const ioChannel: Channel = channel("posix-select:io");

let isSilent = false;

/** Makes the library's own waits, of which nobody is told. */
export function silently<T>(wait: () => T): T {
  isSilent = true;
  try {
    return wait();
  } finally {
    isSilent = false;
  }
}

function publish(message: WaitMessage): void {
  if (!isSilent) waitChannel.publish(message);
}

/** A wait that is told of. */
export class ObservedWait implements WaitMessage {
  readonly mechanism: string;
  readonly keeper: object | undefined;
  readonly isBlocking: boolean;
  readonly timeoutMs: number;
  startMs = performance.now();
  endMs: number | undefined;
  isAsleep = false;
  ready: readonly Watched[] = [];
  error: unknown;
  readonly #list: () => readonly Watched[];
  #watched: readonly Watched[] | undefined;

  /** Tells that it begins. */
  constructor(
    mechanism: string,
    isBlocking: boolean,
    timeoutMs: number,
    list: () => readonly Watched[],
    keeper?: object,
  ) {
    this.keeper = keeper;
    this.mechanism = mechanism;
    this.isBlocking = isBlocking;
    this.timeoutMs = timeoutMs;
    this.#list = list;
    publish(this);
    // Whoever was told may have held it up.
    this.startMs = performance.now();
  }

  get watched(): readonly Watched[] {
    return (this.#watched ??= this.#list());
  }

  /** Tells that it is over. */
  end(ready: readonly Watched[], error?: unknown): void {
    this.endMs = performance.now();
    this.ready = ready;
    this.error = error;
    publish(this);
  }
}

/** The wait that holds the thread, if one does. */
let current: ObservedWait | undefined;

/** How long it lasts before that is told once more. */
export const asleepMs = 100;

/** Tells that the wait which holds the thread has lasted. */
export function tellAsleep(): void {
  if (current === undefined || current.isAsleep) return;
  current.isAsleep = true;
  publish(current);
}

/** Waits by `wait`, which holds the thread, and tells of it. */
export function observe<T>(
  mechanism: string,
  timeoutMs: number,
  list: () => readonly Watched[],
  wait: () => T,
  readyOf: (result: T) => readonly Watched[],
  keeper?: object,
): T {
  const observed = new ObservedWait(mechanism, true, timeoutMs, list, keeper);
  const outer = current;
  current = observed;
  let result: T;
  try {
    result = wait();
  } catch (error) {
    observed.end([], error);
    throw error;
  } finally {
    current = outer;
  }
  observed.end(readyOf(result));
  return result;
}

/** Tells of a socket's call, and gives its result back. */
export function tellIo(
  operation: string,
  fd: number,
  result: number,
  data?: Uint8Array,
): number {
  const code =
    result < 0 && Number.isFinite(result) ? codeOf(result) : undefined;
  const message: IoMessage = { operation, fd, result, code, data };
  ioChannel.publish(message);
  return result;
}

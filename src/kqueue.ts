import {
  integer,
  invalidType,
  isIterable,
  mask,
  options,
} from "./arguments.ts";
import {
  KQ_EV_ADD,
  KQ_EV_DELETE,
  KQ_FILTER_READ,
  KQ_FILTER_WRITE,
} from "./constants.ts";
import { timeout, type Timeout } from "./deadline.ts";
import { fdOf, type FileDescriptorLike } from "./descriptor.ts";
import { ClosedError } from "./errors.ts";
import {
  type KEvent,
  type KqueueCalls,
  kqueueCalls,
  KqueueSet,
} from "./kqueue-set.ts";
import { unwatchForLeak, watchForLeak } from "./leaks.ts";
import { observe, waitChannel, type Watched } from "./observe.ts";
import { check } from "./result.ts";

export type { KEvent } from "./kqueue-set.ts";

/** The most events that one wait is asked for. */
const MOST = 2 ** 20;

/** An instance of kqueue(2). It is itself a descriptor. */
export class KqueueObject implements Disposable {
  readonly #set: KqueueSet;
  #isClosed = false;
  /** What was seen to be registered, by filter and identity. */
  readonly #noted = new Map<string, Watched>();

  /** @internal `kqueue()` and `Kqueue.fromFd()` are its public names. */
  constructor(set: KqueueSet) {
    this.#set = set;
  }

  /** The instance's own descriptor. @throws {ClosedError} ERR_CLOSED */
  fileno(): number {
    if (this.#isClosed) throw new ClosedError("Kqueue");
    return this.#set.fd;
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#isClosed;
  }

  /**
   * Makes changes, and waits for events.
   * @param changes What to add, delete, enable, ...; null for nothing.
   * @param maxEvents The most to report. With 0 it does not wait at all.
   * @param timeoutMs Milliseconds; undefined, null and Infinity wait for ever, 0
   *   or less looks and returns at once.
   * @returns The events, in the kernel's order; none after the time-out.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RangeError} ERR_OUT_OF_RANGE
   * @throws {InterruptedError} EINTR: a signal listener is waiting to run.
   * @throws {OSError} EBADF: a descriptor that is closed; ENOENT: nothing to
   *   change; EINVAL: a filter that can't watch it. With room for events, a
   *   change that fails is an event with `KQ_EV_ERROR` instead.
   * @see kqueue(2), https://docs.python.org/3/library/select.html#kqueue-objects
   */
  control(
    changes: Iterable<KEvent> | null | undefined,
    maxEvents: number,
    timeoutMs?: Timeout,
  ): KEvent[] {
    this.fileno();
    integer(maxEvents, "maxEvents", 0, MOST);
    const time = timeout(timeoutMs);
    const list = listOf(changes).map(checked);
    if (!waitChannel.hasSubscribers)
      return this.#control(list, maxEvents, time);
    this.#note(list);
    if (maxEvents === 0) return this.#control(list, maxEvents, time);
    return observe(
      "kqueue",
      time,
      () => [...this.#noted.values()],
      () => this.#control(list, maxEvents, time),
      (events) => events.map(watchedOf),
      this,
    );
  }

  #control(changes: KEvent[], maxEvents: number, timeoutMs: number): KEvent[] {
    const count = this.#set.control(changes, maxEvents, timeoutMs);
    check(count, "kevent", { fd: this.#set.fd });
    return Array.from({ length: count }, (_, i) => this.#set.at(i));
  }

  /** Keeps in mind what is watched, which the kernel tells nobody. */
  #note(changes: readonly KEvent[]): void {
    for (const change of changes) {
      const { ident, filter, flags } = change;
      const name = `${String(filter)} ${String(ident)}`;
      if ((flags & KQ_EV_DELETE) !== 0) this.#noted.delete(name);
      const isDescriptor =
        filter === KQ_FILTER_READ || filter === KQ_FILTER_WRITE;
      const isAdded = (flags & KQ_EV_ADD) !== 0;
      if (isAdded && isDescriptor) this.#noted.set(name, watchedOf(change));
    }
  }

  /** Closes the descriptor; does nothing the second time. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    unwatchForLeak(this);
    check(this.#set.close(), "close", { fd: this.#set.fd });
  }

  /** Closes the descriptor at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function watchedOf({ ident, filter }: KEvent): Watched {
  return { fd: ident, events: filter === KQ_FILTER_WRITE ? 2 : 1 };
}

const { MAX_SAFE_INTEGER } = Number;

function listOf(changes: Iterable<KEvent> | null | undefined): KEvent[] {
  if (changes === null || changes === undefined) return [];
  if (isIterable(changes)) return [...changes];
  throw invalidType("changes", "an iterable of kevents, or null", changes);
}

function checked(event: KEvent, index: number): KEvent {
  const name = `changes[${String(index)}]`;
  options(event, name);
  integer(event.ident, `${name}.ident`, 0, MAX_SAFE_INTEGER);
  integer(event.filter, `${name}.filter`, -(2 ** 15), 2 ** 15 - 1);
  integer(event.flags, `${name}.flags`, 0, 0xffff);
  mask(event.fflags, `${name}.fflags`);
  integer(event.data, `${name}.data`, -MAX_SAFE_INTEGER, MAX_SAFE_INTEGER);
  integer(event.udata, `${name}.udata`, 0, MAX_SAFE_INTEGER);
  return event;
}

/** What makes kqueues, out of a system's calls or a simulation's. */
export interface KqueueFactory {
  readonly kqueue: () => KqueueObject;
  readonly fromFd: (fd: FileDescriptorLike) => KqueueObject;
}

export function kqueueFactory(calls: KqueueCalls): KqueueFactory {
  return {
    kqueue: () => {
      const fd = check(calls.kqueueCreate(), "kqueue");
      const made = new KqueueObject(new KqueueSet(calls, fd));
      const description = `Kqueue { fd: ${String(fd)} }`;
      watchForLeak(made, { fd, identity: undefined, description });
      return made;
    },
    fromFd: (fd) =>
      new KqueueObject(new KqueueSet(calls, fdOf(fd, "kevent", "fd"))),
  };
}

const factory = kqueueCalls && kqueueFactory(kqueueCalls);

/**
 * An instance of kqueue(2). It is itself a descriptor.
 * @interface
 * @see kqueue(2), https://docs.python.org/3/library/select.html#kqueue-objects
 */
export type Kqueue = KqueueObject;

/**
 * `Kqueue.fromFd()` makes an object of an instance that there is already:
 * `close()` closes it, but if the object is forgotten it stays open.
 *
 * macOS and the BSDs only: `undefined` elsewhere.
 */
export const Kqueue: Pick<KqueueFactory, "fromFd"> | undefined = factory;

/**
 * Makes an instance of kqueue(2), which is close-on-exec.
 *
 * macOS and the BSDs only: `undefined` elsewhere.
 * @throws {OSError} EMFILE, ENFILE: no descriptors left.
 * @see kqueue(2), https://docs.python.org/3/library/select.html#kqueue-objects
 */
export const kqueue: (() => Kqueue) | undefined = factory?.kqueue;

/**
 * Makes a change for `Kqueue.control()`: by default, to watch a descriptor for
 * reading.
 *
 * macOS and the BSDs only: `undefined` elsewhere.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @see kqueue(2), https://docs.python.org/3/library/select.html#kevent-objects
 */
export const kevent:
  | ((ident: FileDescriptorLike, ...rest: KEventArguments) => KEvent)
  | undefined = factory && makeKevent;

/** What `kevent()` takes behind the identity. */
export type KEventArguments = [
  filter?: number,
  flags?: number,
  fflags?: number,
  data?: number,
  udata?: number,
];

export function makeKevent(
  ident: FileDescriptorLike,
  filter: number = KQ_FILTER_READ,
  flags: number = KQ_EV_ADD,
  fflags = 0,
  data = 0,
  udata = 0,
): KEvent {
  const number =
    typeof ident === "number" ? ident : fdOf(ident, "kevent", "ident");
  return { ident: number, filter, flags, fflags, data, udata };
}

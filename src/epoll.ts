import { readFileSync } from "node:fs";
import { integer, mask, outOfRange } from "./arguments.ts";
import * as c from "./constants.ts";
import { timeout, type Timeout } from "./deadline.ts";
import { fdOf, type FileDescriptorLike } from "./descriptor.ts";
import { EpollSet, hasEpoll } from "./epoll-set.ts";
import { ClosedError } from "./errors.ts";
import { unwatchForLeak, watchForLeak } from "./leaks.ts";
import { eventsOf, observe, waitChannel, type Watched } from "./observe.ts";
import { check, EINVAL } from "./result.ts";

const READY_TO_ALL = c.EPOLLIN | c.EPOLLPRI | c.EPOLLOUT;

/** The most events that one wait is asked for. */
const MOST = 2 ** 20;

/**
 * An instance of epoll(7): a list of descriptors that the kernel keeps. It is
 * itself a descriptor, readable while it has events.
 */
class EpollObject implements Disposable {
  readonly #set: EpollSet;
  #isClosed = false;
  /** At most so many descriptors were registered through this object. */
  #registered = 0;

  private constructor(set: EpollSet) {
    this.#set = set;
  }

  /** @internal `epoll()` is its public name. */
  static open(): EpollObject {
    const set = new EpollSet();
    const { fd } = set;
    const made = new EpollObject(set);
    const description = `Epoll { fd: ${String(fd)} }`;
    watchForLeak(made, { fd, identity: undefined, description });
    return made;
  }

  /**
   * Makes an object of an instance that there is already: one that was passed or
   * inherited. `close()` closes it, but if the object is forgotten it stays open.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RangeError} ERR_OUT_OF_RANGE
   * @throws {OSError} EBADF: an object that has lost its descriptor.
   */
  static fromFd(fd: FileDescriptorLike): EpollObject {
    return new EpollObject(new EpollSet(fdOf(fd, "epoll_wait", "fd")));
  }

  /** The instance's own descriptor. @throws {ClosedError} ERR_CLOSED */
  fileno(): number {
    if (this.#isClosed) throw new ClosedError("Epoll");
    return this.#set.fd;
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#isClosed;
  }

  /**
   * Watches a descriptor.
   * @param events `EPOLLIN`, `EPOLLPRI`, `EPOLLOUT`, `EPOLLET`, ..., the first
   *   three unless given.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RangeError} ERR_OUT_OF_RANGE
   * @throws {FileExistsError} EEXIST: it is registered already.
   * @throws {PermissionError} EPERM: files and folders can't be watched.
   * @throws {OSError} EBADF: it is closed; EINVAL: this very instance, or no
   *   such events; ELOOP: instances that watch each other; ENOSPC: too many.
   * @see epoll_ctl(2)
   */
  register(fd: FileDescriptorLike, events: number = READY_TO_ALL): void {
    this.#control(c.EPOLL_CTL_ADD, fd, events);
    this.#registered++;
  }

  /**
   * Changes what a descriptor is watched for; also arms an `EPOLLONESHOT` again.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {FileNotFoundError} ENOENT: it is not registered.
   * @throws {OSError} EBADF: it is closed; EINVAL: it is `EPOLLEXCLUSIVE`.
   */
  modify(fd: FileDescriptorLike, events: number): void {
    this.#control(c.EPOLL_CTL_MOD, fd, events);
  }

  /**
   * Watches a descriptor no more.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {FileNotFoundError} ENOENT: it is not registered.
   * @throws {OSError} EBADF: it is closed, and the kernel has forgotten it.
   */
  unregister(fd: FileDescriptorLike): void {
    this.#control(c.EPOLL_CTL_DEL, fd, 0);
    this.#registered--;
  }

  #control(operation: number, file: FileDescriptorLike, events: number): void {
    const fd = fdOf(file, "epoll_ctl", "fd");
    const bits = mask(events, "events");
    this.fileno();
    check(this.#set.control(operation, fd, bits), "epoll_ctl", { fd });
  }

  /**
   * Waits until a descriptor has something to report; beside what was asked for
   * that may be `EPOLLERR` and `EPOLLHUP`.
   * @param timeoutMs Milliseconds; undefined, null and Infinity wait for ever, 0
   *   or less looks and returns at once.
   * @param maxEvents The most to report at once; what is left comes next time.
   *   All of them unless given.
   * @returns Pairs of descriptor and events in the kernel's order; none after
   *   the time-out.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RangeError} ERR_OUT_OF_RANGE: `maxEvents` is not from 1 on.
   * @throws {InterruptedError} EINTR: a signal listener is waiting to run.
   * @see epoll_wait(2)
   */
  poll(
    timeoutMs?: Timeout,
    maxEvents?: number,
  ): [fd: number, events: number][] {
    this.fileno();
    const time = timeout(timeoutMs);
    if (maxEvents !== undefined) {
      integer(maxEvents, "maxEvents", 1, MOST);
      this.#set.reserve(maxEvents);
      return this.#take(maxEvents, time);
    }
    // One more than it can be, so that a full one is others' doing.
    this.#set.reserve(this.#registered + 1);
    const found = this.#take(this.#set.room, time);
    return found.length < this.#set.room ? found : this.#rest(found);
  }

  /**
   * What did not fit, where an instance has more descriptors than this object
   * knows of. The kernel goes through what is ready by turns, so that all of it
   * was seen once a descriptor comes again.
   */
  #rest(found: [fd: number, events: number][]): [fd: number, events: number][] {
    const seen = new Map(found.map((pair) => [pair[0], pair]));
    for (let isFull = true; isFull;) {
      const next = this.#take(this.#set.room, 0);
      isFull = next.length === this.#set.room;
      for (const pair of next) {
        const before = seen.get(pair[0]);
        if (before === undefined) {
          seen.set(pair[0], pair);
          found.push(pair);
          continue;
        }
        // It is ready still, or once more: an edge is not told again.
        before[1] = (before[1] | pair[1]) >>> 0;
        isFull = false;
      }
    }
    this.#set.reserve(found.length);
    return found;
  }

  #take(most: number, timeoutMs: number): [fd: number, events: number][] {
    if (!waitChannel.hasSubscribers) return this.#wait(most, timeoutMs);
    return observe(
      "epoll",
      timeoutMs,
      () => registeredIn(this.#set.fd),
      () => this.#wait(most, timeoutMs),
      (found) =>
        found.map(([fd, events]) => ({ fd, events: eventsOf(events) })),
      this,
    );
  }

  #wait(most: number, timeoutMs: number): [fd: number, events: number][] {
    const result = this.#set.wait(most, timeoutMs);
    const count = check(result, "epoll_wait", { fd: this.#set.fd });
    const found: [fd: number, events: number][] = [];
    this.#set.forEach(count, (fd, _, events) => {
      found.push([fd, events >>> 0]);
    });
    return found;
  }

  /** Closes the descriptor; does nothing the second time. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    unwatchForLeak(this);
    this.#set.close();
  }

  /** Closes the descriptor at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * An instance of epoll(7): a list of descriptors that the kernel keeps. It is
 * itself a descriptor, readable while it has events.
 * @interface
 * @see epoll(7), https://docs.python.org/3/library/select.html#edge-and-level-trigger-polling-epoll-objects
 */
export type Epoll = EpollObject;

/** What the kernel has in its list: nobody here keeps one. */
function registeredIn(epollFd: number): Watched[] {
  let text: string;
  try {
    text = readFileSync(`/proc/self/fdinfo/${String(epollFd)}`, "utf8");
  } catch {
    // There is no descriptor left to read it with, or no /proc.
    return [];
  }
  return [...text.matchAll(/^tfd:\s*(\d+)\s+events:\s*([\da-f]+)/gm)].map(
    ([, fd, events = ""]) => ({
      fd: Number(fd),
      // The kernel adds what it always reports.
      events: eventsOf(Number.parseInt(events, 16) & READY_TO_ALL),
    }),
  );
}

/**
 * `Epoll.fromFd()` makes an object of an instance that there is already:
 * `close()` closes it, but if the object is forgotten it stays open.
 *
 * Linux only: `undefined` elsewhere.
 */
export const Epoll: Pick<typeof EpollObject, "fromFd"> | undefined = hasEpoll
  ? EpollObject
  : undefined;

/**
 * Makes an instance of epoll(7), which is close-on-exec.
 *
 * Linux only: `undefined` elsewhere.
 * @param sizeHint Has no effect; it is there because Python has it.
 * @param flags `EPOLL_CLOEXEC`, or 0; likewise.
 * @throws {RangeError} ERR_OUT_OF_RANGE
 * @throws {OSError} EMFILE, ENFILE: no descriptors left; EINVAL: other flags.
 * @see epoll(7), https://docs.python.org/3/library/select.html#edge-and-level-trigger-polling-epoll-objects
 */
export const epoll: ((sizeHint?: number, flags?: number) => Epoll) | undefined =
  hasEpoll ? makeEpoll : undefined;

function makeEpoll(sizeHint = -1, flags = 0): Epoll {
  integer(sizeHint, "sizeHint", -1);
  if (sizeHint === 0) throw outOfRange("sizeHint", "-1 or more than 0", 0);
  const bits = mask(flags, "flags");
  if (bits !== 0 && bits !== c.EPOLL_CLOEXEC) check(EINVAL, "epoll_create1");
  return EpollObject.open();
}

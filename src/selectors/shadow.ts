import * as c from "../constants.ts";
import { EpollSet, hasEpoll } from "../epoll-set.ts";
import { OSError } from "../errors.ts";
import { exchange, readPair } from "../exchange.ts";
import { kqueueCalls, KqueueSet } from "../kqueue-set.ts";
import { unwatchForLeak, watchForLeak } from "../leaks.ts";
import { native } from "../native.ts";
import {
  check,
  EBADF,
  EEXIST,
  ENOENT,
  ENOSYS,
  EPERM,
  osError,
} from "../result.ts";
import { untaken } from "./untaken.ts";
import { EVENT_PRIORITY, EVENT_READ, EVENT_WRITE } from "./key.ts";

/** Whether a number is still a key's, though it may be closed. */
type IsTaken = (fd: number) => boolean;

/** A list that the kernel keeps. */
interface List {
  readonly fd: number;
  /** Watches a descriptor for events, 0 for none. Gives 0 or -errno. */
  set(fd: number, events: number): number;
  /** Forgets all; false if it can't. */
  clear(): boolean;
  close(): void;
}

class EpollList implements List {
  readonly #set: EpollSet;

  constructor(isTaken: IsTaken) {
    const set = new EpollSet();
    this.#set = isTaken(set.fd)
      ? new EpollSet(check(untaken(set.fd, isTaken), "fcntl"))
      : set;
  }

  get fd(): number {
    return this.#set.fd;
  }

  set(fd: number, events: number): number {
    if (events === 0) {
      this.#set.control(c.EPOLL_CTL_DEL, fd, 0);
      return 0;
    }
    const bits =
      ((events & EVENT_READ) === 0 ? 0 : c.EPOLLIN) |
      ((events & EVENT_WRITE) === 0 ? 0 : c.EPOLLOUT) |
      ((events & EVENT_PRIORITY) === 0 ? 0 : c.EPOLLPRI);
    const result = this.#set.control(c.EPOLL_CTL_MOD, fd, bits);
    if (result !== ENOENT) return result;
    const added = this.#set.control(c.EPOLL_CTL_ADD, fd, bits);
    return added === EEXIST ? 0 : added;
  }

  clear(): boolean {
    this.#set.clear();
    return true;
  }

  close(): void {
    this.#set.close();
  }
}

class KqueueList implements List {
  readonly #set: KqueueSet;

  constructor(isTaken: IsTaken) {
    if (kqueueCalls === undefined) throw osError(ENOSYS, "epoll_create1");
    const fd = check(kqueueCalls.kqueueCreate(), "kqueue");
    const free = check(untaken(fd, isTaken), "fcntl");
    this.#set = new KqueueSet(kqueueCalls, free);
  }

  get fd(): number {
    return this.#set.fd;
  }

  set(fd: number, events: number): number {
    // It knows no priority: what is urgent comes with what is readable.
    const reads = (events & (EVENT_READ | EVENT_PRIORITY)) !== 0;
    const writes = (events & EVENT_WRITE) !== 0;
    const read = this.#tell(fd, c.KQ_FILTER_READ, reads);
    const write = this.#tell(fd, c.KQ_FILTER_WRITE, writes);
    return Math.min(reads ? read : 0, writes ? write : 0);
  }

  #tell(ident: number, filter: number, isWanted: boolean): number {
    const flags = isWanted ? c.KQ_EV_ADD : c.KQ_EV_DELETE;
    const change = { ident, filter, flags, fflags: 0, data: 0, udata: 0 };
    return this.#set.control([change], 0, 0);
  }

  /** A kqueue's entries go with their descriptors: there is nothing to mend. */
  clear(): boolean {
    return false;
  }

  close(): void {
    this.#set.close();
  }
}

/**
 * What a selector watches that has no descriptor of its own, in a list that has
 * one: the runtime's loop can watch that, while the selector is asked what it
 * found.
 */
export class Shadow {
  readonly #list: List;
  readonly #isTaken: IsTaken;
  readonly #watched = new Map<number, number>();
  /** Files and folders are ready always, and no list takes them. */
  readonly #files = new Set<number>();
  /** A pipe's end that is readable, in the list while there are such files. */
  #readable: number | undefined;

  /**
   * @param isTaken Whether it can't have a number.
   * @param owner Whose it is, for a warning should it be forgotten.
   */
  constructor(isTaken: IsTaken, owner: string) {
    this.#isTaken = isTaken;
    this.#list = hasEpoll ? new EpollList(isTaken) : new KqueueList(isTaken);
    const { fd } = this.#list;
    const description = `${owner} { fd: ${String(fd)} }`;
    watchForLeak(this, { fd, identity: undefined, description });
  }

  /** Readable while something is ready. */
  get fd(): number {
    return this.#list.fd;
  }

  /**
   * Watches a descriptor for events, 0 for none. If it throws, for none.
   * @throws {OSError} ENOSPC, ENOMEM: no room in the list; EINVAL: what the
   *   system can't watch so; EMFILE: no descriptors left for a file.
   */
  set(fd: number, events: number): void {
    try {
      this.#set(fd, events);
    } catch (error) {
      this.#watched.delete(fd);
      this.#files.delete(fd);
      this.#list.set(fd, 0);
      throw error;
    }
  }

  #set(fd: number, events: number): void {
    if (events === 0) this.#watched.delete(fd);
    else this.#watched.set(fd, events);
    this.#files.delete(fd);
    const result = this.#list.set(fd, events);
    if (result === EPERM) this.#files.add(fd);
    // That it is closed is the selector's to tell.
    else if (result !== EBADF) check(result, "epoll_ctl", { fd });
    this.#tellOfFiles();
  }

  #tellOfFiles(): void {
    if (this.#files.size > 0) {
      this.#readable ??= makeReadable(this.#isTaken);
      this.#list.set(this.#readable, EVENT_READ);
    } else if (this.#readable !== undefined) {
      native.close(this.#readable);
      this.#readable = undefined;
    }
  }

  /**
   * Builds the list anew: it may tell of what is no longer watched. Gives whether
   * it has: without a descriptor to spare the list stays as it is.
   */
  mend(): boolean {
    try {
      if (!this.#list.clear()) return false;
    } catch (error) {
      if (error instanceof OSError) return false;
      throw error;
    }
    for (const [fd, events] of [...this.#watched]) this.#set(fd, events);
    return true;
  }

  close(): void {
    unwatchForLeak(this);
    if (this.#readable !== undefined) native.close(this.#readable);
    this.#list.close();
  }
}

/** The reading end of a pipe whose other end is closed. */
function makeReadable(isTaken: IsTaken): number {
  check(native.pipe(0, exchange), "pipe");
  const [readable, other] = readPair();
  native.close(other);
  return check(untaken(readable, isTaken), "fcntl");
}

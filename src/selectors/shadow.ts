import * as c from "../constants.ts";
import { EpollSet, hasEpoll } from "../epoll-set.ts";
import { exchange, readPair } from "../exchange.ts";
import { kqueueCalls, KqueueSet } from "../kqueue-set.ts";
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
import { EVENT_PRIORITY, EVENT_READ, EVENT_WRITE } from "./key.ts";

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
  readonly #set = new EpollSet();

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

  constructor() {
    if (kqueueCalls === undefined) throw osError(ENOSYS, "epoll_create1");
    const fd = check(kqueueCalls.kqueueCreate(), "kqueue");
    this.#set = new KqueueSet(kqueueCalls, fd);
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
  readonly #list: List = hasEpoll ? new EpollList() : new KqueueList();
  readonly #watched = new Map<number, number>();
  /** Files and folders are ready always, and no list takes them. */
  readonly #files = new Set<number>();
  /** A pipe's end that is readable, in the list while there are such files. */
  #readable: number | undefined;

  /** Readable while something is ready. */
  get fd(): number {
    return this.#list.fd;
  }

  /**
   * Watches a descriptor for events, 0 for none.
   * @throws {OSError} ENOSPC, ENOMEM: no room in the list; EINVAL: what the
   *   system can't watch so.
   */
  set(fd: number, events: number): void {
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
      this.#readable ??= makeReadable();
      this.#list.set(this.#readable, EVENT_READ);
    } else if (this.#readable !== undefined) {
      native.close(this.#readable);
      this.#readable = undefined;
    }
  }

  /** Builds the list anew: it may tell of what is no longer watched. */
  mend(): boolean {
    if (!this.#list.clear()) return false;
    for (const [fd, events] of [...this.#watched]) this.set(fd, events);
    return true;
  }

  close(): void {
    if (this.#readable !== undefined) native.close(this.#readable);
    this.#list.close();
  }
}

/** The reading end of a pipe whose other end is closed. */
function makeReadable(): number {
  check(native.pipe(0, exchange), "pipe");
  const [readable, other] = readPair();
  native.close(other);
  return readable;
}

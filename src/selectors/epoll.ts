import { boolean } from "../arguments.ts";
import * as c from "../constants.ts";
import { deadlineAfter, msUntil } from "../deadline.ts";
import type { FileDescriptorLike } from "../descriptor.ts";
import { EpollSet } from "../epoll-set.ts";
import { identityOf, unwatchForLeak, watchForLeak } from "../leaks.ts";
import { check } from "../result.ts";
import { BaseSelector } from "./base.ts";
import {
  EVENT_PRIORITY,
  EVENT_READ,
  EVENT_WRITE,
  type SelectorKey,
} from "./key.ts";

/** How epoll(7) is to watch a descriptor. */
export interface EpollOptions {
  /** Report a descriptor when it becomes ready, not as long as it is. */
  readonly edgeTriggered?: boolean;
  /** Report it once, then not until `modify()`. */
  readonly oneShot?: boolean;
  /** Of several instances that watch it, wake as few as possible. */
  readonly exclusive?: boolean;
}

/** The arguments of `register()` behind the events. */
export type EpollArguments<Data> = undefined extends Data
  ? [data?: Data, options?: EpollOptions]
  : [data: Data, options?: EpollOptions];

const ALL = EVENT_READ | EVENT_WRITE | EVENT_PRIORITY;
const BROKEN = c.EPOLLERR | c.EPOLLHUP;

function toEpoll(events: number): number {
  return (
    ((events & EVENT_READ) === 0 ? 0 : c.EPOLLIN) |
    ((events & EVENT_WRITE) === 0 ? 0 : c.EPOLLOUT) |
    ((events & EVENT_PRIORITY) === 0 ? 0 : c.EPOLLPRI)
  );
}

function fromEpoll(events: number): number {
  if ((events & BROKEN) !== 0) return ALL;
  return (
    ((events & c.EPOLLIN) === 0 ? 0 : EVENT_READ) |
    ((events & c.EPOLLOUT) === 0 ? 0 : EVENT_WRITE) |
    ((events & c.EPOLLPRI) === 0 ? 0 : EVENT_PRIORITY)
  );
}

/** What the kernel was told of a descriptor. */
interface Watched {
  readonly fd: number;
  /** Which of the registrations that had this number it is. */
  readonly generation: number;
  /** EPOLLET and the like. */
  readonly flags: number;
  readonly events: number;
  /** An EPOLLONESHOT that was reported is deaf until it is changed. */
  isArmed: boolean;
}

/**
 * A selector on epoll(7): the kernel keeps the list, and a wait costs as much as
 * is ready. Files and folders can't be watched (EPERM).
 *
 * A descriptor that is closed is forgotten by the kernel, and not reported.
 *
 * Linux only: `undefined` elsewhere.
 * @see epoll(7), https://docs.python.org/3/library/selectors.html#selectors.EpollSelector
 */
export class EpollSelector<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
> extends BaseSelector<Data, File> {
  // Some facts about epoll
  //
  // What the kernel keeps is not a descriptor but the file behind it, which lives
  // as long as any descriptor of it: a dup(), a child's copy. If the one that was
  // registered is closed, the entry then goes on to report, under a number that
  // is no more or is another file's, and no call can remove it. So each entry
  // carries its descriptor and a generation. One that reports with another
  // generation than is registered is such a leftover: the set is built anew, and
  // put in the place of the old one, under its number.
  readonly #set = new EpollSet();
  readonly #watched = new Map<number, Watched>();
  #generation = 0;
  /** What `register()` was told of how to watch. */
  #flags = 0;

  /** @throws {OSError} EMFILE, ENFILE: no descriptors left. */
  constructor() {
    super();
    const { fd } = this.#set;
    const description = `EpollSelector { fd: ${String(fd)} }`;
    watchForLeak(this, { fd, identity: identityOf(fd), description });
  }

  /**
   * The epoll instance's own descriptor, readable while something is ready.
   * @throws {ClosedError} ERR_CLOSED
   */
  fileno(): number {
    this.getMap();
    return this.#set.fd;
  }

  protected override get allEvents(): number {
    return ALL;
  }

  /** As in every selector; `options` tell how epoll(7) is to watch it. */
  override register(
    fileobj: File,
    events: number,
    ...rest: EpollArguments<Data>
  ): SelectorKey<Data, File>;
  override register(
    fileobj: File,
    events: number,
    data?: Data,
    options?: EpollOptions,
  ): SelectorKey<Data, File> {
    this.#flags = flagsOf(options);
    try {
      return this.insert(fileobj, events, data);
    } finally {
      this.#flags = 0;
    }
  }

  protected override add(fd: number, events: number): void {
    const generation = (this.#generation + 1) >>> 0;
    this.#generation = generation;
    this.#add({ fd, generation, flags: this.#flags, events, isArmed: true });
  }

  #add(watched: Watched): void {
    const { fd } = watched;
    const result = this.#tell(c.EPOLL_CTL_ADD, watched);
    check(result, "epoll_ctl", { fd });
    this.#watched.set(fd, watched);
  }

  protected override change(fd: number, events: number): void {
    const before = this.#watched.get(fd);
    if (before === undefined) return;
    const watched = { ...before, events, isArmed: true };
    // The kernel does not change an exclusive one; a deaf one may be forgotten.
    if ((before.flags & c.EPOLLEXCLUSIVE) !== 0 || !before.isArmed) {
      this.remove(fd);
      this.#add(watched);
      return;
    }
    this.#watched.delete(fd);
    check(this.#tell(c.EPOLL_CTL_MOD, watched), "epoll_ctl", { fd });
    this.#watched.set(fd, watched);
  }

  protected override needsChange(fd: number): boolean {
    return this.#watched.get(fd)?.isArmed === false;
  }

  protected override remove(fd: number): void {
    this.#watched.delete(fd);
    // It may be closed, and then the kernel has forgotten it.
    this.#set.control(c.EPOLL_CTL_DEL, fd, 0);
  }

  #tell(operation: number, watched: Watched): number {
    const { fd, events, flags, generation } = watched;
    const bits = toEpoll(events) | flags;
    return this.#set.control(operation, fd, bits, generation);
  }

  protected override wait(
    timeoutMs: number,
    report: (fd: number, events: number) => void,
  ): void {
    const deadline = deadlineAfter(timeoutMs);
    this.#set.reserve(this.#watched.size);
    let leftMs = timeoutMs;
    do {
      const result = this.#set.wait(this.#set.room, leftMs);
      const count = check(result, "epoll_wait", { fd: this.#set.fd });
      const reported = this.#report(count, report);
      if (reported === count) return;
      this.#rebuild();
      if (reported > 0) return;
      leftMs = msUntil(deadline);
    } while (leftMs > 0);
  }

  /** Reports what is registered. Gives how many events that were. */
  #report(count: number, report: (fd: number, events: number) => void): number {
    let reported = 0;
    for (let i = 0; i < count; i++) {
      const fd = this.#set.fdAt(i);
      const watched = this.#watched.get(fd);
      if (watched?.generation !== this.#set.generationAt(i)) continue;
      if ((watched.flags & c.EPOLLONESHOT) !== 0) watched.isArmed = false;
      report(fd, fromEpoll(this.#set.eventsAt(i)));
      reported++;
    }
    return reported;
  }

  /** Gets rid of entries that no call can remove. */
  #rebuild(): void {
    this.#set.clear();
    for (const watched of this.#watched.values()) {
      // One that is closed is refused, and the old set had forgotten it.
      if (watched.isArmed) this.#tell(c.EPOLL_CTL_ADD, watched);
    }
  }

  override close(): void {
    if (this.closed) return;
    super.close();
    this.#watched.clear();
    unwatchForLeak(this, this.#set.fd);
    this.#set.close();
  }
}

function flagsOf(options: EpollOptions = {}): number {
  const { edgeTriggered, oneShot, exclusive } = options;
  return (
    (boolean(edgeTriggered, "edgeTriggered", false) ? c.EPOLLET : 0) |
    (boolean(oneShot, "oneShot", false) ? c.EPOLLONESHOT : 0) |
    (boolean(exclusive, "exclusive", false) ? c.EPOLLEXCLUSIVE : 0)
  );
}

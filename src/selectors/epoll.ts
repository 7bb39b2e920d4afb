import { boolean, options } from "../arguments.ts";
import * as c from "../constants.ts";
import { deadlineAfter, msUntil } from "../deadline.ts";
import type { FileDescriptorLike } from "../descriptor.ts";
import { EpollSet } from "../epoll-set.ts";
import { OSError } from "../errors.ts";
import { unwatchForLeak, watchForLeak } from "../leaks.ts";
import { check, EEXIST, EINVAL } from "../result.ts";
import { BaseSelector, KNOWS } from "./base.ts";
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
const ONESHOT = c.EPOLLONESHOT;

function toEpoll(events: number): number {
  return (
    ((events & EVENT_READ) === 0 ? 0 : c.EPOLLIN) |
    ((events & EVENT_WRITE) === 0 ? 0 : c.EPOLLOUT) |
    ((events & EVENT_PRIORITY) === 0 ? 0 : c.EPOLLPRI)
  );
}

/** What a selector tells of each combination of events. */
const told = Uint8Array.from({ length: 32 }, (_, events) => {
  if ((events & BROKEN) !== 0) return ALL;
  return (
    ((events & c.EPOLLIN) === 0 ? 0 : EVENT_READ) |
    ((events & c.EPOLLOUT) === 0 ? 0 : EVENT_WRITE) |
    ((events & c.EPOLLPRI) === 0 ? 0 : EVENT_PRIORITY)
  );
});

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
  /** By descriptor: an array finds them faster than a Map. */
  readonly #watched: (Watched | undefined)[] = [];
  /** Their generations, 0 for none: all that most events are compared with. */
  #generations = new Int32Array(64);
  #hasOneShots = false;
  /** How many there may be at most. */
  #count = 0;
  #generation = 0;
  #hasLeftovers = false;

  /** @throws {OSError} EMFILE, ENFILE: no descriptors left. */
  constructor() {
    super();
    const { fd } = this.#set;
    const description = `EpollSelector { fd: ${String(fd)} }`;
    watchForLeak(this, { fd, identity: undefined, description });
  }

  /**
   * The epoll instance's own descriptor, readable while something is ready. It
   * keeps its number, but another epoll that watches it has to be told again
   * after the set was built anew.
   * @throws {ClosedError} ERR_CLOSED
   */
  fileno(): number {
    this.getMap();
    return this.#set.fd;
  }

  protected override get allEvents(): number {
    return ALL;
  }

  protected override get readyFd(): number {
    return this.#set.fd;
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
    const flags = flagsOf(options);
    return this.insert(fileobj, events, data, (fd) => {
      this.#add(fd, events, flags);
    });
  }

  protected override add(fd: number, events: number): void {
    this.#add(fd, events, 0);
  }

  #add(fd: number, events: number, flags: number): void {
    const generation = (this.#generation + 1) | 0 || 1;
    this.#generation = generation;
    if ((flags & ONESHOT) !== 0) this.#hasOneShots = true;
    const watched = { fd, generation, flags, events, isArmed: true };
    let result = this.#tell(c.EPOLL_CTL_ADD, watched);
    if (result === EEXIST && this.#watched[fd] === undefined) {
      // A leftover of the same file, which is back under its number.
      this.#set.control(c.EPOLL_CTL_DEL, fd, 0);
      result = this.#tell(c.EPOLL_CTL_ADD, watched);
    }
    if (result < 0) check(result, "epoll_ctl", { fd });
    this.#set.reserve(++this.#count);
    this.#keep(fd, watched);
  }

  #keep(fd: number, watched: Watched | undefined): void {
    this.#watched[fd] = watched;
    if (fd >= this.#generations.length) {
      const before = this.#generations;
      this.#generations = new Int32Array(2 * fd);
      this.#generations.set(before);
    }
    this.#generations[fd] = watched?.generation ?? 0;
  }

  protected override change(fd: number, events: number): void {
    const before = this.#watched[fd];
    if (before === undefined) return;
    // The kernel does not change an exclusive one; a deaf one may be forgotten.
    if ((before.flags & c.EPOLLEXCLUSIVE) !== 0 || !before.isArmed) {
      this.remove(fd);
      this.#add(fd, events, before.flags);
      return;
    }
    const watched = { ...before, events };
    this.#keep(fd, undefined);
    const result = this.#tell(c.EPOLL_CTL_MOD, watched);
    if (result < 0) {
      this.#count--;
      check(result, "epoll_ctl", { fd });
    }
    this.#keep(fd, watched);
  }

  protected override needsChange(fd: number): boolean {
    return this.#watched[fd]?.isArmed === false;
  }

  protected override remove(fd: number): void {
    if (this.#watched[fd] !== undefined) this.#count--;
    this.#keep(fd, undefined);
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
    if (this.#hasLeftovers) this.#rebuildIfPossible();
    let leftMs = timeoutMs;
    for (;;) {
      const count = this.#set.wait(this.#set.room, leftMs);
      if (count === 0) return;
      if (count < 0) check(count, "epoll_wait", { fd: this.#set.fd });
      const reported = this.#report(count, report);
      if (reported === count) return;
      this.#hasLeftovers = true;
      if (reported > 0) {
        this.#rebuildIfPossible();
        return;
      }
      this.#rebuild();
      leftMs = msUntil(deadline);
    }
  }

  /** Reports what is registered. Gives how many events that were. */
  #report(count: number, report: (fd: number, events: number) => void): number {
    const { words, stride, data } = this.#set;
    const generations = this.#generations;
    let reported = 0;
    this.expect(count);
    for (let i = 0, at = 0; i < count; i++, at += stride) {
      const fd = words[at + data] ?? 0;
      if (generations[fd] !== words[at + data + 1]) continue;
      if (this.#hasOneShots) this.#disarm(fd);
      report(fd, told[(words[at] ?? 0) & 31] ?? 0);
      reported++;
    }
    return reported;
  }

  #disarm(fd: number): void {
    const watched = this.#watched[fd];
    if (watched && (watched.flags & ONESHOT) !== 0) watched.isArmed = false;
  }

  /**
   * Gets rid of entries that no call can remove.
   * @throws {OSError} EMFILE, ENFILE: no descriptors left.
   */
  #rebuild(): void {
    // A number may be another file's by now, which nobody asked to watch; and a
    // deaf one is told again when it is changed.
    const known: Watched[] = [];
    for (const watched of this.#watched) {
      if (watched?.isArmed === true && this.#isKnown(watched)) {
        known.push(watched);
      }
    }
    this.#set.clear();
    this.#hasLeftovers = false;
    for (const watched of known) this.#tell(c.EPOLL_CTL_ADD, watched);
    this.readyFdChanged();
  }

  /** Without a descriptor to spare, what else is ready must still be heard. */
  #rebuildIfPossible(): void {
    try {
      this.#rebuild();
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
    }
  }

  /** Whether the set has an entry for what the number stands for now. */
  #isKnown({ fd, events, flags, generation }: Watched): boolean {
    const bits = toEpoll(events) | (flags & ~c.EPOLLEXCLUSIVE);
    const result = this.#set.control(c.EPOLL_CTL_MOD, fd, bits, generation);
    // An exclusive one that is there can't be changed.
    return result === 0 || result === EINVAL;
  }

  /** @internal */
  override [KNOWS](fd: number): boolean {
    const watched = this.#watched[fd];
    return watched !== undefined && this.#isKnown(watched);
  }

  override close(): void {
    if (this.closed) return;
    super.close();
    this.#watched.length = 0;
    this.#generations.fill(0);
    unwatchForLeak(this);
    this.#set.close();
  }
}

function flagsOf(settings: EpollOptions = {}): number {
  options(settings, "options");
  const { edgeTriggered, oneShot, exclusive } = settings;
  return (
    (boolean(edgeTriggered, "edgeTriggered", false) ? c.EPOLLET : 0) |
    (boolean(oneShot, "oneShot", false) ? c.EPOLLONESHOT : 0) |
    (boolean(exclusive, "exclusive", false) ? c.EPOLLEXCLUSIVE : 0)
  );
}

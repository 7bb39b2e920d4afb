import { boolean, options } from "../arguments.ts";
import * as c from "../constants.ts";
import { deadlineAfter, msUntil } from "../deadline.ts";
import type { FileDescriptorLike } from "../descriptor.ts";
import { EpollSet } from "../epoll-set.ts";
import { OSError } from "../errors.ts";
import { unwatchForLeak, watchForLeak } from "../leaks.ts";
import { check, EEXIST, EINVAL } from "../result.ts";
import { BaseSelector, EXPECT, KNOWS } from "./base.ts";
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

/** How a descriptor is watched that is not watched as most are. */
interface Special {
  /** EPOLLET and the like. */
  readonly flags: number;
  /** An EPOLLONESHOT that was reported is deaf until it is changed. */
  isArmed: boolean;
}

const usual: Readonly<Special> = { flags: 0, isArmed: true };

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
  /**
   * By descriptor: which of the registrations that had this number it is, 0 for
   * none. All that most events are compared with.
   */
  #generations = new Int32Array(64);
  /** By descriptor: the events that the kernel was told of. */
  #events = new Uint8Array(64);
  readonly #special = new Map<number, Special>();
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
    let result = this.#tell(c.EPOLL_CTL_ADD, fd, events, flags, generation);
    if (result === EEXIST && !this.#has(fd)) {
      // A leftover of the same file, which is back under its number.
      this.#set.control(c.EPOLL_CTL_DEL, fd, 0);
      result = this.#tell(c.EPOLL_CTL_ADD, fd, events, flags, generation);
    }
    if (result < 0) check(result, "epoll_ctl", { fd });
    this.#keep(fd, generation, events, flags);
    this.#set.reserve(++this.#count);
  }

  #has(fd: number): boolean {
    return (this.#generations[fd] ?? 0) !== 0;
  }

  #keep(fd: number, generation: number, events: number, flags: number): void {
    if (fd >= this.#generations.length) this.#grow(2 * fd);
    this.#generations[fd] = generation;
    this.#events[fd] = events;
    if (flags !== 0) this.#special.set(fd, { flags, isArmed: true });
  }

  #grow(length: number): void {
    const generations = new Int32Array(length);
    generations.set(this.#generations);
    this.#generations = generations;
    const events = new Uint8Array(length);
    events.set(this.#events);
    this.#events = events;
  }

  #forget(fd: number): void {
    if (this.#has(fd)) this.#generations[fd] = 0;
    this.#special.delete(fd);
  }

  protected override change(fd: number, events: number): void {
    if (!this.#has(fd)) return;
    const { flags, isArmed } = this.#specialOf(fd);
    // The kernel does not change an exclusive one; a deaf one may be forgotten.
    if ((flags & c.EPOLLEXCLUSIVE) !== 0 || !isArmed) {
      this.remove(fd);
      this.#add(fd, events, flags);
      return;
    }
    const generation = this.#generations[fd] ?? 0;
    this.#forget(fd);
    const result = this.#tell(c.EPOLL_CTL_MOD, fd, events, flags, generation);
    if (result < 0) {
      this.#count--;
      check(result, "epoll_ctl", { fd });
    }
    this.#keep(fd, generation, events, flags);
  }

  #specialOf(fd: number): Readonly<Special> {
    return this.#special.get(fd) ?? usual;
  }

  protected override needsChange(fd: number): boolean {
    return !this.#specialOf(fd).isArmed;
  }

  protected override remove(fd: number): void {
    if (this.#has(fd)) this.#count--;
    this.#forget(fd);
    // It may be closed, and then the kernel has forgotten it.
    this.#set.control(c.EPOLL_CTL_DEL, fd, 0);
  }

  #tell(
    operation: number,
    fd: number,
    events: number,
    flags: number,
    generation: number,
  ): number {
    const bits = toEpoll(events) | flags;
    return this.#set.control(operation, fd, bits, generation);
  }

  /** Tells the kernel once more what it was told of a descriptor. */
  #tellAgain(operation: number, fd: number, flags: number): number {
    const events = this.#events[fd] ?? 0;
    const generation = this.#generations[fd] ?? 0;
    return this.#tell(operation, fd, events, flags, generation);
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
    this[EXPECT](count);
    for (let i = 0, at = 0; i < count; i++, at += stride) {
      const fd = words[at + data] ?? 0;
      if (generations[fd] !== words[at + data + 1]) continue;
      if (this.#special.size > 0) this.#disarm(fd);
      report(fd, told[(words[at] ?? 0) & 31] ?? 0);
      reported++;
    }
    return reported;
  }

  #disarm(fd: number): void {
    const special = this.#special.get(fd);
    if (special && (special.flags & ONESHOT) !== 0) special.isArmed = false;
  }

  /**
   * Gets rid of entries that no call can remove.
   * @throws {OSError} EMFILE, ENFILE: no descriptors left.
   */
  #rebuild(): void {
    // A number may be another file's by now, which nobody asked to watch; and a
    // deaf one is told again when it is changed.
    const known: number[] = [];
    for (const [fd, generation] of this.#generations.entries()) {
      const isWatched = generation !== 0 && this.#specialOf(fd).isArmed;
      if (isWatched && this.#isKnown(fd)) known.push(fd);
    }
    this.#set.clear();
    this.#hasLeftovers = false;
    for (const fd of known) {
      this.#tellAgain(c.EPOLL_CTL_ADD, fd, this.#specialOf(fd).flags);
    }
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
  #isKnown(fd: number): boolean {
    const flags = this.#specialOf(fd).flags & ~c.EPOLLEXCLUSIVE;
    const result = this.#tellAgain(c.EPOLL_CTL_MOD, fd, flags);
    // An exclusive one that is there can't be changed.
    return result === 0 || result === EINVAL;
  }

  /** @internal */
  override [KNOWS](fd: number): boolean {
    return this.#has(fd) && this.#isKnown(fd);
  }

  override close(): void {
    if (this.closed) return;
    super.close();
    this.#generations.fill(0);
    this.#special.clear();
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

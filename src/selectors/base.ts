import { integer, outOfRange } from "../arguments.ts";
import { timeout, type Timeout } from "../deadline.ts";
import { fdOf, type FileDescriptorLike } from "../descriptor.ts";
import {
  AlreadyRegisteredError,
  BusyError,
  ClosedError,
  NotRegisteredError,
} from "../errors.ts";
import { native } from "../native.ts";
import {
  observe,
  ObservedWait,
  waitChannel,
  type Watched,
} from "../observe.ts";
import { signalOf, type SignalOptions } from "../pending.ts";
import { mayEndNow } from "../turns.ts";
import {
  type DataArgument,
  EVENT_READ,
  EVENT_WRITE,
  type Ready,
  SelectorKey,
} from "./key.ts";
import { isStale, Keys } from "./keys.ts";
import type { SelectorMap } from "./map.ts";
import { AsyncWait, type Listener } from "./async-wait.ts";
import { Shadow } from "./shadow.ts";
import { Waker } from "./waker.ts";

/** What `selectAsync()` takes beside the time-out. */
export type SelectOptions = SignalOptions;

/**
 * Asks a selector whether a descriptor is still what was registered, for the
 * library only.
 */
export const KNOWS: unique symbol = Symbol("knows");

/** Tells how many are about to be reported at most, for the library only. */
export const EXPECT: unique symbol = Symbol("expect");

/** Has a listener told of all that is ready, for the library only. */
export const LISTEN: unique symbol = Symbol("listen");

/**
 * Watches many descriptors, and keeps what the program wants to find with each.
 *
 * This class is the contract and the bookkeeping; a mechanism adds `add()`,
 * `remove()` and `wait()`, over numbers.
 *
 * An object that is registered may be closed before it is unregistered; if its
 * number is used again, the new owner can be registered, and the old key is
 * dropped.
 *
 * @see https://docs.python.org/3/library/selectors.html
 */
export abstract class BaseSelector<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
>
  implements Disposable, AsyncIterable<Ready<Data, File>[]>
{
  readonly #keys = new Keys<Data, File>();
  /** A step less to each key that is ready. */
  readonly #keyOf = this.#keys.byFd;
  #isClosed = false;
  #waker: Waker | undefined;
  #isWoken = false;
  #isKept = true;
  #async: AsyncWait<Ready<Data, File>[]> | undefined;
  /** For a mechanism without a descriptor of its own. */
  #shadow: Shadow | undefined;

  /** The events that this mechanism can watch for. */
  protected get allEvents(): number {
    return EVENT_READ | EVENT_WRITE;
  }

  /**
   * A descriptor of the mechanism's own that is readable while something is
   * ready, where it has one.
   */
  protected get readyFd(): number | undefined {
    return undefined;
  }

  /** Begins to watch a descriptor. If it throws, nothing is registered. */
  protected abstract add(fd: number, events: number): void;

  /**
   * Watches a descriptor for other events than before. If it throws, the
   * descriptor is no longer registered.
   */
  protected change(fd: number, events: number, before: number): void {
    this.remove(fd, before);
    this.add(fd, events);
  }

  /** Whether a descriptor has to be told even what it was told already. */
  protected needsChange(fd: number): boolean {
    return fd < 0;
  }

  /** Ceases to watch a descriptor, which may be closed. Throws nothing. */
  protected abstract remove(fd: number, events: number): void;

  /**
   * Blocks until something is ready, or for `timeoutMs`, from 0 to Infinity.
   * @param report To be called once for each descriptor that is ready, and with
   *   what it is ready for; what was not asked for is left out here.
   */
  protected abstract wait(
    timeoutMs: number,
    report: (fd: number, events: number) => void,
  ): void;

  /**
   * Registers an object.
   * @param events A sum of `EVENT_READ`, `EVENT_WRITE` and, where the mechanism
   *   has it, `EVENT_PRIORITY`.
   * @param rest `data`: what the program wants to find with the key.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {RangeError} ERR_OUT_OF_RANGE: other events, or no descriptor.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {AlreadyRegisteredError} ERR_ALREADY_REGISTERED
   * @throws {OSError} EBADF: it is closed; and what the mechanism refuses.
   */
  register(
    fileobj: File,
    events: number,
    ...rest: DataArgument<Data>
  ): SelectorKey<Data, File>;
  register(
    fileobj: File,
    events: number,
    data?: Data,
  ): SelectorKey<Data, File> {
    return this.insert(fileobj, events, data);
  }

  /** What `register()` does, for a mechanism whose own takes more. */
  protected insert(
    fileobj: File,
    events: number,
    data?: Data,
    add: (fd: number, events: number) => void = this.add.bind(this),
  ): SelectorKey<Data, File> {
    this.#checkOpen();
    this.#checkEvents(events);
    const fd = fdOf(fileobj, "register", "fileobj");
    const before = this.#keys.get(fd);
    const isTaken = before !== undefined && !isStale(before);
    // A `fileno()` may have closed it.
    this.#checkOpen();
    if (isTaken) throw new AlreadyRegisteredError(fd);
    if (before !== undefined) this.#drop(before);
    add(fd, events);
    this.#shadowOrRemove(fd, events);
    const key = new SelectorKey<Data, File>(fileobj, fd, events, data);
    this.#keys.set(key);
    return key;
  }

  /** What the shadow does not take, the mechanism shall not have. */
  #shadowOrRemove(fd: number, events: number): void {
    try {
      this.#shadow?.set(fd, events);
    } catch (error) {
      this.remove(fd, events);
      throw error;
    }
  }

  /**
   * Unregisters an object, also one that was closed since.
   * @returns The key that it had.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {NotRegisteredError} ERR_NOT_REGISTERED
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RangeError} ERR_OUT_OF_RANGE: a number that can be no descriptor.
   */
  unregister(fileobj: FileDescriptorLike): SelectorKey<Data, File> {
    const key = this.getKey(fileobj);
    this.#drop(key);
    return key;
  }

  /**
   * Changes what an object is watched for, and its data: to undefined if it is
   * left out.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {RangeError} ERR_OUT_OF_RANGE: other events; nothing has changed.
   * @throws {NotRegisteredError} ERR_NOT_REGISTERED
   * @throws {OSError} EBADF: it is closed, and no longer registered now.
   */
  modify(
    fileobj: FileDescriptorLike,
    events: number,
    ...rest: DataArgument<Data>
  ): SelectorKey<Data, File>;
  modify(
    fileobj: FileDescriptorLike,
    events: number,
    data?: Data,
  ): SelectorKey<Data, File> {
    const before = this.getKey(fileobj);
    this.#checkEvents(events);
    const { fd } = before;
    const isSame = before.events === events && !this.needsChange(fd);
    if (isSame && Object.is(before.data, data)) return before;
    const after = new SelectorKey<Data, File>(before.fileobj, fd, events, data);
    try {
      if (!isSame) {
        this.change(fd, events, before.events);
        this.#shadowOrRemove(fd, events);
      }
    } catch (error) {
      this.#keys.delete(fd);
      this.#shadow?.set(fd, 0);
      throw error;
    }
    this.#keys.set(after);
    return after;
  }

  /**
   * Waits until something that is registered is ready.
   * @param timeoutMs Milliseconds; undefined, null and Infinity wait for ever, 0
   *   or less looks and returns at once.
   * @returns Each key that is ready, with those of its events that are; none
   *   after the time-out and after `wakeup()`. A descriptor that was hung up or
   *   has an error is ready for everything.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {InterruptedError} EINTR: a signal listener is waiting to run.
   */
  select(timeoutMs?: Timeout): Ready<Data, File>[] {
    this.#checkOpen();
    const asked = timeout(timeoutMs);
    const time = this.#isWoken ? 0 : asked;
    this.#isWoken = false;
    if (!waitChannel.hasSubscribers) return this.#wait(time);
    return observe(
      this.constructor.name,
      time,
      () => this.#watched(),
      () => this.#wait(time),
      watchedIn,
      this,
    );
  }

  #watched(): Watched[] {
    return Array.from(this.#keys.values(), (key) => watchedAs(key, key.events));
  }

  /** Tells, if anybody wants to know, that a wait begins which holds nothing up. */
  #observeAsync(timeoutMs: number): ObservedWait | undefined {
    if (!waitChannel.hasSubscribers) return undefined;
    const { name } = this.constructor;
    return new ObservedWait(
      name,
      false,
      timeoutMs,
      () => this.#watched(),
      this,
    );
  }

  /** What the wait has found, if anything, and how many that are. */
  #ready: Ready<Data, File>[] | undefined;
  #found = 0;
  /** Whether another thread ended it. */
  #isWokenByThread = false;

  /** Takes what the mechanism reports. One for all waits: they are many. */
  readonly #take = (fd: number, events: number): void => {
    const key = this.#keyOf[fd];
    if (key === undefined) {
      if (fd !== this.#waker?.fd) return;
      this.#waker.reset();
      this.#isWokenByThread = true;
      return;
    }
    const found = events & key.events;
    if (found === 0) return;
    const ready = (this.#ready ??= []);
    ready[this.#found++] = key.ready(found);
  };

  /**
   * @internal Makes room for what a wait is about to report, where the mechanism
   * knows how many that are at most: a list that grows costs more than all else.
   */
  [EXPECT](count: number): void {
    this.#ready ??= new Array<Ready<Data, File>>(count);
  }

  /** What the wait has found. */
  #taken(): Ready<Data, File>[] {
    const ready = this.#ready;
    if (ready === undefined) return [];
    if (ready.length !== this.#found) ready.length = this.#found;
    return ready;
  }

  #wait(timeoutMs: number): Ready<Data, File>[] {
    // A user's `wait()` may itself select: each call has its own list.
    const outer = this.#ready;
    const outerFound = this.#found;
    this.#ready = undefined;
    this.#found = 0;
    this.#isWokenByThread = false;
    try {
      this.wait(timeoutMs, this.#take);
      return this.#taken();
    } finally {
      this.#ready = outer;
      this.#found = outerFound;
    }
  }

  /**
   * Waits as `select()` does, without holding the thread: everything else goes
   * on. What is registered, modified and unregistered meanwhile counts.
   *
   * A pending wait keeps the process alive, unless `unref()` was called. A
   * descriptor that is closed meanwhile is what it is for a blocking wait of the
   * same selector, noticed within a second; an `EpollSelector` and a
   * `KqueueSelector` do not report it.
   * @param timeoutMs Milliseconds, as in `select()`.
   * @returns As `select()`.
   * @throws {ClosedError} ERR_CLOSED: also if it is closed meanwhile.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {BusyError} ERR_BUSY: a wait of this selector is pending.
   * @throws {AbortError} ABORT_ERR: the signal; its reason is the `cause`.
   * @throws {OSError} EMFILE: no descriptors left; ENOSYS: the system has neither
   *   epoll(7) nor kqueue(2); and as `select()`.
   */
  selectAsync(
    timeoutMs?: Timeout,
    settings: SelectOptions = {},
  ): Promise<Ready<Data, File>[]> {
    try {
      this.#checkOpen();
      const asked = timeout(timeoutMs);
      const signal = signalOf(settings);
      const time = this.#isWoken ? 0 : asked;
      // A look needs nothing that watches.
      if (time === 0 && this.#async === undefined && mayEndNow()) {
        const ready = this.#wait(0);
        this.#isWoken = false;
        return Promise.resolve(ready);
      }
      const wait = (this.#async ??= this.#beginAsync());
      if (wait.isPending) throw new BusyError();
      const observed = this.#observeAsync(time);
      const onEnd =
        observed &&
        ((ready: Ready<Data, File>[] | undefined, error: unknown): void => {
          observed.end(watchedIn(ready ?? []), error);
        });
      const promise = wait.wait(time, signal, () => [], onEnd);
      this.#isWoken = false;
      return promise;
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it is
      return Promise.reject(error);
    }
  }

  #beginAsync(): AsyncWait<Ready<Data, File>[]> {
    const look = (): Ready<Data, File>[] | undefined => {
      const ready = this.#wait(0);
      // A user's `wait()` may have closed it: its numbers may be others' by now.
      this.#checkOpen();
      return this.#isWokenByThread || ready.length > 0 ? ready : undefined;
    };
    const own = this.readyFd;
    const wait =
      own === undefined
        ? this.#beginShadow(look)
        : new AsyncWait({ fd: own, look });
    wait.keep(this.#isKept);
    return wait;
  }

  #beginShadow(
    look: () => Ready<Data, File>[] | undefined,
  ): AsyncWait<Ready<Data, File>[]> {
    // A number that was closed and is still registered is its old owner's.
    const isTaken = (fd: number): boolean => this.#keys.get(fd) !== undefined;
    const shadow = new Shadow(isTaken, this.constructor.name);
    try {
      for (const { fd, events } of this.#keys.values()) shadow.set(fd, events);
      if (this.#waker) shadow.set(this.#waker.fd, EVENT_READ);
      const mend = (): void => {
        if (shadow.mend()) this.#async?.watchAgain();
      };
      const wait = new AsyncWait({ fd: shadow.fd, look, mend });
      this.#shadow = shadow;
      return wait;
    } catch (error) {
      shadow.close();
      throw error;
    }
  }

  /** To be called when `readyFd` has become another file. */
  protected readyFdChanged(): void {
    this.#async?.watchAgain();
  }

  /**
   * Waits again and again, without holding the thread: each non-empty list of
   * what is ready, until the selector is closed, which ends the loop. An
   * iterator's own `return()` waits for the next list: to end it, close the
   * selector.
   * @throws {OSError} As `selectAsync()`.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<
    Ready<Data, File>[],
    void,
    undefined
  > {
    this.#checkOpen();
    try {
      for (;;) {
        const ready = await this.selectAsync();
        if (ready.length > 0) yield ready;
      }
    } catch (error) {
      if (error instanceof ClosedError && this.closed) return;
      throw error;
    }
  }

  /** Has a pending `selectAsync()` keep the process alive, as it does at first. */
  ref(): this {
    this.#isKept = true;
    this.#async?.keep(true);
    return this;
  }

  /**
   * Lets the process end although a `selectAsync()` is pending. Where a module's
   * top level awaits it, Node then ends with exit code 13.
   */
  unref(): this {
    this.#isKept = false;
    this.#async?.keep(false);
    return this;
  }

  /**
   * Ends the pending `selectAsync()`, or has the next wait return at once;
   * several calls before it count once.
   * @throws {ClosedError} ERR_CLOSED
   */
  wakeup(): void {
    this.#checkOpen();
    if (this.#async?.wake([]) !== true) this.#isWoken = true;
  }

  /**
   * A number with which another thread ends this selector's wait: post it to a
   * worker, and call `wakeup(handle)` there.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {OSError} EMFILE: no descriptors left.
   */
  wakeupHandle(): number {
    this.#checkOpen();
    this.#waker ??= this.#makeWaker();
    return this.#waker.handle;
  }

  #makeWaker(): Waker {
    // A number that was closed and is still registered is its old owner's.
    const isTaken = (fd: number): boolean => this.#keys.get(fd) !== undefined;
    const waker = new Waker(isTaken, this.constructor.name);
    try {
      this.add(waker.fd, EVENT_READ);
      this.#shadow?.set(waker.fd, EVENT_READ);
      return waker;
    } catch (error) {
      waker.close();
      throw error;
    }
  }

  /**
   * The key of a registered object.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {NotRegisteredError} ERR_NOT_REGISTERED
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RangeError} ERR_OUT_OF_RANGE: a number that can be no descriptor.
   */
  getKey(fileobj: FileDescriptorLike): SelectorKey<Data, File> {
    this.#checkOpen();
    const key = this.#keys.find(fileobj);
    if (key !== undefined) return key;
    throw new NotRegisteredError(typeof fileobj === "number" ? fileobj : -1);
  }

  /**
   * The registered keys by descriptor, live.
   * @throws {ClosedError} ERR_CLOSED
   */
  getMap(): SelectorMap<Data, File> {
    this.#checkOpen();
    return this.#keys.map;
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#isClosed;
  }

  /**
   * Forgets everything, and ends a pending wait with a `ClosedError`; what is
   * registered stays open.
   */
  close(): void {
    this.#isClosed = true;
    this.#keys.clear();
    this.#waker?.close();
    this.#waker = undefined;
    this.#async?.close(new ClosedError(this.constructor.name));
    this.#async = undefined;
    // The last, since it throws if somebody has closed it behind our back.
    const shadow = this.#shadow;
    this.#shadow = undefined;
    shadow?.close();
  }

  /** Closes the selector at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal Without a promise for each wait. */
  [LISTEN](listener: Listener<Ready<Data, File>[]>): void {
    this.#async = this.#beginAsync();
    let observed = this.#observeAsync(Infinity);
    this.#async.listen({
      onResult: (ready) => {
        observed?.end(watchedIn(ready));
        listener.onResult(ready);
        observed = this.#observeAsync(Infinity);
      },
      onError: (error) => {
        observed?.end([], error);
        listener.onError(error);
      },
    });
  }

  /** @internal */
  [KNOWS](fd: number): boolean {
    return native.isOpen(fd) === 0;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new ClosedError(this.constructor.name);
  }

  #checkEvents(events: number): void {
    integer(events, "events", 1, this.allEvents);
    if ((events & ~this.allEvents) !== 0) {
      const known = `a sum of the events of ${this.constructor.name}`;
      throw outOfRange("events", known, events);
    }
  }

  #drop({ fd, events }: SelectorKey<Data, File>): void {
    this.#keys.delete(fd);
    this.remove(fd, events);
    this.#shadow?.set(fd, 0);
  }
}

function watchedAs(
  { fd, fileobj, data }: SelectorKey,
  events: number,
): Watched {
  return { fd, events, fileobj, data };
}

function watchedIn(
  ready: readonly Ready<unknown, FileDescriptorLike>[],
): Watched[] {
  return ready.map(([key, events]) => watchedAs(key, events));
}

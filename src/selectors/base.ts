import { integer, outOfRange } from "../arguments.ts";
import { timeout, type Timeout } from "../deadline.ts";
import { fdOf, type FileDescriptorLike } from "../descriptor.ts";
import {
  AlreadyRegisteredError,
  ClosedError,
  NotRegisteredError,
  OSError,
} from "../errors.ts";
import {
  type DataArgument,
  EVENT_READ,
  EVENT_WRITE,
  type Ready,
  SelectorKey,
} from "./key.ts";
import { readOnlyMap, type SelectorMap } from "./map.ts";
import { Waker } from "./waker.ts";

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
> implements Disposable {
  readonly #keys = new Map<number, SelectorKey<Data, File>>();
  readonly #map = readOnlyMap(this.#keys, (fileobj) => this.#find(fileobj));
  #isClosed = false;
  #waker: Waker | undefined;
  #isWoken = false;

  /** The events that this mechanism can watch for. */
  protected get allEvents(): number {
    return EVENT_READ | EVENT_WRITE;
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
   * @param data What the program wants to find with the key.
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
    // A `fileno()` may have closed it.
    this.#checkOpen();
    const before = this.#keys.get(fd);
    if (before !== undefined) {
      if (!isStale(before)) throw new AlreadyRegisteredError(fd);
      this.#drop(before);
    }
    add(fd, events);
    const key = new SelectorKey<Data, File>(fileobj, fd, events, data);
    this.#keys.set(fd, key);
    return key;
  }

  /**
   * Unregisters an object, also one that was closed since.
   * @returns The key that it had.
   * @throws {ClosedError} ERR_CLOSED
   * @throws {NotRegisteredError} ERR_NOT_REGISTERED
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
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
      if (!isSame) this.change(fd, events, before.events);
    } catch (error) {
      this.#keys.delete(fd);
      throw error;
    }
    this.#keys.set(fd, after);
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
    const ready: Ready<Data, File>[] = [];
    this.wait(time, (fd, events) => {
      const key = this.#keys.get(fd);
      if (key === undefined) {
        if (fd === this.#waker?.fd) this.#waker.reset();
        return;
      }
      const found = events & key.events;
      if (found !== 0) ready.push([key, found]);
    });
    return ready;
  }

  /** Has the next wait return at once; several calls before it count once. */
  wakeup(): void {
    this.#checkOpen();
    this.#isWoken = true;
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
    const waker = new Waker((fd) => this.#keys.has(fd));
    try {
      this.add(waker.fd, EVENT_READ);
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
   */
  getKey(fileobj: FileDescriptorLike): SelectorKey<Data, File> {
    this.#checkOpen();
    const key = this.#find(fileobj);
    if (key !== undefined) return key;
    throw new NotRegisteredError(typeof fileobj === "number" ? fileobj : -1);
  }

  /**
   * The registered keys by descriptor, live.
   * @throws {ClosedError} ERR_CLOSED
   */
  getMap(): SelectorMap<Data, File> {
    this.#checkOpen();
    return this.#map;
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#isClosed;
  }

  /** Forgets everything; what is registered stays open. */
  close(): void {
    this.#isClosed = true;
    this.#keys.clear();
    this.#waker?.close();
    this.#waker = undefined;
  }

  /** Closes the selector at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
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

  #find(fileobj: FileDescriptorLike): SelectorKey<Data, File> | undefined {
    let fd: number;
    try {
      fd = fdOf(fileobj, "getKey", "fileobj");
    } catch (error) {
      // An object that has lost its descriptor may still be registered.
      for (const key of this.#keys.values()) {
        if (key.fileobj === fileobj) return key;
      }
      if (error instanceof OSError) return undefined;
      throw error;
    }
    const key = this.#keys.get(fd);
    if (key === undefined || typeof fileobj === "number") return key;
    return key.fileobj === fileobj || !isStale(key) ? key : undefined;
  }

  #drop({ fd, events }: SelectorKey<Data, File>): void {
    this.#keys.delete(fd);
    this.remove(fd, events);
  }
}

/** Whether a key's object no longer has the descriptor that it had. */
function isStale({
  fileobj,
  fd,
}: {
  readonly fileobj: FileDescriptorLike;
  readonly fd: number;
}): boolean {
  if (typeof fileobj === "number") return false;
  try {
    return fdOf(fileobj, "register", "fileobj") !== fd;
  } catch {
    return true;
  }
}

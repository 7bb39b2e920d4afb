import { integer } from "./arguments.ts";
import { POLLIN, POLLOUT, POLLPRI } from "./constants.ts";
import { timeout, type Timeout } from "./deadline.ts";
import { fdOf, type FileDescriptorLike } from "./descriptor.ts";
import { NotRegisteredError } from "./errors.ts";
import { eventsOf, observe, waitChannel, type Watched } from "./observe.ts";
import { PollSet, type PollSlot } from "./poll-set.ts";
import { check, ENOENT } from "./result.ts";

const MOST = 0xffff;

/**
 * The descriptors that poll(2) watches. It keeps their numbers, not the objects
 * that they came from.
 */
class Poll {
  readonly #set = new PollSet();
  readonly #slots = new Map<number, PollSlot>();

  /**
   * Watches a descriptor, or changes what it is watched for; never looks whether
   * it is open.
   * @param events `POLLIN`, `POLLPRI`, `POLLOUT`, ..., all three unless given.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RangeError} ERR_OUT_OF_RANGE
   * @throws {OSError} EBADF: an object that has lost its descriptor.
   */
  register(
    fd: FileDescriptorLike,
    events: number = POLLIN | POLLPRI | POLLOUT,
  ): void {
    const number = fdOf(fd, "poll", "fd");
    integer(events, "events", 0, MOST);
    const slot = this.#slots.get(number);
    if (slot) this.#set.setEvents(slot, events);
    else this.#slots.set(number, this.#set.add(number, events));
  }

  /**
   * Changes what a descriptor is watched for.
   * @throws {FileNotFoundError} ENOENT: it is not registered.
   */
  modify(fd: FileDescriptorLike, events: number): void {
    const number = fdOf(fd, "poll", "fd");
    integer(events, "events", 0, MOST);
    const slot = this.#slots.get(number);
    if (slot) this.#set.setEvents(slot, events);
    else check(ENOENT, "poll", { fd: number });
  }

  /**
   * Watches a descriptor no more.
   * @throws {NotRegisteredError} ERR_NOT_REGISTERED
   */
  unregister(fd: FileDescriptorLike): void {
    const number = fdOf(fd, "poll", "fd");
    const slot = this.#slots.get(number);
    if (slot === undefined) throw new NotRegisteredError(number);
    this.#slots.delete(number);
    this.#set.remove(slot);
  }

  /**
   * Waits until a descriptor has something to report. Beside what was asked for
   * that may be `POLLERR`, `POLLHUP`, and for a closed one `POLLNVAL`.
   * @param timeoutMs Milliseconds; undefined, null and Infinity wait for ever, 0
   *   or less looks and returns at once.
   * @returns Pairs of descriptor and events in the order of registration; none
   *   after the time-out.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {InterruptedError} EINTR: a signal listener is waiting to run.
   * @throws {OSError} EINVAL: more descriptors than the process may open.
   */
  poll(timeoutMs?: Timeout): [fd: number, revents: number][] {
    const time = timeout(timeoutMs);
    if (!waitChannel.hasSubscribers) return this.#wait(time);
    return observe(
      "poll",
      time,
      () =>
        [...this.#slots.values()].map((slot) => watchedOf(this.#set.at(slot))),
      () => this.#wait(time),
      (answers) => answers.map(watchedOf),
      this,
    );
  }

  #wait(timeoutMs: number): [fd: number, revents: number][] {
    const count = check(this.#set.wait(timeoutMs), "poll");
    const answers: [fd: number, revents: number][] = [];
    this.#set.forEach(count, (fd, revents) => {
      answers.push([fd, revents]);
    });
    return answers;
  }
}

function watchedOf([fd, events]: readonly [
  fd: number,
  events: number,
]): Watched {
  return { fd, events: eventsOf(events) };
}

export type { Poll };

/**
 * Makes an object that watches descriptors with poll(2).
 * @see poll(2), https://docs.python.org/3/library/select.html#polling-objects
 */
export function poll(): Poll {
  return new Poll();
}

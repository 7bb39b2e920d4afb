import { POLLIN, POLLOUT, POLLPRI } from "../constants.ts";
import type { FileDescriptorLike } from "../descriptor.ts";
import { eventsOf } from "../observe.ts";
import { PollSet, type PollSlot } from "../poll-set.ts";
import { check } from "../result.ts";
import { BaseSelector, EXPECT } from "./base.ts";
import { EVENT_PRIORITY, EVENT_READ, EVENT_WRITE } from "./key.ts";

const ALL = EVENT_READ | EVENT_WRITE | EVENT_PRIORITY;

function toPoll(events: number): number {
  return (
    ((events & EVENT_READ) === 0 ? 0 : POLLIN) |
    ((events & EVENT_WRITE) === 0 ? 0 : POLLOUT) |
    ((events & EVENT_PRIORITY) === 0 ? 0 : POLLPRI)
  );
}

/** What a selector tells of each combination of events. */
const told = Uint8Array.from({ length: 64 }, (_, revents) => eventsOf(revents));

/**
 * A selector on poll(2): everywhere, and for any descriptor, but each wait costs
 * as much as there is registered.
 *
 * A closed descriptor that is still registered is ready for everything. What is
 * ready comes in the order of registration.
 * @see poll(2), https://docs.python.org/3/library/selectors.html#selectors.PollSelector
 */
export class PollSelector<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
> extends BaseSelector<Data, File> {
  readonly #set = new PollSet();
  readonly #slots = new Map<number, PollSlot>();

  protected override get allEvents(): number {
    return ALL;
  }

  protected override add(fd: number, events: number): void {
    this.#slots.set(fd, this.#set.add(fd, toPoll(events)));
  }

  protected override change(fd: number, events: number): void {
    const slot = this.#slots.get(fd);
    if (slot) this.#set.setEvents(slot, toPoll(events));
  }

  protected override remove(fd: number): void {
    const slot = this.#slots.get(fd);
    this.#slots.delete(fd);
    if (slot) this.#set.remove(slot);
  }

  protected override wait(
    timeoutMs: number,
    report: (fd: number, events: number) => void,
  ): void {
    const count = this.#set.wait(timeoutMs);
    if (count === 0) return;
    if (count < 0) check(count, "poll");
    this[EXPECT](count);
    this.#set.forEach(count, (fd, revents) => {
      report(fd, told[revents & 63] ?? 0);
    });
  }
}

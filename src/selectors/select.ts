import type { FileDescriptorLike } from "../descriptor.ts";
import { check } from "../result.ts";
import { SelectSet } from "../select-set.ts";
import { BaseSelector } from "./base.ts";
import { EVENT_PRIORITY, EVENT_READ, EVENT_WRITE } from "./key.ts";

/** Which event each list of select(2) stands for. */
const eventOf = [EVENT_READ, EVENT_WRITE, EVENT_PRIORITY] as const;

/**
 * A selector on select(2): everywhere, and for any descriptor, but each wait
 * costs as much as there is registered.
 *
 * A closed descriptor that is still registered fails the whole wait with EBADF;
 * the error's `fd` names it.
 * @see select(2), https://docs.python.org/3/library/selectors.html#selectors.SelectSelector
 */
export class SelectSelector<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
> extends BaseSelector<Data, File> {
  readonly #set = new SelectSet();
  readonly #lists: readonly [Set<number>, Set<number>, Set<number>] = [
    new Set(),
    new Set(),
    new Set(),
  ];
  /** The lists as they are in the set, once they are there. */
  #written: readonly number[][] | undefined;

  protected override get allEvents(): number {
    return EVENT_READ | EVENT_WRITE | EVENT_PRIORITY;
  }

  protected override add(fd: number, events: number): void {
    this.#written = undefined;
    for (const [list, event] of eventOf.entries()) {
      if ((events & event) !== 0) this.#lists[list]?.add(fd);
    }
  }

  protected override remove(fd: number): void {
    this.#written = undefined;
    for (const list of this.#lists) list.delete(fd);
  }

  #write(): readonly number[][] {
    const lists = this.#lists.map((list) => [...list]);
    this.#set.clear();
    for (const list of lists) {
      const first = this.#set.addList(list.length);
      this.#set.words.set(list, first);
    }
    return lists;
  }

  protected override wait(
    timeoutMs: number,
    report: (fd: number, events: number) => void,
  ): void {
    const lists = (this.#written ??= this.#write());
    const count = this.#set.wait(timeoutMs);
    if (count < 0) check(count, "select", this.#set.guilty(count, []));
    if (count === 0) return;
    const found = new Map<number, number>();
    for (const list of [0, 1, 2] as const) {
      for (const fd of this.#set.ready(list, lists[list] ?? [])) {
        found.set(fd, (found.get(fd) ?? 0) | eventOf[list]);
      }
    }
    for (const [fd, events] of found) report(fd, events);
  }
}

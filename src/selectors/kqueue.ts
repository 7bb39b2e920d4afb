import * as system from "../constants.ts";
import type { FileDescriptorLike } from "../descriptor.ts";
import {
  type KEvent,
  type KqueueCalls,
  kqueueCalls,
  KqueueSet,
} from "../kqueue-set.ts";
import { unwatchForLeak, watchForLeak } from "../leaks.ts";
import { check, ENOSYS, osError } from "../result.ts";
import { BaseSelector, KNOWS } from "./base.ts";
import { EVENT_READ, EVENT_WRITE } from "./key.ts";

/** The constants that the selector needs: the system's, or a simulation's. */
export type KqueueConstants = Pick<
  typeof system,
  | "KQ_EV_ADD"
  | "KQ_EV_DELETE"
  | "KQ_EV_ENABLE"
  | "KQ_FILTER_READ"
  | "KQ_FILTER_WRITE"
>;

/**
 * A selector on kqueue(2): the kernel keeps the list, and a wait costs as much
 * as is ready.
 *
 * A descriptor that is closed is forgotten by the kernel, and not reported.
 *
 * macOS and the BSDs only: `undefined` elsewhere.
 * @see kqueue(2), https://docs.python.org/3/library/selectors.html#selectors.KqueueSelector
 */
export class KqueueSelector<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
> extends BaseSelector<Data, File> {
  readonly #set: KqueueSet;
  readonly #constants: KqueueConstants;
  /** How many filters the kernel has: that many events may come at once. */
  #filters = 0;

  /** @throws {OSError} EMFILE, ENFILE: no descriptors left. */
  constructor();
  /** @internal Tests have a simulation of the system's calls. */
  constructor(calls: KqueueCalls, constants: KqueueConstants);
  constructor(
    calls: KqueueCalls | undefined = kqueueCalls,
    constants: KqueueConstants = system,
  ) {
    super();
    if (calls === undefined) throw osError(ENOSYS, "kqueue");
    const fd = check(calls.kqueueCreate(), "kqueue");
    this.#set = new KqueueSet(calls, fd);
    this.#constants = constants;
    const description = `KqueueSelector { fd: ${String(fd)} }`;
    watchForLeak(this, { fd, identity: undefined, description });
  }

  /**
   * The kqueue's own descriptor, readable while something is ready.
   * @throws {ClosedError} ERR_CLOSED
   */
  fileno(): number {
    this.getMap();
    return this.#set.fd;
  }

  protected override get readyFd(): number {
    return this.#set.fd;
  }

  protected override add(fd: number, events: number): void {
    const added: number[] = [];
    for (const filter of this.#filtersOf(events)) {
      const result = this.#tell(fd, filter, this.#constants.KQ_EV_ADD);
      if (result < 0) {
        this.#forget(fd, added);
        check(result, "kevent", { fd });
      }
      added.push(filter);
    }
    this.#filters += added.length;
  }

  /**
   * Adds also what was there before, which changes nothing, unless the number
   * was closed and is another file's now: then the kernel has forgotten it.
   */
  protected override change(fd: number, events: number, before: number): void {
    const old = this.#filtersOf(before);
    this.#filters -= old.length;
    try {
      this.add(fd, events);
    } catch (error) {
      this.#forget(fd, old);
      throw error;
    }
    this.#forget(fd, this.#filtersOf(before & ~events));
  }

  protected override remove(fd: number, events: number): void {
    const filters = this.#filtersOf(events);
    this.#filters -= filters.length;
    this.#forget(fd, filters);
  }

  /** It may be closed, and then the kernel has forgotten it. */
  #forget(fd: number, filters: readonly number[]): void {
    for (const filter of filters) {
      this.#tell(fd, filter, this.#constants.KQ_EV_DELETE);
    }
  }

  #tell(ident: number, filter: number, flags: number): number {
    const change = { ident, filter, flags, fflags: 0, data: 0, udata: 0 };
    return this.#set.control([change], 0, 0);
  }

  #filtersOf(events: number): number[] {
    const { KQ_FILTER_READ, KQ_FILTER_WRITE } = this.#constants;
    const filters: number[] = [];
    if ((events & EVENT_READ) !== 0) filters.push(KQ_FILTER_READ);
    if ((events & EVENT_WRITE) !== 0) filters.push(KQ_FILTER_WRITE);
    return filters;
  }

  protected override wait(
    timeoutMs: number,
    report: (fd: number, events: number) => void,
  ): void {
    // What asks for no events would not wait.
    const most = Math.max(this.#filters, 1);
    const result = this.#set.control([], most, timeoutMs);
    const count = check(result, "kevent", { fd: this.#set.fd });
    // A descriptor comes once for each of its filters.
    const found = new Map<number, number>();
    for (let i = 0; i < count; i++) {
      const event = this.#set.at(i);
      found.set(
        event.ident,
        (found.get(event.ident) ?? 0) | this.#ready(event),
      );
    }
    for (const [fd, events] of found) report(fd, events);
  }

  #ready({ filter }: KEvent): number {
    const { KQ_FILTER_READ } = this.#constants;
    return filter === KQ_FILTER_READ ? EVENT_READ : EVENT_WRITE;
  }

  /** @internal Only what is there can be enabled. */
  override [KNOWS](fd: number): boolean {
    const { KQ_EV_ENABLE } = this.#constants;
    const events = this.getMap().get(fd)?.events ?? 0;
    return this.#filtersOf(events).every(
      (filter) => this.#tell(fd, filter, KQ_EV_ENABLE) >= 0,
    );
  }

  override close(): void {
    if (this.closed) return;
    super.close();
    unwatchForLeak(this);
    check(this.#set.close(), "close", { fd: this.#set.fd });
  }
}

import { clearInterval, setInterval } from "node:timers";
import { onClosing } from "../closing.ts";
import { inNoContext } from "../context.ts";
import { deadlineAfter } from "../deadline.ts";
import { AbortError, BusyError, OSError } from "../errors.ts";
import { Pending } from "../pending.ts";
import { EBADF, EPERM, osError } from "../result.ts";
import { KNOWS, LISTEN } from "../selectors/base.ts";
import {
  type BaseSelector,
  DefaultSelector,
  EVENT_READ,
} from "../selectors/index.ts";
import { Interest, Place, type Waiter } from "./place.ts";

/** How long a wait lasts at most, and what ends it before. */
export interface Limits {
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

/** How often descriptors that others may close are looked at. */
const glanceMs = 1000;

function closedError(fd: number, { syscall }: Waiter): Error {
  const note = "it was closed while it was waited for";
  return osError(EBADF, syscall, { fd, note });
}

/**
 * All waits of this thread for a descriptor each, through one selector.
 *
 * What was waited for stays registered: who has read will mostly wait again, and
 * that then costs no call. It is taken out when it becomes ready while nobody
 * waits. A number that is not the library's may meanwhile be closed, and be
 * another file's: the kernel is asked before each wait, and once a second.
 */
class Waits {
  readonly #places = new Map<number, Place>();
  /** The same: an array finds them much faster, but is as long as its last. */
  readonly #byFd: (Place | undefined)[] = [];
  #selector: BaseSelector<unknown, number> | undefined;
  #count = 0;
  #glances: NodeJS.Timeout | undefined;

  constructor() {
    onClosing((fd) => {
      this.#close(fd);
    });
  }

  /** @throws {BusyError} ERR_BUSY: somebody waits for one of the events. */
  checkFree(fd: number, events: number): void {
    const place = this.#byFd[fd];
    if (place === undefined || (place.wanted & events) === 0) return;
    if (this.#isSame(place)) throw new BusyError(fd);
    // Who waits, waits for what had the number before.
    this.#close(fd);
  }

  /** Whether the number still stands for what the selector was told of. */
  #isSame({ fd, watched }: Place): boolean {
    return watched === 0 || this.#selector?.[KNOWS](fd) !== false;
  }

  /**
   * Has a waiter told when one of its interests may be ready, until it leaves.
   * @param isAgain Whether it goes on with a wait: a number that is another
   *   file's meanwhile was closed.
   * @throws {BusyError} ERR_BUSY
   * @throws {AbortError} ABORT_ERR
   * @throws {OSError} EBADF: it is closed; EMFILE.
   */
  enter(
    interests: readonly Interest[],
    signal: AbortSignal | undefined,
    isAgain: boolean,
  ): void {
    for (const { fd, owner, waiter } of interests) {
      const place = this.#byFd[fd];
      if (place === undefined) continue;
      const isTrusted = owner !== undefined && place.owner === owner;
      if (isTrusted || this.#isSame(place)) continue;
      this.#close(fd);
      if (isAgain) throw closedError(fd, waiter);
    }
    for (const { fd, events } of interests) this.checkFree(fd, events);
    if (signal?.aborted === true) throw new AbortError(signal.reason);
    this.#count++;
    for (const interest of interests) this.#placeOf(interest.fd).add(interest);
    try {
      const selector = (this.#selector ??= this.#begin());
      if (this.#count === 1) selector.ref();
      for (const interest of interests) this.#watch(selector, interest);
      this.#glances ??= inNoContext(() =>
        setInterval(() => {
          this.#glance();
        }, glanceMs).unref(),
      );
    } catch (error) {
      this.leave(interests);
      throw error;
    }
  }

  #placeOf(fd: number): Place {
    let place = this.#byFd[fd];
    if (place === undefined) {
      place = new Place(fd);
      this.#places.set(fd, place);
      this.#byFd[fd] = place;
    }
    return place;
  }

  #forget(fd: number): void {
    this.#places.delete(fd);
    this.#byFd[fd] = undefined;
  }

  /** Who has entered waits no more. */
  leave(interests: readonly Interest[]): void {
    for (const interest of interests) {
      const { fd } = interest;
      const place = this.#byFd[fd];
      if (place === undefined) continue;
      place.remove(interest);
      if ((place.watched | place.wanted) === 0) this.#forget(fd);
    }
    this.#count--;
    if (this.#count === 0) this.#selector?.unref();
  }

  /**
   * Waits until a descriptor may be ready.
   * @returns False if the time was over before.
   * @throws {BusyError} ERR_BUSY
   * @throws {AbortError} ABORT_ERR
   * @throws {OSError} EBADF: it is closed, or is closed meanwhile; EMFILE.
   */
  wait(
    fd: number,
    events: number,
    owner: object | undefined,
    syscall: string,
    { deadline, signal }: Limits,
  ): Promise<boolean> {
    let hasEntered = false;
    const pending: Pending<boolean> = new Pending<boolean>(deadline, signal, {
      onDeadline: () => {
        pending.resolve(false);
      },
      onSettled: () => {
        if (hasEntered) this.leave(interests);
      },
    });
    const waiter: Waiter = {
      syscall,
      onReady: () => {
        pending.resolve(true);
      },
      onError: (error) => {
        pending.reject(error);
      },
    };
    const interests = [new Interest(waiter, fd, events, owner)];
    try {
      this.enter(interests, signal, false);
      hasEntered = true;
    } catch (error) {
      pending.reject(error);
    }
    return pending.promise;
  }

  /** All that a descriptor had to receive has been: there is no need to try. */
  setDrained(fd: number, owner: object): void {
    const place = this.#byFd[fd];
    if (place?.owner !== owner) return;
    place.isDrained = (place.watched & EVENT_READ) !== 0;
  }

  /** Whether that is so still: if more comes, the selector tells. */
  isDrained(fd: number, owner: object): boolean {
    const place = this.#byFd[fd];
    return place?.owner === owner && place.isDrained;
  }

  #begin(): BaseSelector<unknown, number> {
    const selector = new DefaultSelector<unknown, number>();
    selector.unref()[LISTEN]({
      onResult: (ready) => {
        for (const [{ fd }, events] of ready) this.#tell(selector, fd, events);
      },
      onError: (error) => {
        this.#fail(selector, error);
      },
    });
    return selector;
  }

  /** It could not go on: the next wait begins anew. */
  #fail(selector: BaseSelector<unknown, number>, error: unknown): void {
    this.#selector = undefined;
    const places = [...this.#places.values()];
    this.#places.clear();
    this.#byFd.length = 0;
    selector.close();
    for (const place of places) {
      for (const waiter of place.waiters()) waiter.onError(error);
    }
  }

  /** Tells the selector of what is waited for, unless it knows. */
  #watch(
    selector: BaseSelector<unknown, number>,
    { fd, events, owner }: Interest,
  ): void {
    const place = this.#byFd[fd];
    if (place === undefined) return;
    place.owner = owner;
    const wanted = place.watched | events;
    if (place.watched === wanted) return;
    try {
      if (place.watched === 0) selector.register(fd, wanted);
      else selector.modify(fd, wanted);
      place.watched = wanted;
    } catch (error) {
      place.watched = 0;
      // A file, which is never more ready than it was when it was tried.
      if (error instanceof OSError && error.errno === EPERM) return;
      throw error;
    }
  }

  /** Something is ready: who waits for it goes on. */
  #tell(
    selector: BaseSelector<unknown, number>,
    fd: number,
    events: number,
  ): void {
    const place = this.#byFd[fd];
    if (place === undefined) return;
    place.isDrained = false;
    const { wanted } = place;
    if ((events & ~wanted) !== 0) this.#narrow(selector, place, wanted);
    place.tell(events);
  }

  /** What is ready, and nobody waits for, would be reported for ever. */
  #narrow(
    selector: BaseSelector<unknown, number>,
    place: Place,
    wanted: number,
  ): void {
    place.watched = wanted;
    try {
      if (wanted === 0) selector.unregister(place.fd);
      else selector.modify(place.fd, wanted);
    } catch (error) {
      place.watched = 0;
      if (!(error instanceof OSError)) throw error;
    }
    if ((place.watched | place.wanted) === 0) this.#forget(place.fd);
  }

  /** Looks whether what is waited for is still what it was. */
  #glance(): void {
    const selector = this.#selector;
    if (selector === undefined || this.#count === 0) {
      clearInterval(this.#glances);
      this.#glances = undefined;
      return;
    }
    for (const { fd, wanted, watched } of [...this.#places.values()]) {
      if (wanted === 0) continue;
      if (watched === 0 ? !isFile(selector, fd) : !selector[KNOWS](fd)) {
        this.#close(fd);
      }
    }
  }

  /** A descriptor is no longer what is waited for. */
  #close(fd: number): void {
    const place = this.#byFd[fd];
    if (place === undefined) return;
    if (place.watched !== 0) this.#selector?.unregister(fd);
    place.watched = 0;
    this.#forget(fd);
    for (const waiter of place.waiters()) {
      waiter.onError(closedError(fd, waiter));
    }
  }
}

/** Whether a descriptor is one that the selector does not take. */
function isFile(selector: BaseSelector<unknown, number>, fd: number): boolean {
  try {
    selector.register(fd, EVENT_READ);
  } catch (error) {
    return error instanceof OSError && error.errno === EPERM;
  }
  selector.unregister(fd);
  return false;
}

export const waits = new Waits();

/** The limits of a call that begins now. */
export function limits(
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Limits {
  return { deadline: deadlineAfter(timeoutMs), signal };
}

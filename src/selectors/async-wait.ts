import {
  clearInterval,
  clearTimeout,
  setInterval,
  setTimeout,
} from "node:timers";
import { POLLIN } from "../constants.ts";
import { deadlineAfter } from "../deadline.ts";
import { BusyError, OSError } from "../errors.ts";
import { native } from "../native.ts";
import { Pending } from "../pending.ts";
import { mayEndNow, nextTurn } from "../turns.ts";
import { watch, type Watcher } from "../watcher.ts";

/** Those that somebody waits for: they must not be collected. */
const waitedFor = new Set<object>();

/** What an `AsyncWait` waits for. */
export interface Source<R> {
  /** A descriptor of the library's own, readable while something is ready. */
  readonly fd: number;
  /** What is ready, without waiting; undefined if there is no reason to end. */
  look(): R | undefined;
  /**
   * For one whose `fd` does not tell all: called when it is readable and nothing
   * was found. It is also looked at once a second.
   */
  mend?(): void;
}

/** Who is told of every result, instead of one that waits. */
export interface Listener<R> {
  onResult(result: R): void;
  /** The last call: it is told no more. */
  onError(error: unknown): void;
}

/** How often what does not tell all is looked at. */
const glanceMs = 1000;

/**
 * A selector's wait that does not hold the thread: one at a time.
 *
 * It looks first, and waits only if nothing is ready. The runtime's loop then
 * watches the source's descriptor, and goes on to do so after the wait: the next
 * one is mostly near. The watch ends when it finds something that nobody waits
 * for.
 *
 * While it watches, a wait does not look first, but leaves it to the loop to
 * tell: so each turn of the loop gives one result at most, and all else its turn.
 */
export class AsyncWait<R> {
  readonly #source: Source<R>;
  readonly #watcher: Watcher;
  #pending: Pending<R> | undefined;
  #listener: Listener<R> | undefined;
  #onEnd: ((result: R | undefined, error: unknown) => void) | undefined;
  #isWatching = false;
  /** Whether a pending wait keeps the process alive. */
  #isKept = true;
  /** How often in a row the descriptor was readable, and nothing was ready. */
  #misses = 0;
  #pause: NodeJS.Timeout | undefined;
  #glances: NodeJS.Timeout | undefined;

  constructor(source: Source<R>) {
    this.#source = source;
    // Its watcher alone must not keep a selector that nobody has any more.
    const weak = new WeakRef(this);
    this.#watcher = watch(source.fd, () => {
      const wait = weak.deref();
      if (wait === undefined) return false;
      wait.#onReadable();
      return true;
    });
  }

  /** Whether somebody waits. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * Waits for a result of `look()`.
   * @param otherwise The result when the time is over and there is none.
   * @param onEnd Told how it ends, before whoever awaits it goes on.
   * @throws {BusyError} ERR_BUSY
   */
  wait(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    otherwise: () => R,
    onEnd?: (result: R | undefined, error: unknown) => void,
  ): Promise<R> {
    if (this.#pending !== undefined) throw new BusyError();
    this.#onEnd = onEnd;
    const isLook = timeoutMs === 0;
    const isFair = mayEndNow();
    if (isFair && (isLook || !this.#isWatching)) {
      const found = this.#source.look();
      if (found !== undefined) {
        if (!isLook) this.#tryToWatch();
        return this.#ended(found);
      }
      if (isLook) return this.#ended(otherwise());
    }
    const deadline = isLook ? Infinity : deadlineAfter(timeoutMs);
    const pending = new Pending<R>(deadline, signal, {
      onDeadline: () => {
        this.#end(otherwise);
      },
      onSettled: (error) => {
        if (error !== undefined) this.#tellEnd(undefined, error);
        this.#pending = undefined;
        waitedFor.delete(this);
        this.#watcher.keep(false);
        clearInterval(this.#glances);
      },
    });
    this.#pending = pending;
    if (this.#source.mend !== undefined) {
      this.#glances = setInterval(() => this.#end(), glanceMs).unref();
    }
    waitedFor.add(this);
    this.#keep();
    if (isFair) {
      this.#watchFor(pending);
    } else {
      nextTurn(() => {
        if (this.#pending !== pending) return;
        this.#watchFor(pending);
        this.#end(isLook ? otherwise : undefined);
      });
    }
    return pending.promise;
  }

  #ended(result: R): Promise<R> {
    this.#tellEnd(result, undefined);
    return Promise.resolve(result);
  }

  #tellEnd(result: R | undefined, error: unknown): void {
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.(result, error);
  }

  #watchFor(pending: Pending<R>): void {
    try {
      this.#watch();
    } catch (error) {
      pending.reject(error);
    }
  }

  /** What was found counts; should it fail again, the next wait tells. */
  #tryToWatch(): void {
    try {
      this.#watch();
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
    }
  }

  /** Ends the pending wait with what a look finds. Gives whether it did. */
  #end(otherwise?: () => R): boolean {
    const pending = this.#pending;
    if (pending === undefined) return false;
    try {
      const found = this.#source.look();
      // Also if it is found after a pause, when nobody was told of it.
      if (found !== undefined) this.#misses = 0;
      const result = found ?? otherwise?.();
      if (result === undefined) return false;
      this.#tellEnd(result, undefined);
      pending.resolve(result);
    } catch (error) {
      pending.reject(error);
    }
    return true;
  }

  /** Ends the pending wait, with `otherwise` if nothing is ready, if any is. */
  wake(otherwise: R): boolean {
    return this.#end(() => otherwise);
  }

  /** Tells of every result from now on; nobody waits meanwhile. */
  listen(listener: Listener<R>): void {
    this.#listener = listener;
    this.#watch();
  }

  #tell(listener: Listener<R>): void {
    try {
      const found = this.#source.look();
      if (found === undefined) {
        this.#miss();
        return;
      }
      this.#misses = 0;
      listener.onResult(found);
    } catch (error) {
      this.#unwatch();
      listener.onError(error);
    }
  }

  #onReadable(): void {
    if (this.#listener !== undefined) {
      this.#tell(this.#listener);
    } else if (this.#pending === undefined) {
      this.#unwatch();
    } else if (!this.#end()) {
      this.#miss();
    }
  }

  /**
   * The descriptor may stay readable for a reason that does not count here. It
   * is then looked at less and less often: no more than that is lost.
   */
  #miss(): void {
    // Somebody else, who watches the same, was quicker: nothing is amiss.
    if (native.waitFor(this.#source.fd, POLLIN, 0, -1) === 0) {
      this.#misses = 0;
      return;
    }
    try {
      this.#source.mend?.();
    } catch (error) {
      this.#pending?.reject(error);
      return;
    }
    this.#misses++;
    if (this.#misses < 3) return;
    this.#unwatch();
    const ms = Math.min(2 ** (this.#misses - 3), 64);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#listener !== undefined) this.#tryToWatch();
      else if (!this.#end() && this.#pending !== undefined) {
        this.#watchFor(this.#pending);
      }
    }, ms);
    this.#keep();
  }

  #watch(): void {
    if (this.#isWatching || this.#pause !== undefined) return;
    this.#watcher.start();
    this.#isWatching = true;
  }

  #unwatch(): void {
    this.#watcher.stop();
    this.#isWatching = false;
  }

  /** The descriptor's number has another file now. */
  watchAgain(): void {
    if (!this.#isWatching) return;
    this.#unwatch();
    this.#watch();
  }

  /** Whether a pending wait keeps the process alive. */
  keep(isKept: boolean): void {
    this.#isKept = isKept;
    if (this.#pending !== undefined || this.#listener !== undefined) {
      this.#keep();
    }
  }

  #keep(): void {
    this.#watcher.keep(this.#isKept);
    this.#pending?.keep(this.#isKept);
    if (this.#isKept) this.#pause?.ref();
    else this.#pause?.unref();
  }

  /** To be called before the descriptor is closed. */
  close(error: Error): void {
    this.#pending?.reject(error);
    if (this.#pause !== undefined) clearTimeout(this.#pause);
    this.#watcher.close();
  }
}

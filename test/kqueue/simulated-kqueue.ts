/**
 * A SIMULATION of kqueue(2)'s native layer, for machines that have no kqueue:
 * what `native/kqueue.cc` offers, in TypeScript, over real descriptors.
 *
 * Readiness is real: it is poll(2) of real sockets and pipes, and a wait sleeps
 * in it. The list, the changes and the flags are simulated, from these facts of
 * kqueue(2)'s manual pages (macOS 14, FreeBSD 14):
 *
 * - An entry is one filter of one identity. EV_ADD of one that is there changes
 *   it, and enables it unless EV_DISABLE is given (the pages say so; FreeBSD's
 *   kernel wants EV_ENABLE); what is not there can't be deleted or enabled
 *   (ENOENT); a closed descriptor can't be added (EBADF), nor
 *   an unknown filter (EINVAL).
 * - A change that fails is an event with EV_ERROR and the errno in `data` where
 *   there is room; with EV_RECEIPT so is one that succeeds, with 0. If there
 *   are any, they are all that the call gives. Without room the call fails
 *   with the errno, and the changes behind it are not made.
 * - EV_ONESHOT deletes an entry when it is reported, EV_DISPATCH disables it,
 *   EV_CLEAR reports it again only after something new; else it is reported for
 *   as long as it is ready. EV_EOF comes with the peer's end.
 * - EVFILT_USER with NOTE_TRIGGER and NOTE_FF..., EVFILT_TIMER with its units,
 *   periodic unless EV_ONESHOT, `data` counting its expiries.
 * - Room for no events does not wait. An interrupted wait has made its changes.
 *   A descriptor that is closed takes its entries along.
 *
 * It cannot show what only a kernel knows:
 *
 * - that the constants and struct kevent are what a system has (cross-compile.ts
 *   and the real tests do), nor any other filter (VNODE, PROC, SIGNAL, AIO);
 * - EVFILT_READ at the end of a regular file (poll(2) calls it ready always),
 *   `data` of pipes, listening sockets and EVFILT_WRITE (it is 1 here), nor the
 *   socket's error in `fflags`;
 * - a close of which nothing is seen: it is noticed at the next call, by the
 *   file that the number stands for, and a number that was closed and opened
 *   again for the same file counts as the same;
 * - EV_CLEAR to the letter: "new" is more unread than when it was reported;
 * - the kqueue's own descriptor becoming readable, or a kqueue in a kqueue, and
 *   EVFILT_USER triggered by another thread: this memory is one thread's.
 */
import { INTERRUPTED } from "../../src/constants.ts";
import { now } from "../../src/deadline.ts";
import { exchange, readPair } from "../../src/exchange.ts";
import type { KEvent, KqueueCalls } from "../../src/kqueue-set.ts";
import { type Arena, native } from "../../src/native.ts";
import { EBADF } from "../../src/result.ts";
import { darwin } from "./darwin-constants.ts";
import { fileOf } from "./simulated-descriptors.ts";
import { Knotes } from "./simulated-knotes.ts";
import { readEvents, writeEvents } from "./simulated-memory.ts";

/** One call of `kevent`, and what it gave. */
export interface RecordedCall {
  readonly kq: number;
  readonly changes: readonly KEvent[];
  readonly most: number;
  readonly timeoutMs: number;
  readonly interruptFd: number;
  readonly result: number;
}

/** A system with kqueue(2). */
export class SimulatedKqueue implements KqueueCalls {
  readonly #kqueues = new Map<number, { file: string; knotes: Knotes }>();
  readonly #memories = new Map<Arena, ArrayBuffer>();
  readonly #failures = new Map<number, number>();
  readonly #interruptions: number[] = [];
  #createFailure = 0;
  #changeCount = 0;

  /** Every call of `kevent`, oldest first. */
  readonly recorded: RecordedCall[] = [];
  /** The kqueues that were closed through this layer. */
  readonly closed: number[] = [];

  /** The changes of all recorded calls. */
  get changes(): readonly KEvent[] {
    return this.recorded.flatMap(({ changes }) => changes);
  }

  /** Forgets what is recorded. */
  forget(): void {
    this.recorded.length = 0;
  }

  /** Has the n-th change from now on (1: the next one) fail. */
  failChange(n: number, errno: number): void {
    this.#failures.set(this.#changeCount + n, errno);
  }

  /** Has the next `kqueueCreate` fail. */
  failCreate(errno: number): void {
    this.#createFailure = errno;
  }

  /**
   * Has the next waits that find nothing ready end so, one after another: with
   * -EINTR, or with INTERRUPTED as if a signal listener waited to run.
   */
  interrupt(...results: readonly number[]): void {
    this.#interruptions.push(...results);
  }

  /** How many filters a kqueue watches. */
  watched(kq: number): number {
    return this.#find(kq)?.size ?? -1;
  }

  createArena(bytes: number): [Arena, ArrayBuffer] {
    const made = native.createArena(bytes);
    this.#memories.set(...made);
    return made;
  }

  /** The descriptor is a pipe's: something that can be closed, and only once. */
  kqueueCreate(): number {
    const errno = this.#createFailure;
    this.#createFailure = 0;
    if (errno !== 0) return -errno;
    const result = native.pipe(0, exchange);
    if (result < 0) return result;
    const [fd, other] = readPair();
    native.close(other);
    const file = fileOf(fd);
    if (file === undefined) return EBADF;
    this.#kqueues.set(fd, { file, knotes: new Knotes() });
    return fd;
  }

  close(fd: number): number {
    if (this.#kqueues.delete(fd)) this.closed.push(fd);
    return native.close(fd);
  }

  #find(kq: number): Knotes | undefined {
    const found = this.#kqueues.get(kq);
    return found?.file === fileOf(kq) ? found?.knotes : undefined;
  }

  kevent(
    kq: number,
    memory: Arena,
    changeCount: number,
    most: number,
    timeoutMs: number,
    interruptFd: number,
  ): number {
    const buffer = this.#memories.get(memory);
    if (buffer === undefined) throw new TypeError("no arena");
    const changes = readEvents(buffer, changeCount, most);
    const events = this.#run(kq, changes, most, timeoutMs, interruptFd);
    const result = typeof events === "number" ? events : events.length;
    if (typeof events !== "number") writeEvents(buffer, events);
    const arguments_ = { kq, changes, most, timeoutMs, interruptFd };
    this.recorded.push({ ...arguments_, result });
    return result;
  }

  #run(
    kq: number,
    changes: readonly KEvent[],
    most: number,
    timeoutMs: number,
    interruptFd: number,
  ): readonly KEvent[] | number {
    const knotes = this.#find(kq);
    if (knotes === undefined) return EBADF;
    // A signal goes before what is ready; the changes are made all the same.
    const pending = interruptFd < 0 ? 0 : knotes.sleep(0, interruptFd);
    if (pending === INTERRUPTED) {
      const made = this.#change(knotes, changes, 0);
      return typeof made === "number" ? made : pending;
    }
    const receipts = this.#change(knotes, changes, most);
    if (typeof receipts === "number") return receipts;
    if (receipts.length > 0 || most === 0) return receipts;
    return this.#wait(knotes, most, timeoutMs, interruptFd);
  }

  /** @returns Events that tell of changes, or -errno. */
  #change(
    knotes: Knotes,
    changes: readonly KEvent[],
    most: number,
  ): readonly KEvent[] | number {
    const receipts: KEvent[] = [];
    for (const change of changes) {
      const failure = this.#failures.get(++this.#changeCount);
      const data = failure ?? knotes.change(change);
      const wantsReceipt = (change.flags & darwin.KQ_EV_RECEIPT) !== 0;
      if (data === 0 && !wantsReceipt) continue;
      if (receipts.length < most) {
        const flags = change.flags | darwin.KQ_EV_ERROR;
        receipts.push({ ...change, flags, data });
      } else if (data !== 0) {
        return -data;
      }
    }
    return receipts;
  }

  #wait(
    knotes: Knotes,
    most: number,
    timeoutMs: number,
    interruptFd: number,
  ): readonly KEvent[] | number {
    const deadline = now() + timeoutMs;
    for (;;) {
      const events = knotes.take(most);
      if (events.length > 0) return events;
      const left = deadline - now();
      if (timeoutMs <= 0 || left <= 0) return 0;
      const interruption = this.#interruptions.shift();
      if (interruption !== undefined) return interruption;
      const result = knotes.sleep(left, interruptFd);
      if (result < 0) return result;
    }
  }
}

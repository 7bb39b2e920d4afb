import { announceClosing } from "./closing.ts";
import {
  type Arena,
  type KqueueNative,
  native,
  type Native,
} from "./native.ts";
import { wait } from "./wait.ts";

/** What kqueue's classes need of the addon; tests have one of their own. */
export type KqueueCalls = KqueueNative & Pick<Native, "createArena" | "close">;

/** The system's, where it has kqueue(2). */
export const kqueueCalls: KqueueCalls | undefined = hasKqueue(native)
  ? native
  : undefined;

function hasKqueue(native: Native): native is Native & KqueueNative {
  return native.kqueueCreate !== undefined;
}

/** A change to make, or an event that came, as kqueue(2) has them. */
export interface KEvent {
  /** What it is about: a descriptor, a process, a signal, a timer's name. */
  readonly ident: number;
  /** `KQ_FILTER_READ` and the like: in what way it is about it. */
  readonly filter: number;
  /** `KQ_EV_ADD` and the like: what to do, or what happened. */
  readonly flags: number;
  /** `KQ_NOTE_...`, by filter. */
  readonly fflags: number;
  /** By filter: bytes that can be read, milliseconds of a timer. */
  readonly data: number;
  /** The caller's own number, which comes back with the event. */
  readonly udata: number;
}

/** How an event lies in memory, see `native/kqueue.cc`. */
const doubles = 5;
const words = 10;
const bytes = 40;

/** Changes and events of one kqueue in memory that the native side sees. */
export class KqueueSet {
  readonly fd: number;
  readonly #calls: KqueueCalls;
  #arena!: Arena;
  #doubles!: Float64Array;
  #words!: Int32Array;
  #room = 0;

  constructor(calls: KqueueCalls, fd: number) {
    this.#calls = calls;
    this.fd = fd;
    this.#reserve(64);
  }

  #reserve(events: number): void {
    if (events <= this.#room) return;
    this.#room = events * 2;
    const [arena, buffer] = this.#calls.createArena(this.#room * bytes);
    this.#arena = arena;
    this.#doubles = new Float64Array(buffer);
    this.#words = new Int32Array(buffer);
  }

  #write(index: number, event: KEvent): void {
    this.#doubles[index * doubles] = event.ident;
    this.#doubles[index * doubles + 1] = event.data;
    this.#doubles[index * doubles + 2] = event.udata;
    this.#words[index * words + 6] = event.filter;
    this.#words[index * words + 7] = event.flags;
    this.#words[index * words + 8] = event.fflags;
  }

  /** The event at `index` of those that the last wait gave. */
  at(index: number): KEvent {
    return {
      ident: this.#doubles[index * doubles] ?? 0,
      filter: this.#words[index * words + 6] ?? 0,
      flags: (this.#words[index * words + 7] ?? 0) >>> 0,
      fflags: (this.#words[index * words + 8] ?? 0) >>> 0,
      data: this.#doubles[index * doubles + 1] ?? 0,
      udata: this.#doubles[index * doubles + 2] ?? 0,
    };
  }

  /**
   * Makes changes, then blocks for at most `most` events.
   * @returns How many there are, 0 after the time, or -errno.
   */
  control(changes: readonly KEvent[], most: number, timeoutMs: number): number {
    this.#reserve(Math.max(changes.length, most));
    for (const [i, change] of changes.entries()) this.#write(i, change);
    // What asks for no events does not wait.
    if (most === 0) {
      return this.#calls.kevent(this.fd, this.#arena, changes.length, 0, 0, -1);
    }
    let pending = changes.length;
    return wait(timeoutMs, (ms, signals) => {
      const count = pending;
      // An interrupted wait has made them.
      pending = 0;
      return this.#calls.kevent(this.fd, this.#arena, count, most, ms, signals);
    });
  }

  close(): number {
    announceClosing(this.fd);
    return this.#calls.close(this.fd);
  }
}

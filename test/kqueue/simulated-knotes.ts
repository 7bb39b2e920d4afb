/**
 * The list that a simulated kqueue keeps: see simulated-kqueue.ts for what is
 * simulated, and from which facts.
 */
import { constants } from "node:os";
import { now } from "../../src/deadline.ts";
import type { KEvent } from "../../src/kqueue-set.ts";
import { darwin } from "./darwin-constants.ts";
import {
  directionsOf,
  fileOf,
  pollAll,
  unreadBytes,
} from "./simulated-descriptors.ts";

const { EBADF, EINVAL, ENOENT } = constants.errno;
const has = (flags: number, flag: number): boolean => (flags & flag) !== 0;

/** An entry of the list, and what its filter remembers. */
interface Knote {
  readonly ident: number;
  readonly filter: number;
  flags: number;
  fflags: number;
  data: number;
  udata: number;
  isEnabled: boolean;
  /** READ, WRITE: the file that the descriptor stood for when it was added. */
  readonly file: string | undefined;
  /** READ, WRITE with EV_CLEAR: what was unread when it was reported. */
  reported: number | undefined;
  /** USER: whether NOTE_TRIGGER came. */
  isTriggered: boolean;
  /** TIMER: when it next expires. */
  due: number;
}

const kept = ~(
  darwin.KQ_EV_ADD |
  darwin.KQ_EV_DELETE |
  darwin.KQ_EV_ENABLE |
  darwin.KQ_EV_DISABLE |
  darwin.KQ_EV_RECEIPT
);

const knownFilters: readonly number[] = [
  darwin.KQ_FILTER_READ,
  darwin.KQ_FILTER_WRITE,
  darwin.KQ_FILTER_USER,
  darwin.KQ_FILTER_TIMER,
];

function watchesDescriptor({ filter }: Pick<KEvent, "filter">): boolean {
  return filter === darwin.KQ_FILTER_READ || filter === darwin.KQ_FILTER_WRITE;
}

function periodMs({ fflags, data }: Pick<KEvent, "fflags" | "data">): number {
  if (has(fflags, darwin.KQ_NOTE_SECONDS)) return data * 1e3;
  if (has(fflags, darwin.KQ_NOTE_USECONDS)) return data / 1e3;
  if (has(fflags, darwin.KQ_NOTE_NSECONDS)) return data / 1e6;
  return data;
}

function dueOf(change: Pick<KEvent, "fflags" | "data">): number {
  const ms = periodMs(change);
  const isMoment = has(change.fflags, darwin.KQ_NOTE_ABSOLUTE);
  return now() + (isMoment ? ms - Date.now() : ms);
}

export class Knotes {
  /** By filter and identity, in the order in which they are reported next. */
  readonly #list = new Map<string, Knote>();

  /** How many there are. */
  get size(): number {
    this.#dropClosed();
    return this.#list.size;
  }

  /** Makes a change. @returns 0, or the errno that says why it can't be made. */
  change(change: KEvent): number {
    const { ident, filter, flags } = change;
    this.#dropClosed(ident);
    if (!knownFilters.includes(filter)) return EINVAL;
    const name = `${filter}:${ident}`;
    let knote = this.#list.get(name);
    if (has(flags, darwin.KQ_EV_DELETE)) {
      return this.#list.delete(name) ? 0 : ENOENT;
    }
    if (knote === undefined) {
      if (!has(flags, darwin.KQ_EV_ADD)) return ENOENT;
      const file = watchesDescriptor(change) ? fileOf(ident) : "";
      if (file === undefined) return EBADF;
      knote = {
        ...change,
        fflags: change.fflags & darwin.KQ_NOTE_FFLAGSMASK,
        isEnabled: true,
        file,
        reported: undefined,
        isTriggered: false,
        due: Infinity,
      };
      this.#list.set(name, knote);
    }
    update(knote, change);
    return 0;
  }

  /** As the kernel does when a descriptor is closed: this one, or any. */
  #dropClosed(ident?: number): void {
    const names =
      ident === undefined
        ? this.#list.keys()
        : [darwin.KQ_FILTER_READ, darwin.KQ_FILTER_WRITE].map(
            (filter) => `${filter}:${ident}`,
          );
    for (const name of names) {
      const knote = this.#list.get(name);
      if (knote === undefined || !watchesDescriptor(knote)) continue;
      if (fileOf(knote.ident) !== knote.file) this.#list.delete(name);
    }
  }

  /** What is ready now, at most `most`; it counts as reported. */
  take(most: number): KEvent[] {
    this.#dropClosed();
    const wanted = this.#wanted(() => true);
    const polled = pollAll(wanted, 0, -1);
    if (typeof polled === "number") throw new Error("a look was interrupted");
    const events: KEvent[] = [];
    for (const [name, knote] of [...this.#list]) {
      if (events.length === most) break;
      if (!knote.isEnabled) continue;
      const event = occurrence(knote, polled.get(knote.ident) ?? 0);
      if (event === undefined) continue;
      events.push(event);
      // What is reported goes to the end, so that all have their turn.
      this.#list.delete(name);
      if (!has(knote.flags, darwin.KQ_EV_ONESHOT)) this.#list.set(name, knote);
      if (has(knote.flags, darwin.KQ_EV_DISPATCH)) knote.isEnabled = false;
    }
    return events;
  }

  /**
   * Sleeps until something may be ready.
   * @returns 0, or -EINTR or INTERRUPTED.
   */
  sleep(timeoutMs: number, interruptFd: number): number {
    let ms = timeoutMs;
    let isMuted = false;
    for (const knote of this.#list.values()) {
      if (!knote.isEnabled) continue;
      ms = Math.min(ms, Math.max(knote.due - now(), 0));
      isMuted ||= knote.reported !== undefined;
    }
    // What EV_CLEAR has reported is ready for poll(2) all the time: it is left
    // out, and looked at a thousand times a second instead.
    if (isMuted) ms = Math.min(ms, 1);
    const wanted = this.#wanted(({ reported }) => reported === undefined);
    const polled = pollAll(wanted, ms, interruptFd);
    return typeof polled === "number" ? polled : 0;
  }

  #wanted(
    test: (knote: Knote) => boolean,
  ): Map<number, { read: boolean; write: boolean }> {
    const wanted = new Map<number, { read: boolean; write: boolean }>();
    for (const knote of this.#list.values()) {
      if (!watchesDescriptor(knote) || !knote.isEnabled) continue;
      if (!test(knote)) continue;
      const both = wanted.get(knote.ident) ?? { read: false, write: false };
      both.read ||= knote.filter === darwin.KQ_FILTER_READ;
      both.write ||= knote.filter === darwin.KQ_FILTER_WRITE;
      wanted.set(knote.ident, both);
    }
    return wanted;
  }
}

/** Takes over what a change says of an entry that is there. */
function update(knote: Knote, change: KEvent): void {
  const { flags, fflags } = change;
  const isAdded = has(flags, darwin.KQ_EV_ADD);
  if (isAdded || has(flags, darwin.KQ_EV_ENABLE)) knote.isEnabled = true;
  if (has(flags, darwin.KQ_EV_DISABLE)) knote.isEnabled = false;
  if (isAdded) knote.flags = flags & kept;
  knote.udata = change.udata;
  switch (knote.filter) {
    case darwin.KQ_FILTER_USER:
      knote.fflags = combined(knote.fflags, fflags);
      knote.data = change.data;
      if (has(fflags, darwin.KQ_NOTE_TRIGGER)) knote.isTriggered = true;
      break;
    case darwin.KQ_FILTER_TIMER:
      if (!isAdded) break;
      knote.fflags = fflags;
      knote.data = change.data;
      knote.due = dueOf(change);
      break;
    default:
      if (isAdded) knote.reported = undefined;
  }
}

/** EVFILT_USER's own 24 bits, after an operation on them. */
function combined(before: number, fflags: number): number {
  const bits = fflags & darwin.KQ_NOTE_FFLAGSMASK;
  switch ((fflags & darwin.KQ_NOTE_FFCTRLMASK) >>> 0) {
    case darwin.KQ_NOTE_FFAND:
      return before & bits;
    case darwin.KQ_NOTE_FFOR:
      return before | bits;
    case darwin.KQ_NOTE_FFCOPY:
      return bits;
    default:
      return before;
  }
}

/** The event that an entry gives now, if any; it counts as reported. */
function occurrence(knote: Knote, revents: number): KEvent | undefined {
  const { ident, filter, flags, fflags, data, udata } = knote;
  const event = { ident, filter, flags, fflags, data, udata };
  switch (filter) {
    case darwin.KQ_FILTER_USER:
      if (!knote.isTriggered) return undefined;
      if (has(flags, darwin.KQ_EV_CLEAR)) knote.isTriggered = false;
      return event;
    case darwin.KQ_FILTER_TIMER:
      return expiry(knote, event);
    default:
      return readiness(knote, event, revents);
  }
}

function expiry(knote: Knote, event: KEvent): KEvent | undefined {
  const late = now() - knote.due;
  if (late < 0) return undefined;
  const isMoment = has(knote.fflags, darwin.KQ_NOTE_ABSOLUTE);
  const period = isMoment ? Infinity : Math.max(periodMs(knote), 1e-3);
  const data = 1 + Math.floor(late / period);
  knote.due = isMoment ? Infinity : knote.due + data * period;
  // Every timer behaves as if EV_CLEAR had been given.
  return { ...event, data, flags: event.flags | darwin.KQ_EV_CLEAR };
}

function readiness(
  knote: Knote,
  event: KEvent,
  revents: number,
): KEvent | undefined {
  const { read, write, isReadOver, isWriteOver } = directionsOf(revents);
  const isReader = knote.filter === darwin.KQ_FILTER_READ;
  if (!(isReader ? read : write)) {
    knote.reported = undefined;
    return undefined;
  }
  const isOver = isReader ? isReadOver : isWriteOver;
  const data = isReader ? unreadBytes(knote.ident) : 1;
  if (has(knote.flags, darwin.KQ_EV_CLEAR)) {
    // The end of the data is one more thing to report.
    const seen = data + (isOver ? 0.5 : 0);
    const { reported = -1 } = knote;
    knote.reported = seen;
    if (seen <= reported) return undefined;
  }
  const flags = event.flags | (isOver ? darwin.KQ_EV_EOF : 0);
  return { ...event, flags, data };
}

import { invalidType, isIterable } from "../arguments.ts";
import { timeout, type Timeout } from "../deadline.ts";
import { fdOf, type FileDescriptorLike } from "../descriptor.ts";
import { signalOf, type SignalOptions } from "../pending.ts";
import { select as selectNow } from "../select.ts";
import { EVENT_PRIORITY, EVENT_READ, EVENT_WRITE } from "../selectors/index.ts";
import { AGAIN, Attempt } from "./attempt.ts";
import { ownerOf } from "./options.ts";
import { Interest } from "./place.ts";
import { limits, type Limits } from "./waits.ts";

/**
 * Waits until descriptors are ready, as `select()` of `posix-select/select` does.
 * @param rlist Those to read from.
 * @param wlist Those to write to.
 * @param xlist Those with urgent data. A system with kqueue(2) can't be asked to
 *   wait for it (RangeError).
 * @param timeoutMs Milliseconds; undefined, null and Infinity wait for ever, 0 or
 *   less looks.
 * @returns Those that are ready, list by list; three empty lists after the time.
 * @throws {AbortError} ABORT_ERR: the signal; its reason is the `cause`.
 * @throws {BusyError} ERR_BUSY: somebody waits for one of them already.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 * @throws {OSError} EBADF: one is closed, or is closed meanwhile; `fd` names it.
 * @see select(2), https://docs.python.org/3/library/select.html#select.select
 */
export async function select<
  R extends FileDescriptorLike,
  W extends FileDescriptorLike,
  X extends FileDescriptorLike,
>(
  rlist: Iterable<R>,
  wlist: Iterable<W>,
  xlist: Iterable<X>,
  timeoutMs?: Timeout,
  options: SignalOptions = {},
): Promise<[R[], W[], X[]]> {
  const read = listOf(rlist, "rlist");
  const write = listOf(wlist, "wlist");
  const except = listOf(xlist, "xlist");
  const signal = signalOf(options);
  const settings = limits(timeout(timeoutMs), signal);
  return new Select(settings, read, write, except).start();
}

class Select<
  R extends FileDescriptorLike,
  W extends FileDescriptorLike,
  X extends FileDescriptorLike,
> extends Attempt<[R[], W[], X[]]> {
  override readonly syscall = "select";
  readonly #read: readonly R[];
  readonly #write: readonly W[];
  readonly #except: readonly X[];

  constructor(
    limits: Limits,
    read: readonly R[],
    write: readonly W[],
    except: readonly X[],
  ) {
    super(limits);
    this.#read = read;
    this.#write = write;
    this.#except = except;
  }

  protected override interests(): readonly Interest[] {
    const wanted = new Map<number, Wanted>();
    addAll(wanted, this.#read, "rlist", EVENT_READ);
    addAll(wanted, this.#write, "wlist", EVENT_WRITE);
    addAll(wanted, this.#except, "xlist", EVENT_PRIORITY);
    return Array.from(
      wanted,
      ([fd, { events, owner }]) => new Interest(this, fd, events, owner),
    );
  }

  protected override once(): [R[], W[], X[]] | typeof AGAIN {
    const found = selectNow(this.#read, this.#write, this.#except, 0);
    return found.some((list) => list.length > 0) ? found : AGAIN;
  }

  protected override otherwise(): [R[], W[], X[]] {
    return [[], [], []];
  }
}

/** A list as it is now. */
function listOf<T>(list: Iterable<T>, name: string): T[] {
  if (isIterable(list)) return [...list];
  throw invalidType(name, "an iterable of file descriptors", list);
}

/** What is waited for of a descriptor, in whichever lists it is. */
interface Wanted {
  readonly events: number;
  readonly owner: object | undefined;
}

function addAll(
  wanted: Map<number, Wanted>,
  list: readonly FileDescriptorLike[],
  name: string,
  event: number,
): void {
  for (const [i, file] of list.entries()) {
    const fd = fdOf(file, "select", name, i);
    const events = (wanted.get(fd)?.events ?? 0) | event;
    wanted.set(fd, { events, owner: ownerOf(file) });
  }
}

/// <reference types="node" preserve="true" />
/**
 * The operating system's own calls that wait until descriptors are ready.
 *
 * @see https://docs.python.org/3/library/select.html
 * @module
 */
import { invalidType, isIterable } from "./arguments.ts";
import { timeout, type Timeout } from "./deadline.ts";
import { check } from "./result.ts";
import { fdOf, type FileDescriptorLike, writeOwnFds } from "./descriptor.ts";
import { observe, waitChannel, type Watched } from "./observe.ts";
import { SelectSet } from "./select-set.ts";

export {
  PIPE_BUF,
  POLLIN,
  POLLPRI,
  POLLOUT,
  POLLERR,
  POLLHUP,
  POLLNVAL,
  POLLRDNORM,
  POLLRDBAND,
  POLLWRNORM,
  POLLWRBAND,
  POLLMSG,
  POLLRDHUP,
  EPOLLIN,
  EPOLLPRI,
  EPOLLOUT,
  EPOLLERR,
  EPOLLHUP,
  EPOLLRDNORM,
  EPOLLRDBAND,
  EPOLLWRNORM,
  EPOLLWRBAND,
  EPOLLMSG,
  EPOLLRDHUP,
  EPOLLEXCLUSIVE,
  EPOLLWAKEUP,
  EPOLLONESHOT,
  EPOLLET,
  EPOLL_CLOEXEC,
  KQ_FILTER_READ,
  KQ_FILTER_WRITE,
  KQ_FILTER_AIO,
  KQ_FILTER_VNODE,
  KQ_FILTER_PROC,
  KQ_FILTER_NETDEV,
  KQ_FILTER_SIGNAL,
  KQ_FILTER_TIMER,
  KQ_FILTER_USER,
  KQ_EV_ADD,
  KQ_EV_DELETE,
  KQ_EV_ENABLE,
  KQ_EV_DISABLE,
  KQ_EV_ONESHOT,
  KQ_EV_CLEAR,
  KQ_EV_RECEIPT,
  KQ_EV_DISPATCH,
  KQ_EV_SYSFLAGS,
  KQ_EV_FLAG1,
  KQ_EV_EOF,
  KQ_EV_ERROR,
  KQ_NOTE_LOWAT,
  KQ_NOTE_DELETE,
  KQ_NOTE_WRITE,
  KQ_NOTE_EXTEND,
  KQ_NOTE_ATTRIB,
  KQ_NOTE_LINK,
  KQ_NOTE_RENAME,
  KQ_NOTE_REVOKE,
  KQ_NOTE_EXIT,
  KQ_NOTE_FORK,
  KQ_NOTE_EXEC,
  KQ_NOTE_PCTRLMASK,
  KQ_NOTE_PDATAMASK,
  KQ_NOTE_TRACK,
  KQ_NOTE_CHILD,
  KQ_NOTE_TRACKERR,
  KQ_NOTE_LINKUP,
  KQ_NOTE_LINKDOWN,
  KQ_NOTE_LINKINV,
  KQ_NOTE_TRIGGER,
  KQ_NOTE_FFNOP,
  KQ_NOTE_FFAND,
  KQ_NOTE_FFOR,
  KQ_NOTE_FFCOPY,
  KQ_NOTE_FFCTRLMASK,
  KQ_NOTE_FFLAGSMASK,
  KQ_NOTE_SECONDS,
  KQ_NOTE_USECONDS,
  KQ_NOTE_NSECONDS,
  KQ_NOTE_MSECONDS,
  KQ_NOTE_ABSOLUTE,
} from "./constants.ts";
export { Epoll, epoll } from "./epoll.ts";
export {
  type KEvent,
  type KEventArguments,
  kevent,
  Kqueue,
  kqueue,
} from "./kqueue.ts";
export { type Poll, poll } from "./poll.ts";
export type { Timeout } from "./deadline.ts";
export type { FileDescriptorLike } from "./descriptor.ts";

/**
 * Waits until at least one descriptor is ready, and gives those that are.
 *
 * The lists may be any iterables of descriptors. The results hold the very
 * objects that were passed in, in their order, as often as they were passed in.
 * Three empty lists with a time-out sleep. Any descriptor may be watched, also
 * beyond FD_SETSIZE.
 *
 * @param rlist Waited for until a read would not block.
 * @param wlist Waited for until a write would not block.
 * @param xlist Waited for until an exceptional condition: urgent data.
 * @param timeoutMs Milliseconds; undefined, null and Infinity wait for ever, 0
 *   or less looks and returns at once. Not rounded down: no wait ends early.
 * @returns Three new arrays, all empty after the time-out.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE: no iterable, no descriptor, no time.
 * @throws {RangeError} ERR_OUT_OF_RANGE: a number that can be no descriptor.
 * @throws {OSError} EBADF: a closed descriptor; the error's `fd` names it.
 * @throws {InterruptedError} EINTR: a signal listener is waiting to run.
 * @see select(2), https://docs.python.org/3/library/select.html#select.select
 */
export function select<
  R extends FileDescriptorLike,
  W extends FileDescriptorLike,
  X extends FileDescriptorLike,
>(
  rlist: Iterable<R>,
  wlist: Iterable<W>,
  xlist: Iterable<X>,
  timeoutMs?: Timeout,
): [R[], W[], X[]] {
  const time = timeout(timeoutMs);
  const set = spare.pop() ?? new SelectSet();
  try {
    const isTold = waitChannel.hasSubscribers;
    // Where no code of the program's runs before the end, nobody can change them.
    if (!isTold && isArray(rlist) && isArray(wlist) && isArray(xlist)) {
      set.clear();
      const isAll =
        addOwn(set, rlist) && addOwn(set, wlist) && addOwn(set, xlist);
      if (isAll) return wait(set, time, rlist, wlist, xlist);
    }
    set.clear();
    const readers = addAll(set, rlist, "rlist");
    const writers = addAll(set, wlist, "wlist");
    const others = addAll(set, xlist, "xlist");
    if (!isTold) return wait(set, time, readers, writers, others);
    const lists = [readers, writers, others];
    return observe(
      "select",
      time,
      () => watchedOf(lists, (list) => set.fds(list)),
      () => wait(set, time, readers, writers, others),
      (ready) => watchedOf(ready, (list) => set.readyFds(list)),
    );
  } finally {
    spare.push(set);
  }
}

function wait<R, W, X>(
  set: SelectSet,
  timeoutMs: number,
  readers: readonly R[],
  writers: readonly W[],
  others: readonly X[],
): [R[], W[], X[]] {
  const ready = set.wait(timeoutMs);
  if (ready === 0) return [[], [], []];
  if (ready < 0) check(ready, "select", set.guilty(ready, listNames));
  return [set.ready(0, readers), set.ready(1, writers), set.ready(2, others)];
}

/**
 * The lists as one, each descriptor with all that it is in them for.
 * @param fdsOf The numbers of a list's objects, which are not asked again.
 */
function watchedOf(
  lists: readonly (readonly unknown[])[],
  fdsOf: (list: number) => readonly number[],
): Watched[] {
  const watched = new Map<number, Watched>();
  for (const [i, list] of lists.entries()) {
    if (list.length === 0) continue;
    const fds = fdsOf(i);
    for (const [j, fileobj] of list.entries()) {
      const fd = fds[j] ?? -1;
      const events = (watched.get(fd)?.events ?? 0) | (1 << i);
      watched.set(fd, { fd, events, fileobj });
    }
  }
  return [...watched.values()];
}

/** Sets that are not in use: usually one, more where a `fileno()` selects. */
const spare: SelectSet[] = [];

const listNames = ["rlist", "wlist", "xlist"] as const;

/** Adds a list to the set, and gives it as it was. */
function addAll<T extends FileDescriptorLike>(
  set: SelectSet,
  list: Iterable<T>,
  name: string,
): T[] {
  const objects = snapshot(list, name);
  const first = set.addList(objects.length);
  const { words } = set;
  for (let i = 0; i < objects.length; i++) {
    words[first + i] = fdOf(objects[i], "select", name, i);
  }
  return objects;
}

/** Adds a list, unless that takes code of the program's. */
function addOwn(set: SelectSet, list: readonly unknown[]): boolean {
  const first = set.addList(list.length);
  // Empty lists are of another kind for V8, which compiles for both then.
  return list.length === 0 || writeOwnFds(set.words, first, list);
}

/** An object's `fileno()` may change the list that it is in. */
function snapshot<T>(list: Iterable<T>, name: string): T[] {
  if (isArray(list)) return list.slice();
  if (isIterable(list)) return [...list];
  throw invalidType(name, "an iterable of file descriptors", list);
}

function isArray<T>(list: Iterable<T>): list is T[] {
  return Array.isArray(list);
}

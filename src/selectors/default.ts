import { silently } from "../observe.ts";
import type { FileDescriptorLike } from "../descriptor.ts";
import { hasEpoll } from "../epoll-set.ts";
import { kqueueCalls } from "../kqueue-set.ts";
import type { BaseSelector } from "./base.ts";
import { EpollSelector as Epoll } from "./epoll.ts";
import { KqueueSelector as Kqueue } from "./kqueue.ts";
import { PollSelector } from "./poll.ts";
import { SelectSelector } from "./select.ts";

/**
 * A selector on epoll(7).
 *
 * Linux only: `undefined` elsewhere.
 */
export const EpollSelector: typeof Epoll | undefined = hasEpoll
  ? Epoll
  : undefined;

/**
 * A selector on epoll(7).
 * @interface
 * @see epoll(7), https://docs.python.org/3/library/selectors.html#selectors.EpollSelector
 */
export type EpollSelector<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
> = Epoll<Data, File>;

/**
 * A selector on kqueue(2).
 *
 * macOS and the BSDs only: `undefined` elsewhere.
 */
export const KqueueSelector:
  | (new <
      Data = unknown,
      File extends FileDescriptorLike = FileDescriptorLike,
    >() => Kqueue<Data, File>)
  | undefined = kqueueCalls && Kqueue;

/**
 * A selector on kqueue(2).
 * @interface
 * @see kqueue(2), https://docs.python.org/3/library/selectors.html#selectors.KqueueSelector
 */
export type KqueueSelector<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
> = Kqueue<Data, File>;

/** What all selectors of the system have in common. */
export type SelectorConstructor = new <
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
>() => BaseSelector<Data, File>;

/** A call may be there by name and yet refuse to work. */
function works(constructor: SelectorConstructor): boolean {
  try {
    using trial = new constructor();
    silently(() => trial.select(0));
    return true;
  } catch {
    return false;
  }
}

const candidates = [KqueueSelector, EpollSelector, PollSelector];

/**
 * The best selector that works here: on kqueue(2) or epoll(7), else on poll(2),
 * else on select(2).
 * @see https://docs.python.org/3/library/selectors.html#selectors.DefaultSelector
 */
export const DefaultSelector: SelectorConstructor =
  candidates.find((candidate) => candidate !== undefined && works(candidate)) ??
  SelectSelector;

/** The best selector that works here. */
export type DefaultSelector<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
> = BaseSelector<Data, File>;

/// <reference types="node" preserve="true" />
/**
 * Waiting for many descriptors on whatever the system does best, as Python's
 * `selectors` has it.
 *
 * @see https://docs.python.org/3/library/selectors.html
 * @module posix-select/selectors
 */
export { BaseSelector, type SelectOptions } from "./base.ts";
export {
  DefaultSelector,
  EpollSelector,
  KqueueSelector,
  type SelectorConstructor,
} from "./default.ts";
export type { EpollArguments, EpollOptions } from "./epoll.ts";
export {
  type DataArgument,
  EVENT_PRIORITY,
  EVENT_READ,
  EVENT_WRITE,
  type Ready,
  type SelectorKey,
} from "./key.ts";
export type { SelectorMap } from "./map.ts";
export { PollSelector } from "./poll.ts";
export { SelectSelector } from "./select.ts";
export { wakeup } from "./waker.ts";

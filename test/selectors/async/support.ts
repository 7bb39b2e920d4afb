/** What the tests of waits that do not hold the thread share. */
import { setImmediate } from "node:timers/promises";
import { expect } from "vitest";
import type { FileDescriptorLike } from "posix-select/fd";
import { poll, POLLIN, POLLOUT } from "posix-select/select";
import {
  BaseSelector,
  DefaultSelector,
  EpollSelector,
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
  type SelectorConstructor,
  SelectSelector,
} from "posix-select/selectors";
import type { Mechanism } from "../contract.ts";

/** What somebody writes who is not of this package: four functions. */
export class OwnSelector<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
> extends BaseSelector<Data, File> {
  readonly #poll = poll();

  protected override add(fd: number, events: number): void {
    const reading = (events & EVENT_READ) !== 0 ? POLLIN : 0;
    const writing = (events & EVENT_WRITE) !== 0 ? POLLOUT : 0;
    this.#poll.register(fd, reading | writing);
  }

  protected override change(fd: number, events: number): void {
    this.add(fd, events);
  }

  protected override remove(fd: number): void {
    this.#poll.unregister(fd);
  }

  protected override wait(
    timeoutMs: number,
    report: (fd: number, events: number) => void,
  ): void {
    for (const [fd, revents] of this.#poll.poll(timeoutMs)) {
      const reading = (revents & ~POLLOUT) !== 0 ? EVENT_READ : 0;
      const writing = (revents & ~POLLIN) !== 0 ? EVENT_WRITE : 0;
      report(fd, reading | writing);
    }
  }
}

const select: Mechanism = {
  hasPriority: true,
  looks: false,
  watchesFiles: true,
  closed: "EBADF",
};
const polled: Mechanism = { ...select, closed: "ready" };
const epoll: Mechanism = {
  hasPriority: true,
  looks: true,
  watchesFiles: false,
  closed: "silent",
};
const kqueue: Mechanism = { ...epoll, hasPriority: false, watchesFiles: true };

/** A class and in what it differs from the others. */
export type Subject = readonly [
  name: string,
  SelectorClass: SelectorConstructor,
  mechanism: Mechanism,
];

/** Every class that this machine has. */
export const subjects: readonly Subject[] = [
  ["SelectSelector", SelectSelector, select],
  ["PollSelector", PollSelector, polled],
  ...(EpollSelector
    ? ([["EpollSelector", EpollSelector, epoll]] satisfies Subject[])
    : []),
  ["DefaultSelector", DefaultSelector, EpollSelector ? epoll : kqueue],
  ["a selector of one's own", OwnSelector, { ...polled, hasPriority: false }],
];

/** Whether it has no descriptor of its own for the loop to watch. */
export const hasShadow = ({ closed }: Mechanism): boolean =>
  closed !== "silent";

/** Lets the runtime's loop turn. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await setImmediate();
}

/** Expects a wait to go on though the loop turns. */
export async function expectPending(
  wait: Promise<unknown>,
  count?: number,
): Promise<void> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  wait.then(end, end);
  await turns(count);
  expect(isOver, "the wait is over").toBe(false);
}

/** What a promise is rejected with; fails if it is not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return expect.fail("it was not rejected");
}

/** Expects a promise to be rejected with exactly a `type`, with these fields. */
export async function expectRejection(
  promise: Promise<unknown>,
  type: abstract new (...args: never[]) => Error,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  const error = await rejection(promise);
  expect(error).toMatchObject(fields);
  expect(Object.getPrototypeOf(error)).toBe(type.prototype);
}

/** How many milliseconds a wait lasts. */
export async function timedAsync(wait: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await wait();
  return performance.now() - start;
}

/**
 * Counts from now on how often a selector asks its mechanism what is ready: one
 * that turns round and round does so thousands of times a second.
 */
export function countLooks(selector: BaseSelector): () => number {
  const original: unknown = Reflect.get(selector, "wait");
  if (typeof original !== "function") throw new Error("it can't wait");
  let looks = 0;
  Reflect.set(selector, "wait", (...args: unknown[]) => {
    looks++;
    Reflect.apply(original, selector, args);
  });
  return () => looks;
}

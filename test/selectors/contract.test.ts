/** The contract, over every selector that this machine has. */
import { describe, expect, test } from "vitest";
import { poll, POLLIN, POLLOUT } from "posix-select/select";
import {
  BaseSelector,
  DefaultSelector,
  EpollSelector,
  EVENT_PRIORITY,
  EVENT_READ,
  EVENT_WRITE,
  KqueueSelector,
  PollSelector,
  SelectSelector,
} from "posix-select/selectors";
import type { FileDescriptorLike } from "posix-select/fd";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { contract, type Mechanism } from "./contract.ts";
import { fullPipe } from "./support.ts";

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

/** What somebody who is not of this package writes. */
class OwnSelector<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
> extends BaseSelector<Data, File> {
  readonly #poll = poll();
  /** What the next calls of `add()` are to throw. */
  error: Error | undefined;

  protected override add(fd: number, events: number): void {
    if (this.error) throw this.error;
    const reading = (events & EVENT_READ) !== 0 ? POLLIN : 0;
    const writing = (events & EVENT_WRITE) !== 0 ? POLLOUT : 0;
    this.#poll.register(fd, reading | writing);
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
      // More than was asked for, and of one that nobody has registered.
      report(fd, reading | writing | 64);
      report(999_999, EVENT_READ);
    }
  }
}

describe("SelectSelector", () => {
  contract(SelectSelector, select);
});

describe("PollSelector", () => {
  contract(PollSelector, polled);
});

describe("EpollSelector", () => {
  if (EpollSelector) contract(EpollSelector, epoll);
  else test("is not there", ({ skip }) => skip("only Linux has epoll"));
});

describe("KqueueSelector", () => {
  if (KqueueSelector) contract(KqueueSelector, kqueue);
  else test("is not there", ({ skip }) => skip("no kqueue on this system"));
});

describe("DefaultSelector", () => {
  const own = new Map<unknown, Mechanism>([
    [SelectSelector, select],
    [PollSelector, polled],
    [EpollSelector, epoll],
    [KqueueSelector, kqueue],
  ]).get(DefaultSelector);
  if (own) contract(DefaultSelector, own);
  test("is one of the classes that are there", () => {
    expect(own).toBeDefined();
  });
});

describe("a selector of one's own", () => {
  contract(OwnSelector, { ...polled, hasPriority: false });

  test("has no key for what it could not add", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new OwnSelector());
    const [read, write] = fullPipe(cleanup);
    const key = selector.register(write, EVENT_WRITE);
    selector.error = new Error("no more room");
    expect(() => selector.register(read, EVENT_READ)).toThrow("no more room");
    expect([...selector.getMap()]).toEqual([[write, key]]);
    expect(selector.select()).toEqual([[key, EVENT_WRITE]]);
  });

  test("drops the key of what it could not change", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new OwnSelector());
    const [read, write] = fullPipe(cleanup);
    selector.register(read, EVENT_READ);
    const key = selector.register(write, EVENT_WRITE);
    selector.error = new Error("no more room");
    expect(selector.modify(write, EVENT_WRITE, key.data)).toBe(key);
    expect(() => selector.modify(read, EVENT_WRITE)).toThrow("no more room");
    expect([...selector.getMap()]).toEqual([[write, key]]);
    expect(selector.select()).toEqual([[key, EVENT_WRITE]]);
    selector.error = undefined;
    selector.register(read, EVENT_READ);
    expect(selector.select()).toHaveLength(2);
  });

  test("refuses the events that it says it can't watch for", () => {
    class Deaf extends OwnSelector {
      protected override get allEvents(): number {
        return EVENT_WRITE | EVENT_PRIORITY;
      }
    }
    using cleanup = new Cleanup();
    const selector = cleanup.use(new Deaf());
    const [, write] = fullPipe(cleanup);
    for (const events of [EVENT_READ, EVENT_READ | EVENT_WRITE, 5, 7]) {
      const call = (): unknown => selector.register(write, events);
      expectThrow(call, RangeError, { code: "ERR_OUT_OF_RANGE" });
    }
    const key = selector.register(write, EVENT_WRITE | EVENT_PRIORITY);
    expect(selector.select()).toEqual([[key, EVENT_WRITE]]);
  });

  test("gives no handle before it can watch for it", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new OwnSelector());
    selector.error = new Error("no more room");
    expect(() => selector.wakeupHandle()).toThrow("no more room");
    expect(() => selector.wakeupHandle()).toThrow("no more room");
  });
});

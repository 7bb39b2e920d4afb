/** Descriptors that are closed while they are waited for. */
import { closeSync, writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  type BaseSelector,
  EVENT_READ,
  EVENT_WRITE,
  type SelectorConstructor,
} from "posix-select/selectors";
import { socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { fill } from "../../socket/support.ts";
import type { Mechanism } from "../contract.ts";
import { countLooks, expectPending, expectRejection } from "./support.ts";

const BOTH = EVENT_READ | EVENT_WRITE;

export function staleFacts(
  SelectorClass: SelectorConstructor,
  { closed }: Mechanism,
): void {
  /** Expects a wait to tell of what was closed as the class's `select()` does. */
  async function expectTold(
    selector: BaseSelector,
    wait: ReturnType<BaseSelector["selectAsync"]>,
    fd: number,
  ): Promise<void> {
    if (closed === "EBADF") {
      await expectRejection(wait, OSError, { code: "EBADF", fd });
    } else if (closed === "ready") {
      const key = selector.getKey(fd);
      expect(await wait).toEqual([[key, key.events]]);
    } else {
      expect(await wait).toEqual([]);
    }
  }
  // Long enough for those who look once a second.
  const timeoutMs = closed === "silent" ? 30 : 30_000;

  describe("a descriptor that is closed", () => {
    test("during the wait is what it is for select()", async () => {
      const each = [EVENT_READ, BOTH].map(async (events) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new SelectorClass());
        const [near] = cleanup.both(socketpair());
        fill(near);
        selector.register(near, events);
        const wait = selector.selectAsync(timeoutMs);
        await expectPending(wait);
        const fd = near.fileno();
        near.close();
        await expectTold(selector, wait, fd);
        await expectTold(selector, selector.selectAsync(0), fd);
        selector.unregister(near);
        expect(await selector.selectAsync(0)).toEqual([]);
      });
      await Promise.all(each);
    });

    test("between two waits is what it is for select()", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      selector.register(near, EVENT_READ);
      far.send("x");
      expect(await selector.selectAsync()).toHaveLength(1);
      const fd = near.fileno();
      near.close();
      await expectTold(selector, selector.selectAsync(timeoutMs), fd);
      selector.unregister(near);
      const [other, its] = cleanup.both(socketpair());
      const key = selector.register(other, EVENT_READ);
      const wait = selector.selectAsync();
      await expectPending(wait);
      its.send("x");
      expect(await wait).toEqual([[key, EVENT_READ]]);
    });

    test("before the first wait is what it is for select()", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read, write] = pipe();
      cleanup.fd(write);
      selector.register(read, EVENT_READ);
      closeSync(read);
      await expectTold(selector, selector.selectAsync(1), read);
    });

    test("and used again during the wait is its new owner's", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read, write] = pipe();
      cleanup.fd(write);
      const key = selector.register(read, EVENT_READ);
      const wait = selector.selectAsync(timeoutMs);
      await expectPending(wait);
      closeSync(read);
      const [near, far] = cleanup.both(socketpair());
      const owner = [near, far].find((it) => it.fileno() === read);
      const peer = [near, far].find((it) => it !== owner);
      expect(owner, "the number was not used again").toBeDefined();
      await expectPending(wait);
      peer?.send("x");
      // epoll has forgotten it, the others look at the number.
      const found = closed === "silent" ? [] : [[key, EVENT_READ]];
      expect(await wait).toEqual(found);
    });

    test("and used again can be registered, and is heard at once", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [old] = cleanup.both(socketpair());
      selector.register(old, EVENT_READ, "old");
      const wait = selector.selectAsync();
      await expectPending(wait);
      const fd = old.fileno();
      old.close();
      const pair = cleanup.both(socketpair());
      const fresh = pair.find((it) => it.fileno() === fd);
      const peer = pair.find((it) => it !== fresh);
      if (!fresh || !peer) throw new Error("the number was not used again");
      const key = selector.register(fresh, EVENT_READ, "new");
      await expectPending(wait);
      peer.send("x");
      expect(await wait).toEqual([[key, EVENT_READ]]);
    });
  });

  describe("a descriptor that was closed, and of which a copy is open", () => {
    test("does not disturb the wait once it is unregistered", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const [other, its] = cleanup.both(socketpair());
      const key = selector.register(other, EVENT_READ);
      const wait = selector.selectAsync();
      for (let i = 0; i < 3; i++) {
        const copy = cleanup.use(near.dup());
        selector.register(copy, EVENT_READ);
        await expectPending(wait);
        const spare = cleanup.use(copy.dup());
        copy.close();
        selector.unregister(copy);
        const looks = countLooks(selector);
        far.send("x");
        await setTimeout(100);
        await expectPending(wait);
        // It is noticed once or twice, and then told of no more.
        expect(looks()).toBeLessThan(6);
        spare.recv(1);
      }
      its.send("x");
      expect(await wait).toEqual([[key, EVENT_READ]]);
      other.recv(1);
      const next = selector.selectAsync();
      await expectPending(next);
      its.send("x");
      expect(await next).toEqual([[key, EVENT_READ]]);
    });

    test("that is ready before the wait does not end it", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      const [read, write] = cleanup.fds(pipe());
      const key = selector.register(read, EVENT_READ);
      expect(await selector.selectAsync(0)).toEqual([]);
      selector.register(near, EVENT_READ);
      cleanup.use(near.dup());
      near.close();
      selector.unregister(near);
      far.send("x");
      expect(await selector.selectAsync(0)).toEqual([]);
      expect(await selector.selectAsync(5)).toEqual([]);
      const wait = selector.selectAsync();
      await expectPending(wait, 50);
      writeSync(write, "x");
      expect(await wait).toEqual([[key, EVENT_READ]]);
    });
  });
}

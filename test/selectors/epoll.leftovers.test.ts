/** Entries of EpollSelector's that the kernel keeps and no call can remove. */
import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { poll, POLLIN } from "posix-select/select";
import {
  EpollSelector as Selector,
  EVENT_READ,
  EVENT_WRITE,
  wakeup,
} from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { timed } from "../socket/support.ts";
import {
  fullPipe,
  kernelEntries,
  laterMs,
  printedBy,
  readyLater,
  socketAt,
  soonMs,
  withLimit,
} from "./support.ts";

if (Selector === undefined) {
  test("is not there", ({ skip }) => skip("only Linux has epoll"));
} else {
  facts(Selector);
}

function facts(EpollSelector: NonNullable<typeof Selector>): void {
  type Watcher = InstanceType<typeof EpollSelector>;

  /**
   * Leaves an entry behind that reports: its descriptor is closed, a copy of it
   * is open, and there is something to read. Gives the number that it had.
   */
  function leaveBehind(cleanup: Cleanup, selector: Watcher): number {
    const [near, far] = cleanup.both(socketpair());
    const fd = near.fileno();
    selector.register(near, EVENT_READ, "left behind");
    cleanup.use(near.dup());
    near.close();
    selector.unregister(near);
    far.send("x");
    return fd;
  }

  /** Whether the kernel has something to report that `select()` does not. */
  function isNoisy(selector: Watcher): boolean {
    const set = poll();
    set.register(selector.fileno(), POLLIN);
    return set.poll(0).length > 0;
  }

  describe("an entry that a copy of its descriptor keeps alive", () => {
    test("is reported under its key as long as that is registered", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near, far] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      cleanup.use(near.dup());
      near.close();
      far.send("x");
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
      expect(selector.unregister(near)).toBe(key);
      expect(selector.select(1)).toEqual([]);
      expect(isNoisy(selector)).toBe(false);
    });

    test("does not end a wait, and is got rid of by the first", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const epfd = selector.fileno();
      leaveBehind(cleanup, selector);
      expect(isNoisy(selector)).toBe(true);
      const ms = timed(() => {
        expect(selector.select(20)).toEqual([]);
      });
      expect(ms).toBeGreaterThanOrEqual(20);
      expect(isNoisy(selector)).toBe(false);
      expect(selector.fileno()).toBe(epfd);
      expect(kernelEntries(epfd).size).toBe(0);
    });

    test("does not end a look, a wait for ever, nor a later one", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      for (let i = 0; i < 5; i++) leaveBehind(cleanup, selector);
      expect(selector.select(0)).toEqual([]);
      expect(selector.select(0)).toEqual([]);
      leaveBehind(cleanup, selector);
      const ms = timed(() => {
        const key = selector.register(readyLater(cleanup), EVENT_READ);
        expect(selector.select()).toEqual([[key, EVENT_READ]]);
      });
      expect(ms).toBeGreaterThanOrEqual(laterMs);
    });

    test("hides nothing that is ready, now or later", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near, far] = cleanup.both(socketpair());
      const [read] = fullPipe(cleanup);
      const later = selector.register(near, EVENT_READ, "later");
      leaveBehind(cleanup, selector);
      const now = selector.register(read, EVENT_READ, "now");
      leaveBehind(cleanup, selector);
      expect(selector.select()).toEqual([[now, EVENT_READ]]);
      expect(kernelEntries(selector.fileno()).size).toBe(2);
      selector.unregister(read);
      expect(selector.select(1)).toEqual([]);
      far.send("x");
      expect(selector.select()).toEqual([[later, EVENT_READ]]);
      expect(selector.unregister(near)).toBe(later);
      expect(selector.select(0)).toEqual([]);
    });

    test("is not taken for the new owner of its number", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const fd = leaveBehind(cleanup, selector);
      const fresh = socketAt(cleanup, fd);
      fresh.bind({ host: "127.0.0.1", port: 0 });
      fresh.listen();
      const key = selector.register(fresh, EVENT_READ, "new");
      const ms = timed(() => {
        expect(selector.select(20)).toEqual([]);
      });
      expect(ms).toBeGreaterThanOrEqual(20);
      expect(isNoisy(selector)).toBe(false);
      expect(selector.unregister(fresh)).toBe(key);
    });

    test("is not taken for the new owner of a number never unregistered", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near, far] = cleanup.both(socketpair());
      selector.register(near, EVENT_READ, "old");
      cleanup.use(near.dup());
      const fd = near.fileno();
      near.close();
      const fresh = socketAt(cleanup, fd);
      fresh.bind({ host: "127.0.0.1", port: 0 });
      fresh.listen();
      selector.register(fresh, EVENT_READ, "new");
      far.send("x");
      expect(selector.select(1)).toEqual([]);
      expect(isNoisy(selector)).toBe(false);
      expect(selector.getMap().size).toBe(1);
    });

    test("is not taken for an exclusive one that has its number", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near, far] = cleanup.both(socketpair());
      const fd = near.fileno();
      selector.register(fd, EVENT_READ, "number", { exclusive: true });
      cleanup.use(near.dup());
      near.close();
      const fresh = socketAt(cleanup, fd);
      fresh.bind({ host: "127.0.0.1", port: 0 });
      fresh.listen();
      // The new owner is watched from here on, and has nothing to report.
      selector.modify(fd, EVENT_READ | EVENT_WRITE);
      far.send("x");
      expect(selector.select(1)).toEqual([]);
      expect(isNoisy(selector)).toBe(false);
    });

    test("is got rid of where a child has the copy", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near, far] = cleanup.both(socketpair());
      selector.register(near, EVENT_READ);
      const child = spawn("cat", {
        stdio: ["pipe", "ignore", "ignore", near.fileno()],
      });
      cleanup.defer(() => child.kill("SIGKILL"));
      near.close();
      selector.unregister(near);
      far.send("x");
      expect(isNoisy(selector)).toBe(true);
      const ms = timed(() => {
        expect(selector.select(20)).toEqual([]);
      });
      expect(ms).toBeGreaterThanOrEqual(20);
      expect(isNoisy(selector)).toBe(false);
    });
  });

  describe("when the set is built anew", () => {
    test("a one-shot that was reported stays deaf until modify()", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [read, write] = fullPipe(cleanup);
      const options = { oneShot: true };
      const reader = selector.register(read, EVENT_READ, "reader", options);
      expect(selector.select()).toEqual([[reader, EVENT_READ]]);
      leaveBehind(cleanup, selector);
      const writer = selector.register(write, EVENT_WRITE, "writer", options);
      // Both in the wait that finds the leftover, and after it.
      expect(selector.select()).toEqual([[writer, EVENT_WRITE]]);
      expect(isNoisy(selector)).toBe(false);
      expect(selector.select(1)).toEqual([]);
      const again = selector.modify(read, EVENT_READ, "reader");
      expect(selector.select()).toEqual([[again, EVENT_READ]]);
      selector.modify(write, EVENT_WRITE, "writer");
      expect(selector.select()).toHaveLength(1);
      expect(selector.select(0)).toEqual([]);
    });

    test("a one-shot that was not reported yet can be", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near, far] = cleanup.both(socketpair());
      const options = { oneShot: true };
      const key = selector.register(near, EVENT_READ, "data", options);
      leaveBehind(cleanup, selector);
      expect(selector.select(1)).toEqual([]);
      far.send("x");
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
      expect(selector.select(0)).toEqual([]);
    });

    test("edges are still seen", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near, far] = cleanup.both(socketpair());
      const options = { edgeTriggered: true };
      const key = selector.register(near, EVENT_READ, "data", options);
      leaveBehind(cleanup, selector);
      expect(selector.select(1)).toEqual([]);
      far.send("x");
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
      expect(selector.select(0)).toEqual([]);
    });

    test("another thread can still end a wait", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const handle = selector.wakeupHandle();
      leaveBehind(cleanup, selector);
      expect(selector.select(1)).toEqual([]);
      wakeup(handle);
      expect(selector.select()).toEqual([]);
      leaveBehind(cleanup, selector);
      wakeup(handle);
      expect(selector.select()).toEqual([]);
      expect(selector.select(1)).toEqual([]);
    });

    test("what is closed stays unregistered in the kernel, and keeps its key", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near] = cleanup.both(socketpair());
      const key = selector.register(near, EVENT_READ);
      leaveBehind(cleanup, selector);
      near.close();
      expect(selector.select(1)).toEqual([]);
      expect(isNoisy(selector)).toBe(false);
      expect(selector.unregister(near)).toBe(key);
      expect(selector.getMap().size).toBe(0);
    });

    test("a closed socket's key does not come to life on its number's new owner", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near] = cleanup.both(socketpair());
      const fd = near.fileno();
      selector.register(near, EVENT_READ, "closed");
      near.close();
      const pair: Socket[] = cleanup.both(socketpair());
      expect(pair.map((it) => it.fileno())).toContain(fd);
      for (const socket of pair) socket.send("x");
      expect(selector.select(0)).toEqual([]);
      leaveBehind(cleanup, selector);
      expect(selector.select(0)).toEqual([]);
      expect(selector.select(0)).toEqual([]);
      expect([...kernelEntries(selector.fileno()).keys()]).toEqual([]);
    });

    test("another epoll that watches its descriptor can be told again", () => {
      using cleanup = new Cleanup();
      const [inner, outer] = [new EpollSelector(), new EpollSelector()];
      cleanup.both([inner, outer]);
      outer.register(inner, EVENT_READ);
      leaveBehind(cleanup, inner);
      expect(outer.select(soonMs)).toHaveLength(1);
      expect(inner.select(0)).toEqual([]);
      outer.unregister(inner);
      const key = outer.register(inner, EVENT_READ);
      expect(outer.select(0)).toEqual([]);
      inner.register(fullPipe(cleanup)[0], EVENT_READ);
      expect(outer.select(0)).toEqual([[key, EVENT_READ]]);
    });

    test("no descriptor is left open", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      leaveBehind(cleanup, selector);
      expectNoLeak(() => {
        expect(selector.select(1)).toEqual([]);
      });
      leaveBehind(cleanup, selector);
      expectNoLeak(() => {
        expect(selector.select(0)).toEqual([]);
        expect(isNoisy(selector)).toBe(false);
      });
    });

    test("nothing is lost if there is no descriptor left for that", () => {
      const source = `
        import { closeSync, openSync } from "node:fs";
        import { EpollSelector } from "posix-select/selectors";
        import { socketpair } from "posix-select/socket";
        const selector = new EpollSelector();
        const once = socketpair();
        selector.register(once[0], 1, "once", { oneShot: true });
        const left = socketpair();
        selector.register(left[0], 1);
        const copy = left[0].dup();
        left[0].close();
        selector.unregister(left[0]);
        left[1].send("x");
        once[1].send("x");
        selector.register(once[1], 2, "always");
        const fds = [];
        try { for (;;) fds.push(openSync("/dev/null", "r")); } catch {}
        const look = () => {
          try {
            return selector.select(0).map(([{ data }]) => data).sort();
          } catch (error) {
            return error.code;
          }
        };
        const found = [look(), look(), look()];
        for (const fd of fds) closeSync(fd);
        console.log(JSON.stringify([...found, look()]));
      `;
      expect(printedBy(source, withLimit(256)).printed).toEqual([
        ["always", "once"],
        ["always"],
        ["always"],
        ["always"],
      ]);
    });
  });
}

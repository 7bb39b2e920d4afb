/** What only EpollSelector does. */
import { closeSync, fstatSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  AlreadyRegisteredError,
  FileNotFoundError,
  OSError,
} from "posix-select/errors";
import {
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLPRI,
  select,
} from "posix-select/select";
import {
  EpollSelector as Selector,
  EVENT_PRIORITY,
  EVENT_READ,
  EVENT_WRITE,
} from "posix-select/selectors";
import { MSG_OOB, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { statusOf, tcpPair } from "../socket/support.ts";
import {
  canInject,
  fullPipe,
  inject,
  kernelEntries,
  printedBy,
  socketAt,
  soonMs,
  warningsAfter,
  wrong,
} from "./support.ts";

if (Selector === undefined) {
  test("is not there", ({ skip }) => skip("only Linux has epoll"));
} else {
  facts(Selector);
}

function facts(EpollSelector: NonNullable<typeof Selector>): void {
  const KEPT = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE;

  /** What the kernel was told of a descriptor, and of how to watch it. */
  function told(epfd: number, fd: number): { events: number; how: number } {
    const bits = kernelEntries(epfd).get(fd) ?? 0;
    const events = bits & (EPOLLIN | EPOLLPRI | EPOLLOUT);
    return { events, how: (bits & KEPT) >>> 0 };
  }

  describe("options", () => {
    test.each([
      [undefined, 0],
      [{}, 0],
      [{ edgeTriggered: true }, EPOLLET],
      [{ oneShot: true }, EPOLLONESHOT],
      [{ exclusive: true }, EPOLLEXCLUSIVE],
      [{ edgeTriggered: true, oneShot: true }, EPOLLET | EPOLLONESHOT],
      [{ edgeTriggered: true, exclusive: true }, EPOLLET | EPOLLEXCLUSIVE],
    ])("%o are told to the kernel, and kept by modify()", (options, how) => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const epfd = selector.fileno();
      const [read, write] = fullPipe(cleanup);
      selector.register(read, EVENT_READ, "data", options);
      const kept = how >>> 0;
      expect(told(epfd, read)).toEqual({ events: EPOLLIN, how: kept });
      selector.modify(read, EVENT_WRITE, "data");
      expect(told(epfd, read)).toEqual({ events: EPOLLOUT, how: kept });
      selector.modify(read, EVENT_READ);
      expect(told(epfd, read)).toEqual({ events: EPOLLIN, how: kept });
      // The next one has none.
      selector.register(write, EVENT_WRITE);
      expect(told(epfd, write)).toEqual({ events: EPOLLOUT, how: 0 });
      selector.unregister(read);
      expect([...kernelEntries(epfd).keys()]).toEqual([write]);
    });

    test.each(["edgeTriggered", "oneShot", "exclusive"])(
      "%s that is no boolean is refused",
      (name) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new EpollSelector());
        const [read] = fullPipe(cleanup);
        for (const value of [1, 0, "true", null, {}]) {
          const options = wrong({ [name]: value });
          expectThrow(
            () => selector.register(read, EVENT_READ, undefined, options),
            TypeError,
            { code: "ERR_INVALID_ARG_TYPE" },
          );
        }
        expect(selector.getMap().size).toBe(0);
        selector.register(read, EVENT_READ);
        expect(told(selector.fileno(), read).how).toBe(0);
      },
    );

    test.each([null, 5, "edgeTriggered", true])(
      "that are no object are refused: %o",
      (options) => {
        using cleanup = new Cleanup();
        const selector = cleanup.use(new EpollSelector());
        const [read] = fullPipe(cleanup);
        expectThrow(
          () => selector.register(read, EVENT_READ, undefined, wrong(options)),
          TypeError,
          { code: "ERR_INVALID_ARG_TYPE" },
        );
        expect(selector.getMap().size).toBe(0);
      },
    );

    test("of a registration that failed are not the next one's", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [read] = fullPipe(cleanup);
      const both = { oneShot: true, exclusive: true };
      expectThrow(
        () => selector.register(read, EVENT_READ, undefined, both),
        OSError,
        { code: "EINVAL", syscall: "epoll_ctl", fd: read },
      );
      expect(selector.getMap().size).toBe(0);
      selector.register(read, EVENT_READ);
      expect(told(selector.fileno(), read).how).toBe(0);
      selector.wakeupHandle();
      const entries = [...kernelEntries(selector.fileno()).values()];
      expect(entries.filter((bits) => (bits & KEPT) !== 0)).toEqual([]);
    });
  });

  describe("an edge-triggered registration", () => {
    test("is reported when something comes, not as long as it is there", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near, far] = cleanup.both(socketpair());
      const options = { edgeTriggered: true };
      const key = selector.register(near, EVENT_READ, undefined, options);
      expect(selector.select(0)).toEqual([]);
      for (let i = 0; i < 3; i++) {
        far.send("x");
        expect(selector.select()).toEqual([[key, EVENT_READ]]);
        expect(selector.select(0)).toEqual([]);
      }
      const both = selector.modify(near, EVENT_READ | EVENT_WRITE);
      expect(selector.select()).toEqual([[both, EVENT_READ | EVENT_WRITE]]);
    });
  });

  describe("a one-shot registration", () => {
    test("is reported once, and again after each modify()", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near, far] = cleanup.both(socketpair());
      const options = { oneShot: true };
      let key = selector.register(near, EVENT_READ, "data", options);
      expect(selector.modify(near, EVENT_READ, "data")).toBe(key);
      far.send("x");
      for (let i = 0; i < 3; i++) {
        expect(selector.select()).toEqual([[key, EVENT_READ]]);
        far.send("y");
        expect(selector.select(0)).toEqual([]);
        // The same events, the same data: and yet it is told to the kernel.
        key = selector.modify(near, EVENT_READ, "data");
        expect(key).toMatchObject({ events: EVENT_READ, data: "data" });
        expect(selector.getKey(near)).toBe(key);
      }
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
    });

    test("is armed again with other events or data, and armed only once", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [read, write] = fullPipe(cleanup);
      const options = { oneShot: true };
      selector.register(read, EVENT_READ, 1, options);
      selector.register(write, EVENT_WRITE, 2, options);
      expect(selector.select()).toHaveLength(2);
      const reader = selector.modify(read, EVENT_READ, 3);
      expect(selector.select()).toEqual([[reader, EVENT_READ]]);
      selector.modify(write, EVENT_READ);
      const writer = selector.modify(write, EVENT_WRITE | EVENT_READ);
      expect(selector.select()).toEqual([[writer, EVENT_WRITE]]);
      expect(selector.select(0)).toEqual([]);
    });

    test("stays registered when it is deaf", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [read] = fullPipe(cleanup);
      const options = { oneShot: true };
      const key = selector.register(read, EVENT_READ, undefined, options);
      expect(selector.select()).toEqual([[key, EVENT_READ]]);
      const again = (): unknown => selector.register(read, EVENT_READ);
      expectThrow(again, AlreadyRegisteredError, { fd: read });
      expect(selector.unregister(read)).toBe(key);
      const fresh = selector.register(read, EVENT_READ);
      expect(selector.select()).toEqual([[fresh, EVENT_READ]]);
      expect(selector.select()).toEqual([[fresh, EVENT_READ]]);
    });
  });

  describe("an exclusive registration", () => {
    test("is reported by each of two selectors that look", () => {
      using cleanup = new Cleanup();
      const [read] = fullPipe(cleanup);
      for (const selector of [new EpollSelector(), new EpollSelector()]) {
        cleanup.use(selector);
        const options = { exclusive: true };
        const key = selector.register(read, EVENT_READ, undefined, options);
        expect(selector.select()).toEqual([[key, EVENT_READ]]);
        const both = selector.modify(read, EVENT_READ | EVENT_WRITE, "data");
        expect(selector.select()).toEqual([[both, EVENT_READ]]);
      }
    });

    test("of urgent data is refused by the kernel, and rolled back", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new EpollSelector());
      const [near] = cleanup.both(socketpair());
      const fd = near.fileno();
      const call = (): unknown =>
        selector.register(near, EVENT_PRIORITY, 0, { exclusive: true });
      expectThrow(call, OSError, { code: "EINVAL", fd });
      expect(selector.getMap().size).toBe(0);
      selector.register(near, EVENT_READ, 0, { exclusive: true });
      const change = (): unknown => selector.modify(near, EVENT_PRIORITY);
      expectThrow(change, OSError, { code: "EINVAL", fd });
      expect(selector.getMap().size).toBe(0);
      expect(kernelEntries(selector.fileno()).size).toBe(0);
    });
  });

  test("urgent data is a priority event; so is a hang-up", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new EpollSelector());
    const [client, server] = tcpPair(cleanup);
    const key = selector.register(server, EVENT_PRIORITY);
    client.send("!", MSG_OOB);
    expect(selector.select(soonMs)).toEqual([[key, EVENT_PRIORITY]]);
    const both = selector.modify(server, EVENT_PRIORITY | EVENT_WRITE);
    expect(selector.select()).toEqual([[both, EVENT_PRIORITY | EVENT_WRITE]]);
    selector.unregister(server);
    const [near, far] = cleanup.both(socketpair());
    const other = selector.register(near, EVENT_PRIORITY);
    far.close();
    expect(selector.select()).toEqual([[other, EVENT_PRIORITY]]);
  });

  test("a number that another file has now is dropped by a modify() that fails", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new EpollSelector());
    const [near] = cleanup.both(socketpair());
    const fd = near.fileno();
    selector.register(fd, EVENT_READ);
    near.close();
    socketAt(cleanup, fd);
    const call = (): unknown => selector.modify(fd, EVENT_WRITE);
    expectThrow(call, FileNotFoundError, { code: "ENOENT", fd });
    expect(selector.getMap().size).toBe(0);
    selector.register(fd, EVENT_WRITE);
    expect(selector.select()).toHaveLength(1);
  });

  describe("a selector's own descriptor", () => {
    test("is close-on-exec, and gone after close()", () => {
      const selector = new EpollSelector();
      const fd = selector.fileno();
      expect(statusOf(fd).isCloseOnExec).toBe(true);
      selector.close();
      expect(() => fstatSync(fd)).toThrow("EBADF");
    });

    test("is readable while something is ready, also in another selector", () => {
      using cleanup = new Cleanup();
      const inner = cleanup.use(new EpollSelector());
      const outer = cleanup.use(new EpollSelector());
      const [near, far] = cleanup.both(socketpair());
      const key = outer.register(inner, EVENT_READ);
      inner.register(near, EVENT_READ);
      expect(outer.select(0)).toEqual([]);
      expect(select([inner], [], [], 0)[0]).toEqual([]);
      far.send("x");
      expect(outer.select()).toEqual([[key, EVENT_READ]]);
      expect(select([inner], [], [])[0]).toEqual([inner]);
      near.recv(1);
      expect(outer.select(0)).toEqual([]);
    });

    test("can't be registered in itself, nor in a circle", () => {
      using cleanup = new Cleanup();
      const [a, b] = cleanup.both([new EpollSelector(), new EpollSelector()]);
      const itself = (): unknown => a.register(a, EVENT_READ);
      expectThrow(itself, OSError, { code: "EINVAL", fd: a.fileno() });
      a.register(b, EVENT_READ);
      const circle = (): unknown => b.register(a, EVENT_READ);
      expectThrow(circle, OSError, { code: "ELOOP", fd: a.fileno() });
      expect(b.getMap().size).toBe(0);
    });

    test("is warned about, and stays open, when the selector is forgotten", async () => {
      let fd = -1;
      const warnings = await warningsAfter(() => {
        fd = new EpollSelector().fileno();
        new EpollSelector().close();
      });
      const told = `ResourceWarning: unclosed EpollSelector { fd: ${fd} }, which stays open`;
      expect(warnings).toEqual([told]);
      closeSync(fd);
    });
  });

  test
    .skipIf(!canInject /* strace is not there, or may not trace */)
    .each(["ENOSYS", "EPERM"] as const)(
    "without epoll_pwait2 (%s) no wait ends early",
    (error) => {
      const source = `
      import { epoll } from "posix-select/select";
      import { EpollSelector } from "posix-select/selectors";
      import { socketpair } from "posix-select/socket";
      const selector = new EpollSelector();
      const raw = epoll();
      const [near, far] = socketpair();
      selector.register(near, 1);
      const early = [];
      for (const ms of [0.3, 0.01, 1.5, 2]) {
        const begin = performance.now();
        if (selector.select(ms).length > 0) early.push("something");
        if (raw.poll(ms).length > 0) early.push("something");
        const took = performance.now() - begin;
        if (took < 2 * ms) early.push([ms, took]);
      }
      far.send("x");
      const found = selector.select(0.5).length;
      console.log(JSON.stringify({ early, found }));
    `;
      const { printed, stderr } = printedBy(source, inject(error));
      expect(printed).toEqual({ early: [], found: 1 });
      // It was tried once.
      expect(stderr.match(/INJECTED/g)).toHaveLength(1);
    },
  );
}

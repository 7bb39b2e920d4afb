/** What only SelectSelector does. */
import { closeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  EVENT_PRIORITY,
  EVENT_READ,
  EVENT_WRITE,
  SelectSelector,
} from "posix-select/selectors";
import { MSG_OOB, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { tcpPair } from "../socket/support.ts";
import { fullPipe, limit, soonMs } from "./support.ts";

const ALL = EVENT_READ | EVENT_WRITE | EVENT_PRIORITY;

describe("a closed descriptor", () => {
  test.each([EVENT_READ, EVENT_WRITE, EVENT_PRIORITY, ALL])(
    "fails the whole wait, and the error names it: %d",
    (events) => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectSelector());
      const others = Array.from({ length: 5 }, () => fullPipe(cleanup)[0]);
      for (const fd of others) selector.register(fd, EVENT_READ);
      const [near] = cleanup.both(socketpair());
      const fd = near.fileno();
      selector.register(near, events);
      near.close();
      for (const timeoutMs of [0, 10, undefined]) {
        expectThrow(() => selector.select(timeoutMs), OSError, {
          code: "EBADF",
          syscall: "select",
          fd,
          message: `EBADF: bad file descriptor, select (fd ${fd}, which is closed)`,
        });
      }
      expect(selector.getMap().size).toBe(6);
      selector.unregister(near);
      expect(selector.select()).toHaveLength(5);
    },
  );

  test("is named also where the kernel has never heard of it", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new SelectSelector());
    for (const fd of [900, 1_000_000, 2 ** 31 - 1]) {
      selector.register(fd, EVENT_READ);
      const fields = { code: "EBADF", fd };
      expectThrow(() => selector.select(0), OSError, fields);
      selector.unregister(fd);
    }
    expect(selector.select(0)).toEqual([]);
  });

  test("is known by the error's fd, so that a loop can drop it", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new SelectSelector());
    const pipes = Array.from({ length: 4 }, () => cleanup.fds(pipe()));
    for (const [, write] of pipes) selector.register(write, EVENT_WRITE);
    for (const index of [1, 3]) closeSync(pipes[index]?.[1] ?? -1);
    const dropped: number[] = [];
    let ready;
    while (ready === undefined) {
      try {
        ready = selector.select();
      } catch (error) {
        if (!(error instanceof OSError)) throw error;
        dropped.push(selector.unregister(error.fd ?? -1).fd);
      }
    }
    expect(dropped).toEqual([pipes[1]?.[1], pipes[3]?.[1]]);
    expect(ready.map(([{ fd }]) => fd)).toEqual([pipes[0]?.[1], pipes[2]?.[1]]);
  });
});

test("urgent data is a priority event, and reported with the others", () => {
  using cleanup = new Cleanup();
  const selector = cleanup.use(new SelectSelector());
  const [client, server] = tcpPair(cleanup);
  const key = selector.register(server, EVENT_PRIORITY);
  expect(selector.select(0)).toEqual([]);
  client.send("!", MSG_OOB);
  expect(selector.select(soonMs)).toEqual([[key, EVENT_PRIORITY]]);
  const both = selector.modify(server, EVENT_PRIORITY | EVENT_WRITE);
  expect(selector.select()).toEqual([[both, EVENT_PRIORITY | EVENT_WRITE]]);
  const writing = selector.modify(server, EVENT_WRITE);
  expect(selector.select()).toEqual([[writing, EVENT_WRITE]]);
  const again = selector.modify(server, EVENT_PRIORITY);
  expect(server.recv(1, MSG_OOB).toString()).toBe("!");
  client.send("x");
  const reading = selector.modify(server, EVENT_PRIORITY | EVENT_READ);
  expect(selector.select(soonMs)).toEqual([[reading, EVENT_READ]]);
  expect(again.events).toBe(EVENT_PRIORITY);
});

test("a hang-up is nothing urgent", () => {
  using cleanup = new Cleanup();
  const selector = cleanup.use(new SelectSelector());
  const [near, far] = cleanup.both(socketpair());
  selector.register(near, EVENT_PRIORITY);
  far.close();
  expect(selector.select(1)).toEqual([]);
});

test.skipIf(limit < 1300 /* the system allows no more */)(
  "lists grow and shrink as descriptors come and go",
  () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new SelectSelector());
    const pipes = Array.from({ length: 500 }, () => fullPipe(cleanup));
    for (const [read, write] of pipes) {
      selector.register(read, EVENT_READ);
      selector.register(write, EVENT_WRITE);
    }
    expect(selector.select()).toHaveLength(1000);
    for (const [read] of pipes.slice(10)) selector.unregister(read);
    expect(selector.select()).toHaveLength(510);
    for (const [, write] of pipes) selector.unregister(write);
    const readers = pipes.slice(0, 10).map(([read]) => read);
    expect(selector.select().map(([{ fd }]) => fd)).toEqual(readers);
  },
);

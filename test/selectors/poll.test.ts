/** What only PollSelector does. */
import { closeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { pipe } from "posix-select/fd";
import {
  EVENT_PRIORITY,
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
} from "posix-select/selectors";
import { MSG_OOB, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { tcpPair } from "../socket/support.ts";
import { fullPipe, limit, printedBy, soonMs, withLimit } from "./support.ts";

const ALL = EVENT_READ | EVENT_WRITE | EVENT_PRIORITY;
const fdsOf = (selector: PollSelector): number[] =>
  selector.select(0).map(([{ fd }]) => fd);

describe("what is ready comes in the order of registration", () => {
  test("whatever the numbers are, and whatever was modified", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new PollSelector());
    const writers = Array.from({ length: 8 }, () => fullPipe(cleanup)[1]);
    const order = [5, 0, 7, 2, 6, 1, 4, 3].map((i) => writers[i] ?? -1);
    for (const fd of order) selector.register(fd, EVENT_WRITE);
    expect(fdsOf(selector)).toEqual(order);
    selector.modify(order[3] ?? -1, EVENT_READ);
    expect(fdsOf(selector)).toEqual(order.toSpliced(3, 1));
    selector.modify(order[3] ?? -1, EVENT_WRITE | EVENT_READ, "data");
    expect(fdsOf(selector)).toEqual(order);
  });

  test("what is registered again comes last", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new PollSelector());
    const writers = [0, 1, 2].map(() => fullPipe(cleanup)[1]);
    const [a = -1, b = -1, c = -1] = writers;
    for (const fd of writers) selector.register(fd, EVENT_WRITE);
    selector.unregister(a);
    expect(fdsOf(selector)).toEqual([b, c]);
    selector.register(a, EVENT_WRITE);
    expect(fdsOf(selector)).toEqual([b, c, a]);
  });

  test.skipIf(limit < 700 /* the system allows no more */)(
    "also after most were removed, and others added",
    () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new PollSelector());
      const [near] = cleanup.both(socketpair());
      const copies = Array.from({ length: 400 }, () =>
        cleanup.use(near.dup()).fileno(),
      );
      let order = copies.slice(0, 300);
      for (const fd of order) selector.register(fd, EVENT_WRITE);
      const kept = order.filter((_, i) => i % 7 === 3);
      for (const fd of order.filter((it) => !kept.includes(it))) {
        selector.unregister(fd);
        order = order.filter((it) => it !== fd);
        if (order.length % 50 === 0) expect(fdsOf(selector)).toEqual(order);
      }
      expect(fdsOf(selector)).toEqual(kept);
      const added = copies.slice(300);
      for (const fd of added) selector.register(fd, EVENT_WRITE);
      expect(fdsOf(selector)).toEqual([...kept, ...added]);
      // Their places are still known.
      const deaf = kept.filter((_, i) => i % 2 === 0);
      for (const fd of deaf) selector.modify(fd, EVENT_READ);
      const hearing = kept.filter((fd) => !deaf.includes(fd));
      expect(fdsOf(selector)).toEqual([...hearing, ...added]);
      for (const fd of added) selector.unregister(fd);
      expect(fdsOf(selector)).toEqual(hearing);
    },
  );

  test("places that were left do not count as descriptors for the system", () => {
    const { printed } = printedBy(
      `
      import { openSync } from "node:fs";
      import { PollSelector } from "posix-select/selectors";
      const selector = new PollSelector();
      for (let i = 0; i < 150; i++) {
        selector.register(openSync("/dev/null", "r"), 1);
      }
      const other = openSync("/dev/null", "r");
      const found = [];
      for (let i = 0; i < 400; i++) {
        selector.register(other, 1);
        selector.unregister(other);
        if (i % 40 !== 0) continue;
        try {
          found.push(selector.select(0).length);
        } catch (error) {
          found.push(error.code);
        }
      }
      console.log(JSON.stringify([...new Set(found)]));
      `,
      withLimit(256),
    );
    expect(printed).toEqual([150]);
  });
});

describe("a closed descriptor", () => {
  test.each([EVENT_READ, EVENT_WRITE, EVENT_PRIORITY, ALL])(
    "is ready for all it is watched for, until it is unregistered: %d",
    (events) => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new PollSelector());
      const [read] = cleanup.fds(pipe());
      const [near] = cleanup.both(socketpair());
      const number = selector.register(read, events);
      const socket = selector.register(near, events);
      closeSync(read);
      near.close();
      const expected = [
        [number, events],
        [socket, events],
      ];
      expect(selector.select()).toEqual(expected);
      expect(selector.select()).toEqual(expected);
      expect(selector.unregister(near)).toBe(socket);
      expect(selector.unregister(read)).toBe(number);
      expect(selector.select(0)).toEqual([]);
    },
  );
});

test("urgent data is a priority event, and reported with the others", () => {
  using cleanup = new Cleanup();
  const selector = cleanup.use(new PollSelector());
  const [client, server] = tcpPair(cleanup);
  const key = selector.register(server, EVENT_PRIORITY);
  expect(selector.select(0)).toEqual([]);
  client.send("!", MSG_OOB);
  expect(selector.select(soonMs)).toEqual([[key, EVENT_PRIORITY]]);
  const both = selector.modify(server, EVENT_PRIORITY | EVENT_WRITE);
  expect(selector.select()).toEqual([[both, EVENT_PRIORITY | EVENT_WRITE]]);
  const writing = selector.modify(server, EVENT_WRITE);
  expect(selector.select()).toEqual([[writing, EVENT_WRITE]]);
  expect(server.recv(1, MSG_OOB).toString()).toBe("!");
  client.send("x");
  const reading = selector.modify(server, EVENT_PRIORITY | EVENT_READ);
  expect(selector.select(soonMs)).toEqual([[reading, EVENT_READ]]);
});

test("a hang-up ends a wait for urgent data too", () => {
  using cleanup = new Cleanup();
  const selector = cleanup.use(new PollSelector());
  const [near, far] = cleanup.both(socketpair());
  const key = selector.register(near, EVENT_PRIORITY);
  far.close();
  expect(selector.select()).toEqual([[key, EVENT_PRIORITY]]);
});

test.skipIf(process.platform !== "linux" /* others may not say POLLHUP */)(
  "a pipe whose writer is gone is ready in both directions",
  () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new PollSelector());
    const [read, write] = cleanup.fds(pipe());
    const key = selector.register(read, EVENT_READ | EVENT_WRITE);
    expect(selector.select(0)).toEqual([]);
    closeSync(write);
    expect(selector.select()).toEqual([[key, EVENT_READ | EVENT_WRITE]]);
  },
);

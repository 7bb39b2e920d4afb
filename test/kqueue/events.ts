/** What `Kqueue.control()` changes and reports, on any system. */
import { constants as os } from "node:os";
import { writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FileNotFoundError, OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import { type Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import { changes, kqueues, type KqueueSystem, named } from "./support.ts";

export function eventTests(system: KqueueSystem): void {
  const { open } = kqueues(system);
  const { read, write, user } = changes(system);
  const {
    KQ_FILTER_READ: READ,
    KQ_FILTER_WRITE: WRITE,
    KQ_EV_ADD: ADD,
    KQ_EV_DELETE: DELETE,
    KQ_EV_ENABLE: ENABLE,
    KQ_EV_DISABLE: DISABLE,
    KQ_EV_ONESHOT: ONESHOT,
    KQ_EV_CLEAR: CLEAR,
    KQ_EV_DISPATCH: DISPATCH,
    KQ_EV_RECEIPT: RECEIPT,
    KQ_EV_ERROR: ERROR,
    KQ_EV_EOF: EOF,
  } = system.constants;

  /** A pair of sockets, the first of which has `text` to read. */
  const pairWith = (cleanup: Cleanup, text: string): [Socket, Socket] => {
    const [near, far] = cleanup.both(socketpair());
    if (text !== "") far.send(text);
    return [near, far];
  };

  describe("an event", () => {
    test("is six numbers: what, how, and how much", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "seven b");
      const udata = Number.MAX_SAFE_INTEGER;
      queue.control([read(near, { udata })], 0);
      const [event, ...more] = queue.control(null, 5, 0);
      expect(more).toEqual([]);
      expect(event).toEqual({
        ident: near.fileno(),
        filter: READ,
        flags: expect.any(Number) as number,
        fflags: 0,
        data: 7,
        udata,
      });
      expect((event?.flags ?? 0) & (EOF | ERROR)).toBe(0);
    });

    test("stays what it was when others come", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "x");
      const events = queue.control([read(near, { udata: 7 })], 1, 0);
      const copy = structuredClone(events);
      queue.control([user(1), read(near, { flags: DELETE })], 5, 0);
      expect(events).toEqual(copy);
    });

    test("comes for each filter of a descriptor", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "x");
      const both = [read(near, { udata: 1 }), write(near, { udata: 2 })];
      const events = queue.control(both, 5, 0);
      const fd = near.fileno();
      expect(named(events)).toEqual([
        [fd, WRITE],
        [fd, READ],
      ]);
      const udata = events.map(({ filter, udata }) => [filter, udata]);
      expect(new Map(udata as [number, number][])).toEqual(
        new Map([
          [READ, 1],
          [WRITE, 2],
        ]),
      );
    });

    test("comes again and again while there is something to read", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "xyz");
      queue.control([read(near)], 0);
      for (const unread of [3, 2, 1]) {
        expect(queue.control(null, 5, 0)).toMatchObject([{ data: unread }]);
        near.recv(1);
      }
      expect(queue.control(null, 5, 0)).toEqual([]);
    });

    test("with room for fewer than are ready, the rest come next", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const fds = Array.from({ length: 5 }, () =>
        pairWith(cleanup, "x")[0].fileno(),
      );
      queue.control(
        fds.map((fd) => read(fd)),
        0,
      );
      const seen = [2, 2, 1].flatMap((most) => {
        const events = queue.control(null, most, 0);
        expect(events).toHaveLength(most);
        return events.map(({ ident }) => ident);
      });
      expect(seen.sort((a, b) => a - b)).toEqual(fds);
    });

    test("comes for all of many at once", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const fds = Array.from({ length: 200 }, () =>
        pairWith(cleanup, "x")[0].fileno(),
      );
      const both = fds.flatMap((fd) => [read(fd), write(fd)]);
      expect(queue.control(both, 0)).toEqual([]);
      expect(named(queue.control(null, 1000, 0))).toEqual(
        fds.flatMap((fd) => [
          [fd, WRITE],
          [fd, READ],
        ]),
      );
    });

    test("comes with EV_EOF when the peer has closed, data first", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near, far] = pairWith(cleanup, "four");
      queue.control([read(near)], 0);
      far.close();
      const [unread] = queue.control(null, 5, 0);
      expect(unread).toMatchObject({ data: 4 });
      expect((unread?.flags ?? 0) & EOF).toBe(EOF);
      near.recv(10);
      const [end] = queue.control(null, 5, 0);
      expect(end).toMatchObject({ data: 0 });
      expect((end?.flags ?? 0) & EOF).toBe(EOF);
    });

    test("comes for a pipe, and with EV_EOF for its writer when the reader is gone", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [reader, writer] = pipe();
      const ends = new Cleanup();
      cleanup.fd(writer);
      ends.fd(reader);
      writeSync(writer, "x");
      expect(named(queue.control([read(reader), write(writer)], 5, 0))).toEqual(
        named([read(reader), write(writer)]),
      );
      ends[Symbol.dispose]();
      const [event, ...more] = queue.control(null, 5, 0);
      expect(more).toEqual([]);
      expect(event).toMatchObject({ ident: writer, filter: WRITE });
      expect((event?.flags ?? 0) & EOF).toBe(EOF);
    });
  });

  describe("a change", () => {
    test("of what is there alters it, and adds no second", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "x");
      queue.control([read(near, { udata: 1 }), read(near, { udata: 2 })], 0);
      expect(queue.control(null, 5, 0)).toMatchObject([{ udata: 2 }]);
      queue.control([read(near, { flags: DELETE })], 0);
      expect(queue.control(null, 5, 0)).toEqual([]);
    });

    test("EV_DELETE ends the events", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "x");
      queue.control([read(near), write(near)], 0);
      queue.control([read(near, { flags: DELETE })], 0);
      const left = [[near.fileno(), WRITE]];
      expect(named(queue.control(null, 5, 0))).toEqual(left);
    });

    test("EV_DISABLE keeps it quiet, EV_ENABLE lets it speak", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "x");
      queue.control([read(near, { flags: ADD | DISABLE })], 0);
      expect(queue.control(null, 5, 0)).toEqual([]);
      queue.control([read(near, { flags: ENABLE })], 0);
      expect(queue.control(null, 5, 0)).toHaveLength(1);
      queue.control([read(near, { flags: DISABLE })], 0);
      expect(queue.control(null, 5, 0)).toEqual([]);
    });

    test("EV_ONESHOT has it deleted with its first event", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "x");
      queue.control([read(near, { flags: ADD | ONESHOT })], 0);
      expect(queue.control(null, 5, 0)).toHaveLength(1);
      expect(queue.control(null, 5, 0)).toEqual([]);
      expect(() => queue.control([read(near, { flags: ENABLE })], 0)).toThrow(
        "ENOENT",
      );
    });

    test("EV_DISPATCH has it disabled with its first event", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "x");
      queue.control([read(near, { flags: ADD | DISPATCH })], 0);
      for (let i = 0; i < 3; i++) {
        expect(queue.control(null, 5, 0)).toHaveLength(1);
        expect(queue.control(null, 5, 0)).toEqual([]);
        queue.control([read(near, { flags: ENABLE | DISPATCH })], 0);
      }
    });

    test("EV_CLEAR has it speak again only when there is more", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near, far] = pairWith(cleanup, "x");
      queue.control([read(near, { flags: ADD | CLEAR })], 0);
      expect(queue.control(null, 5, 0)).toMatchObject([{ data: 1 }]);
      expect(queue.control(null, 5, 5)).toEqual([]);
      far.send("yz");
      expect(queue.control(null, 5)).toMatchObject([{ data: 3 }]);
      expect(queue.control(null, 5, 0)).toEqual([]);
      far.close();
      expect(queue.control(null, 5)).toHaveLength(1);
    });

    test("of a descriptor that is closed then is forgotten", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "x");
      queue.control([read(near), write(near)], 0);
      near.close();
      expect(queue.control(null, 5, 0)).toEqual([]);
      // Its number's next owner has nothing to do with it.
      const [next] = pairWith(cleanup, "x");
      expect(queue.control(null, 5, 0)).toEqual([]);
      expect(queue.control([read(next)], 5, 0)).toHaveLength(1);
    });
  });

  describe("a change that fails", () => {
    test("is an error where there is room for no event", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "x");
      const fd = queue.fileno();
      expectThrow(
        () => queue.control([read(near, { flags: DELETE })], 0),
        FileNotFoundError,
        {
          code: "ENOENT",
          errno: -os.errno.ENOENT,
          syscall: "kevent",
          fd,
          message: "ENOENT: no such file or directory, kevent",
        },
      );
      const closed = near.fileno();
      near.close();
      expectThrow(() => queue.control([read(closed)], 0), OSError, {
        code: "EBADF",
        syscall: "kevent",
      });
      const unknown = { ...user(1), filter: -100 };
      expect(() => queue.control([unknown], 0)).toThrow("EINVAL");
    });

    test("leaves those before it made, and those behind it not", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [one] = pairWith(cleanup, "x");
      const [other] = pairWith(cleanup, "x");
      const absent = user(1, { flags: ENABLE });
      expect(() => queue.control([read(one), absent, read(other)], 0)).toThrow(
        "ENOENT",
      );
      const first = [[one.fileno(), READ]];
      expect(named(queue.control(null, 5, 0))).toEqual(first);
    });

    test("is an event where there is room, with its errno and udata", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [one] = pairWith(cleanup, "x");
      const absent = user(1, { flags: ENABLE, udata: 9 });
      const events = queue.control([absent, read(one)], 5, 0);
      expect(events).toMatchObject([
        { ident: 1, data: os.errno.ENOENT, udata: 9 },
      ]);
      expect((events[0]?.flags ?? 0) & ERROR).toBe(ERROR);
      // The one behind it was made.
      expect(queue.control(null, 5, 0)).toMatchObject([
        { ident: one.fileno() },
      ]);
    });
  });

  describe("EV_RECEIPT", () => {
    test("has each change tell how it went, and no more than that", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "x");
      queue.control([read(near)], 0);
      const receipts = queue.control(
        [
          write(near, { flags: ADD | RECEIPT, udata: 5 }),
          user(1, { flags: DELETE | RECEIPT }),
        ],
        5,
      );
      expect(receipts.map(({ ident, data }) => [ident, data])).toEqual([
        [near.fileno(), 0],
        [1, os.errno.ENOENT],
      ]);
      expect(receipts[0]).toMatchObject({ filter: WRITE, udata: 5 });
      for (const { flags } of receipts) expect(flags & ERROR).toBe(ERROR);
      expect(queue.control(null, 5, 0)).toHaveLength(2);
    });

    test("tells nothing where there is no room", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const [near] = pairWith(cleanup, "x");
      expect(queue.control([read(near, { flags: ADD | RECEIPT })], 0)).toEqual(
        [],
      );
      expect(queue.control(null, 5, 0)).toHaveLength(1);
    });
  });
}

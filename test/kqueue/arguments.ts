/** What `Kqueue` takes and refuses, on any system. */
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import { Socket, socketpair } from "posix-select/socket";
import { type KEvent, makeKevent } from "../../src/kqueue.ts";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectThrow } from "../helpers/errors.ts";
import {
  changes,
  containing,
  kqueues,
  type KqueueSystem,
  named,
  wrong,
  wrongType,
  wrongValue,
} from "./support.ts";

const fields = ["ident", "filter", "flags", "fflags", "data", "udata"] as const;

const outside: readonly (readonly [keyof KEvent, number])[] = [
  ...fields.flatMap((field) =>
    [0.5, NaN, Infinity, -Infinity, 2 ** 53].map(
      (value) => [field, value] as const,
    ),
  ),
  ["ident", -1],
  ["filter", 2 ** 15],
  ["filter", -(2 ** 15) - 1],
  ["flags", 2 ** 16],
  ["flags", -1],
  ["fflags", 2 ** 32],
  ["fflags", -(2 ** 31) - 1],
  ["udata", -1],
];

export function argumentTests(system: KqueueSystem): void {
  const { open } = kqueues(system);
  const { read, user } = changes(system);
  const { constants } = system;

  describe("what control() takes", () => {
    test.each(["1", "", undefined, null, true, 1n, {}, [], Symbol("m")])(
      "%o is no number of events",
      (value) => {
        using cleanup = new Cleanup();
        const queue = open(cleanup);
        expectThrow(() => queue.control([], wrong(value), 0), TypeError, {
          ...wrongType,
          message: containing('"maxEvents"'),
        });
      },
    );

    test.each([-1, 0.5, NaN, Infinity, 2 ** 31])(
      "%d events can't be asked for",
      (value) => {
        using cleanup = new Cleanup();
        const queue = open(cleanup);
        expectThrow(() => queue.control([], value, 0), RangeError, {
          ...wrongValue,
          message: containing('"maxEvents"'),
        });
      },
    );

    test.each([NaN, "1", true, 1n, {}, [5], Symbol("t"), () => 1])(
      "%o is no time-out, not even where there is no wait",
      (value) => {
        using cleanup = new Cleanup();
        const queue = open(cleanup);
        for (const most of [0, 1]) {
          expectThrow(() => queue.control([], most, wrong(value)), TypeError, {
            ...wrongType,
            message: containing('"timeoutMs"'),
          });
        }
      },
    );

    test.each([5, true, {}, 1n, () => 1, Symbol("c")])(
      "%o is no list of changes",
      (value) => {
        using cleanup = new Cleanup();
        const queue = open(cleanup);
        expectThrow(() => queue.control(wrong(value), 1, 0), TypeError, {
          ...wrongType,
          message: containing('"changes" argument must be an iterable'),
        });
      },
    );

    test.each([5, null, undefined, "x", true, 1n, Symbol("c")])(
      "%o is no change",
      (value) => {
        using cleanup = new Cleanup();
        const queue = open(cleanup);
        const list = [user(1), wrong(value)];
        expectThrow(() => queue.control(list, 1, 0), TypeError, {
          ...wrongType,
          message: containing('"changes[1]"'),
        });
      },
    );

    test.each(fields)("a change needs a number as its %s", (field) => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      for (const value of ["1", null, undefined, true, 1n, {}]) {
        const list = [user(1), { ...user(1), [field]: wrong(value) }];
        expectThrow(() => queue.control(list, 1, 0), TypeError, {
          ...wrongType,
          message: containing(`"changes[1].${field}"`),
        });
      }
    });

    test.each(outside)("a change's %s can't be %d", (field, value) => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const list = [user(1), { ...user(1), [field]: value }];
      expectThrow(() => queue.control(list, 1, 0), RangeError, {
        ...wrongValue,
        message: containing(`"changes[1].${field}"`),
      });
    });

    test("fflags is a mask of 32 bits, of either sign", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      // The bitwise operators of JavaScript give negative numbers.
      const fflags = constants.KQ_NOTE_FFCOPY | constants.KQ_NOTE_TRIGGER | 5;
      expect(fflags).toBeLessThan(0);
      queue.control([user(1)], 0);
      for (const given of [fflags, fflags >>> 0]) {
        const [event] = queue.control(
          [user(1, { flags: 0, fflags: given })],
          1,
          0,
        );
        expect(event?.fflags).toBeGreaterThanOrEqual(5);
        expect((event?.fflags ?? 0) & constants.KQ_NOTE_FFLAGSMASK).toBe(5);
      }
    });

    test("if one change is wrong, none is made", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const good = user(1);
      const trigger = user(1, { flags: 0, fflags: constants.KQ_NOTE_TRIGGER });
      expect(() => queue.control([good, wrong(5)], 0)).toThrow(TypeError);
      expect(() => queue.control([trigger], 0)).toThrow("ENOENT");
    });

    test.each([null, undefined, [], new Set<KEvent>(), ""])(
      "%o is no change at all",
      (none) => {
        using cleanup = new Cleanup();
        const queue = open(cleanup);
        expect(queue.control(wrong(none), 0)).toEqual([]);
        expect(queue.control(wrong(none), 1, 0)).toEqual([]);
      },
    );

    test("any iterable is a list of changes", () => {
      using cleanup = new Cleanup();
      const [near] = cleanup.both(socketpair());
      const [other, far] = cleanup.both(socketpair());
      far.send("x");
      const both = [read(near), read(other)];
      const lists: Iterable<KEvent>[] = [
        both,
        new Set(both),
        new Map(both.map((it, i) => [i, it])).values(),
        both.values(),
        (function* (): Iterable<KEvent> {
          yield* both;
        })(),
        Object.freeze(both.map((it) => Object.freeze(it))),
      ];
      for (const list of lists) {
        const queue = open(cleanup);
        expect(named(queue.control(list, 5, 0))).toEqual([
          [other.fileno(), constants.KQ_FILTER_READ],
        ]);
      }
    });

    test("what a list throws comes through, and no change is made", () => {
      using cleanup = new Cleanup();
      const queue = open(cleanup);
      const error = new Error("no more");
      const list = (function* (): Iterable<KEvent> {
        yield user(1);
        throw error;
      })();
      expect(() => queue.control(list, 1, 0)).toThrow(error);
      const trigger = user(1, { flags: 0, fflags: constants.KQ_NOTE_TRIGGER });
      expect(() => queue.control([trigger], 0)).toThrow("ENOENT");
    });
  });

  describe("a change", () => {
    test.each([
      (socket: Socket) => socket.fileno(),
      (socket: Socket) => socket,
      (socket: Socket) => ({ fileno: () => socket.fileno() }),
      (socket: Socket) => ({ fd: socket.fileno() }),
      (socket: Socket) => ({ fd: -1, fileno: () => socket.fileno() }),
    ])("keeps the number of what has a descriptor: %o", (identOf) => {
      using cleanup = new Cleanup();
      const [socket] = cleanup.both(socketpair());
      const change = makeKevent(identOf(socket), -1, 2, 3, 4, 5);
      const ident = socket.fileno();
      expect(change).toEqual({
        ident,
        filter: -1,
        flags: 2,
        fflags: 3,
        data: 4,
        udata: 5,
      });
    });

    test("may be about what is no descriptor", () => {
      const ident = Number.MAX_SAFE_INTEGER;
      const change = makeKevent(ident, constants.KQ_FILTER_USER, 1);
      expect(change).toMatchObject({ ident, fflags: 0, data: 0, udata: 0 });
    });

    test.each(["1", null, undefined, true, {}, [], { fd: "0" }])(
      "is about no %o",
      (value) => {
        expectThrow(() => makeKevent(wrong(value), -1, 1), TypeError, {
          ...wrongType,
          message: containing('"ident"'),
        });
      },
    );

    test("is about no closed object", () => {
      const socket = new Socket();
      socket.close();
      expectThrow(() => makeKevent(socket, -1, 1), OSError, {
        code: "EBADF",
        syscall: "kevent",
        message: containing("ident is closed"),
      });
    });
  });
}

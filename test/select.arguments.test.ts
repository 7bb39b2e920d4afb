import { closeSync, openSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { select } from "posix-select/select";
import { expectThrow, thrownBy } from "./helpers/errors.ts";

/** What TypeScript would not let a caller pass. */
const wrong = (value: unknown): never => value as never;

const containing = (text: string): unknown => expect.stringContaining(text);

const wrongType = { code: "ERR_INVALID_ARG_TYPE", name: "TypeError" };
const wrongValue = { code: "ERR_OUT_OF_RANGE", name: "RangeError" };

const noTimes = [
  NaN,
  "1",
  "",
  true,
  false,
  1n,
  {},
  [],
  [5],
  new Date(),
  Symbol("t"),
  () => 1,
];
const noLists = [5, null, undefined, true, {}, 1n, () => 1, Symbol("l")];
const noDescriptors = [
  "0",
  null,
  undefined,
  true,
  false,
  1n,
  NaN,
  {},
  [],
  [0],
  Symbol("d"),
  () => 0,
  new Date(0),
  { fd: "0" },
  { fd: undefined },
  { fd: NaN },
  { fd: null },
  { fileno: 0 },
  { fileno: () => "0" },
  { fileno: () => undefined },
  { fileno: () => null },
  { fileno: () => NaN },
  { fileno: () => 0n },
  { fileno: () => "0", fd: 0 },
];

describe("wrong types", () => {
  test.each(noTimes)("%o is no time-out", (value) => {
    expectThrow(() => select([], [], [], wrong(value)), TypeError, {
      ...wrongType,
      message: containing('"timeoutMs"'),
    });
  });

  test.each(noLists)("%o is no list", (value) => {
    const list = wrong(value);
    for (const [call, name] of [
      [() => select(list, [], [], 0), "rlist"],
      [() => select([], list, [], 0), "wlist"],
      [() => select([], [], list, 0), "xlist"],
    ] as const) {
      const message = containing(`"${name}" argument must be an iterable`);
      expectThrow(call, TypeError, { ...wrongType, message });
    }
  });

  test("a list that is left out is named", () => {
    const call = select as (...lists: unknown[]) => unknown;
    expectThrow(() => call(), TypeError, {
      ...wrongType,
      message: containing('"rlist"'),
    });
    expectThrow(() => call([], []), TypeError, {
      ...wrongType,
      message: containing('"xlist"'),
    });
  });

  test.each(noDescriptors)("%o is no descriptor", (value) => {
    const list = [0, wrong(value)];
    for (const [call, name] of [
      [() => select(list, [], [], 0), "rlist[1]"],
      [() => select([], list, [], 0), "wlist[1]"],
      [() => select([0], [0], list, 0), "xlist[1]"],
    ] as const) {
      const message = containing(`"${name}" argument must be`);
      expectThrow(call, TypeError, { ...wrongType, message });
    }
  });

  test("a hole in an array is no descriptor", () => {
    const list: number[] = [];
    list[2] = 0;
    expectThrow(() => select(list, [], [], 0), TypeError, {
      ...wrongType,
      message: containing('"rlist[0]"'),
    });
  });

  test("what has no function for an iterator is no list", () => {
    for (const iterator of [undefined, 5]) {
      const list = wrong({ [Symbol.iterator]: iterator });
      expectThrow(() => select([], list, [], 0), TypeError, {
        ...wrongType,
        message: containing('"wlist"'),
      });
    }
  });

  test("a text is a list of no descriptors", () => {
    expectThrow(() => select(wrong("0"), [], [], 0), TypeError, {
      ...wrongType,
      message: containing('"rlist[0]"'),
    });
  });
});

describe("wrong values", () => {
  test.each([
    -1,
    -(2 ** 31),
    -Infinity,
    2 ** 31,
    2 ** 32,
    1e300,
    Infinity,
    0.5,
  ])("the number %d can be no descriptor", (fd) => {
    for (const [call, name] of [
      [() => select([0, 0, fd], [], [], 0), "rlist[2]"],
      [() => select([], [0, 0, fd], [], 0), "wlist[2]"],
      [() => select([], [], [0, 0, fd], 0), "xlist[2]"],
    ] as const) {
      const message = containing(`"${name}" is out of range`);
      expectThrow(call, RangeError, { ...wrongValue, message });
    }
  });

  test.each([2 ** 31, 2 ** 32, Infinity, 0.5])(
    "an object whose descriptor is %d is out of range",
    (fd) => {
      const message = containing('"rlist[0]" is out of range');
      const fields = { ...wrongValue, message };
      expectThrow(() => select([{ fd }], [], [], 0), RangeError, fields);
      const file = { fileno: () => fd };
      expectThrow(() => select([file], [], [], 0), RangeError, fields);
    },
  );
});

describe("the first fault is told", () => {
  test("the time-out is looked at first", () => {
    for (const list of [wrong(5), [-1], [wrong("x")]]) {
      expectThrow(() => select(list, list, list, NaN), TypeError, {
        ...wrongType,
        message: containing('"timeoutMs"'),
      });
    }
  });

  test("no list is touched when the time-out is wrong", () => {
    let isTouched = false;
    const list = {
      *[Symbol.iterator](): Generator<number> {
        isTouched = true;
        yield 0;
      },
    };
    expect(() => select(list, list, list, wrong("1"))).toThrow(TypeError);
    expect(isTouched).toBe(false);
  });

  test("a list is looked at from left to right", () => {
    expectThrow(() => select([0, -1, wrong("x")], [], [], 0), RangeError, {
      message: containing('"rlist[1]"'),
    });
    expectThrow(() => select([0, wrong("x"), -1], [], [], 0), TypeError, {
      message: containing('"rlist[1]"'),
    });
  });

  test("rlist's elements come before wlist's, and those before xlist's", () => {
    const bad = [wrong("x")];
    expectThrow(() => select([0, -1], bad, bad, 0), RangeError, {
      message: containing('"rlist[1]"'),
    });
    expectThrow(() => select([0], [-1], bad, 0), RangeError, {
      message: containing('"wlist[0]"'),
    });
    expectThrow(() => select([0], [0], bad, 0), TypeError, {
      message: containing('"xlist[0]"'),
    });
  });

  test("rlist's elements come before a wlist that is no list", () => {
    expectThrow(() => select([0, -1], wrong(5), [], 0), RangeError, {
      message: containing('"rlist[1]"'),
    });
  });

  test("a wrong value is told before a closed descriptor", () => {
    const closed = openSync("/dev/null", "r");
    closeSync(closed);
    expectThrow(() => select([closed], [], [-1], 0), RangeError, wrongValue);
  });
});

describe("what a caller's own code throws goes through unchanged", () => {
  const own = new Error("its own");
  const fail = (): never => {
    throw own;
  };

  test("fileno()", () => {
    for (const call of [
      () => select([0, { fileno: fail }], [], [], 0),
      () => select([], [{ fileno: fail }], [], 0),
      () => select([], [], [{ fileno: fail, fd: 0 }], 0),
    ]) {
      expect(thrownBy(call)).toBe(own);
    }
  });

  test("a value that is no Error", () => {
    const file = {
      fileno: (): number => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw 5;
      },
    };
    expect(thrownBy(() => select([file], [], [], 0))).toBe(5);
  });

  test("a getter of fd", () => {
    const file = {
      get fd(): number {
        return fail();
      },
    };
    expect(thrownBy(() => select([file], [], [], 0))).toBe(own);
  });

  test("an iterator", () => {
    function* list(): Generator<number> {
      yield 0;
      fail();
    }
    expect(thrownBy(() => select([], list(), [], 0))).toBe(own);
  });
});

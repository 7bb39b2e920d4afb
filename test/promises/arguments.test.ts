/** Wrong arguments: each call rejects, and never throws. */
import { describe, expect, test } from "vitest";
import * as promises from "posix-select/promises";
import { Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { invoke } from "../socket/support.ts";
import { rejection } from "./support.ts";

const { freeze } = Object;
const type = freeze({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
const range = freeze({ name: "RangeError", code: "ERR_OUT_OF_RANGE" });

/** Calls with a good first argument and these, and gives the error. */
async function refused(name: string, ...args: unknown[]): Promise<unknown> {
  let promise: unknown;
  expect(() => {
    promise = invoke(promises, name, ...args);
  }, "it threw").not.toThrow();
  expect(promise).toBeInstanceOf(Promise);
  return rejection(promise as Promise<unknown>);
}

const address = { host: "127.0.0.1", port: 9 };

/** What is good for the arguments between the first and the options. */
const middle: Readonly<Record<string, readonly unknown[]>> = {
  readable: [],
  writable: [],
  accept: [],
  recv: [1],
  recvInto: [new Uint8Array(1)],
  sendAll: ["x"],
  connect: [address],
};
const names = Object.keys(middle);
const socketCalls = names.slice(2);

describe.each(names)("%s", (name) => {
  const good = (): readonly unknown[] => middle[name] ?? [];

  test("refuses options that are none", async () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    for (const options of [null, 5, "x", true, () => 1]) {
      const error = await refused(name, a, ...good(), options);
      expect(error).toMatchObject(type);
    }
  });

  test("refuses times that are none", async () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    for (const timeoutMs of [NaN, "5", {}, 5n, true, new Date()]) {
      const error = await refused(name, a, ...good(), { timeoutMs });
      expect(error).toMatchObject(type);
      expect(String(error)).toContain("timeoutMs");
    }
  });

  test("refuses signals that are none", async () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    const like = { aborted: false, addEventListener: () => undefined };
    for (const signal of [null, 5, {}, like, new AbortController()]) {
      const error = await refused(name, a, ...good(), { signal });
      expect(error).toMatchObject(type);
      expect(String(error)).toContain("options.signal");
    }
  });

  test("hands on what an option's getter throws", async () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    const thrown = new Error("mine");
    const options = {
      get timeoutMs(): number {
        throw thrown;
      },
    };
    expect(await refused(name, a, ...good(), options)).toBe(thrown);
  });
});

test.for(["readable", "writable"])(
  "%s refuses no descriptors",
  async (name) => {
    for (const fd of [undefined, null, "1", {}, [], NaN, 1n, { fd: "1" }]) {
      expect(await refused(name, fd)).toMatchObject(type);
    }
    for (const fd of [-1, 0.5, 2 ** 31, Infinity, { fd: 1.5 }]) {
      expect(await refused(name, fd)).toMatchObject(range);
    }
    const thrown = new Error("mine");
    const fd = {
      fileno() {
        throw thrown;
      },
    };
    expect(await refused(name, fd)).toBe(thrown);
  },
);

test.for(socketCalls)("%s refuses what is no Socket", async (name) => {
  const args = middle[name] ?? [];
  for (const it of [undefined, null, 0, "s", {}, { fileno: () => 0 }]) {
    expect(await refused(name, it, ...args)).toMatchObject(type);
  }
});

describe("select", () => {
  test("refuses lists that are none", async () => {
    for (const list of [undefined, null, 5, {}, { length: 1 }]) {
      for (const at of [0, 1, 2]) {
        const lists: unknown[] = [[], [], []];
        lists[at] = list;
        const error = await refused("select", ...lists, 0);
        expect(error).toMatchObject(type);
        expect(String(error)).toMatch(/"[rwx]list"/);
      }
    }
  });

  test("refuses what is no descriptor, and tells where it is", async () => {
    const nothing = await refused("select", [0], [0, {}], []);
    expect(nothing).toMatchObject(type);
    expect(String(nothing)).toContain("wlist[1]");
    expect(await refused("select", [-1], [], [])).toMatchObject(range);
  });

  test("refuses times, options and signals that are none", async () => {
    for (const time of [NaN, "5", {}, 5n]) {
      expect(await refused("select", [], [], [], time)).toMatchObject(type);
    }
    for (const options of [null, 5, "x"]) {
      const error = await refused("select", [], [], [], 0, options);
      expect(error).toMatchObject(type);
    }
    for (const signal of [null, 5, {}]) {
      const error = await refused("select", [], [], [], 0, { signal });
      expect(error).toMatchObject(type);
    }
  });

  test("hands on what an iterator throws", async () => {
    const thrown = new Error("mine");
    const list = {
      [Symbol.iterator]() {
        throw thrown;
      },
    };
    expect(await refused("select", list, [], [])).toBe(thrown);
  });
});

test("recv refuses sizes that are none", async () => {
  using cleanup = new Cleanup();
  const [a] = cleanup.both(socketpair());
  for (const size of [undefined, "1", null, 1n]) {
    expect(await refused("recv", a, size)).toMatchObject(type);
  }
  for (const size of [-1, 0.5, NaN, Infinity, 2 ** 31]) {
    expect(await refused("recv", a, size)).toMatchObject(range);
  }
});

test("recvInto and sendAll refuse what is no memory", async () => {
  using cleanup = new Cleanup();
  const [a] = cleanup.both(socketpair());
  for (const memory of [undefined, null, 5, {}, [1], new ArrayBuffer(4)]) {
    expect(await refused("recvInto", a, memory)).toMatchObject(type);
    expect(await refused("sendAll", a, memory)).toMatchObject(type);
  }
  expect(await refused("recvInto", a, "text")).toMatchObject(type);
});

test.for(["recv", "recvInto", "sendAll"])(
  "%s refuses flags that are none",
  async (name) => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    const args = middle[name] ?? [];
    for (const flags of ["1", {}, 1n]) {
      const error = await refused(name, a, ...args, { flags });
      expect(error).toMatchObject(type);
    }
    for (const flags of [0.5, 2 ** 32, NaN]) {
      const error = await refused(name, a, ...args, { flags });
      expect(error).toMatchObject(range);
    }
  },
);

test("connect refuses addresses that are none", async () => {
  using cleanup = new Cleanup();
  const socket = cleanup.use(new Socket());
  const bad = [undefined, null, 5, {}, { path: "/x" }, { host: 5, port: 1 }];
  for (const to of [...bad, { host: "127.0.0.1" }, { host: "localhost" }]) {
    expect(await refused("connect", socket, to)).toMatchObject(type);
  }
  for (const host of ["127.0.0.1", "localhost", "no-such-host.invalid"]) {
    for (const port of [-1, 65536, 0.5]) {
      const error = await refused("connect", socket, { host, port });
      expect(error, host).toMatchObject(range);
    }
  }
  const [unix] = cleanup.both(socketpair());
  expect(await refused("connect", unix, address)).toMatchObject(type);
});

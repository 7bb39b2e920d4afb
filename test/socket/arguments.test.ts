import { describe, expect, test } from "vitest";
import {
  AF_INET,
  AF_UNIX,
  SOCK_STREAM,
  Socket,
  socketpair,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { expectThrow } from "../helpers/errors.ts";
import { invoke } from "./support.ts";

type Row = readonly [
  method: string,
  argument: string,
  args: readonly unknown[],
];

const type = {
  constructor: TypeError,
  code: "ERR_INVALID_ARG_TYPE",
} as const;
const range = { constructor: RangeError, code: "ERR_OUT_OF_RANGE" } as const;

function expectWrong(
  call: () => unknown,
  argument: string,
  { constructor, code }: typeof type | typeof range,
): void {
  expectThrow(call, constructor, {
    code,
    message: expect.stringContaining(`"${argument}"`) as unknown,
  });
}

const view = new Uint8Array(4);
const path = { path: "/nowhere" };

describe("a wrong type is a TypeError that names the argument", () => {
  const rows: readonly Row[] = [
    ["listen", "backlog", ["5"]],
    ["listen", "backlog", [null]],
    ["recv", "maxBytes", []],
    ["recv", "maxBytes", ["10"]],
    ["recv", "maxBytes", [10n]],
    ["recv", "flags", [10, "0"]],
    ["recv", "flags", [10, null]],
    ["recvfrom", "maxBytes", [undefined]],
    ["recvfrom", "flags", [10, {}]],
    ["recvInto", "buffer", []],
    ["recvInto", "buffer", [10]],
    ["recvInto", "buffer", ["text"]],
    ["recvInto", "buffer", [new ArrayBuffer(4)]],
    ["recvInto", "buffer", [[0, 0, 0]]],
    ["recvInto", "flags", [view, "0"]],
    ["tryRecvInto", "buffer", [null]],
    ["tryRecvInto", "buffer", [new ArrayBuffer(4)]],
    ["tryRecvInto", "flags", [view, true]],
    ["recvmsg", "maxBytes", []],
    ["recvmsg", "options", [10, null]],
    ["recvmsg", "options", [10, 5]],
    ["recvmsg", "maxFds", [10, { maxFds: "1" }]],
    ["recvmsg", "flags", [10, { flags: "1" }]],
    ["send", "data", []],
    ["send", "data", [5]],
    ["send", "data", [null]],
    ["send", "data", [[1, 2]]],
    ["send", "data", [new ArrayBuffer(4)]],
    ["send", "flags", ["x", "0"]],
    ["trySend", "data", [{}]],
    ["trySend", "flags", ["x", {}]],
    ["sendAll", "data", [undefined]],
    ["sendAll", "flags", ["x", "0"]],
    ["sendto", "data", [5, path]],
    ["sendto", "address", ["x"]],
    ["sendto", "address", ["x", null]],
    ["sendto", "address", ["x", "/nowhere"]],
    ["sendto", "address.path", ["x", {}]],
    ["sendto", "flags", ["x", path, "0"]],
    ["sendmsg", "data[0]", [5]],
    ["sendmsg", "data[1]", [["x", 5]]],
    ["sendmsg", "options", ["x", null]],
    ["sendmsg", "options", ["x", 5]],
    ["sendmsg", "fds[0]", ["x", { fds: ["0"] }]],
    ["sendmsg", "fds[1]", ["x", { fds: [0, {}] }]],
    ["sendmsg", "flags", ["x", { flags: "0" }]],
    ["sendmsg", "address", ["x", { address: "/nowhere" }]],
    ["sendmsg", "address.path", ["x", { address: { path: 5 } }]],
    ["bind", "address", []],
    ["bind", "address", ["/nowhere"]],
    ["bind", "address.path", [{ host: "127.0.0.1", port: 0 }]],
    ["bind", "address.path", [{ path: Buffer.from("x") }]],
    ["connect", "address", [null]],
    ["connect", "address.path", [{ path: 7 }]],
    ["connectEx", "address", [5]],
    ["shutdown", "how", []],
    ["shutdown", "how", ["SHUT_WR"]],
    ["setsockopt", "level", ["1", 2, 3]],
    ["setsockopt", "option", [1, "2", 3]],
    ["setsockopt", "value", [1, 2]],
    ["setsockopt", "value", [1, 2, "3"]],
    ["setsockopt", "value", [1, 2, null]],
    ["setsockopt", "value", [1, 2, new ArrayBuffer(4)]],
    ["getsockopt", "level", []],
    ["getsockopt", "option", [1]],
    ["getsockopt", "length", [1, 2, "3"]],
    ["getsockopt", "length", [1, 2, null]],
    ["setBlocking", "flag", []],
    ["setBlocking", "flag", [0]],
    ["setTimeout", "timeoutMs", ["100"]],
    ["setTimeout", "timeoutMs", [NaN]],
    ["setTimeout", "timeoutMs", [5n]],
    ["setTimeout", "timeoutMs", [{}]],
  ];

  test.for(rows)("%s: %s", ([method, argument, args]) => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    b.send("data");
    a.setTimeout(5000);
    expectWrong(() => invoke(a, method, ...args), argument, type);
    // Nothing was done.
    expect(a.getTimeout()).toBe(5000);
    expect(a.recv(99).toString()).toBe("data");
    expect(b.tryRecvInto(view)).toBeUndefined();
  });
});

describe("a wrong value is a RangeError that names the argument", () => {
  const wholes: readonly (readonly [
    string,
    string,
    (it: number) => unknown[],
  ])[] = [
    ["listen", "backlog", (it) => [it]],
    ["recv", "maxBytes", (it) => [it]],
    ["recvfrom", "maxBytes", (it) => [it]],
    ["recvmsg", "maxBytes", (it) => [it]],
    ["recvmsg", "maxFds", (it) => [1, { maxFds: it }]],
    ["shutdown", "how", (it) => [it]],
    ["setsockopt", "level", (it) => [it, 1, 1]],
    ["setsockopt", "option", (it) => [1, it, 1]],
    ["getsockopt", "level", (it) => [it, 1]],
    ["getsockopt", "option", (it) => [1, it]],
    ["getsockopt", "length", (it) => [1, 1, it]],
    ["sendmsg", "fds[0]", (it) => ["x", { fds: [it] }]],
  ];

  test.for(wholes)("%s: %s", ([method, argument, argsWith]) => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    a.setBlocking(false);
    for (const value of [-1, 0.5, 2 ** 31, 2 ** 53, Infinity]) {
      const args = argsWith(value);
      expectWrong(() => invoke(a, method, ...args), argument, range);
    }
  });

  const masks: typeof wholes = [
    ["recv", "flags", (it) => [1, it]],
    ["recvfrom", "flags", (it) => [1, it]],
    ["recvInto", "flags", (it) => [view, it]],
    ["tryRecvInto", "flags", (it) => [view, it]],
    ["recvmsg", "flags", (it) => [1, { flags: it }]],
    ["send", "flags", (it) => ["x", it]],
    ["trySend", "flags", (it) => ["x", it]],
    ["sendAll", "flags", (it) => ["x", it]],
    ["sendto", "flags", (it) => ["x", path, it]],
    ["sendmsg", "flags", (it) => ["x", { flags: it }]],
    ["setsockopt", "value", (it) => [1, 1, it]],
  ];

  test.for(masks)("%s: %s", ([method, argument, argsWith]) => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    a.setBlocking(false);
    const wrong = [0.5, NaN, 2 ** 32, -(2 ** 31) - 1, -Infinity];
    for (const value of wrong) {
      const args = argsWith(value);
      expectWrong(() => invoke(a, method, ...args), argument, range);
    }
  });

  test("getsockopt: 0 and 65537 bytes", () => {
    using socket = new Socket();
    for (const length of [0, 65537]) {
      const call = () => socket.getsockopt(1, 2, length);
      expectWrong(call, "length", range);
    }
  });
});

describe("an IP address", () => {
  const methods = ["bind", "connect", "connectEx"];

  test.for(methods)("has a host and a port: %s", (method) => {
    using socket = new Socket();
    const host = "127.0.0.1";
    const call = (address: unknown) => () => invoke(socket, method, address);
    for (const address of [undefined, null, 80, "127.0.0.1:80", () => 0]) {
      expectWrong(call(address), "address", type);
    }
    expectWrong(call({}), "address", type);
    expectWrong(call({ path: "/nowhere" }), "address", type);
    expectWrong(call([host, 80]), "address", type);
    expectWrong(call({ host: 2130706433, port: 0 }), "address.host", type);
    expectWrong(call({ host: null, port: 0 }), "address.host", type);
    expectWrong(call({ host }), "address.port", type);
    expectWrong(call({ host, port: "80" }), "address.port", type);
    for (const port of [-1, 65536, 80.5, NaN, Infinity]) {
      expectWrong(call({ host, port }), "address.port", range);
    }
    const flow = { host, port: 0, flowInfo: "1" };
    expectWrong(call(flow), "address.flowInfo", type);
    const scope = { host, port: 0, scopeId: {} };
    expectWrong(call(scope), "address.scopeId", type);
  });
});

test("a Socket is made of whole numbers", () => {
  expectNoLeak(() => {
    const make =
      (...args: readonly unknown[]) =>
      () =>
        Reflect.construct(Socket, args) as unknown;
    expectWrong(make("AF_INET"), "family", type);
    expectWrong(make(null), "family", type);
    expectWrong(make(AF_INET, "stream"), "type", type);
    expectWrong(make(AF_INET, SOCK_STREAM, "tcp"), "protocol", type);
    for (const value of [-1, 1.5, NaN, 2 ** 31]) {
      expectWrong(make(value), "family", range);
      expectWrong(make(AF_UNIX, value), "type", range);
      expectWrong(make(AF_INET, SOCK_STREAM, value), "protocol", range);
    }
  });
});

test("an object that is no iterable of descriptors is a TypeError", () => {
  using cleanup = new Cleanup();
  const [a] = cleanup.both(socketpair());
  for (const fds of [5, {}, true]) {
    expectWrong(() => invoke(a, "sendmsg", "x", { fds }), "fds", type);
  }
});

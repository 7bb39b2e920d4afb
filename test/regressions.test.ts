/** Faults that there were, each with what showed it. */
import { closeSync } from "node:fs";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import { connect, recvInto, sendAll } from "posix-select/promises";
import { PollSelector } from "posix-select/selectors";
import {
  AF_UNIX,
  MSG_WAITALL,
  SO_LINGER,
  Socket,
  socketpair,
  createServer,
  SOL_SOCKET,
} from "posix-select/socket";
import { native } from "../src/native.ts";
import { Cleanup } from "./helpers/cleanup.ts";
import { expectNoLeak, openDescriptors } from "./helpers/descriptors.ts";
import { expectThrow } from "./helpers/errors.ts";
import { Program } from "./helpers/programs.ts";

test("a list with holes sends nothing, and passes nothing", () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  const type = { code: "ERR_INVALID_ARG_TYPE" };
  expectThrow(() => near.sendmsg(new Array<string>(1)), TypeError, type);
  expectThrow(
    () => near.sendmsg("x", { fds: new Array<number>(1) }),
    TypeError,
    type,
  );
  expect(far.tryRecvInto(Buffer.alloc(1))).toBeUndefined();
});

test("a list of a length that no message has is refused", () => {
  using cleanup = new Cleanup();
  const [near] = cleanup.both(socketpair());
  expectThrow(() => near.sendmsg(new Array<string>(2e9)), RangeError, {
    code: "ERR_OUT_OF_RANGE",
  });
});

test("the addon survives a getter that throws", () => {
  using cleanup = new Cleanup();
  const [near] = cleanup.both(socketpair());
  const pieces = [Buffer.from("a")];
  Object.defineProperty(pieces, 1, {
    get: () => {
      throw new Error("mine");
    },
  });
  const [arena] = native.createArena(4096);
  expect(() => native.sendmsg(near.fileno(), pieces, 0, 0, arena)).toThrow(
    "mine",
  );
});

test("an error that came after data is told by whatever receives next", () => {
  using cleanup = new Cleanup();
  const server = cleanup.use(createServer({ port: 0 }));
  const near = cleanup.use(new Socket());
  near.connect(server.getsockname());
  const [far] = server.accept();
  far.send("abc");
  const reset = Buffer.from(new Int32Array([1, 0]).buffer);
  far.setsockopt(SOL_SOCKET, SO_LINGER, reset);
  far.close();
  expect(near.recv(10, MSG_WAITALL).length).toBe(3);
  expect(() => near.recvfrom(10)).toThrow("ECONNRESET");
});

test("a receive of nothing on a closed socket is EBADF, whatever its flags", () => {
  using cleanup = new Cleanup();
  const [near] = cleanup.both(socketpair());
  near.close();
  for (const flags of [0, MSG_WAITALL]) {
    expect(() => near.recvInto(new Uint8Array(0), flags)).toThrow("EBADF");
  }
});

test("a listener that was there before the library is heard", async () => {
  await using program = new Program("test/programs/early-listener.ts");
  expect(await program.line()).toContain("EINTR");
  expect(await program.line()).toBe("heard");
});

test("what only inherits from Uint8Array is no memory", () => {
  using cleanup = new Cleanup();
  const [near] = cleanup.both(socketpair());
  const type = { code: "ERR_INVALID_ARG_TYPE" };
  const fakes = [
    Object.create(Uint8Array.prototype) as Uint8Array,
    new Proxy(new Uint8Array(8), {}),
  ];
  for (const fake of fakes) {
    expectThrow(() => near.send(fake), TypeError, type);
    expectThrow(() => near.tryRecvInto(fake), TypeError, type);
    expectThrow(
      () => {
        near.setsockopt(SOL_SOCKET, SO_LINGER, fake);
      },
      TypeError,
      type,
    );
  }
});

test("a view of memory that was given away is refused", async () => {
  using cleanup = new Cleanup();
  const [near] = cleanup.both(socketpair());
  const view = new DataView(new ArrayBuffer(8));
  structuredClone(view.buffer, { transfer: [view.buffer] });
  const type = { code: "ERR_INVALID_ARG_TYPE" };
  expectThrow(() => near.recvInto(view), TypeError, type);
  expectThrow(() => near.send(view), TypeError, type);
  await expect(recvInto(near, view)).rejects.toMatchObject(type);
});

test("an awaited MSG_WAITALL into memory that was given away says so by 0", async () => {
  using cleanup = new Cleanup();
  const [near] = cleanup.both(socketpair());
  const view = new Uint8Array(8);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  const options = { flags: MSG_WAITALL, timeoutMs: 1 };
  expect(await recvInto(near, view, options)).toBe(0);
});

test("a wrong value that can't be shown is refused as any other", () => {
  const value = {
    [inspect.custom]: () => {
      throw new Error("not to be shown");
    },
  };
  expectThrow(
    () => createServer(Object.assign(value, { port: value }) as never),
    TypeError,
    { code: "ERR_INVALID_ARG_TYPE" },
  );
});

test("an error's facts have to be an object", () => {
  expectThrow(() => new OSError("x", null as never), TypeError, {
    code: "ERR_INVALID_ARG_TYPE",
  });
});

test("an awaited connect() of a Unix socket has no host to name", async () => {
  using cleanup = new Cleanup();
  const socket = cleanup.use(new Socket(AF_UNIX));
  const address = { path: "/no/such/socket", host: 5 } as never;
  await expect(connect(socket, address)).rejects.toMatchObject({
    code: "ENOENT",
    path: "/no/such/socket",
  });
});

test("a server whose options throw leaves no socket behind", () => {
  expectNoLeak(() => {
    const options = {
      port: 0,
      get backlog(): number {
        throw new Error("no backlog");
      },
    };
    expect(() => createServer(options)).toThrow("no backlog");
  });
});

test.skipIf(process.platform !== "linux")(
  "a selector whose list somebody has closed closes its waker all the same",
  () => {
    const before = openDescriptors();
    const selector = new PollSelector();
    selector.wakeupHandle();
    const waiting = selector.selectAsync(0.1).catch(() => undefined);
    const list = openDescriptors().find(
      (name) => !before.includes(name) && name.includes("eventpoll"),
    );
    closeSync(Number.parseInt(list ?? "", 10));
    expect(() => {
      selector.close();
    }).toThrow("EBADF");
    expect(openDescriptors().length).toBe(before.length);
    return waiting;
  },
);

test("memory that was given away is empty to optimized code, too", async () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  const given = (array: Uint8Array<ArrayBuffer>): Uint8Array => {
    structuredClone(array.buffer, { transfer: [array.buffer] });
    return array;
  };
  // V8 has to have met views of all kinds, often enough to optimize.
  const options = [8, { maxByteLength: 16 }];
  const resizable = (): ArrayBuffer =>
    Reflect.construct(ArrayBuffer, options) as ArrayBuffer;
  const views = [
    new Uint8Array(8),
    Buffer.alloc(8),
    new Uint8Array(resizable()),
    new Uint8Array(resizable(), 0, 4),
    new Uint8Array(8),
  ];
  const room = views.map(({ length }) => new Uint8Array(length));
  for (let i = 0; i < 50_000; i++) {
    const view = views[i % views.length];
    const into = room[i % room.length];
    if (view === undefined || into === undefined) break;
    near.sendAll(view);
    far.recvInto(into);
    if (i % 1000 !== 0) continue;
    // It must end, and send nothing.
    near.sendAll(given(new Uint8Array(8)));
    await sendAll(near, given(new Uint8Array(8)));
    expect(far.tryRecvInto(new Uint8Array(1))).toBeUndefined();
    // What was remembered of it must not be written to.
    const remembered = new Uint8Array(8);
    near.send("x");
    expect(far.recvInto(remembered)).toBe(1);
    given(remembered);
    near.send("y");
    expect(far.tryRecvInto(remembered)).toBe(0);
    expect(far.recv(8).toString()).toBe("y");
  }
});

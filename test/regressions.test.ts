/** Faults that there were, each with what showed it. */
import { expect, test } from "vitest";
import {
  MSG_WAITALL,
  SO_LINGER,
  Socket,
  socketpair,
  createServer,
  SOL_SOCKET,
} from "posix-select/socket";
import { native } from "../src/native.ts";
import { Cleanup } from "./helpers/cleanup.ts";
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

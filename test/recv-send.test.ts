/**
 * The memory that sockets receive into and send from: its address is remembered
 * from call to call, and what it stands for may change between.
 */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeEach, describe, expect, test } from "vitest";
import { type Socket, socketpair } from "posix-select/socket";
import { native } from "../src/native.ts";
import { result, setTransfer } from "../src/registers.ts";
import { EINVAL } from "../src/result.ts";
import { Cleanup } from "./helpers/cleanup.ts";

/** Newer than the language that the project is written in; Node 20 has it. */
interface Resizable extends ArrayBuffer {
  resize(bytes: number): void;
}

function isResizable(value: unknown): value is Resizable {
  return value instanceof ArrayBuffer && "resize" in value;
}

function resizable(bytes: number, maxByteLength: number): Resizable {
  const options = [bytes, { maxByteLength }];
  const made: unknown = Reflect.construct(ArrayBuffer, options);
  if (!isResizable(made)) throw new Error("not on this runtime");
  return made;
}

describe("memory that is used again", () => {
  let cleanup: Cleanup;
  let near: Socket;
  let far: Socket;
  beforeEach(() => {
    cleanup = new Cleanup();
    [near, far] = cleanup.both(socketpair());
    return () => {
      cleanup[Symbol.dispose]();
    };
  });

  test("by turns with other memory is filled and sent each time", () => {
    const views = ["a", "b", "c"].map((text) => Buffer.alloc(4, text));
    const into = [Buffer.alloc(4), new Uint8Array(4), Buffer.alloc(8)];
    for (let round = 0; round < 9; round++) {
      const view = views[round % 3] ?? Buffer.alloc(0);
      const buffer = into[Math.trunc(round / 2) % 3] ?? Buffer.alloc(0);
      buffer.fill(0);
      expect(near.send(view)).toBe(4);
      expect(far.recvInto(buffer)).toBe(4);
      expect(Buffer.from(buffer.subarray(0, 4))).toEqual(view);
    }
  });

  test("is sent as it is now, not as it was", () => {
    const view = Buffer.from("one");
    near.send(view);
    view.write("two");
    near.send(view);
    expect(far.recv(99).toString()).toBe("onetwo");
  });

  test("that was given away is empty", () => {
    const view = new Uint8Array(100).fill(1);
    near.send(view);
    far.recvInto(view);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    expect(near.send(view)).toBe(0);
    near.send("x");
    expect(far.recvInto(view)).toBe(0);
    expect(far.recv(99).toString()).toBe("x");
  });

  test("that was given away, and says that it was not, is empty", () => {
    const view = new Uint8Array(100).fill(1);
    near.send(view);
    far.recvInto(view);
    for (const name of ["length", "byteLength"]) {
      Object.defineProperty(view, name, { value: 100 });
    }
    structuredClone(view.buffer, { transfer: [view.buffer] });
    expect(near.send(view)).toBe(0);
    near.send("x");
    expect(far.recvInto(view)).toBe(0);
    expect(far.recv(99).toString()).toBe("x");
  });

  test("of a class that lies about its length is as long as it is", () => {
    class Liar extends Uint8Array {
      override get length(): number {
        return 1e6;
      }
    }
    const view = new Liar(3).fill(7);
    expect(near.send(view)).toBe(3);
    near.send("more");
    const into = new Liar(5);
    expect(far.recvInto(into)).toBe(5);
    expect(far.recv(99).toString()).toBe("re");
  });

  test("that grows and shrinks is as long as it is now", () => {
    const memory = resizable(4, 64);
    const whole = new Uint8Array(memory);
    const end = new Uint8Array(memory, 2, 2);
    expect([near.send(whole), near.send(end)]).toEqual([4, 2]);
    memory.resize(64);
    expect([near.send(whole), near.send(end)]).toEqual([64, 2]);
    memory.resize(3);
    // A view that is out of bounds has nothing.
    expect([near.send(whole), near.send(end)]).toEqual([3, 0]);
    expect(far.recv(999)).toHaveLength(75);
    near.send("abcdef");
    expect(far.recvInto(whole)).toBe(3);
    expect(far.recvInto(end)).toBe(0);
    memory.resize(4);
    expect(far.recvInto(end)).toBe(2);
    expect(Buffer.from(memory).toString()).toBe("abde");
  });

  test("that grows while nothing else is used is as long as it is now", () => {
    const memory = resizable(4, 64);
    const view = new Uint8Array(memory);
    expect([near.send(view), far.recvInto(view)]).toEqual([4, 4]);
    memory.resize(64);
    expect([near.send(view), far.recvInto(view)]).toEqual([64, 64]);
    memory.resize(3);
    expect([near.send(view), far.recvInto(view)]).toEqual([3, 3]);
    memory.resize(5);
    expect([near.send(view), far.recvInto(view)]).toEqual([5, 5]);
  });

  test("that can't be had does not spoil what was had before", () => {
    const view = Buffer.from("abc");
    near.send(view);
    const forged = new Uint16Array(2);
    Object.setPrototypeOf(forged, Uint8Array.prototype);
    expect(() => near.send(forged as unknown as Uint8Array)).toThrow(TypeError);
    expect(near.send(view)).toBe(3);
    expect(far.recv(99).toString()).toBe("abcabc");
  });

  test("that is large is not kept, and works", () => {
    const view = Buffer.alloc(2 ** 20 + 1, "x");
    const into = Buffer.alloc(2 ** 20 + 1);
    near.setBlocking(false);
    for (let round = 0; round < 3; round++) {
      const sent = near.send(view);
      let received = 0;
      while (received < sent) received += far.recvInto(into);
      expect(into.subarray(0, 9).toString()).toBe("xxxxxxxxx");
    }
  });

  test("of several threads works", () => {
    const view = new Uint8Array(new SharedArrayBuffer(3)).fill(65);
    expect([near.send(view), near.send(view)]).toEqual([3, 3]);
    const into = new Uint8Array(new SharedArrayBuffer(9));
    expect(far.recvInto(into)).toBe(6);
    expect(Buffer.from(into).toString()).toBe("AAAAAA\0\0\0");
  });
});

test("memory that was large is collected though its end was sent last", async () => {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("no gc()");
  using cleanup = new Cleanup();
  const [near] = cleanup.both(socketpair());
  const sent = (() => {
    const large = Buffer.alloc(2 ** 22);
    near.send(large.subarray(-10));
    return new WeakRef(large.buffer);
  })();
  for (let i = 0; i < 20 && sent.deref() !== undefined; i++) {
    await setImmediate();
    Reflect.apply(collect, undefined, []);
  }
  expect(sent.deref()).toBeUndefined();
});

test("no call goes beyond the memory that it was told of", () => {
  using cleanup = new Cleanup();
  const [near, far] = cleanup.both(socketpair());
  far.send("x");
  const view = new Uint8Array(8);
  native.receiveInto(view);
  native.sendFrom(view);
  for (const length of [9, 2 ** 53, Infinity, -1, NaN, -Infinity]) {
    for (const call of ["recv", "send"] as const) {
      setTransfer(near.fileno(), length, 0);
      native[call]();
      expect(result(), `${call} ${length}`).toBe(EINVAL);
    }
  }
  expect(near.recv(9).toString()).toBe("x");
});

test("each arena has a number of its own, and a size in bounds", () => {
  const arenas = Array.from({ length: 9 }, () => native.createArena(8));
  expect(new Set(arenas.map(([number]) => number)).size).toBe(9);
  for (const bytes of [0, 0.5, -1, NaN, 2 ** 30 + 1, Infinity]) {
    expect(() => native.createArena(bytes)).toThrow("from 1 to 2^30");
  }
});

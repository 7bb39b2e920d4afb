/** What memory is received into, and what of it is seen. */
import { describe, expect, test } from "vitest";
import { AbortError, TimeoutError } from "posix-select/errors";
import { recv, recvInto } from "posix-select/promises";
import { MSG_TRUNC, MSG_WAITALL, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { isLinux, tcpPair } from "../socket/support.ts";
import {
  expectPending,
  expectRejection,
  pattern,
  rejection,
  transferAway,
} from "./support.ts";

const invalid = { code: "ERR_INVALID_ARG_TYPE" };

describe("recv", () => {
  test("makes Buffers that later calls leave alone", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const texts: Buffer[] = [];
    for (const text of ["one", "two", "six"]) {
      const waiting = recv(a, 65536);
      await expectPending(waiting);
      b.send(text);
      texts.push(await waiting);
    }
    expect(texts.map(String)).toEqual(["one", "two", "six"]);
  });

  test("does not show old memory with MSG_TRUNC", async () => {
    using cleanup = new Cleanup();
    const [a, b] = tcpPair(cleanup);
    b.send(pattern(100));
    await recv(a, 100);
    const waiting = recv(a, 100, { flags: MSG_TRUNC });
    b.send(pattern(100, 1));
    expect(await waiting).toEqual(
      isLinux ? Buffer.alloc(100) : expect.anything(),
    );
  });

  test("gives with MSG_WAITALL what came before the time or the abort", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const flags = MSG_WAITALL;
    b.send("abc");
    expect((await recv(a, 9, { flags, timeoutMs: 20 })).toString()).toBe("abc");
    await expectRejection(recv(a, 9, { flags, timeoutMs: 20 }), TimeoutError, {
      syscall: "recv",
    });
    const controller = new AbortController();
    const { signal } = controller;
    const some = recv(a, 9, { flags, signal });
    b.send("de");
    await expectPending(some);
    controller.abort();
    expect((await some).toString()).toBe("de");
    await expectRejection(recv(a, 9, { flags, signal }), AbortError, {});
  });
});

describe("recvInto", () => {
  test("fills any view, and nothing around it", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    for (const memory of [new ArrayBuffer(16), new SharedArrayBuffer(16)]) {
      for (const view of [
        new Uint8Array(memory, 3, 4),
        new DataView(memory, 3, 4),
        new Int16Array(memory, 4, 2),
      ]) {
        Buffer.from(memory).fill(0);
        const waiting = recvInto(a, view);
        await expectPending(waiting);
        b.send("abcdXY");
        expect(await waiting).toBe(4);
        const text = Buffer.from(memory).toString("latin1");
        expect(text.replaceAll("\0", "")).toBe("abcd");
        expect(text.indexOf("a")).toBe(view.byteOffset);
        expect((await recv(a, 9)).toString()).toBe("XY");
      }
    }
  });

  test.for([0, MSG_WAITALL])(
    "refuses memory that was taken away meanwhile, flags %i",
    async (flags) => {
      using cleanup = new Cleanup();
      const [a, b] = cleanup.both(socketpair());
      const view = new Uint8Array(8);
      const waiting = recvInto(a, view, { flags });
      await expectPending(waiting);
      transferAway(view);
      b.send("abcdefgh");
      // 0 would be the end of what the peer sends.
      expect(await rejection(waiting)).toMatchObject(invalid);
      expect((await recv(a, 99)).toString()).toBe("abcdefgh");
    },
  );

  test("refuses it in the midst of MSG_WAITALL", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const view = new Uint8Array(8);
    const waiting = recvInto(a, view, { flags: MSG_WAITALL });
    b.send("abc");
    await expectPending(waiting);
    transferAway(view);
    b.send("defgh");
    expect(await rejection(waiting)).toMatchObject(invalid);
    expect((await recv(a, 99)).toString()).toBe("defgh");
  });
});

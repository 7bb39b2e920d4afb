/** What was sent before a sendAll() ended is what the peer gets. */
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { AbortError, TimeoutError } from "posix-select/errors";
import { recv, sendAll } from "posix-select/promises";
import {
  SO_RCVBUF,
  SO_SNDBUF,
  socketpair,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { drain, tcpPair } from "../socket/support.ts";
import { expectPending, pattern, receiveNow, rejection } from "./support.ts";

describe("sendAll", () => {
  test("tells with a time-out how much the peer will get", async () => {
    using cleanup = new Cleanup();
    const data = pattern(20_000_000, 5);
    for (const [a, b] of [
      cleanup.both(socketpair()),
      tcpPair(cleanup),
    ] as const) {
      // The system would make them larger and larger.
      a.setsockopt(SOL_SOCKET, SO_SNDBUF, 100_000);
      b.setsockopt(SOL_SOCKET, SO_RCVBUF, 100_000);
      const got: Buffer[] = [];
      let sent = 0;
      for (let round = 0; round < 4; round++) {
        const start = performance.now();
        const sending = sendAll(a, data.subarray(sent), { timeoutMs: 40 });
        // Awaited from the start: on a busy machine it may end before we look.
        const ended = rejection(sending);
        await setImmediate();
        got.push(receiveNow(b));
        const error = await ended;
        expect(performance.now() - start).toBeGreaterThanOrEqual(40);
        expect(error).toBeInstanceOf(TimeoutError);
        expect(error).toMatchObject({ syscall: "send", fd: a.fileno() });
        sent += Reflect.get(error as object, "bytesSent") as number;
      }
      a.close();
      for (;;) {
        const piece = await recv(b, 65536);
        if (piece.length === 0) break;
        got.push(piece);
      }
      const all = Buffer.concat(got);
      expect(all.length).toBe(sent);
      expect(all.equals(data.subarray(0, sent))).toBe(true);
    }
  });

  test("is under one deadline, though the peer reads on", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    let received = 0;
    const reading = setInterval(() => {
      received += b.tryRecvInto(Buffer.alloc(65536)) ?? 0;
    }, 4);
    cleanup.defer(() => {
      clearInterval(reading);
    });
    const start = performance.now();
    const error = await rejection(
      sendAll(a, Buffer.alloc(200_000_000), { timeoutMs: 150 }),
    );
    expect(performance.now() - start).toBeGreaterThanOrEqual(150);
    // 200 MB would take 12 s.
    expect(performance.now() - start).toBeLessThan(10_000);
    clearInterval(reading);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ bytesSent: received + drain(b) });
  });

  test("tells with an abort how much the peer will get", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const controller = new AbortController();
    const { signal } = controller;
    const data = pattern(3_000_000);
    const sending = sendAll(a, data, { signal });
    await expectPending(sending);
    const before = receiveNow(b);
    await expectPending(sending);
    controller.abort("enough");
    const error = await rejection(sending);
    expect(error).toBeInstanceOf(AbortError);
    const all = Buffer.concat([before, receiveNow(b)]);
    expect(error).toMatchObject({ cause: "enough", bytesSent: all.length });
    expect(all.equals(data.subarray(0, all.length))).toBe(true);
  });
});

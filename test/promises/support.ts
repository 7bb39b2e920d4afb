/** What the tests of `posix-select/promises` share. */
import { setImmediate } from "node:timers/promises";
import { expect } from "vitest";
import type { Socket } from "posix-select/socket";
import { expectThrow } from "../helpers/errors.ts";

/** What a promise is rejected with; fails if it is resolved. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  return expect.fail(`it was resolved with ${String(value)}`);
}

/** Expects exactly a `type` (no subclass of it) with these fields. */
export async function expectRejection(
  promise: Promise<unknown>,
  type: abstract new (...args: never[]) => Error,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  const error = await rejection(promise);
  expectThrow(
    () => {
      throw error;
    },
    type,
    fields,
  );
}

/** What a promise comes to, for many that are awaited at once. */
export async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return Reflect.get(error as Error, "code") ?? error;
  }
}

/** Whether a promise is settled before the loop's next turn. */
export async function isSettledNow(
  promise: Promise<unknown>,
): Promise<boolean> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  // More microtasks than any call here takes.
  for (let i = 0; i < 100; i++) await Promise.resolve();
  return isSettled;
}

/** Whether a promise waits on, though the loop has turned a few times. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  for (let i = 0; i < 5; i++) await setImmediate();
  return !(await isSettledNow(promise));
}

/** Expects that promises wait; awaited, it lets the loop turn a few times. */
export async function expectPending(
  ...promises: readonly Promise<unknown>[]
): Promise<void> {
  const states = await Promise.all(promises.map(isPending));
  expect(states).toEqual(promises.map(() => true));
}

/** Takes the thread for so long. */
export function hold(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** How many milliseconds a promise takes, and what it is rejected with. */
export async function timedRejection(
  call: () => Promise<unknown>,
): Promise<{ readonly took: number; readonly error: unknown }> {
  const start = performance.now();
  const error = await rejection(call());
  return { took: performance.now() - start, error };
}

/** Bytes that differ from their neighbours, and from those of another seed. */
export function pattern(length: number, seed = 0): Buffer {
  return Buffer.from(
    Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8) + seed),
  );
}

/** Receives all that there is. */
export function receiveNow(socket: Socket): Buffer {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.allocUnsafe(65536);
    const received = socket.tryRecvInto(piece);
    if (received === undefined || received === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, received));
  }
}

/** Takes the memory away from a view, as posting it to a worker does. */
export function transferAway(view: Uint8Array<ArrayBuffer>): void {
  structuredClone(view, { transfer: [view.buffer] });
  expect(view).toHaveLength(0);
}

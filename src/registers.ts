/**
 * What the native calls that are made most often take and give, in memory that
 * both sides see: an argument costs as much as the crossing itself.
 * `native/environment.h` lays it out.
 *
 * A call reads it when it begins and leaves its result there; nothing of
 * JavaScript's runs between.
 */
import { type Arena, native } from "./native.ts";

const at = {
  // In units of eight bytes.
  timeoutMs: 0,
  length: 1,
  // In units of four.
  fd: 4,
  arena: 5,
  count: 6,
  interruptFd: 7,
  flags: 8,
  result: 9,
} as const;

const doubles = new Float64Array(native.registers);
const words = new Int32Array(native.registers);

/** What a wait takes. */
export function setWait(
  arena: Arena,
  count: number,
  timeoutMs: number,
  interruptFd: number,
  fd = -1,
): void {
  doubles[at.timeoutMs] = timeoutMs;
  words[at.fd] = fd;
  words[at.arena] = arena;
  words[at.count] = count;
  words[at.interruptFd] = interruptFd;
}

/** What a receive and a send take. */
export function setTransfer(fd: number, length: number, flags: number): void {
  doubles[at.length] = length;
  words[at.fd] = fd;
  words[at.flags] = flags;
}

/** What the last call gave. */
export function result(): number {
  return words[at.result] ?? 0;
}

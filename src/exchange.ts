/**
 * The memory in which a native call and TypeScript hand each other what does
 * not fit into a number. `native/exchange.h` lays it out.
 */
import { native } from "./native.ts";

const bytes = 2080;

/** Where each part begins, in units of its own array. */
const at = {
  family: 0,
  port: 1,
  flowInfo: 2,
  scopeId: 3,
  textBytes: 4,
  flags: 5,
  fdCount: 6,
  fds: 7,
  device: 130,
  inode: 131,
  text: 1056,
} as const;

/** How many descriptors one message carries at most. */
export const MAX_FDS = 253;

/** Longer hosts and paths are cut off; no system takes one of that length. */
const textRoom = bytes - at.text - 1;

const [arena, memory] = native.createArena(bytes);
const words = new Int32Array(memory);
const doubles = new Float64Array(memory, 0, 132);
const text = Buffer.from(memory, at.text, textRoom + 1);

/** What native calls take. */
export const exchange = arena;

/** An address as the native side has it. */
export interface PlainAddress {
  readonly family: number;
  readonly port: number;
  readonly flowInfo: number;
  readonly scopeId: number;
  readonly text: string;
}

export function writeAddress(address: PlainAddress): void {
  words[at.family] = address.family;
  words[at.port] = address.port;
  words[at.flowInfo] = address.flowInfo;
  words[at.scopeId] = address.scopeId;
  const length = text.write(address.text, 0, textRoom, "utf8");
  text[length] = 0;
  words[at.textBytes] = length;
}

export function readAddress(): PlainAddress {
  return {
    family: word(at.family),
    port: word(at.port),
    flowInfo: word(at.flowInfo) >>> 0,
    scopeId: word(at.scopeId) >>> 0,
    text: text.toString("utf8", 0, word(at.textBytes)),
  };
}

export function writeFds(fds: readonly number[]): void {
  words[at.fdCount] = fds.length;
  words.set(fds, at.fds);
}

/** The descriptors that came with a message. */
export function readFds(): number[] {
  return [...words.subarray(at.fds, at.fds + word(at.fdCount))];
}

/** The two descriptors that a call made. */
export function readPair(): [number, number] {
  return [word(at.fds), word(at.fds + 1)];
}

/** What recvmsg() said of the message. */
export function readFlags(): number {
  return word(at.flags) >>> 0;
}

/** Which file a descriptor stands for: numbers are used again, files are not. */
export interface Identity {
  readonly device: number;
  readonly inode: number;
}

export function readIdentity(): Identity {
  return { device: doubles[at.device] ?? 0, inode: doubles[at.inode] ?? 0 };
}

function word(index: number): number {
  return words[index] ?? 0;
}

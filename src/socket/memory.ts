import { markAsUntransferable } from "node:worker_threads";
import { MSG_TRUNC } from "../constants.ts";

/**
 * What receives are made into, as large as most of them ask for: their results
 * are copied out of it, unless they fill most of it.
 */
let scratch = Buffer.allocUnsafeSlow(65_536);
let scratchView = scratch;

/** Where results are copied to for which Node's own pool is too small. */
const poolBytes = 65_536;
let pool = Buffer.alloc(0);
let poolUsed = 0;

/** Node's pool takes results below this, ours those below the other. */
const smallBytes = 4096;
const largeBytes = 32_768;

/** Memory for a receive of `size` bytes, whose content is taken out of it. */
export function memory(size: number, flags: number): Buffer {
  const buffer = memoryOf(size);
  // The kernel then counts what it drops, and writes nothing: what was there
  // before is nobody's to see.
  return (flags & MSG_TRUNC) === 0 ? buffer : buffer.fill(0);
}

function memoryOf(size: number): Buffer {
  if (size > scratch.length) return Buffer.allocUnsafeSlow(size);
  if (size !== scratchView.length) scratchView = scratch.subarray(0, size);
  return scratchView;
}

/**
 * The first bytes of `buffer`, which may be used again.
 * @param received With MSG_TRUNC, more than there is room for.
 */
export function taken(buffer: Buffer, received: number): Buffer {
  const length = Math.min(received, buffer.length);
  if (length < smallBytes) return copy(buffer, Buffer.allocUnsafe(length));
  if (length < largeBytes) return copy(buffer, pooled(length));
  // It keeps no more than twice its own size from being collected.
  if (length < buffer.buffer.byteLength / 2) {
    return copy(buffer, Buffer.allocUnsafeSlow(length));
  }
  if (buffer.buffer === scratch.buffer) {
    scratchView = scratch = Buffer.allocUnsafeSlow(scratch.length);
  }
  return length < buffer.length ? buffer.subarray(0, length) : buffer;
}

/** Fills `to`; a Buffer's own ways to do it make another Buffer first. */
function copy(from: Buffer, to: Buffer): Buffer {
  to.set(new Uint8Array(from.buffer, from.byteOffset, to.length));
  return to;
}

function pooled(length: number): Buffer {
  if (poolUsed + length > pool.length) {
    pool = Buffer.allocUnsafeSlow(poolBytes);
    poolUsed = 0;
    // Several results are in it: no one of them can be given to another thread.
    markAsUntransferable(pool.buffer);
  }
  const room = pool.subarray(poolUsed, poolUsed + length);
  // As Node's pool has it, a result's memory begins at a multiple of 8.
  poolUsed += (length + 7) & ~7;
  return room;
}

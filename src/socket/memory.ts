import { MSG_TRUNC } from "../constants.ts";

/** As many bytes as most reads ask for, kept for them. */
const scratch = Buffer.allocUnsafeSlow(65536);
let scratchView = scratch;

/** Memory for a receive of `size` bytes, whose content is copied out of it. */
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

/** The first `length` bytes of `buffer`, which may be used again. */
export function taken(buffer: Buffer, length: number): Buffer {
  if (buffer.buffer !== scratch.buffer && length === buffer.length)
    return buffer;
  return Buffer.from(buffer.subarray(0, length));
}

/**
 * How events lie in the memory that TypeScript shares with `native/kqueue.cc`:
 *
 * ```c
 * struct Event { double ident, data, udata; int32_t filter; uint32_t flags, fflags, unused; };
 * ```
 *
 * Written from the C++ side, on purpose with other means than src/kqueue-set.ts
 * uses, so that each checks the other.
 */
import { endianness } from "node:os";
import type { KEvent } from "../../src/kqueue-set.ts";

const bytes = 40;
const at = { ident: 0, data: 8, udata: 16, filter: 24, flags: 28, fflags: 32 };
const isLittle = endianness() === "LE";

/**
 * The first `count` events, cut to the widths of macOS's struct kevent: 16 bits
 * of filter and flags, 32 of fflags.
 * @throws {TypeError} The memory holds less than `count` or `most`, as in C++.
 */
export function readEvents(
  memory: ArrayBuffer,
  count: number,
  most: number,
): KEvent[] {
  const room = Math.floor(memory.byteLength / bytes);
  if (count > room || most > room) {
    throw new TypeError(
      "Expected argument 2 (memory) to be an arena that holds the events",
    );
  }
  return Array.from({ length: count }, (_, i) => {
    const view = new DataView(memory, i * bytes, bytes);
    return {
      ident: Math.trunc(view.getFloat64(at.ident, isLittle)),
      filter: (view.getInt32(at.filter, isLittle) << 16) >> 16,
      flags: view.getUint32(at.flags, isLittle) & 0xffff,
      fflags: view.getUint32(at.fflags, isLittle),
      data: Math.trunc(view.getFloat64(at.data, isLittle)),
      udata: Math.trunc(view.getFloat64(at.udata, isLittle)),
    };
  });
}

/** Puts events where the changes were. */
export function writeEvents(
  memory: ArrayBuffer,
  events: readonly KEvent[],
): void {
  for (const [i, event] of events.entries()) {
    const view = new DataView(memory, i * bytes, bytes);
    view.setFloat64(at.ident, event.ident, isLittle);
    view.setFloat64(at.data, event.data, isLittle);
    view.setFloat64(at.udata, event.udata, isLittle);
    view.setInt32(at.filter, event.filter, isLittle);
    view.setUint32(at.flags, event.flags, isLittle);
    view.setUint32(at.fflags, event.fflags, isLittle);
  }
}

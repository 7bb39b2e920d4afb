import { exchange } from "../exchange.ts";
import { native } from "../native.ts";

/**
 * A descriptor of the library's own under a number that is not taken: one that
 * was closed and is still registered is its old owner's.
 * @returns Or -errno; the descriptor is closed then.
 */
export function untaken(fd: number, isTaken: (fd: number) => boolean): number {
  const passed: number[] = [];
  while (fd >= 0 && isTaken(fd)) {
    passed.push(fd);
    fd = native.duplicate(fd, exchange);
  }
  for (const it of passed) native.close(it);
  return fd;
}

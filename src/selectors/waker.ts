import { integer } from "../arguments.ts";
import { AF_UNIX, SOCK_STREAM } from "../constants.ts";
import { ClosedError } from "../errors.ts";
import { exchange, readPair } from "../exchange.ts";
import { identityOf } from "../leaks.ts";
import { native } from "../native.ts";
import { check, EAGAIN } from "../result.ts";

/**
 * A handle is a socket's number and which socket it is, in one number: the
 * selector may have been closed, and the number used again, before the other
 * thread writes to it.
 */
const fdRange = 2 ** 21;
const inodeRange = 2 ** 32;

function handleOf(fd: number): number {
  return (identityOf(fd).inode % inodeRange) * fdRange + fd;
}

const byte = new Uint8Array(1);
const drain = new Uint8Array(256);

/** A pair of sockets through which other threads end a selector's wait. */
export class Waker {
  /** Readable once `wakeup(handle)` has been called. */
  readonly fd: number;
  /** What another thread needs to know. */
  readonly handle: number;
  readonly #writer: number;

  /** @param isTaken Whether the reading end can't have a number. */
  constructor(isTaken: (fd: number) => boolean) {
    const result = native.socketpair(AF_UNIX, SOCK_STREAM, 0, exchange);
    check(result, "socketpair");
    [this.fd, this.#writer] = readPair();
    const passed: number[] = [];
    while (this.fd >= 0 && isTaken(this.fd)) {
      passed.push(this.fd);
      this.fd = native.duplicate(this.fd, exchange);
    }
    for (const fd of passed) native.close(fd);
    if (this.fd < 0) native.close(this.#writer);
    check(this.fd, "fcntl");
    this.handle = handleOf(this.#writer);
  }

  /** Makes it unreadable again: several calls count once. */
  reset(): void {
    while (native.recv(this.fd, drain, 0) === drain.length);
  }

  close(): void {
    native.close(this.fd);
    native.close(this.#writer);
  }
}

/**
 * Ends the wait of another thread's selector, or its next wait if it is not
 * waiting; several calls before that count once.
 * @param handle What its `wakeupHandle()` gave.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 * @throws {ClosedError} ERR_CLOSED: the selector is closed.
 */
export function wakeup(handle: number): void {
  integer(handle, "handle", 0, Number.MAX_SAFE_INTEGER);
  const fd = handle % fdRange;
  const isOpen = native.isOpen(fd) === 0 && handleOf(fd) === handle;
  const result = isOpen ? native.send(fd, byte, 0) : -1;
  // A full pair is as good as a byte.
  if (result < 0 && result !== EAGAIN) throw new ClosedError("Selector");
}

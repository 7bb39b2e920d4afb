import { integer } from "../arguments.ts";
import { AF_UNIX, SOCK_STREAM } from "../constants.ts";
import { ClosedError } from "../errors.ts";
import { exchange, readPair } from "../exchange.ts";
import { identityOf, unwatchForLeak, watchForLeak } from "../leaks.ts";
import { native } from "../native.ts";
import { recvNow, sendNow } from "../recv-send.ts";
import { check, EAGAIN, EBADF } from "../result.ts";
import { untaken } from "./untaken.ts";

/**
 * A handle is a socket's number and which socket it is, in one number: the
 * selector may have been closed, and the number used again, before the other
 * thread writes to it.
 */
const fdRange = 2 ** 21;
const inodeRange = 2 ** 32;

function handleOf(fd: number, number = fd): number {
  return (identityOf(fd).inode % inodeRange) * fdRange + number;
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
  /** Stands for the writing end, should both be forgotten. */
  readonly #end = {};

  /**
   * @param isTaken Whether the reading end can't have a number.
   * @param owner Whose it is, for a warning should it be forgotten.
   */
  constructor(isTaken: (fd: number) => boolean, owner: string) {
    const result = native.socketpair(AF_UNIX, SOCK_STREAM, 0, exchange);
    check(result, "socketpair");
    const [reader, writer] = readPair();
    this.#writer = writer;
    this.fd = untaken(reader, isTaken);
    if (this.fd < 0) native.close(this.#writer);
    check(this.fd, "fcntl");
    this.handle = handleOf(this.#writer);
    const description = `${owner} with a wakeupHandle()`;
    for (const [end, fd] of [
      [this, this.fd],
      [this.#end, this.#writer],
    ] as const) {
      watchForLeak(end, { fd, identity: identityOf(fd), description });
    }
  }

  /** Makes it unreadable again: several calls count once. */
  reset(): void {
    while (recvNow(this.fd, drain, 0) === drain.length);
  }

  close(): void {
    unwatchForLeak(this);
    unwatchForLeak(this.#end);
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
  if (!wake(handle)) throw new ClosedError("Selector");
}

function wake(handle: number): boolean {
  const fd = handle % fdRange;
  if (native.isOpen(fd) !== 0 || handleOf(fd) !== handle) return false;
  // By now it may be closed, and the number another file's: a copy that is looked
  // at as well can't become one. Only without a descriptor for it that is risked.
  const copy = native.duplicate(fd, exchange);
  if (copy === EBADF) return false;
  if (copy < 0) return ring(fd);
  try {
    return handleOf(copy, fd) === handle && ring(copy);
  } finally {
    native.close(copy);
  }
}

/** Writes the byte. A full pair is as good as a byte. */
function ring(fd: number): boolean {
  const result = sendNow(fd, byte, 0);
  return result >= 0 || result === EAGAIN;
}

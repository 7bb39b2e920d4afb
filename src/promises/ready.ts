import { POLLIN, POLLNVAL, POLLOUT } from "../constants.ts";
import { fdOf, type FileDescriptorLike } from "../descriptor.ts";
import { check, EBADF, osError } from "../result.ts";
import { EVENT_READ, EVENT_WRITE } from "../selectors/index.ts";
import { waitFor } from "../wait.ts";
import { AGAIN, Attempt } from "./attempt.ts";
import { limitsOf, ownerOf, type WaitOptions } from "./options.ts";
import { Interest } from "./place.ts";
import type { Limits } from "./waits.ts";

/**
 * Waits until a read from a descriptor would not block: there is data, a client,
 * the end, or an error to be had.
 * @throws {TimeoutError} ETIMEDOUT
 * @throws {AbortError} ABORT_ERR: the signal; its reason is the `cause`.
 * @throws {BusyError} ERR_BUSY: somebody waits for it already.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 * @throws {OSError} EBADF: it is closed, or is closed meanwhile.
 * @see poll(2)
 */
export async function readable(
  fd: FileDescriptorLike,
  options: WaitOptions = {},
): Promise<void> {
  await ready(fd, EVENT_READ, POLLIN, options);
}

/**
 * Waits until a write to a descriptor would not block, or would fail.
 * @throws {OSError} As `readable()`.
 * @see poll(2)
 */
export async function writable(
  fd: FileDescriptorLike,
  options: WaitOptions = {},
): Promise<void> {
  await ready(fd, EVENT_WRITE, POLLOUT, options);
}

async function ready(
  file: FileDescriptorLike,
  events: number,
  mask: number,
  settings: WaitOptions,
): Promise<void> {
  const fd = fdOf(file, "poll", "fd");
  const owner = ownerOf(file);
  await new Ready(limitsOf(settings), fd, events, mask, owner).start();
}

class Ready extends Attempt<undefined> {
  override readonly syscall = "poll";
  readonly #fd: number;
  readonly #mask: number;
  readonly #interests: readonly Interest[];

  constructor(
    limits: Limits,
    fd: number,
    events: number,
    mask: number,
    owner: object | undefined,
  ) {
    super(limits);
    this.#fd = fd;
    this.#mask = mask;
    this.#interests = [new Interest(this, fd, events, owner)];
  }

  protected override interests(): readonly Interest[] {
    return this.#interests;
  }

  protected override once(): typeof AGAIN | undefined {
    const fd = this.#fd;
    const revents = check(waitFor(fd, this.#mask, 0), "poll", { fd });
    if ((revents & POLLNVAL) !== 0) throw osError(EBADF, "poll", { fd });
    return revents === 0 ? AGAIN : undefined;
  }
}

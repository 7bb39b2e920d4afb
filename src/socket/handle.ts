import { announceClosing } from "../closing.ts";
import { POLLIN, SO_ACCEPTCONN, SOL_SOCKET } from "../constants.ts";
import { deadlineAfter, msUntil } from "../deadline.ts";
import {
  check,
  EAGAIN,
  ECONNRESET,
  type ResultDetails,
  ETIMEDOUT,
  osError,
} from "../result.ts";
import { native } from "../native.ts";
import { ioChannel, tellIo } from "../observe.ts";
import { waitFor } from "../wait.ts";
import { numberOption } from "./option.ts";

/** A result where the socket's own time-out is over; the system has none. */
const TIMED_OUT = -Infinity;

/** The longest pause between two tries where the system can't tell when. */
const longestPauseMs = 32;

/**
 * A socket's descriptor, and how its calls wait.
 *
 * No call blocks in the system call itself, which no signal would interrupt:
 * libuv has its handlers restart calls. A call tries, waits where it would
 * block, and tries again.
 */
export class Handle {
  /** -1 once it is closed or detached. */
  fd: number;
  /** Infinity blocks, 0 never waits. */
  timeoutMs: number;
  /**
   * A descriptor that was given in blocking mode stays so; on it accept() and
   * connect(), which know no MSG_DONTWAIT, would block in the call.
   */
  readonly isBlocking: boolean;
  #deferred = 0;

  constructor(fd: number, timeoutMs: number, isBlocking: boolean) {
    this.fd = fd;
    this.timeoutMs = timeoutMs;
    this.isBlocking = isBlocking;
  }

  /** When a call that begins now has to end. */
  deadline(): number {
    return deadlineAfter(this.timeoutMs);
  }

  /**
   * Makes `call`, which never blocks, until it does not give EAGAIN, and waits
   * for `events` between.
   * @param result What `call` gave the first time.
   * @returns What `call` gave; EAGAIN where the socket never waits.
   */
  retry(
    events: number,
    call: () => number,
    deadline: number = this.deadline(),
    result: number = call(),
  ): number {
    for (let tries = 0; ; tries++) {
      if (result !== EAGAIN || deadline === 0) return result;
      const failed =
        this.await(events, deadline) || this.#pause(tries, deadline);
      if (failed !== 0) return failed;
      result = call();
    }
  }

  /**
   * Waits for `events` of poll(2).
   * @returns 0 when there are some, else below 0.
   */
  await(events: number, deadline: number): number {
    const revents = waitFor(this.fd, events, msUntil(deadline));
    if (revents === 0) return TIMED_OUT;
    return Math.min(revents, 0);
  }

  /**
   * Rests before the next try if the system says "ready" and "not ready" by
   * turns: a datagram's receiver whose queue is full can't be waited for.
   */
  #pause(tries: number, deadline: number): number {
    return tries < 2 ? 0 : this.rest(tries - 2, deadline);
  }

  /** Rests, each time twice as long. Gives 0, or what ended it too early. */
  rest(times: number, deadline: number): number {
    const pauseMs = Math.min(2 ** times, longestPauseMs);
    const leftMs = msUntil(deadline);
    const result = waitFor(-1, 0, Math.min(pauseMs, leftMs));
    return result === 0 && leftMs <= pauseMs ? TIMED_OUT : result;
  }

  /**
   * Whether accept() can be called: on a descriptor that was given in blocking
   * mode it would wait in the call for a client, though not to fail.
   */
  canAccept(): boolean {
    if (!this.isBlocking || this.fd === -1) return true;
    const isListening = numberOption(this, SOL_SOCKET, SO_ACCEPTCONN) !== 0;
    return !isListening || waitFor(this.fd, POLLIN, 0) !== 0;
  }

  /** Keeps an error that came after data for the next call. */
  defer(result: number): void {
    this.#deferred = result;
  }

  /** The error that an earlier call kept, or 0. */
  takeDeferred(): number {
    const result = this.#deferred;
    if (result === 0) return 0;
    this.#deferred = 0;
    return this.fd === -1 ? 0 : result;
  }

  /** Gives a result back, or throws what it stands for. */
  check(result: number, syscall: string, details?: ResultDetails): number {
    if (result >= 0) return result;
    throw this.error(result, syscall, details);
  }

  /** The error that a result below 0 stands for. */
  error(result: number, syscall: string, details?: ResultDetails): Error {
    if (result !== TIMED_OUT) {
      return osError(result, syscall, { fd: this.fd, ...details });
    }
    const text = "timed out";
    return osError(ETIMEDOUT, syscall, { fd: this.fd, text, ...details });
  }

  /** What connectEx() gives for a result. */
  errno(result: number): number {
    return result === TIMED_OUT ? ETIMEDOUT : result;
  }

  close(): void {
    const { fd } = this;
    if (fd === -1) return;
    announceClosing(fd);
    this.fd = -1;
    const result = native.close(fd);
    if (ioChannel.hasSubscribers) tellIo("close", fd, result);
    // The peer's reset came before the close: the descriptor is gone as well.
    if (result !== ECONNRESET) check(result, "close", { fd });
  }
}

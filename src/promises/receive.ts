import { integer, writableBytes } from "../arguments.ts";
import { MSG_PEEK, POLLIN, SOCK_STREAM } from "../constants.ts";
import { EAGAIN } from "../result.ts";
import { EVENT_PRIORITY, EVENT_READ } from "../selectors/index.ts";
import { HANDLE } from "../socket/base.ts";
import type { Socket } from "../socket/index.ts";
import { memory, taken } from "../socket/memory.ts";
import * as transfer from "../socket/transfer.ts";
import { AGAIN, promised } from "./attempt.ts";
import { SocketAttempt } from "./on-socket.ts";
import {
  checkSocket,
  checkStays,
  flagsOf,
  limitsOf,
  type TransferOptions,
  type WaitOptions,
} from "./options.ts";
import { type Limits, waits } from "./waits.ts";

/**
 * Receives what there is, and waits for something if there is nothing.
 * @param maxBytes The most to receive.
 * @returns As `socket.recv()`: an empty Buffer means that the peer will send no
 *   more.
 * @throws {TimeoutError} ETIMEDOUT
 * @throws {AbortError} ABORT_ERR
 * @throws {BusyError} ERR_BUSY
 * @throws {OSError} As `socket.recv()`, and EBADF: it is closed meanwhile.
 * @see recv(2)
 */
export function recv(
  socket: Socket,
  maxBytes: number,
  options?: TransferOptions,
): Promise<Buffer> {
  return promised(() => {
    checkSocket(socket);
    const size = integer(maxBytes, "maxBytes");
    const flags = flagsOf(options);
    if (wantsAll(socket, flags)) {
      const buffer = Buffer.allocUnsafeSlow(size);
      return receiveAll(socket, buffer, flags, options).then((received) =>
        buffer.subarray(0, received),
      );
    }
    const limits = limitsOf(options);
    return new Receive(socket, flags, limits, size).start();
  });
}

/**
 * Receives into memory that the caller has, and leaves alone meanwhile.
 * @returns How many bytes; 0 means that the peer will send no more.
 * @throws {OSError} As `recv()`.
 * @see recv(2)
 */
export function recvInto(
  socket: Socket,
  buffer: ArrayBufferView,
  options?: TransferOptions,
): Promise<number> {
  return promised(() => {
    checkSocket(socket);
    const view = writableBytes(buffer, "buffer");
    const flags = flagsOf(options);
    if (wantsAll(socket, flags)) {
      return receiveAll(socket, view, flags, options);
    }
    const limits = limitsOf(options);
    return new ReceiveInto(socket, flags, limits, view).start();
  });
}

/** A receive that takes what there is. */
abstract class ReceiveSome<T> extends SocketAttempt<T> {
  override readonly syscall = "recv";
  protected readonly flags: number;

  constructor(socket: Socket, flags: number, limits: Limits) {
    super(socket, eventsOf(flags), limits);
    this.flags = flags;
  }

  protected override isInVain(): boolean {
    const { socket, flags } = this;
    return flags === 0 && waits.isDrained(socket.fileno(), socket[HANDLE]);
  }

  /**
   * Receives what there is. A stream that gave less than was asked for has no more,
   * mostly: the next receive waits without a try, which costs as much as all else
   * it does. If there is more, the selector tells at once.
   */
  protected receive(buffer: Uint8Array): number | typeof AGAIN {
    const { socket, flags } = this;
    const received = socket.tryRecvInto(buffer, flags);
    if (received === undefined) return AGAIN;
    if (received === 0 || flags !== 0) return received;
    if (received < buffer.length && socket.type === SOCK_STREAM) {
      waits.setDrained(socket.fileno(), socket[HANDLE]);
    }
    return received;
  }
}

class Receive extends ReceiveSome<Buffer> {
  readonly #size: number;

  constructor(socket: Socket, flags: number, limits: Limits, size: number) {
    super(socket, flags, limits);
    this.#size = size;
  }

  protected override once(): Buffer | typeof AGAIN {
    // Shared memory, which is no longer ours after a wait.
    const buffer = memory(this.#size, this.flags);
    const received = this.receive(buffer);
    return received === AGAIN ? AGAIN : taken(buffer, received);
  }
}

class ReceiveInto extends ReceiveSome<number> {
  readonly #view: Uint8Array;
  readonly #length: number;

  constructor(socket: Socket, flags: number, limits: Limits, view: Uint8Array) {
    super(socket, flags, limits);
    this.#view = view;
    this.#length = view.length;
  }

  protected override once(): number | typeof AGAIN {
    // It would look like the end of what the peer sends.
    checkStays(this.#view, this.#length, "buffer");
    return this.receive(this.#view);
  }
}

function eventsOf(flags: number): number {
  const isUrgent = transfer.receiveEvents(flags) !== POLLIN;
  return isUrgent ? EVENT_PRIORITY : EVENT_READ;
}

function wantsAll({ type }: Socket, flags: number): boolean {
  return (
    transfer.wantsAll(flags) && (flags & MSG_PEEK) === 0 && type === SOCK_STREAM
  );
}

/** As MSG_WAITALL asks: what has come before an error or an abort is given. */
async function receiveAll(
  socket: Socket,
  view: Uint8Array,
  flags: number,
  options: WaitOptions | undefined,
): Promise<number> {
  const handle = socket[HANDLE];
  const limits = limitsOf(options);
  const { length } = view;
  let received = 0;
  while (received < length || length === 0) {
    let result: number;
    try {
      checkStays(view, length, "buffer");
      const rest = received === 0 ? view : view.subarray(received);
      result = await new ReceiveRest(socket, flags, limits, rest).start();
    } catch (error) {
      if (received === 0 || error instanceof TypeError) throw error;
      break;
    }
    if (result < 0 && received === 0) handle.check(result, "recv");
    if (transfer.isFinal(result)) handle.defer(result);
    if (result <= 0) break;
    received += result;
  }
  return received;
}

/** The next part of what is to fill a view; an error is a result below 0. */
class ReceiveRest extends SocketAttempt<number> {
  override readonly syscall = "recv";
  readonly #flags: number;
  readonly #rest: Uint8Array;
  readonly #length: number;

  constructor(socket: Socket, flags: number, limits: Limits, rest: Uint8Array) {
    super(socket, EVENT_READ, limits);
    this.#flags = flags;
    this.#rest = rest;
    this.#length = rest.length;
  }

  protected override once(): number | typeof AGAIN {
    checkStays(this.#rest, this.#length, "buffer");
    const handle = this.socket[HANDLE];
    const result = transfer.tryReceive(handle, this.#rest, this.#flags);
    return result === EAGAIN ? AGAIN : result;
  }
}

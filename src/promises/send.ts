import { bytes } from "../arguments.ts";
import { AbortError, OSError } from "../errors.ts";
import { EAGAIN } from "../result.ts";
import { EVENT_WRITE } from "../selectors/index.ts";
import { HANDLE } from "../socket/base.ts";
import type { Socket, SocketData } from "../socket/index.ts";
import * as transfer from "../socket/transfer.ts";
import { AGAIN, promised } from "./attempt.ts";
import { SocketAttempt } from "./on-socket.ts";
import {
  checkSocket,
  checkStays,
  flagsOf,
  limitsOf,
  type TransferOptions,
} from "./options.ts";
import type { Limits } from "./waits.ts";

/**
 * Sends everything; the data is left alone meanwhile.
 * @param data Text is sent as UTF-8.
 * @throws {TimeoutError} ETIMEDOUT
 * @throws {AbortError} ABORT_ERR
 * @throws {BusyError} ERR_BUSY
 * @throws {OSError} As `socket.send()`, and EBADF: it is closed meanwhile. All
 *   of them but BusyError have `bytesSent`, so that one can go on from there.
 * @see send(2)
 */
export function sendAll(
  socket: Socket,
  data: SocketData,
  options?: TransferOptions,
): Promise<void> {
  return promised(() => {
    checkSocket(socket);
    const view = bytes(data, "data");
    const flags = flagsOf(options);
    const limits = limitsOf(options);
    return new SendAll(socket, flags, limits, view).start();
  });
}

class SendAll extends SocketAttempt<undefined> {
  override readonly syscall = "send";
  readonly #flags: number;
  readonly #view: Uint8Array;
  readonly #length: number;
  #sent = 0;

  constructor(socket: Socket, flags: number, limits: Limits, view: Uint8Array) {
    super(socket, EVENT_WRITE, limits);
    this.#flags = flags;
    this.#view = view;
    this.#length = view.length;
  }

  protected override once(): typeof AGAIN | undefined {
    checkStays(this.#view, this.#length, "data");
    const handle = this.socket[HANDLE];
    do {
      const sent = this.#sent;
      const rest = sent === 0 ? this.#view : this.#view.subarray(sent);
      const result = transfer.trySend(handle, rest, this.#flags);
      if (result === EAGAIN) return AGAIN;
      handle.check(result, "send");
      if (result === 0) break;
      this.#sent += result;
    } while (this.#sent < this.#length);
    return undefined;
  }

  protected override progress(): number {
    return this.#sent;
  }

  protected override explain(error: unknown): unknown {
    if (error instanceof OSError || error instanceof AbortError) {
      Object.defineProperty(error, "bytesSent", {
        value: this.#sent,
        enumerable: true,
        configurable: true,
      });
    }
    return error;
  }
}

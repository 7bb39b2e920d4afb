import { bytes } from "../arguments.ts";
import { AbortError, OSError } from "../errors.ts";
import { EAGAIN } from "../result.ts";
import { EVENT_WRITE } from "../selectors/index.ts";
import { HANDLE } from "../socket/base.ts";
import type { Socket, SocketData } from "../socket/index.ts";
import * as transfer from "../socket/transfer.ts";
import { AGAIN, attempt, promised } from "./attempt.ts";
import {
  checkSocket,
  flagsOf,
  guardOf,
  interestOf,
  limitsOf,
  type TransferOptions,
} from "./options.ts";

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
    const handle = socket[HANDLE];
    const { length } = view;
    const checkStays = guardOf(view, "data");
    let sent = 0;
    const once = (): typeof AGAIN | undefined => {
      checkStays();
      do {
        const rest = sent === 0 ? view : view.subarray(sent);
        const result = transfer.trySend(handle, rest, flags);
        if (result === EAGAIN) return AGAIN;
        handle.check(result, "send");
        sent += result;
      } while (sent < length);
      return undefined;
    };
    return attempt<undefined>({
      interests: interestOf(socket, EVENT_WRITE),
      syscall: "send",
      limits,
      once,
      progress: () => sent,
      explain: (error) => {
        tellBytesSent(error, sent);
      },
    });
  });
}

function tellBytesSent(error: unknown, sent: number): void {
  if (error instanceof OSError || error instanceof AbortError) {
    Object.defineProperty(error, "bytesSent", {
      value: sent,
      enumerable: true,
      configurable: true,
    });
  }
}

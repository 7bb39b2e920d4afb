import { integer, writableBytes } from "../arguments.ts";
import { MSG_PEEK, POLLIN, SOCK_STREAM } from "../constants.ts";
import { EAGAIN } from "../result.ts";
import { EVENT_PRIORITY, EVENT_READ } from "../selectors/index.ts";
import { HANDLE } from "../socket/base.ts";
import type { Socket } from "../socket/index.ts";
import { memory, taken } from "../socket/memory.ts";
import * as transfer from "../socket/transfer.ts";
import { AGAIN, attempt, promised } from "./attempt.ts";
import {
  checkSocket,
  flagsOf,
  guardOf,
  interestOf,
  limitsOf,
  type TransferOptions,
  type WaitOptions,
} from "./options.ts";
import { waits } from "./waits.ts";

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
    return receive(socket, flags, options, () => {
      // Shared memory, which is no longer ours after a wait.
      const buffer = memory(size, flags);
      const received = receiveNow(socket, buffer, flags);
      return received === AGAIN ? AGAIN : taken(buffer, received);
    });
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
    const checkStays = guardOf(view, "buffer");
    return receive(socket, flags, options, () => {
      // It would look like the end of what the peer sends.
      checkStays();
      return receiveNow(socket, view, flags);
    });
  });
}

/**
 * Receives what there is. A stream that had less than was asked for has no more:
 * the next receive waits without a try, which costs as much as all else it does.
 */
function receiveNow(
  socket: Socket,
  buffer: Uint8Array,
  flags: number,
): number | typeof AGAIN {
  const received = socket.tryRecvInto(buffer, flags);
  if (received === undefined) return AGAIN;
  if (received === 0 || flags !== 0) return received;
  if (received < buffer.length && socket.type === SOCK_STREAM) {
    waits.setDrained(socket.fileno(), socket[HANDLE]);
  }
  return received;
}

function receive<T>(
  socket: Socket,
  flags: number,
  options: WaitOptions | undefined,
  once: () => T | typeof AGAIN,
): Promise<T> {
  const isUrgent = transfer.receiveEvents(flags) !== POLLIN;
  const events = isUrgent ? EVENT_PRIORITY : EVENT_READ;
  return attempt({
    interests: interestOf(socket, events),
    syscall: "recv",
    limits: limitsOf(options),
    once,
    isInVain: () =>
      flags === 0 && waits.isDrained(socket.fileno(), socket[HANDLE]),
  });
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
  const checkStays = guardOf(view, "buffer");
  let received = 0;
  while (received < length || length === 0) {
    const rest = view.subarray(received);
    let result: number;
    try {
      result = await attempt({
        interests: interestOf(socket, EVENT_READ),
        syscall: "recv",
        limits,
        once: () => {
          checkStays();
          const result = transfer.tryReceive(handle, rest, flags);
          return result === EAGAIN ? AGAIN : result;
        },
      });
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

import { EVENT_READ } from "../selectors/index.ts";
import type { Address } from "../socket/address.ts";
import type { Socket } from "../socket/index.ts";
import { AGAIN, promised } from "./attempt.ts";
import { connectTo } from "./connect.ts";
import { SocketAttempt } from "./on-socket.ts";
import { checkSocket, limitsOf, type WaitOptions } from "./options.ts";

/**
 * Takes the next client that connected.
 * @param socket A listening one; its own time-out and mode do not count here.
 * @returns As `socket.accept()`.
 * @throws {TimeoutError} ETIMEDOUT
 * @throws {AbortError} ABORT_ERR
 * @throws {BusyError} ERR_BUSY
 * @throws {OSError} As `socket.accept()`, and EBADF: it is closed meanwhile.
 * @see accept(2)
 */
export function accept(
  socket: Socket,
  options?: WaitOptions,
): Promise<[Socket, Address]> {
  return promised(() => {
    checkSocket(socket);
    return new Accept(socket, EVENT_READ, limitsOf(options)).start();
  });
}

class Accept extends SocketAttempt<[Socket, Address]> {
  override readonly syscall = "accept";

  protected override once(): [Socket, Address] | typeof AGAIN {
    return this.socket.tryAccept() ?? AGAIN;
  }
}

/**
 * Connects to a peer; a host's name is resolved by `node:dns`. Called again after
 * a time-out or an abort, it goes on waiting for the same connection.
 *
 * A Socket of a descriptor that was given in blocking mode connects in the call,
 * which holds the thread.
 * @throws {TimeoutError} ETIMEDOUT
 * @throws {AbortError} ABORT_ERR
 * @throws {BusyError} ERR_BUSY
 * @throws {OSError} As `socket.connect()`, and EBADF: it is closed meanwhile.
 * @see connect(2)
 */
export async function connect(
  socket: Socket,
  address: Address,
  options: WaitOptions = {},
): Promise<void> {
  checkSocket(socket);
  await connectTo(socket, address, limitsOf(options));
}

import { POLLOUT, SO_ERROR, SOL_SOCKET } from "../constants.ts";
import { EAGAIN, EALREADY, EINPROGRESS } from "../result.ts";
import { exchange, type PlainAddress, writeAddress } from "../exchange.ts";
import { native } from "../native.ts";
import { ioChannel, tellIo } from "../observe.ts";
import type { Handle } from "./handle.ts";
import { numberOption } from "./option.ts";

/** Connects, waiting as the socket does. Gives 0, or what went wrong. */
export function connect(handle: Handle, address: PlainAddress): number {
  const deadline = handle.deadline();
  let result = begin(handle, address);
  if (deadline === 0) return result;
  // A Unix socket's listener whose queue is full can't be waited for.
  for (let times = 0; result === EAGAIN; times++) {
    const failed = handle.rest(times, deadline);
    if (failed !== 0) return failed;
    result = begin(handle, address);
  }
  // EALREADY: an earlier call was interrupted, or timed out, and goes on.
  if (result !== EINPROGRESS && result !== EALREADY) return result;
  return handle.await(POLLOUT, deadline) || outcome(handle, address);
}

/** The outcome of a connection that went on in the background: 0 or -errno. */
export function outcome(handle: Handle, address: PlainAddress): number {
  const failed = 0 - numberOption(handle, SOL_SOCKET, SO_ERROR);
  if (ioChannel.hasSubscribers) tellIo("connect", handle.fd, failed);
  // Linux regards a socket as connecting until it is asked once more.
  if (failed === 0) ask(handle, address);
  return failed;
}

/** Tries to connect; on an O_NONBLOCK socket it goes on in the background. */
export function begin(handle: Handle, address: PlainAddress): number {
  const result = ask(handle, address);
  if (ioChannel.hasSubscribers) tellIo("connect", handle.fd, result);
  return result;
}

function ask(handle: Handle, address: PlainAddress): number {
  writeAddress(address);
  return native.connect(handle.fd, exchange);
}

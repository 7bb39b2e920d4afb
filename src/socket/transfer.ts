/**
 * Sending and receiving: try, wait where it would block, try again.
 *
 * Each has a first try of its own, without a closure: that is the path on which
 * a server that waits for readiness spends its time.
 */
import {
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  POLLIN,
  POLLOUT,
  POLLPRI,
} from "../constants.ts";
import { EAGAIN, EINTR } from "../result.ts";
import { recvNow, sendNow } from "../recv-send.ts";
import type { Handle } from "./handle.ts";

/** What poll(2) says when a receive with these flags has something to give. */
export function receiveEvents(flags: number): number {
  return (flags & MSG_OOB) === 0 ? POLLIN : POLLPRI;
}

/** When a call with these flags has to end. */
export function deadlineFor(handle: Handle, flags: number): number {
  return (flags & MSG_DONTWAIT) === 0 ? handle.deadline() : 0;
}

/** Receives into `buffer` what there is. Gives how many bytes, or -errno. */
export function tryReceive(
  handle: Handle,
  buffer: Uint8Array,
  flags: number,
): number {
  const deferred = handle.takeDeferred();
  if (deferred !== 0) return deferred;
  // The kernel would wait for data that it then does not give.
  if (buffer.length === 0 && handle.fd !== -1) return 0;
  return recvNow(handle.fd, buffer, flags);
}

/** Receives into `buffer`, and gives how many bytes, 0 at the end. */
export function receive(
  handle: Handle,
  buffer: Uint8Array,
  flags: number,
): number {
  const result = tryReceive(handle, buffer, flags);
  if (result !== EAGAIN) return handle.check(result, "recv");
  const again = handle.retry(
    receiveEvents(flags),
    () => recvNow(handle.fd, buffer, flags),
    deadlineFor(handle, flags),
    result,
  );
  return handle.check(again, "recv");
}

/**
 * Receives until `buffer` is full, as MSG_WAITALL asks of a stream; fewer bytes
 * at its end, after the time-out and for a signal, so that none is lost.
 */
export function receiveAll(
  handle: Handle,
  buffer: Uint8Array,
  flags: number,
): number {
  if ((flags & MSG_PEEK) !== 0 || buffer.length === 0) {
    return receive(handle, buffer, flags);
  }
  const deadline = deadlineFor(handle, flags);
  let received = 0;
  while (received < buffer.length) {
    const rest = buffer.subarray(received);
    const result = handle.retry(
      receiveEvents(flags),
      () => tryReceive(handle, rest, flags),
      deadline,
    );
    if (result < 0 && received === 0) return handle.check(result, "recv");
    if (isFinal(result)) handle.defer(result);
    if (result <= 0) break;
    received += result;
  }
  return received;
}

/** An error that the kernel tells only once: not that one would have to wait. */
export function isFinal(result: number): boolean {
  return (
    Number.isFinite(result) &&
    result < 0 &&
    result !== EAGAIN &&
    result !== EINTR
  );
}

/** Whether a receive has to go on until its buffer is full. */
export function wantsAll(flags: number): boolean {
  return (flags & MSG_WAITALL) !== 0;
}

/**
 * Sends what the system takes now of the first `most` bytes of `data`. Gives how
 * many bytes, or -errno.
 */
export function trySend(
  handle: Handle,
  data: Uint8Array,
  flags: number,
  most?: number,
): number {
  return sendNow(handle.fd, data, flags, most);
}

/** Sends what the system takes of them, and gives how many bytes. */
export function send(
  handle: Handle,
  data: Uint8Array,
  flags: number,
  most?: number,
): number {
  const result = sendNow(handle.fd, data, flags, most);
  if (result !== EAGAIN) return handle.check(result, "send");
  const again = handle.retry(
    POLLOUT,
    () => sendNow(handle.fd, data, flags, most),
    deadlineFor(handle, flags),
    result,
  );
  return handle.check(again, "send");
}

/** Sends all of `data` under one deadline. */
export function sendAll(handle: Handle, data: Uint8Array, flags: number): void {
  const deadline = deadlineFor(handle, flags);
  let sent = 0;
  do {
    const rest = sent === 0 ? data : data.subarray(sent);
    const result = handle.retry(
      POLLOUT,
      () => sendNow(handle.fd, rest, flags),
      deadline,
    );
    if (result < 0) throw handle.error(result, "send", { bytesSent: sent });
    // Nothing: there is nothing left, whatever the length is said to be.
    if (result === 0) break;
    sent += result;
  } while (sent < data.length);
}

/**
 * recv(2) and send(2) themselves, which never block.
 *
 * Fetching the address of a view's memory costs more than the call. Most programs
 * use the same views again and again, so the last ones are remembered.
 */
import { native } from "./native.ts";
import { result, setTransfer } from "./registers.ts";

/** Larger ones are not kept from being collected. */
const mostBytes = 2 ** 20;

/**
 * A view's length, whatever a subclass says of it: 0 if its memory has been given
 * away, so that what was remembered of it is not used.
 */
// eslint-disable-next-line @typescript-eslint/unbound-method, @typescript-eslint/consistent-type-assertions -- it is called on the views
const getLength = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  "length",
)?.get as (this: Uint8Array) => number;

let received: Uint8Array | undefined;
let sent: Uint8Array | undefined;

/** Receives into `buffer` what there is. Gives how many bytes, or -errno. */
export function recvNow(fd: number, buffer: Uint8Array, flags: number): number {
  const length = getLength.call(buffer);
  if (buffer !== received) {
    native.receiveInto(buffer);
    received = length > mostBytes ? undefined : buffer;
  }
  setTransfer(fd, length, flags);
  native.recv();
  return result();
}

/**
 * Sends what the system takes now of the first `most` bytes of `data`. Gives how
 * many bytes, or -errno.
 */
export function sendNow(
  fd: number,
  data: Uint8Array,
  flags: number,
  most = Infinity,
): number {
  const length = getLength.call(data);
  if (data !== sent) {
    native.sendFrom(data);
    sent = length > mostBytes ? undefined : data;
  }
  setTransfer(fd, Math.min(length, most), flags);
  native.send();
  return result();
}

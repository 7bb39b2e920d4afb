/**
 * recv(2) and send(2) themselves, which never block.
 *
 * Fetching the address of a view's memory costs more than the call. Most programs
 * use the same views again and again, so the last ones are remembered.
 */
import { MSG_PEEK } from "./constants.ts";
import { native } from "./native.ts";
import { ioChannel, tellIo } from "./observe.ts";
import { result, setTransfer } from "./registers.ts";

/** Memory that is larger is not kept from being collected. */
const mostBytes = 2 ** 20;

// eslint-disable-next-line @typescript-eslint/unbound-method, @typescript-eslint/consistent-type-assertions -- it is called on the views
const getLength = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  "length",
)?.get as (this: Uint8Array) => number;

/**
 * A view's length, whatever a subclass says of it: 0 if its memory has been given
 * away, so that what was remembered of it is not used.
 *
 * V8's optimizer forgets to look whether it has (seen in Node 20 to 26), where it
 * has met views of resizable memory: then the length is that of before. What is
 * read from a view it checks.
 */
export function lengthOf(view: Uint8Array): number {
  const length = getLength.call(view);
  return length > 0 && view[length - 1] === undefined ? 0 : length;
}

/** A view whose memory's address is known, and how much of it was. */
interface Fetched {
  view: Uint8Array | undefined;
  length: number;
}

const received: Fetched = { view: undefined, length: 0 };
const sent: Fetched = { view: undefined, length: 0 };

/** Fetches a view's address by `fetch`, unless it is known. Gives its length. */
function fetched(
  last: Fetched,
  view: Uint8Array,
  fetch: (view: Uint8Array) => void,
): number {
  const length = lengthOf(view);
  if (view === last.view && length <= last.length) return length;
  last.view = undefined;
  fetch(view);
  last.length = length;
  if (view.buffer.byteLength <= mostBytes) last.view = view;
  return length;
}

/** Receives into `buffer` what there is. Gives how many bytes, or -errno. */
export function recvNow(fd: number, buffer: Uint8Array, flags: number): number {
  const length = fetched(received, buffer, receiveInto);
  setTransfer(fd, length, flags);
  native.recv();
  const count = result();
  if (ioChannel.hasSubscribers) {
    const isPeek = (flags & MSG_PEEK) !== 0;
    tellBytes(isPeek ? "peek" : "recv", fd, count, buffer);
  }
  return count;
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
  const length = fetched(sent, data, sendFrom);
  setTransfer(fd, Math.min(length, most), flags);
  native.send();
  const count = result();
  if (ioChannel.hasSubscribers) tellBytes("send", fd, count, data);
  return count;
}

function tellBytes(
  operation: string,
  fd: number,
  count: number,
  view: Uint8Array,
): void {
  tellIo(operation, fd, count, view.subarray(0, Math.max(count, 0)));
}

function receiveInto(view: Uint8Array): void {
  native.receiveInto(view);
}

function sendFrom(view: Uint8Array): void {
  native.sendFrom(view);
}

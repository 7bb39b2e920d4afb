/**
 * What the simulation of kqueue knows of descriptors, from real calls: which
 * file a number stands for, what poll(2) says of it, how much is unread.
 */
import {
  MSG_DONTWAIT,
  MSG_PEEK,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
} from "../../src/constants.ts";
import { exchange, readIdentity } from "../../src/exchange.ts";
import { native } from "../../src/native.ts";
import { recvNow } from "../../src/recv-send.ts";
import { result, setWait } from "../../src/registers.ts";
import { EINTR } from "../../src/result.ts";

/** Which file a number stands for now; undefined if it is closed. */
export function fileOf(fd: number): string | undefined {
  if (native.identify(fd, exchange) !== 0) return undefined;
  const { device, inode } = readIdentity();
  return `${device}:${inode}`;
}

/** POLLRDHUP is Linux's. Elsewhere an end is found by a peek. */
const readMask = POLLIN | ((POLLRDHUP as number | undefined) ?? 0);
const endMask = POLLHUP | ((POLLRDHUP as number | undefined) ?? 0);

/**
 * Sleeps in poll(2), or with 0 ms only looks.
 * @param wanted The direction or directions of each descriptor.
 * @returns Each one's revents, or -EINTR or INTERRUPTED.
 */
export function pollAll(
  wanted: ReadonlyMap<number, { read: boolean; write: boolean }>,
  timeoutMs: number,
  interruptFd: number,
): ReadonlyMap<number, number> | number {
  // The set's first place is the signals'.
  const [set, memory] = native.createArena((wanted.size + 2) * 8);
  const fds = new Int32Array(memory);
  const masks = new Uint16Array(memory);
  let place = 0;
  for (const [fd, { read, write }] of wanted) {
    place++;
    fds[place * 2] = fd;
    masks[place * 4 + 2] = (read ? readMask : 0) | (write ? POLLOUT : 0);
  }
  setWait(set, wanted.size, timeoutMs, interruptFd);
  native.poll();
  if (result() < 0) return result();
  const found = [...wanted.keys()].map(
    (fd, i) => [fd, masks[(i + 1) * 4 + 3] ?? 0] as const,
  );
  return new Map(found);
}

/** What revents say: whether each direction is ready, and whether it is over. */
export function directionsOf(revents: number): {
  read: boolean;
  write: boolean;
  isReadOver: boolean;
  isWriteOver: boolean;
} {
  const broken = (revents & (POLLHUP | POLLERR)) !== 0;
  return {
    read: broken || (revents & readMask) !== 0,
    write: broken || (revents & POLLOUT) !== 0,
    isReadOver: (revents & (endMask | POLLERR)) !== 0,
    isWriteOver: broken,
  };
}

const block = new Uint8Array(2 ** 18);

/**
 * How many bytes a socket has that were not read, up to 256 KiB; 1 for what
 * can't be peeked into: a pipe, a listening socket.
 */
export function unreadBytes(fd: number): number {
  const bytes = recvNow(fd, block, MSG_PEEK | MSG_DONTWAIT);
  if (bytes === EINTR) return unreadBytes(fd);
  return bytes >= 0 ? bytes : 1;
}

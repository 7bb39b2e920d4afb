/**
 * Waiting for any descriptor without holding the thread: what `fs/promises` is
 * to `fs`, this is to `posix-select/select` and `posix-select/socket`.
 *
 * Each call tries first, and waits only where it would block. Whoever else wants
 * the thread gets it meanwhile: timers, servers, other waits. A pending wait keeps
 * the process alive, a finished one does not.
 *
 * One waiter for a descriptor and direction, across all calls: another one is a
 * `BusyError`. What is closed while it is waited for ends the wait with `EBADF`:
 * at once where a `Socket` or anything else of this package is closed, within a
 * second where somebody else closes a number, also if it was used again. No
 * call here sets O_NONBLOCK on a descriptor that was given.
 *
 * @see select(2), https://docs.python.org/3/library/asyncio-eventloop.html#working-with-socket-objects-directly
 * @module
 */
import {
  bytes,
  integer,
  invalidType,
  isIterable,
  mask,
  options as checkOptions,
  writableBytes,
} from "../arguments.ts";
import {
  MSG_PEEK,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  SOCK_STREAM,
} from "../constants.ts";
import { timeout, type Timeout } from "../deadline.ts";
import { fdOf, type FileDescriptorLike } from "../descriptor.ts";
import { AbortError, OSError } from "../errors.ts";
import { signalOf, type SignalOptions } from "../pending.ts";
import { check, EAGAIN, EBADF, osError } from "../result.ts";
import { select as selectNow } from "../select.ts";
import { EVENT_PRIORITY, EVENT_READ, EVENT_WRITE } from "../selectors/index.ts";
import type { Address } from "../socket/address.ts";
import { HANDLE } from "../socket/base.ts";
import { Socket, type SocketData } from "../socket/index.ts";
import { memory, taken } from "../socket/memory.ts";
import * as transfer from "../socket/transfer.ts";
import { waitFor } from "../wait.ts";
import { attempt } from "./attempt.ts";
import { connectTo } from "./connect.ts";
import { type Interest, limits, type Limits } from "./waits.ts";

/** How long a wait lasts at most, and what ends it before. */
export interface WaitOptions extends SignalOptions {
  /**
   * Milliseconds for the whole call; undefined, null and Infinity wait for ever,
   * 0 or less does not wait.
   */
  readonly timeoutMs?: Timeout;
}

/** What calls that receive or send take. */
export interface TransferOptions extends WaitOptions {
  /** `MSG_PEEK`, `MSG_OOB`, ...; `MSG_DONTWAIT` changes nothing. */
  readonly flags?: number;
}

/** What the owner of a descriptor is known by: not the Socket, which may be lost. */
function ownerOf(file: unknown): object | undefined {
  return file instanceof Socket ? file[HANDLE] : undefined;
}

function limitsOf(settings: WaitOptions): Limits {
  const signal = signalOf(settings);
  return limits(timeout(settings.timeoutMs), signal);
}

function flagsOf(settings: TransferOptions): number {
  checkOptions(settings, "options");
  return mask(settings.flags ?? 0, "options.flags");
}

function checkSocket(value: unknown): void {
  if (value instanceof Socket) return;
  throw invalidType("socket", "a Socket", value);
}

/** What to wait for on a socket. */
function interestOf(socket: Socket, events: number): () => Interest[] {
  return () => [{ fd: socket.fileno(), events, owner: socket[HANDLE] }];
}

/**
 * Waits until a read from a descriptor would not block: there is data, a client,
 * the end, or an error to be had.
 * @throws {TimeoutError} ETIMEDOUT
 * @throws {AbortError} ABORT_ERR: the signal; its reason is the `cause`.
 * @throws {BusyError} ERR_BUSY: somebody waits for it already.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 * @throws {OSError} EBADF: it is closed, or is closed meanwhile.
 * @see poll(2)
 */
export async function readable(
  fd: FileDescriptorLike,
  options: WaitOptions = {},
): Promise<void> {
  await ready(fd, EVENT_READ, POLLIN, options);
}

/**
 * Waits until a write to a descriptor would not block, or would fail.
 * @throws {OSError} As `readable()`.
 * @see poll(2)
 */
export async function writable(
  fd: FileDescriptorLike,
  options: WaitOptions = {},
): Promise<void> {
  await ready(fd, EVENT_WRITE, POLLOUT, options);
}

async function ready(
  file: FileDescriptorLike,
  events: number,
  mask: number,
  settings: WaitOptions,
): Promise<void> {
  const fd = fdOf(file, "poll", "fd");
  await attempt({
    interests: () => [{ fd, events, owner: ownerOf(file) }],
    syscall: "poll",
    limits: limitsOf(settings),
    once: () => {
      const revents = check(waitFor(fd, mask, 0), "poll", { fd });
      if ((revents & POLLNVAL) !== 0) throw osError(EBADF, "poll", { fd });
      return revents === 0 ? undefined : true;
    },
  });
}

/**
 * Waits until descriptors are ready, as `select()` of `posix-select/select` does.
 * @param rlist Those to read from.
 * @param wlist Those to write to.
 * @param xlist Those with urgent data. A system with kqueue(2) can't be asked to
 *   wait for it (RangeError).
 * @param timeoutMs Milliseconds; undefined, null and Infinity wait for ever, 0 or
 *   less looks.
 * @returns Those that are ready, list by list; three empty lists after the time.
 * @throws {AbortError} ABORT_ERR: the signal; its reason is the `cause`.
 * @throws {BusyError} ERR_BUSY: somebody waits for one of them already.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE
 * @throws {OSError} EBADF: one is closed, or is closed meanwhile; `fd` names it.
 * @see select(2), https://docs.python.org/3/library/select.html#select.select
 */
export async function select<
  R extends FileDescriptorLike,
  W extends FileDescriptorLike,
  X extends FileDescriptorLike,
>(
  rlist: Iterable<R>,
  wlist: Iterable<W>,
  xlist: Iterable<X>,
  timeoutMs?: Timeout,
  options: SignalOptions = {},
): Promise<[R[], W[], X[]]> {
  const read = listOf(rlist, "rlist");
  const write = listOf(wlist, "wlist");
  const except = listOf(xlist, "xlist");
  const signal = signalOf(options);
  const settings = limits(timeout(timeoutMs), signal);
  return attempt<[R[], W[], X[]]>({
    interests: () => {
      const interests = new Map<number, Interest>();
      addAll(interests, read, "rlist", EVENT_READ);
      addAll(interests, write, "wlist", EVENT_WRITE);
      addAll(interests, except, "xlist", EVENT_PRIORITY);
      return [...interests.values()];
    },
    syscall: "select",
    limits: settings,
    once: () => {
      const found = selectNow(read, write, except, 0);
      return found.some((list) => list.length > 0) ? found : undefined;
    },
    otherwise: () => [[], [], []],
  });
}

/** A list as it is now. */
function listOf<T>(list: Iterable<T>, name: string): T[] {
  if (isIterable(list)) return [...list];
  throw invalidType(name, "an iterable of file descriptors", list);
}

function addAll(
  interests: Map<number, Interest>,
  list: readonly FileDescriptorLike[],
  name: string,
  event: number,
): void {
  for (const [i, file] of list.entries()) {
    const fd = fdOf(file, "select", name, i);
    const events = (interests.get(fd)?.events ?? 0) | event;
    interests.set(fd, { fd, events, owner: ownerOf(file) });
  }
}

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
export async function accept(
  socket: Socket,
  options: WaitOptions = {},
): Promise<[Socket, Address]> {
  checkSocket(socket);
  return attempt({
    interests: interestOf(socket, EVENT_READ),
    syscall: "accept",
    limits: limitsOf(options),
    once: () => socket.tryAccept(),
  });
}

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
export async function recv(
  socket: Socket,
  maxBytes: number,
  options: TransferOptions = {},
): Promise<Buffer> {
  checkSocket(socket);
  const size = integer(maxBytes, "maxBytes");
  const flags = flagsOf(options);
  if (wantsAll(socket, flags)) {
    const buffer = Buffer.allocUnsafeSlow(size);
    return buffer.subarray(0, await receiveAll(socket, buffer, flags, options));
  }
  return receive(socket, flags, options, () => {
    // Shared memory, which is no longer ours after a wait.
    const buffer = memory(size, flags);
    const received = socket.tryRecvInto(buffer, flags);
    return received === undefined ? undefined : taken(buffer, received);
  });
}

/**
 * Receives into memory that the caller has, and leaves alone meanwhile.
 * @returns How many bytes; 0 means that the peer will send no more.
 * @throws {OSError} As `recv()`.
 * @see recv(2)
 */
export async function recvInto(
  socket: Socket,
  buffer: ArrayBufferView,
  options: TransferOptions = {},
): Promise<number> {
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
    return socket.tryRecvInto(view, flags);
  });
}

/** A check that memory has not been detached, or shrunk, since. */
function guardOf(view: Uint8Array, name: string): () => void {
  const { length } = view;
  return () => {
    if (view.length >= length) return;
    throw invalidType(name, "memory that stays where it is", view);
  };
}

function receive<T>(
  socket: Socket,
  flags: number,
  options: WaitOptions,
  once: () => T | undefined,
): Promise<T> {
  const isUrgent = transfer.receiveEvents(flags) !== POLLIN;
  const events = isUrgent ? EVENT_PRIORITY : EVENT_READ;
  return attempt({
    interests: interestOf(socket, events),
    syscall: "recv",
    limits: limitsOf(options),
    once,
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
  options: WaitOptions,
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
          return result === EAGAIN ? undefined : result;
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
export async function sendAll(
  socket: Socket,
  data: SocketData,
  options: TransferOptions = {},
): Promise<void> {
  checkSocket(socket);
  const view = bytes(data, "data");
  const flags = flagsOf(options);
  const limits = limitsOf(options);
  const handle = socket[HANDLE];
  const { length } = view;
  const checkStays = guardOf(view, "data");
  let sent = 0;
  const once = (): true | undefined => {
    checkStays();
    do {
      const rest = sent === 0 ? view : view.subarray(sent);
      const result = transfer.trySend(handle, rest, flags);
      if (result === EAGAIN) return undefined;
      handle.check(result, "send");
      sent += result;
    } while (sent < length);
    return true;
  };
  try {
    await attempt({
      interests: interestOf(socket, EVENT_WRITE),
      syscall: "send",
      limits,
      once,
      progress: () => sent,
    });
  } catch (error) {
    if (error instanceof OSError || error instanceof AbortError) {
      Object.defineProperty(error, "bytesSent", {
        value: sent,
        enumerable: true,
        configurable: true,
      });
    }
    throw error;
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

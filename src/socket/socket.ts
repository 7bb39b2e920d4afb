import {
  bytes,
  integer,
  invalidType,
  mask,
  options,
  writableBytes,
} from "../arguments.ts";
import * as c from "../constants.ts";
import { fdOf, type FileDescriptorLike } from "../descriptor.ts";
import {
  exchange,
  MAX_FDS,
  readFds,
  readFlags,
  readIdentity,
  writeAddress,
  writeFds,
} from "../exchange.ts";
import { native } from "../native.ts";
import { ioChannel, tellIo } from "../observe.ts";
import { EAGAIN } from "../result.ts";
import { type Address, takeAddress } from "./address.ts";
import { HANDLE, SocketBase } from "./base.ts";
import { connect } from "./connect.ts";
import { Handle } from "./handle.ts";
import { memory, taken } from "./memory.ts";
import { openGiven, Opened, openSocket } from "./opened.ts";
import { target } from "./target.ts";
import * as transfer from "./transfer.ts";

/** How many pieces one message has at most: IOV_MAX. */
const MAX_PIECES = 1024;

/** What can be sent: text goes out as UTF-8. */
export type SocketData = string | ArrayBufferView;

/** What `sendmsg()` takes beside the data. */
export interface SendMessageOptions {
  /** Descriptors that the receiver gets copies of; Unix sockets only. */
  readonly fds?: readonly FileDescriptorLike[];
  /** `MSG_OOB`, `MSG_MORE`, ... */
  readonly flags?: number;
  /** Where to, on a socket that is not connected. */
  readonly address?: Address;
}

/** What `recvmsg()` takes beside the size. */
export interface ReceiveMessageOptions {
  /** How many descriptors are taken at most; 0, the default, takes none. */
  readonly maxFds?: number;
  /** `MSG_PEEK`, `MSG_WAITALL`, `MSG_OOB`, ... */
  readonly flags?: number;
}

/** What `recvmsg()` gives. */
export interface Message {
  /** What was received; empty if the peer will send no more. */
  readonly data: Buffer;
  /** The descriptors that came along: the receiver's own, to be closed by it. */
  readonly fds: number[];
  /** `MSG_TRUNC`: data was cut off; `MSG_CTRUNC`: descriptors were lost. */
  readonly flags: number;
  /** The sender, where there is one to name. */
  readonly address: Address | undefined;
}

/**
 * A socket of the operating system.
 *
 * What is made here is close-on-exec. A blocking call that would have to wait
 * gives way to a signal listener (`InterruptedError`); it ends with a
 * `TimeoutError` if a time-out is set, with a `BlockingIOError` if the socket
 * is non-blocking. Every call on a closed socket is EBADF.
 *
 * @see socket(7), https://docs.python.org/3/library/socket.html
 */
export class Socket extends SocketBase {
  /**
   * Makes a socket, which blocks unless the type has `SOCK_NONBLOCK`.
   * @throws {RangeError} ERR_OUT_OF_RANGE
   * @throws {OSError} EAFNOSUPPORT, EPROTONOSUPPORT, EINVAL: there is no such
   *   kind of socket; EMFILE, ENFILE: no descriptors left.
   * @throws {PermissionError} EPERM, EACCES: raw sockets are for the privileged.
   * @see socket(2)
   */
  constructor(family?: number, type?: number, protocol?: number);
  /** @internal */
  constructor(opened: Opened);
  constructor(
    family: number | Opened = c.AF_INET,
    type: number = c.SOCK_STREAM,
    protocol = 0,
  ) {
    super(
      family instanceof Opened ? family : openSocket(family, type, protocol),
    );
  }

  /**
   * Makes a Socket of a descriptor that is open already: one that was passed or
   * inherited. `close()` closes it, but if the Socket is forgotten it stays
   * open. Its O_NONBLOCK is left as it is: where that is off, `connect()` can't
   * be interrupted.
   * @throws {OSError} ENOTSOCK: no socket; EBADF: not open.
   */
  static fromFd(fd: FileDescriptorLike): Socket {
    return new Socket(openGiven(fd));
  }

  /**
   * Gives the socket an address of its own.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE: no address of this family.
   * @throws {RangeError} ERR_OUT_OF_RANGE: the port.
   * @throws {OSError} EADDRINUSE; EADDRNOTAVAIL: not an address of this
   *   machine; EINVAL: bound already; ENAMETOOLONG: the path; ENOTFOUND: the
   *   host's name.
   * @throws {PermissionError} EACCES: a port for the privileged.
   * @see bind(2)
   */
  bind(address: Address): void {
    const { plain, details } = target(address, this.family, "bind");
    writeAddress(plain);
    this[HANDLE].check(native.bind(this.fileno(), exchange), "bind", details);
  }

  /**
   * Lets clients connect.
   * @param backlog How many may wait to be accepted; as many as the system
   *   allows unless given.
   * @throws {OSError} ENOTSUP: no stream; EADDRINUSE.
   * @see listen(2)
   */
  listen(backlog: number = c.SOMAXCONN): void {
    const count = integer(backlog, "backlog");
    this[HANDLE].check(native.listen(this.fileno(), count), "listen");
  }

  /**
   * Takes the next client that connected.
   * @returns A new, blocking socket, and the client's address.
   * @throws {BlockingIOError} EAGAIN: none waits, and the socket is non-blocking.
   * @throws {TimeoutError} ETIMEDOUT
   * @throws {InterruptedError} EINTR
   * @throws {OSError} EINVAL: not listening; EMFILE, ENFILE: no descriptors
   *   left, and the client goes on waiting; ECONNABORTED: it has gone again.
   * @see accept(2)
   */
  accept(): [Socket, Address] {
    const result = this[HANDLE].retry(c.POLLIN, () => this.#accept());
    return this.#accepted(this[HANDLE].check(result, "accept"));
  }

  /**
   * Takes the next client that connected; never waits, whatever the mode.
   * @returns Undefined if there is none, else as `accept()`.
   * @throws {OSError} As `accept()`.
   */
  tryAccept(): [Socket, Address] | undefined {
    const result = this.#accept();
    if (result === EAGAIN) return undefined;
    return this.#accepted(this[HANDLE].check(result, "accept"));
  }

  #accept(): number {
    const result = this[HANDLE].canAccept()
      ? native.accept(this.fileno(), exchange)
      : EAGAIN;
    return this.#failed("accept", result);
  }

  /** Tells of a call that failed, if one did, and gives its result back. */
  #failed(operation: string, result: number): number {
    if (result < 0 && ioChannel.hasSubscribers) {
      tellIo(operation, this.fileno(), result);
    }
    return result;
  }

  /**
   * Tells of a call, once what it left in the exchange has been read: who is told
   * may make calls too.
   */
  #done(operation: string, result: number, data?: Uint8Array): void {
    if (!ioChannel.hasSubscribers) return;
    tellIo(operation, this.fileno(), result, data?.subarray(0, result));
  }

  #accepted(fd: number): [Socket, Address] {
    const address = takeAddress(this.family) ?? { path: "" };
    const handle = new Handle(fd, Infinity, false);
    const { family, type, protocol } = this;
    const opened = new Opened(handle, family, type, protocol, readIdentity());
    const socket = new Socket(opened);
    this.#done("accept", fd);
    return [socket, address];
  }

  /**
   * Connects to a peer. Called again after an interrupt or a time-out, it goes
   * on waiting for the same connection.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE: no address of this family.
   * @throws {RangeError} ERR_OUT_OF_RANGE: the port.
   * @throws {ConnectionRefusedError} ECONNREFUSED: nobody listens there.
   * @throws {BlockingIOError} EINPROGRESS: it goes on in the background; the
   *   socket becomes writable, and SO_ERROR tells the outcome.
   * @throws {TimeoutError} ETIMEDOUT
   * @throws {InterruptedError} EINTR
   * @throws {FileNotFoundError} ENOENT: no such path.
   * @throws {OSError} EISCONN: connected already; ENETUNREACH, EHOSTUNREACH;
   *   ENOTFOUND: the host's name.
   * @see connect(2)
   */
  connect(address: Address): void {
    const { plain, details } = target(address, this.family, "connect");
    this[HANDLE].check(connect(this[HANDLE], plain), "connect", details);
  }

  /**
   * Connects to a peer, and gives an error's number instead of throwing it.
   * @returns 0, or the negative errno; a time-out is `-ETIMEDOUT`.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE: no address of this family.
   * @throws {RangeError} ERR_OUT_OF_RANGE: the port.
   * @throws {OSError} ENOTFOUND: the host's name.
   */
  connectEx(address: Address): number {
    const { plain } = target(address, this.family, "connect");
    return this[HANDLE].errno(connect(this[HANDLE], plain));
  }

  /**
   * Receives what there is, and waits for something if there is nothing.
   * @param maxBytes The most to receive; more stays where it is, but a datagram
   *   is cut off.
   * @param flags `MSG_PEEK`, `MSG_WAITALL`, `MSG_OOB`, ...
   * @returns A new Buffer; an empty one means that the peer will send no more.
   * @throws {ConnectionResetError} ECONNRESET: the peer broke off.
   * @throws {BlockingIOError} EAGAIN
   * @throws {TimeoutError} ETIMEDOUT
   * @throws {InterruptedError} EINTR
   * @throws {OSError} ENOTCONN: not connected.
   * @see recv(2)
   */
  recv(maxBytes: number, flags = 0): Buffer {
    const bits = mask(flags, "flags");
    const buffer = memory(integer(maxBytes, "maxBytes"), bits);
    return taken(buffer, this.recvInto(buffer, bits));
  }

  /**
   * Receives into memory that the caller has.
   * @returns How many bytes; 0 means that the peer will send no more.
   * @throws {OSError} As `recv()`.
   * @see recv(2)
   */
  recvInto(buffer: ArrayBufferView, flags = 0): number {
    const view = writableBytes(buffer, "buffer");
    const bits = mask(flags, "flags");
    return transfer.wantsAll(bits) && this.type === c.SOCK_STREAM
      ? transfer.receiveAll(this[HANDLE], view, bits)
      : transfer.receive(this[HANDLE], view, bits);
  }

  /**
   * Receives into memory that the caller has; never waits, whatever the mode.
   * @returns Undefined if there is nothing, else as `recvInto()`.
   * @throws {OSError} As `recv()`.
   */
  tryRecvInto(buffer: ArrayBufferView, flags = 0): number | undefined {
    const view = writableBytes(buffer, "buffer");
    const bits = mask(flags, "flags");
    const result = transfer.tryReceive(this[HANDLE], view, bits);
    return result === EAGAIN ? undefined : this[HANDLE].check(result, "recv");
  }

  /**
   * Receives, and tells from whom.
   * @returns The data, and the sender's address; a stream has none to name.
   * @throws {OSError} As `recv()`.
   * @see recvfrom(2)
   */
  recvfrom(maxBytes: number, flags = 0): [Buffer, Address | undefined] {
    const bits = mask(flags, "flags");
    const buffer = memory(integer(maxBytes, "maxBytes"), bits);
    const result = this[HANDLE].retry(
      transfer.receiveEvents(bits),
      () =>
        this[HANDLE].takeDeferred() ||
        this.#failed(
          "recvfrom",
          native.recvfrom(this.fileno(), buffer, bits, exchange),
        ),
      transfer.deadlineFor(this[HANDLE], bits),
    );
    const received = this[HANDLE].check(result, "recvfrom");
    const data = taken(buffer, received);
    const address = this.#sender();
    this.#done("recvfrom", received, data);
    return [data, address];
  }

  /**
   * Receives data, and descriptors that another process passed.
   * @throws {OSError} As `recv()`.
   * @see recvmsg(2), unix(7)
   */
  recvmsg(maxBytes: number, settings: ReceiveMessageOptions = {}): Message {
    options(settings, "options");
    const maxFds = integer(settings.maxFds ?? 0, "maxFds", 0, MAX_FDS);
    const bits = mask(settings.flags ?? 0, "flags");
    const buffer = memory(integer(maxBytes, "maxBytes"), bits);
    const result = this[HANDLE].retry(
      transfer.receiveEvents(bits),
      () =>
        this[HANDLE].takeDeferred() ||
        this.#failed(
          "recvmsg",
          native.recvmsg(this.fileno(), buffer, bits, maxFds, exchange),
        ),
      transfer.deadlineFor(this[HANDLE], bits),
    );
    const received = this[HANDLE].check(result, "recvmsg");
    const message: Message = {
      data: taken(buffer, received),
      fds: readFds(),
      flags: readFlags(),
      address: this.#sender(),
    };
    this.#done("recvmsg", received, message.data);
    return message;
  }

  /** Only datagrams come from somebody who need not be the peer. */
  #sender(): Address | undefined {
    const family = this.type === c.SOCK_DGRAM ? this.family : c.AF_UNSPEC;
    return takeAddress(family);
  }

  /**
   * Sends what the system takes, and waits if it takes nothing.
   * @param data Text is sent as UTF-8.
   * @param flags `MSG_OOB`, `MSG_MORE`, ...
   * @param maxBytes Of a buffer that is used again only so many bytes are sent;
   *   all of it unless given.
   * @returns How many bytes were taken: fewer than there are if there is no
   *   more room. `sendAll()` sends all of them.
   * @throws {BrokenPipeError} EPIPE: the peer no longer reads.
   * @throws {ConnectionResetError} ECONNRESET: the peer broke off.
   * @throws {BlockingIOError} EAGAIN
   * @throws {TimeoutError} ETIMEDOUT
   * @throws {InterruptedError} EINTR
   * @throws {OSError} EMSGSIZE: too large for a datagram; EDESTADDRREQ: no peer.
   * @see send(2)
   */
  send(data: SocketData, flags = 0, maxBytes?: number): number {
    const view = bytes(data, "data");
    const bits = mask(flags, "flags");
    if (maxBytes !== undefined) integer(maxBytes, "maxBytes");
    return transfer.send(this[HANDLE], view, bits, maxBytes);
  }

  /**
   * Sends what the system takes; never waits, whatever the mode.
   * @returns Undefined if it takes nothing, else as `send()`.
   * @throws {OSError} As `send()`.
   */
  trySend(data: SocketData, flags = 0, maxBytes?: number): number | undefined {
    const view = bytes(data, "data");
    const bits = mask(flags, "flags");
    if (maxBytes !== undefined) integer(maxBytes, "maxBytes");
    const result = transfer.trySend(this[HANDLE], view, bits, maxBytes);
    return result === EAGAIN ? undefined : this[HANDLE].check(result, "send");
  }

  /**
   * Sends everything; a time-out covers all of it.
   * @throws {OSError} As `send()`; the error's `bytesSent` tells how many bytes
   *   had been sent, so that one can go on from there.
   */
  sendAll(data: SocketData, flags = 0): void {
    const view = bytes(data, "data");
    transfer.sendAll(this[HANDLE], view, mask(flags, "flags"));
  }

  /**
   * Sends a datagram.
   * @returns How many bytes were sent.
   * @throws {OSError} As `send()` and `connect()`.
   * @see sendto(2)
   */
  sendto(data: SocketData, address: Address, flags = 0): number {
    const view = bytes(data, "data");
    const bits = mask(flags, "flags");
    const { plain, details } = target(address, this.family, "sendto");
    const call = (): number => {
      writeAddress(plain);
      const result = native.sendto(this.fileno(), view, bits, exchange);
      return this.#failed("sendto", result);
    };
    const deadline = transfer.deadlineFor(this[HANDLE], bits);
    const result = this[HANDLE].retry(c.POLLOUT, call, deadline);
    const sent = this[HANDLE].check(result, "sendto", details);
    this.#done("sendto", sent, view);
    return sent;
  }

  /**
   * Sends data, in one piece or several, and passes descriptors to the receiver.
   * @returns How many bytes were taken. The descriptors go with the first, so
   *   that a stream needs at least one.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RangeError} ERR_OUT_OF_RANGE: more than 253 descriptors, or 1024
   *   pieces.
   * @throws {OSError} As `send()`; EBADF: a descriptor that is closed;
   *   ETOOMANYREFS: too many under way; EINVAL: the socket passes none.
   * @see sendmsg(2), unix(7)
   */
  sendmsg(
    data: SocketData | readonly SocketData[],
    settings: SendMessageOptions = {},
  ): number {
    options(settings, "options");
    const list: readonly unknown[] = Array.isArray(data) ? data : [data];
    integer(list.length, "data.length", 0, MAX_PIECES);
    const pieces = Array.from(list, (piece, i) =>
      bytes(piece, `data[${String(i)}]`),
    );
    const bits = mask(settings.flags ?? 0, "flags");
    const { fds: files = [], address } = settings;
    if (!Array.isArray(files)) throw invalidType("fds", "an array", files);
    integer(files.length, "fds.length", 0, MAX_FDS);
    const fds = Array.from(files, (fd, i) => fdOf(fd, "sendmsg", "fds", i));
    const to =
      address === undefined
        ? undefined
        : target(address, this.family, "sendmsg");
    const call = (): number => {
      writeFds(fds);
      if (to) writeAddress(to.plain);
      const hasAddress = to ? 1 : 0;
      const fd = this.fileno();
      const result = native.sendmsg(fd, pieces, bits, hasAddress, exchange);
      return this.#failed("sendmsg", result);
    };
    const deadline = transfer.deadlineFor(this[HANDLE], bits);
    const result = this[HANDLE].retry(c.POLLOUT, call, deadline);
    const sent = this[HANDLE].check(result, "sendmsg", to?.details);
    if (ioChannel.hasSubscribers) {
      this.#done("sendmsg", sent, Buffer.concat(pieces));
    }
    return sent;
  }

  /**
   * Makes a second Socket for the same thing, with a descriptor of its own.
   * @throws {OSError} EMFILE: no descriptors left.
   */
  dup(): Socket {
    const { timeoutMs, isBlocking } = this[HANDLE];
    const fd = native.duplicate(this.fileno(), exchange);
    const handle = new Handle(
      this[HANDLE].check(fd, "fcntl"),
      timeoutMs,
      isBlocking,
    );
    const { family, type, protocol } = this;
    const opened = new Opened(handle, family, type, protocol, readIdentity());
    return new Socket(opened);
  }
}

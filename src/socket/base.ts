import { inspect } from "node:util";
import { announceClosing } from "../closing.ts";
import { integer, invalidType, isBytes, mask } from "../arguments.ts";
import { timeout, type Timeout } from "../deadline.ts";
import { trustFileno } from "../descriptor.ts";
import { exchange, type Identity } from "../exchange.ts";
import { native } from "../native.ts";
import { ioChannel, tellIo } from "../observe.ts";
import { check, EAFNOSUPPORT } from "../result.ts";
import { type Address, takeAddress } from "./address.ts";
import type { Handle } from "./handle.ts";
import { type Owned, unwatchForLeak, watchForLeak } from "../leaks.ts";
import { familyName, typeName } from "./names.ts";
import type { Opened } from "./opened.ts";
import { numberOption } from "./option.ts";

/** Where a Socket keeps its handle, for this folder only. */
export const HANDLE: unique symbol = Symbol("handle");

const FD: unique symbol = Symbol("fd");

/** What is kept of each socket should it be forgotten: as little as can be. */
class OwnedSocket implements Owned {
  readonly fd: number;
  readonly device: number;
  readonly inode: number;
  readonly #family: number;
  readonly #type: number;

  constructor(fd: number, file: Identity, family: number, type: number) {
    this.fd = fd;
    this.device = file.device;
    this.inode = file.inode;
    this.#family = family;
    this.#type = type;
  }

  get identity(): Identity {
    return this;
  }

  get description(): string {
    return describe(`fd: ${String(this.fd)}`, this.#family, this.#type);
  }
}

/** What a `Socket` has, whatever it is used for: its descriptor and options. */
export abstract class SocketBase {
  // What most calls need comes first, to be in one line of the cache.
  /** @internal The handle's number: select() asks a thousand sockets for theirs. */
  [FD]: number;
  /** @internal */
  readonly [HANDLE]: Handle;
  /** `AF_INET`, `AF_INET6`, `AF_UNIX`, ... */
  readonly family: number;
  /** `SOCK_STREAM`, `SOCK_DGRAM`, ... */
  readonly type: number;
  /** `IPPROTO_TCP`, ..., or 0 for what is usual for the type. */
  readonly protocol: number;

  constructor({ handle, family, type, protocol, identity }: Opened) {
    this[FD] = handle.fd;
    this.family = family;
    this.type = type;
    this.protocol = protocol;
    this[HANDLE] = handle;
    if (identity !== undefined) {
      watchForLeak(this, new OwnedSocket(handle.fd, identity, family, type));
    }
  }

  /**
   * Ends one direction, or both: the peer reads to the end of what was sent.
   * @param how `SHUT_RD`, `SHUT_WR` or `SHUT_RDWR`.
   * @throws {OSError} ENOTCONN: not connected; EINVAL: none of the three.
   * @see shutdown(2)
   */
  shutdown(how: number): void {
    const way = integer(how, "how");
    const result = native.shutdown(this.fileno(), way);
    if (ioChannel.hasSubscribers) tellIo("shutdown", this.fileno(), result);
    this[HANDLE].check(result, "shutdown");
  }

  /**
   * Sets an option: to a number, or to the bytes of what C has there.
   * @throws {OSError} ENOPROTOOPT: no such option; EINVAL: no such value.
   * @throws {PermissionError} EPERM, EACCES
   * @see setsockopt(2), socket(7), ip(7), tcp(7)
   */
  setsockopt(level: number, option: number, value: number | Uint8Array): void {
    const number = integer(option, "option");
    const setting = isBytes(value) ? value : mask(value, "value");
    const result = native.setsockopt(
      this.fileno(),
      integer(level, "level"),
      number,
      setting,
    );
    this[HANDLE].check(result, "setsockopt");
  }

  /**
   * Reads an option, as a number. `SO_ERROR` is positive, as the kernel has it.
   * @throws {OSError} ENOPROTOOPT: no such option.
   * @see getsockopt(2), socket(7), ip(7), tcp(7)
   */
  getsockopt(level: number, option: number): number;
  /**
   * Reads an option, as the bytes of what C has there.
   * @param length The most bytes that it may have.
   */
  getsockopt(level: number, option: number, length: number): Buffer;
  getsockopt(level: number, option: number, length?: number): number | Buffer {
    integer(level, "level");
    integer(option, "option");
    if (length === undefined) return numberOption(this[HANDLE], level, option);
    const buffer = Buffer.alloc(integer(length, "length", 1, 65536));
    const result = native.getsockopt(this.fileno(), level, option, buffer);
    return buffer.subarray(0, this[HANDLE].check(result, "getsockopt"));
  }

  /**
   * The socket's own address.
   * @throws {OSError} EAFNOSUPPORT: one of another family than are known here.
   * @see getsockname(2)
   */
  getsockname(): Address {
    const result = native.getsockname(this.fileno(), exchange);
    return this.#address(result, "getsockname");
  }

  /**
   * The peer's address.
   * @throws {OSError} ENOTCONN: not connected.
   * @see getpeername(2)
   */
  getpeername(): Address {
    const result = native.getpeername(this.fileno(), exchange);
    return this.#address(result, "getpeername");
  }

  #address(result: number, syscall: string): Address {
    this[HANDLE].check(result, syscall);
    const address = takeAddress(this.family);
    if (address !== undefined) return address;
    check(EAFNOSUPPORT, syscall, { fd: this.fileno() });
    return { path: "" };
  }

  /**
   * Whether calls wait: for ever with true, not at all with false.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   */
  setBlocking(flag: boolean): void {
    if (typeof flag !== "boolean") throw invalidType("flag", "a boolean", flag);
    this[HANDLE].timeoutMs = flag ? Infinity : 0;
  }

  /** Whether calls wait; with a time-out they do. */
  getBlocking(): boolean {
    return this[HANDLE].timeoutMs !== 0;
  }

  /**
   * How long a call waits in all.
   * @param timeoutMs Milliseconds; undefined, null and Infinity wait for ever,
   *   0 or less never waits.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   */
  setTimeout(timeoutMs: Timeout): void {
    this[HANDLE].timeoutMs = timeout(timeoutMs);
  }

  /** Milliseconds; undefined if calls wait for ever. */
  getTimeout(): number | undefined {
    const { timeoutMs } = this[HANDLE];
    return timeoutMs === Infinity ? undefined : timeoutMs;
  }

  /** The descriptor's number; -1 after `close()` and `detach()`. */
  fileno(): number {
    return this[FD];
  }

  /** Whether it was closed or detached. */
  get closed(): boolean {
    return this[FD] === -1;
  }

  /**
   * Gives the descriptor away: the Socket is closed, the descriptor is not.
   * @returns Its number, to be closed by the caller; -1 if it was closed before.
   *   It is O_NONBLOCK unless it was given in blocking mode.
   */
  detach(): number {
    const fd = this[FD];
    unwatchForLeak(this);
    announceClosing(fd);
    this[HANDLE].fd = this[FD] = -1;
    if (fd !== -1 && ioChannel.hasSubscribers) tellIo("detach", fd, 0);
    return fd;
  }

  /**
   * Closes the descriptor; does nothing the second time.
   * @throws {OSError} EBADF: somebody else has closed it.
   * @see close(2)
   */
  close(): void {
    unwatchForLeak(this);
    this[FD] = -1;
    this[HANDLE].close();
  }

  /** Closes the descriptor at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** What `console.log()` shows. */
  [inspect.custom](): string {
    const fd = this.closed ? "closed" : `fd: ${String(this.fileno())}`;
    return describe(fd, this.family, this.type);
  }
}

// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on its own
trustFileno(SocketBase.prototype.fileno);

function describe(fd: string, family: number, type: number): string {
  return `Socket { ${fd}, ${familyName(family)}, ${typeName(type)} }`;
}

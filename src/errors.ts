/// <reference types="node" preserve="true" />
/**
 * The errors of the operating system, as Python has them (PEP 3151) and with
 * Node's fields.
 *
 * @see https://docs.python.org/3/library/exceptions.html#os-exceptions
 * @module posix-select/errors
 */
import { options } from "./arguments.ts";

/** Whom or what an error is about. */
export interface ErrorDetails {
  /** The descriptor that the call was about, or the guilty one of many. */
  fd?: number | undefined;
  /** The host of the address that the call was about. */
  address?: string | undefined;
  /** The port of that address. */
  port?: number | undefined;
  /** The path of a Unix socket's address. */
  path?: string | undefined;
  /** The name that could not be resolved. */
  hostname?: string | undefined;
  /** How many bytes `sendAll()` had sent before it failed. */
  bytesSent?: number | undefined;
}

/**
 * A system call that failed. What `instanceof` says of it is what Python's
 * class of the same name means.
 */
export class OSError extends Error {
  /** The error's name: `"EBADF"`. */
  readonly code: string;
  /** The error's number, negative as everywhere in Node. */
  readonly errno: number;
  /** The system call that failed: `"bind"`. */
  readonly syscall: string;
  /** The descriptor that the call was about, or the guilty one of many. */
  declare readonly fd?: number;
  /** The host of the address that the call was about. */
  declare readonly address?: string;
  /** The port of that address. */
  declare readonly port?: number;
  /** The path of a Unix socket's address. */
  declare readonly path?: string;
  /** The name that could not be resolved. */
  declare readonly hostname?: string;
  /** How many bytes `sendAll()` had sent before it failed. */
  declare readonly bytesSent?: number;

  /**
   * Makes an error, as the library does for a system call that failed.
   * @param message What `error.message` is to be.
   * @param facts The fields; those that are undefined are left out.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE: `facts` is no object.
   */
  constructor(
    message: string,
    facts: { code: string; errno: number; syscall: string } & ErrorDetails,
  ) {
    options(facts, "facts");
    super(message);
    this.code = facts.code;
    this.errno = facts.errno;
    this.syscall = facts.syscall;
    const { fd, address, port, path, hostname, bytesSent } = facts;
    const details = { fd, address, port, path, hostname, bytesSent };
    for (const [name, value] of Object.entries(details)) {
      if (value === undefined) continue;
      Object.defineProperty(this, name, { value, enumerable: true });
    }
  }
}

/** The call would have had to wait: EAGAIN, EINPROGRESS, EALREADY. */
export class BlockingIOError extends OSError {}

/** What went wrong with a connection; its subclasses say what. */
export class ConnectionError extends OSError {}

/** Sent to a peer that no longer reads: EPIPE, ESHUTDOWN. */
export class BrokenPipeError extends ConnectionError {}

/** The connection was given up by this side's system: ECONNABORTED. */
export class ConnectionAbortedError extends ConnectionError {}

/** Nobody listens there: ECONNREFUSED. */
export class ConnectionRefusedError extends ConnectionError {}

/** The peer broke the connection off: ECONNRESET. */
export class ConnectionResetError extends ConnectionError {}

/** There is such a file already: EEXIST. */
export class FileExistsError extends OSError {}

/** There is no such file: ENOENT. */
export class FileNotFoundError extends OSError {}

/** A part of a path that has to be a folder is none: ENOTDIR. */
export class NotADirectoryError extends OSError {}

/**
 * A signal came in during a blocking wait, and a JavaScript listener for
 * signals is installed: EINTR. It can only run once the stack has unwound, so
 * the wait gave way; nothing was lost, and the call may be made again.
 */
export class InterruptedError extends OSError {}

/** The system does not permit it: EACCES, EPERM. */
export class PermissionError extends OSError {}

/** The time-out was over, a socket's own or the system's: ETIMEDOUT. */
export class TimeoutError extends OSError {}

/** What `ClosedError` and the like have in common: Node's kind of code. */
abstract class StateError extends Error {
  /** The error's name: `"ERR_CLOSED"`. */
  abstract readonly code: string;
}

/** A selector, epoll or kqueue was used after its `close()`. */
export class ClosedError extends StateError {
  /** The error's name. */
  readonly code = "ERR_CLOSED";

  /**
   * Makes an error that tells what is closed.
   * @param what What was closed: `"Epoll"`.
   */
  constructor(what: string) {
    super(`The ${what} is closed`);
  }
}

/**
 * Somebody waits for the same thing already: for the same direction of a
 * descriptor, or in the same selector's `selectAsync()`.
 */
export class BusyError extends StateError {
  /** The error's name. */
  readonly code = "ERR_BUSY";
  /** The descriptor, -1 if it is the selector. */
  readonly fd: number;

  /**
   * Makes an error that tells what is waited for already.
   * @param fd The descriptor; unless given it is the selector.
   */
  constructor(fd = -1) {
    super(
      fd === -1
        ? "A selectAsync() of this selector is pending already"
        : `Descriptor ${String(fd)} is waited for already`,
    );
    this.fd = fd;
  }
}

/** An `AbortSignal` ended a wait; the signal's reason is the `cause`. */
export class AbortError extends StateError {
  /** The error's name: the one that Node gives to its own aborts. */
  readonly code = "ABORT_ERR";
  /** How many bytes `sendAll()` had sent before that. */
  declare readonly bytesSent?: number;

  /**
   * Makes an error that tells why a wait was ended.
   * @param cause The signal's reason.
   * @param bytesSent How many bytes had been sent, where it was `sendAll()`.
   */
  constructor(cause: unknown, bytesSent?: number) {
    super("The operation was aborted", { cause });
    if (bytesSent === undefined) return;
    Object.defineProperty(this, "bytesSent", {
      value: bytesSent,
      enumerable: true,
    });
  }
}

/** The descriptor is registered already. */
export class AlreadyRegisteredError extends StateError {
  /** The error's name. */
  readonly code = "ERR_ALREADY_REGISTERED";
  /** The descriptor. */
  readonly fd: number;

  /**
   * Makes an error that tells which descriptor it is.
   * @param fd The descriptor.
   */
  constructor(fd: number) {
    super(`Descriptor ${String(fd)} is already registered`);
    this.fd = fd;
  }
}

/** The descriptor is not registered. */
export class NotRegisteredError extends StateError {
  /** The error's name. */
  readonly code = "ERR_NOT_REGISTERED";
  /** The descriptor, -1 if it is not known. */
  readonly fd: number;

  /**
   * Makes an error that tells which descriptor it is.
   * @param fd The descriptor, -1 if it is not known.
   */
  constructor(fd: number) {
    super(
      fd === -1
        ? "The object is not registered"
        : `Descriptor ${String(fd)} is not registered`,
    );
    this.fd = fd;
  }
}

// As with the built-in errors, a class's name stands on its prototype.
for (const [name, { prototype }] of Object.entries({
  OSError,
  BlockingIOError,
  ConnectionError,
  BrokenPipeError,
  ConnectionAbortedError,
  ConnectionRefusedError,
  ConnectionResetError,
  FileExistsError,
  FileNotFoundError,
  InterruptedError,
  NotADirectoryError,
  PermissionError,
  TimeoutError,
  AbortError,
  AlreadyRegisteredError,
  BusyError,
  ClosedError,
  NotRegisteredError,
})) {
  Object.defineProperty(prototype, "name", {
    value: name,
    configurable: true,
    writable: true,
  });
}

import { integer } from "../arguments.ts";
import * as c from "../constants.ts";
import { fdOf, type FileDescriptorLike } from "../descriptor.ts";
import {
  exchange,
  type Identity,
  readAddress,
  readIdentity,
  readPair,
} from "../exchange.ts";
import { native } from "../native.ts";
import { check } from "../result.ts";
import { Handle } from "./handle.ts";
import { numberOption } from "./option.ts";

/** A descriptor that is open, to be made a Socket of. */
export class Opened {
  readonly handle: Handle;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  /** Of descriptors that were made here: they are closed if forgotten. */
  readonly identity: Identity | undefined;

  constructor(
    handle: Handle,
    family: number,
    type: number,
    protocol: number,
    identity?: Identity,
  ) {
    this.handle = handle;
    this.family = family;
    this.type = type;
    this.protocol = protocol;
    this.identity = identity;
  }
}

/** What Linux lets one add to a type; 0 where it does not exist. */
const typeFlags = c.SOCK_CLOEXEC | c.SOCK_NONBLOCK;

/** A type without those flags, and what SOCK_NONBLOCK among them means here. */
function kindOf(
  family: number,
  type: number,
  protocol: number,
): { readonly type: number; readonly timeoutMs: number } {
  integer(family, "family");
  integer(type, "type");
  integer(protocol, "protocol");
  const timeoutMs = (type & c.SOCK_NONBLOCK) === 0 ? Infinity : 0;
  return { type: type & ~typeFlags, timeoutMs };
}

/** Makes a socket, see socket(2). */
export function openSocket(
  family: number,
  type: number,
  protocol: number,
): Opened {
  const kind = kindOf(family, type, protocol);
  const result = native.socket(family, kind.type, protocol, exchange);
  const handle = new Handle(check(result, "socket"), kind.timeoutMs, false);
  return new Opened(handle, family, kind.type, protocol, readIdentity());
}

/** Makes two sockets, see socketpair(2). */
export function openPair(
  family: number,
  type: number,
  protocol: number,
): [Opened, Opened] {
  const kind = kindOf(family, type, protocol);
  const result = native.socketpair(family, kind.type, protocol, exchange);
  check(result, "socketpair");
  const opened = (fd: number): Opened => {
    native.identify(fd, exchange);
    const handle = new Handle(fd, kind.timeoutMs, false);
    return new Opened(handle, family, kind.type, protocol, readIdentity());
  };
  const [first, second] = readPair();
  return [opened(first), opened(second)];
}

/** Asks a descriptor that was given what kind of socket it is. */
export function openGiven(given: FileDescriptorLike): Opened {
  const fd = fdOf(given, "fcntl", "fd");
  const mode = check(native.isNonBlocking(fd), "fcntl", { fd });
  const isBlocking = mode === 0;
  const handle = new Handle(fd, isBlocking ? Infinity : 0, isBlocking);
  const type = numberOption(handle, c.SOL_SOCKET, c.SO_TYPE);
  handle.check(native.getsockname(fd, exchange), "getsockname");
  const { family } = readAddress();
  // macOS can't tell.
  const protocol =
    "SO_PROTOCOL" in native.constants
      ? numberOption(handle, c.SOL_SOCKET, c.SO_PROTOCOL)
      : 0;
  return new Opened(handle, family, type, protocol);
}

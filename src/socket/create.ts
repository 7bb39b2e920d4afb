import { isIPv6 } from "node:net";
import { boolean, integer, options, outOfRange, string } from "../arguments.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../constants.ts";
import { deadlineAfter, msUntil, timeout, type Timeout } from "../deadline.ts";
import { InterruptedError } from "../errors.ts";
import type { Address, InetAddress, UnixAddress } from "./address.ts";
import { openPair } from "./opened.ts";
import { getaddrinfo } from "./resolve.ts";
import { Socket } from "./socket.ts";

/** Options that every server has. */
interface ListenOptions {
  /** How many clients may wait to be accepted; as many as the system allows. */
  readonly backlog?: number;
}

/** Where a TCP server listens, and how. */
export interface InetServerOptions extends ListenOptions {
  /** This machine's own, `"127.0.0.1"` or `"::1"`, unless given. */
  readonly host?: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Only a Unix socket's server has it. */
  readonly path?: undefined;
  /** `AF_INET`, or `AF_INET6` where the host is an IPv6 address. */
  readonly family?: number;
  /** Whether the port of a server that has just ended can be had: it can. */
  readonly reuseAddress?: boolean;
  /** Whether several processes may listen on the port, each with its share. */
  readonly reusePort?: boolean;
  /** Whether an IPv6 server takes IPv4's clients too. */
  readonly dualStack?: boolean;
}

/** Where a Unix socket's server listens. */
export interface UnixServerOptions extends ListenOptions {
  /** A file that there is not yet, or on Linux a name that begins with NUL. */
  readonly path: string;
}

/** What `createServer()` takes. */
export type ServerOptions = InetServerOptions | UnixServerOptions;

/**
 * Makes a blocking socket that listens.
 *
 * A Unix socket's file is neither replaced nor removed: that is the caller's to
 * do, with `fs.unlinkSync`.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE: the port, the backlog, or `dualStack`
 *   for IPv4.
 * @throws {OSError} EADDRINUSE; EADDRNOTAVAIL: the host is not this machine;
 *   ENOTFOUND: the host's name.
 * @throws {PermissionError} EACCES: a port for the privileged.
 * @see https://docs.python.org/3/library/socket.html#socket.create_server
 */
export function createServer(settings: ServerOptions): Socket {
  options(settings, "options");
  if (settings.path === undefined) return inetServer(settings);
  const path = string(settings.path, "path");
  return started(new Socket(AF_UNIX), settings, { path });
}

function inetServer(settings: InetServerOptions): Socket {
  const loopback = settings.family === AF_INET6 ? "::1" : "127.0.0.1";
  const host = string(settings.host ?? loopback, "host");
  const port = integer(settings.port, "port", 0, 65535);
  const { family = isIPv6(host) ? AF_INET6 : AF_INET } = settings;
  const reuseAddress = boolean(settings.reuseAddress, "reuseAddress", true);
  const reusePort = boolean(settings.reusePort, "reusePort", false);
  const dualStack = boolean(settings.dualStack, "dualStack", false);
  if (dualStack && family !== AF_INET6) {
    throw outOfRange(
      "dualStack",
      "false where the family is not AF_INET6",
      true,
    );
  }
  const socket = new Socket(family);
  return started(socket, settings, { host, port }, () => {
    if (reuseAddress) socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
    if (reusePort) socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1);
    if (family === AF_INET6) {
      socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, dualStack ? 0 : 1);
    }
  });
}

function started(
  socket: Socket,
  settings: ListenOptions,
  address: Address,
  prepare?: () => void,
): Socket {
  try {
    prepare?.();
    socket.bind(address);
    socket.listen(settings.backlog);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** How `createConnection()` connects. */
interface ConnectOptions {
  /** Milliseconds for all of it; the socket keeps it as its time-out. */
  readonly timeoutMs?: Timeout;
}

/** Whom to connect to by TCP. */
export interface InetConnectionOptions extends ConnectOptions {
  /** An IP address, or a name, whose addresses are tried in turn. */
  readonly host: string;
  /** From 0 to 65535. */
  readonly port: number;
  /** Only a Unix socket has it. */
  readonly path?: undefined;
  /** The address from which to connect. */
  readonly localAddress?: InetAddress;
}

/** Which Unix socket to connect to. */
export interface UnixConnectionOptions extends ConnectOptions {
  /** A file, or on Linux a name that begins with NUL. */
  readonly path: string;
  /** The address from which to connect. */
  readonly localAddress?: UnixAddress;
}

/** What `createConnection()` takes. */
export type ConnectionOptions = InetConnectionOptions | UnixConnectionOptions;

/**
 * Makes a socket that is connected.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE: the port.
 * @throws {OSError} What `Socket.connect()` throws for the last address tried.
 * @see https://docs.python.org/3/library/socket.html#socket.create_connection
 */
export function createConnection(settings: ConnectionOptions): Socket {
  options(settings, "options");
  const timeoutMs = timeout(settings.timeoutMs);
  const deadline = deadlineAfter(timeoutMs);
  let leftMs = timeoutMs;
  let failure: unknown;
  for (const { family, address } of targets(settings)) {
    let socket: Socket | undefined;
    try {
      socket = new Socket(family);
      if (settings.localAddress) socket.bind(settings.localAddress);
      socket.setTimeout(leftMs);
      socket.connect(address);
      socket.setTimeout(timeoutMs);
      return socket;
    } catch (error) {
      socket?.close();
      failure = error;
    }
    leftMs = msUntil(deadline);
    if (leftMs === 0 || failure instanceof InterruptedError) break;
  }
  throw failure;
}

interface ConnectionTarget {
  readonly family: number;
  readonly address: Address;
}

function targets(settings: ConnectionOptions): readonly ConnectionTarget[] {
  if (settings.path !== undefined) {
    return [{ family: AF_UNIX, address: { path: settings.path } }];
  }
  const { host, port } = settings;
  return getaddrinfo(string(host, "host"), integer(port, "port", 0, 65535), {
    type: SOCK_STREAM,
  });
}

/**
 * Makes two blocking sockets that are connected to each other.
 * @throws {RangeError} ERR_OUT_OF_RANGE
 * @throws {OSError} ENOTSUP, EPROTONOSUPPORT: no pairs of this kind; EMFILE,
 *   ENFILE: no descriptors left.
 * @see socketpair(2), https://docs.python.org/3/library/socket.html#socket.socketpair
 */
export function socketpair(
  family: number = AF_UNIX,
  type: number = SOCK_STREAM,
  protocol = 0,
): [Socket, Socket] {
  const [first, second] = openPair(family, type, protocol);
  return [new Socket(first), new Socket(second)];
}

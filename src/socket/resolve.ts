import { integer, options, outOfRange, string } from "../arguments.ts";
import { AI_NUMERICSERV } from "../constants.ts";
import { osError, resolverErrno } from "../result.ts";
import { native } from "../native.ts";
import { type InetAddress, inetAddress } from "./address.ts";

/** What `getaddrinfo()` is to look for; 0, the default, means anything. */
export interface AddressHints {
  /** `AF_INET` or `AF_INET6`. */
  readonly family?: number;
  /** `SOCK_STREAM`, `SOCK_DGRAM` or `SOCK_RAW`. */
  readonly type?: number;
  /** `IPPROTO_TCP`, `IPPROTO_UDP`, ... */
  readonly protocol?: number;
  /** `AI_PASSIVE`, `AI_NUMERICHOST`, ... */
  readonly flags?: number;
}

/** What a socket needs in order to reach an address. */
export interface AddressInfo {
  /** `AF_INET` or `AF_INET6`. */
  readonly family: number;
  /** `SOCK_STREAM`, `SOCK_DGRAM` or `SOCK_RAW`. */
  readonly type: number;
  /** `IPPROTO_TCP`, `IPPROTO_UDP`, ... */
  readonly protocol: number;
  /** Where to connect to, or to bind. */
  readonly address: InetAddress;
}

/**
 * Resolves a host's name, without going through Node's own thread pool.
 *
 * It blocks until the system's resolver has answered, and no signal interrupts
 * it.
 * @param host A name or an IP address; null means this machine: its loopback
 *   address, or with `AI_PASSIVE` the wildcard.
 * @param port A number, or a service's name such as `"http"`.
 * @returns The addresses in the order in which to try them.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 * @throws {RangeError} ERR_OUT_OF_RANGE: the port, or a hint.
 * @throws {OSError} ENOTFOUND: no such host; EAI_AGAIN: no answer for now;
 *   EAI_SERVICE: no such service; EAI_ADDRFAMILY: an address of
 *   another family; and the other EAI_ codes.
 * @see getaddrinfo(3), https://docs.python.org/3/library/socket.html#socket.getaddrinfo
 */
export function getaddrinfo(
  host: string | null,
  port: number | string,
  hints: AddressHints = {},
): AddressInfo[] {
  options(hints, "hints");
  const name = host === null ? "" : withoutNul(host, "host");
  const isNumber = typeof port === "number";
  const service = isNumber
    ? String(integer(port, "port", 0, 65535))
    : withoutNul(port, "port");
  const { family = 0, type = 0, protocol = 0, flags = 0 } = hints;
  const rows = native.getaddrinfo(
    name,
    service,
    integer(family, "family"),
    integer(type, "type"),
    integer(protocol, "protocol"),
    integer(flags, "flags") | (isNumber ? AI_NUMERICSERV : 0),
  );
  if (typeof rows !== "object") {
    const errno = typeof rows === "number" ? rows : resolverErrno(rows);
    throw osError(errno, "getaddrinfo", { hostname: name });
  }
  return rows.map(
    ([family, type, protocol, host, port, flowInfo, scopeId]) => ({
      family,
      type,
      protocol,
      address: inetAddress(host, port, flowInfo, scopeId),
    }),
  );
}

/** C would take what comes before a NUL for all of it. */
function withoutNul(value: unknown, name: string): string {
  const text = string(value, name);
  if (!text.includes("\0")) return text;
  throw outOfRange(name, "a string without NUL", text);
}

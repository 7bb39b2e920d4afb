import { AF_INET, AF_INET6, AF_UNIX } from "../constants.ts";
import { readAddress } from "../exchange.ts";

/** The address of an IPv4 or IPv6 socket. */
export interface InetAddress {
  /**
   * An IP address, or a name, which is resolved; the empty string means every
   * address of this machine.
   */
  readonly host: string;
  /** From 0 to 65535; a socket bound to 0 gets a free one. */
  readonly port: number;
  /** IPv6: the flow label. */
  readonly flowInfo?: number;
  /** IPv6: the number of the interface that a link-local address is on. */
  readonly scopeId?: number;
  /** Only a Unix socket's address has it. */
  readonly path?: undefined;
}

/** The address of a Unix socket. */
export interface UnixAddress {
  /**
   * A file's path; on Linux also a name that begins with NUL, which is no file
   * (the abstract namespace). The empty string means that there is no name.
   */
  readonly path: string;
  /** Only an IPv4 or IPv6 address has it. */
  readonly host?: undefined;
  /** Only an IPv4 or IPv6 address has it. */
  readonly port?: undefined;
}

/** Where a socket is, or is to go. */
export type Address = InetAddress | UnixAddress;

export function inetAddress(
  host: string,
  port: number,
  flowInfo: number,
  scopeId: number,
): InetAddress {
  return {
    host,
    port,
    ...(flowInfo !== 0 && { flowInfo }),
    ...(scopeId !== 0 && { scopeId }),
  };
}

/**
 * The address that a call on a socket of `family` left behind, or undefined
 * where the system gave none (a stream's sender) or one of another family.
 */
export function takeAddress(family: number): Address | undefined {
  const { family: found, text, port, flowInfo, scopeId } = readAddress();
  if (found === AF_INET || found === AF_INET6) {
    return inetAddress(text, port, flowInfo, scopeId);
  }
  const isUnix = found === AF_UNIX || family === AF_UNIX;
  return isUnix ? { path: text } : undefined;
}

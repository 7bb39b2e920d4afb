import { isIPv4, isIPv6 } from "node:net";
import {
  integer,
  invalidType,
  options,
  outOfRange,
  string,
} from "../arguments.ts";
import { AF_INET, AF_INET6, AF_UNIX } from "../constants.ts";
import { EAFNOSUPPORT, type ResultDetails, osError } from "../result.ts";
import type { PlainAddress } from "../exchange.ts";
import type { Address } from "./address.ts";
import { getaddrinfo } from "./resolve.ts";

/** An address for a system call, and how an error speaks of it. */
export interface Target {
  readonly plain: PlainAddress;
  readonly details: ResultDetails;
}

/**
 * Checks an address for a socket of `family`, and resolves its host where that
 * is a name.
 */
export function target(
  address: Address,
  family: number,
  syscall: string,
): Target {
  options(address, "address");
  if (family === AF_UNIX) return unixTarget(address);
  if (family === AF_INET || family === AF_INET6) {
    return inetTarget(address, family);
  }
  throw osError(EAFNOSUPPORT, syscall);
}

function unixTarget(address: Address): Target {
  const path = string(address.path, "address.path");
  if (path.includes("\0", 1) && !path.startsWith("\0")) {
    throw outOfRange("address.path", "a path without NUL", path);
  }
  return {
    plain: { family: AF_UNIX, port: 0, flowInfo: 0, scopeId: 0, text: path },
    details: { path },
  };
}

function inetTarget(address: Address, family: number): Target {
  if (address.host === undefined) {
    throw invalidType("address", "{ host, port } for this family", address);
  }
  const host = string(address.host, "address.host");
  const port = integer(address.port, "address.port", 0, 65535);
  const { flowInfo = 0, scopeId = 0 } = address;
  integer(flowInfo, "address.flowInfo", 0, 0xfffff);
  integer(scopeId, "address.scopeId", 0, 2 ** 32 - 1);
  const numeric = numericAddress(host, family);
  return {
    plain: {
      family,
      port,
      flowInfo,
      scopeId: numeric.scopeId ?? scopeId,
      text: numeric.host,
    },
    details: { address: host, port },
  };
}

function numericAddress(
  host: string,
  family: number,
): { readonly host: string; readonly scopeId?: number } {
  if (host === "") return { host: family === AF_INET6 ? "::" : "0.0.0.0" };
  // An IPv6 address may name its interface, and only getaddrinfo() knows those.
  const isNumeric =
    family === AF_INET6 ? isIPv6(host) && !host.includes("%") : isIPv4(host);
  if (isNumeric) return { host };
  const [first] = getaddrinfo(host, 0, { family });
  return first?.address ?? { host };
}

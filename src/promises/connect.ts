import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { options } from "../arguments.ts";
import { AF_INET, AF_INET6, POLLOUT } from "../constants.ts";
import { msUntil } from "../deadline.ts";
import { Pending } from "../pending.ts";
import {
  EAGAIN,
  EALREADY,
  EINPROGRESS,
  ETIMEDOUT,
  osError,
  resolverErrno,
} from "../result.ts";
import { EVENT_WRITE } from "../selectors/index.ts";
import type { Address } from "../socket/address.ts";
import { HANDLE } from "../socket/base.ts";
import { begin, outcome } from "../socket/connect.ts";
import type { Socket } from "../socket/index.ts";
import { target } from "../socket/target.ts";
import { waitFor } from "../wait.ts";
import { mayEndNow } from "../turns.ts";
import { rest, turn } from "./attempt.ts";
import { type Limits, waits } from "./waits.ts";

/** Connects a socket without holding the thread. */
export async function connectTo(
  socket: Socket,
  address: Address,
  limits: Limits,
): Promise<void> {
  if (!mayEndNow()) await turn(limits);
  const resolved = await resolve(socket, address, limits);
  const { plain, ...found } = target(resolved, socket.family, "connect");
  const details =
    address.host === undefined || found.details.address === undefined
      ? found.details
      : { ...found.details, address: address.host };
  const handle = socket[HANDLE];
  const late = (): Error =>
    osError(ETIMEDOUT, "connect", {
      fd: handle.fd,
      text: "timed out",
      ...details,
    });
  let result = begin(handle, plain);
  // A Unix socket's listener whose queue is full can't be waited for.
  for (let times = 0; result === EAGAIN; times++) {
    if (msUntil(limits.deadline) === 0) throw late();
    await rest(times, limits);
    result = begin(handle, plain);
  }
  // EALREADY: an earlier call has begun it.
  if (result === EINPROGRESS || result === EALREADY) {
    if (limits.deadline === 0) throw late();
    const isInTime = await waits.wait(
      handle.fd,
      EVENT_WRITE,
      handle,
      "connect",
      limits,
    );
    // The thread may have been busy when it was done.
    if (!isInTime && waitFor(handle.fd, POLLOUT, 0) === 0) throw late();
    result = outcome(handle, plain);
  }
  handle.check(result, "connect", details);
}

/** The address with its host's name resolved, by Node's thread pool. */
async function resolve(
  { family }: Socket,
  address: Address,
  { deadline, signal }: Limits,
): Promise<Address> {
  options(address, "address");
  const { host } = address;
  const isInet = family === AF_INET || family === AF_INET6;
  if (!isInet || typeof host !== "string" || host === "") return address;
  // Of another family: the socket is to say so, as it always does.
  if (isIP(host) !== 0) return address;
  // All else is checked before anybody is asked.
  target({ ...address, host: "" }, family, "connect");
  const found: Pending<string> = new Pending<string>(deadline, signal, {
    onDeadline: () => {
      const details = { hostname: host, text: "timed out" };
      found.reject(osError(ETIMEDOUT, "getaddrinfo", details));
    },
  });
  lookup(host, { family: family === AF_INET6 ? 6 : 4 }).then(
    ({ address }) => {
      found.resolve(address);
    },
    (error: unknown) => {
      const code = codeOf(error);
      const name = code === "ENOTFOUND" ? "EAI_NONAME" : code;
      const details = { hostname: host };
      found.reject(osError(resolverErrno(name), "getaddrinfo", details));
    },
  );
  return { ...address, host: await found.promise };
}

function codeOf(error: unknown): string {
  const isCoded = error instanceof Error && "code" in error;
  return isCoded && typeof error.code === "string" ? error.code : "";
}

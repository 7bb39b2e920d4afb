/** What a descriptor is, in words for people. */
import { fstatSync, readlinkSync } from "node:fs";
import { isatty } from "node:tty";
import {
  AF_INET,
  AF_INET6,
  SO_ACCEPTCONN,
  SO_TYPE,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "../constants.ts";
import { exchange, readAddress } from "../exchange.ts";
import { native } from "../native.ts";
import type { LaneKind } from "./events.ts";

/** What a lane is called. */
export interface Description {
  readonly kind: LaneKind;
  readonly name: string;
}

const standard = ["standard input", "standard output", "standard error"];

/** What Linux calls those that are no files. */
const anonymous: ReadonlyMap<string, Description> = new Map([
  ["[timerfd]", { kind: "timer", name: "timer" }],
  ["[eventfd]", { kind: "event", name: "event" }],
  ["[eventpoll]", { kind: "selector", name: "epoll" }],
  ["inotify", { kind: "other", name: "inotify" }],
  ["[signalfd]", { kind: "event", name: "signals" }],
  ["[pidfd]", { kind: "other", name: "process" }],
]);

/** @param isAccepted Whether an accept made it. */
export function describe(fd: number, isAccepted: boolean): Description {
  try {
    const found = descriptionOf(fd, isAccepted);
    const own = standard[fd];
    return own === undefined ? found : { ...found, name: own };
  } catch {
    // It may be closed, and named only by an error.
    return { kind: "other", name: "unknown" };
  }
}

function descriptionOf(fd: number, isAccepted: boolean): Description {
  const stat = fstatSync(fd);
  if (stat.isSocket()) return socket(fd, isAccepted);
  if (stat.isFIFO()) return { kind: "pipe", name: "pipe" };
  if (isatty(fd)) return { kind: "terminal", name: "terminal" };
  if (process.platform === "linux") {
    const target = readlinkSync(`/proc/self/fd/${String(fd)}`);
    const known = anonymous.get(target.replace("anon_inode:", ""));
    if (known !== undefined) return known;
    if (stat.isFile() || stat.isDirectory()) {
      return { kind: "file", name: target };
    }
  }
  return stat.isFile()
    ? { kind: "file", name: "file" }
    : { kind: "other", name: "descriptor" };
}

function socket(fd: number, isAccepted: boolean): Description {
  const own = ownAddress(fd);
  if (option(fd, SO_ACCEPTCONN) !== 0) {
    return { kind: "listener", name: `listener ${own}` };
  }
  const peer = native.getpeername(fd, exchange) < 0 ? undefined : address();
  if (option(fd, SO_TYPE) === SOCK_DGRAM) {
    return { kind: "socket", name: `datagrams ${own}` };
  }
  if (peer === undefined) return { kind: "socket", name: "socket" };
  if (isAccepted) return { kind: "connection", name: `client ${peer || own}` };
  if (peer === "" && own === "") return { kind: "socket", name: "socket pair" };
  return { kind: "connection", name: `to ${peer}` };
}

function ownAddress(fd: number): string {
  return native.getsockname(fd, exchange) < 0 ? "" : address();
}

/** The address that the last call left behind. */
function address(): string {
  const { family, text, port } = readAddress();
  if (family === AF_INET) return `${text}:${String(port)}`;
  if (family === AF_INET6) return `[${text}]:${String(port)}`;
  return text.replaceAll("\0", "@");
}

function option(fd: number, name: number): number {
  const value = new Int32Array(1);
  const bytes = new Uint8Array(value.buffer);
  native.getsockopt(fd, SOL_SOCKET, name, bytes);
  return value[0] ?? 0;
}

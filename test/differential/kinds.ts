import type { Kind } from "./steps.ts";

/** What stands behind a name, as far as the generator cares. */
export type Sort =
  "socket" | "stream" | "listener" | "plain" | "wrapper" | "subject";

/** What is opened, and how often. */
export const kinds: readonly (readonly [weight: number, kind: Kind])[] = [
  [30, "unix"],
  [5, "datagram"],
  [10, "tcp"],
  [5, "udp"],
  [22, "pipe"],
  [4, "eventfd"],
  [3, "file"],
  [1, "folder"],
  [3, "listener"],
  [2, "unconnected"],
];

/** What comes by two. */
export const pairs: ReadonlySet<Kind> = new Set([
  "unix",
  "datagram",
  "tcp",
  "udp",
  "pipe",
]);

export function sortOf(kind: Kind): Sort {
  if (kind === "listener") return "listener";
  if (kind === "unix" || kind === "datagram") return "stream";
  return kind === "tcp" || kind === "udp" || kind === "unconnected"
    ? "socket"
    : "plain";
}

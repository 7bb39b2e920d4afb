/** The descriptors that are open, and those that are the runtime's own. */
import { readdirSync } from "node:fs";

/** All that are open now. */
export function openFds(): Set<number> {
  const folder = process.platform === "linux" ? "/proc/self/fd" : "/dev/fd";
  const names = readdirSync(folder).map(Number);
  // The folder's own was the highest that is gone by now, or one that is not.
  return new Set(names);
}

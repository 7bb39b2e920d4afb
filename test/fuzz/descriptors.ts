/** The descriptors that are open, and those that are the runtime's own. */
import { readdirSync, readlinkSync } from "node:fs";

/** All that are open now. */
export function openFds(): Set<number> {
  const folder = process.platform === "linux" ? "/proc/self/fd" : "/dev/fd";
  const names = readdirSync(folder).map(Number);
  // The folder's own was the highest that is gone by now, or one that is not.
  return new Set(names);
}

/**
 * What a descriptor is, as Linux names it; undefined for a file that has a path:
 * the library opens none, but a sanitizer reads the program to report something.
 */
export function unnamed(fd: number): string | undefined {
  if (process.platform !== "linux") return "a descriptor";
  try {
    const name = readlinkSync(`/proc/self/fd/${fd}`);
    return name.startsWith("/") ? undefined : name;
  } catch {
    return undefined; // it is closed by now
  }
}

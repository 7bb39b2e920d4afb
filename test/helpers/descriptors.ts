import { readdirSync, readlinkSync } from "node:fs";
import { expect } from "vitest";

/** The descriptors that this process has open, with what each stands for. */
export function openDescriptors(): string[] {
  const folder = process.platform === "linux" ? "/proc/self/fd" : "/dev/fd";
  return readdirSync(folder).map((fd) => `${fd} ${nameOf(`${folder}/${fd}`)}`);
}

/** Null for a descriptor that was closed since, the folder's own for one. */
function nameOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/**
 * Runs `steps`, and expects as many descriptors to be open after it as before.
 * What Node itself opened lazily must have been used before.
 */
export function expectNoLeak(steps: () => void): void {
  const before = openDescriptors();
  steps();
  const after = openDescriptors();
  const added = after.filter((fd) => !before.includes(fd));
  expect(after.length, `left open: ${added.join(", ")}`).toBe(before.length);
}

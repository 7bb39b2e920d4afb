/** What a server of test/programs/soak-server.ts tells of itself. */
export interface Figures {
  readonly accepted: number;
  /** Those whose end it read, and those that broke off. */
  readonly left: number;
  readonly broken: number;
  readonly bytes: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  readonly rss: number;
  readonly fds: number;
}

/** How much more of each there may be in the end. */
export const tolerance = {
  heapUsed: 3e6,
  arrayBuffers: 3e6,
  rss: 48e6,
  fds: 0,
} as const;

/** What has grown by more than it may. */
export function grown(before: Figures, after: Figures): string[] {
  const names = ["heapUsed", "arrayBuffers", "rss", "fds"] as const;
  return names
    .filter((name) => after[name] - before[name] > tolerance[name])
    .map((name) => `${name}: ${before[name]} before, ${after[name]} after`);
}

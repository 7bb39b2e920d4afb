/** Where half of the values are, and the middle one. */
export interface Summary {
  readonly median: number;
  /** The first and the third quartile. */
  readonly q1: number;
  readonly q3: number;
  readonly least: number;
  readonly most: number;
  readonly samples: readonly number[];
}

/** The value at a part, from 0 to 1, of what is sorted. */
function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    q1: quantile(sorted, 0.25),
    q3: quantile(sorted, 0.75),
    least: quantile(sorted, 0),
    most: quantile(sorted, 1),
    samples,
  };
}

/** The list, begun `by` places later: so that nobody is always the first. */
export function rotated<T>(list: readonly T[], by: number): T[] {
  const from = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

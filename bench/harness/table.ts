import type { Result } from "./benchmark.ts";

/** A number with as many digits as one can believe. */
export function text(value: number): string {
  if (!Number.isFinite(value)) return "?";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toPrecision(3);
}

/** How many times the reference's it is. */
export function times(ratio: number | undefined): string {
  return ratio === undefined ? "" : ratio.toFixed(2);
}

/** A row for each case and competitor: median, quartiles, ratio; and the best. */
export function table(results: readonly Result[], reference: string): string {
  const heads = ["median", "half of all", `x ${reference}`];
  const rows = [["", "", ...heads, "best", `x ${reference}`]];
  let before = "";
  for (const result of results) {
    const { competitor, median, q1, q3, ratio, best, bestRatio } = result;
    rows.push([
      result.case === before ? "" : result.case,
      competitor,
      ...[text(median), `${text(q1)} .. ${text(q3)}`, times(ratio)],
      ...[text(best), times(bestRatio)],
    ]);
    before = result.case;
  }
  const width = (column: number): number =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const widths = rows[0]?.map((_, column) => width(column)) ?? [];
  const lines = rows.map((row) => {
    const cells = row.map((cell, column) => {
      const room = widths[column] ?? 0;
      return column < 2 ? cell.padEnd(room) : cell.padStart(room);
    });
    return cells.join("  ").trimEnd();
  });
  return lines.join("\n");
}

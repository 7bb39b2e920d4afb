import type { ReportedFigure } from "./report.ts";
import { text, times } from "./table.ts";

/** A figure as a table of a page: a row for each case, a column for each competitor. */
export function markdown({ unit, reference, results }: ReportedFigure): string {
  const cases = [...new Set(results.map((result) => result.case))];
  const competitors = [...new Set(results.map((result) => result.competitor))];
  const rows = cases.map((name) => {
    const cells = competitors.map((competitor) => {
      const result = results.find(
        (result) => result.case === name && result.competitor === competitor,
      );
      if (result === undefined) return "";
      const { median, ratio } = result;
      const isReference = competitor === reference || ratio === undefined;
      return text(median) + (isReference ? "" : ` (${times(ratio)})`);
    });
    return [name, ...cells];
  });
  const head = [unit, ...competitors];
  const lines = [head, head.map((_, i) => (i === 0 ? "---" : "--:")), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

import type { Result } from "./benchmark.ts";
import type { Machine } from "./machine.ts";

/** What a benchmark writes. */
export interface Report {
  readonly benchmark: string;
  readonly title: string;
  /** When, in ISO 8601. */
  readonly date: string;
  readonly isQuick: boolean;
  readonly seconds: number;
  readonly machine: Machine;
  readonly notes: readonly string[];
  readonly figures: readonly ReportedFigure[];
}

export interface ReportedFigure {
  readonly name: string;
  readonly unit: string;
  readonly reference: string;
  readonly results: readonly Result[];
}

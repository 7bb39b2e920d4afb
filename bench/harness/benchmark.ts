import type { Tool } from "./tools.ts";
import { type Summary, summarize } from "./statistics.ts";

/** Something that is measured. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** What the picture shows: the values, or how many times C's they are. */
  readonly picture: "values" | "ratios";
  /** Of what there can't be enough: not a time. */
  readonly isMoreBetter?: boolean;
  /** Whom the others are compared with; C unless told. */
  readonly reference?: string;
}

/** Who is measured. */
export interface Competitor {
  readonly name: string;
  /** Its command, or why there is none. */
  readonly tool: Tool;
}

/** How long it may take. */
export interface Settings {
  /** For a smoke run: hardly any time, and no figures to trust. */
  readonly isQuick: boolean;
}

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  competitors(): readonly Competitor[];
  /** Why nothing can be measured here. */
  missing?(): string | undefined;
  /** Measures the competitors that are there. */
  run(
    competitors: readonly Competitor[],
    results: Results,
    settings: Settings,
  ): Promise<void>;
}

/** What one competitor needed for one case. */
export interface Result extends Summary {
  readonly case: string;
  readonly competitor: string;
  /**
   * How many times the reference's it is, where that was measured: the median of
   * what each round gives, for who takes turns finds the same machine.
   */
  readonly ratio: number | undefined;
  /** The best of all: what others do on the machine counts little in it. */
  readonly best: number;
  readonly bestRatio: number | undefined;
}

interface Sample {
  readonly case: string;
  readonly competitor: string;
  readonly value: number;
}

/** What was measured. */
export class Results {
  /** By figure. */
  readonly #samples = new Map<string, Sample[]>();
  readonly #notes = new Set<string>();

  add(figure: string, name: string, competitor: string, value: number): void {
    listOf(this.#samples, figure).push({ case: name, competitor, value });
  }

  /** Something that a reader of the figures has to know. */
  note(text: string): void {
    this.#notes.add(text);
  }

  get notes(): string[] {
    return [...this.#notes];
  }

  /** A figure's results, case by case. */
  of(
    { name: figure, isMoreBetter = false, reference = "C" }: Figure,
    competitors: readonly Competitor[],
  ): Result[] {
    const bestOf = ({ least, most }: Summary): number =>
      isMoreBetter ? most : least;
    const cases = new Map<string, Map<string, number[]>>();
    for (const sample of this.#samples.get(figure) ?? []) {
      const values = cases.get(sample.case) ?? new Map<string, number[]>();
      cases.set(sample.case, values);
      listOf(values, sample.competitor).push(sample.value);
    }
    return [...cases].flatMap(([name, values]) => {
      const floors = values.get(reference) ?? [];
      const floor = summarize(floors);
      return competitors.flatMap(({ name: competitor }) => {
        const samples = values.get(competitor);
        if (samples === undefined) return [];
        const summary = summarize(samples);
        const ratio = medianRatio(samples, floors);
        const best = bestOf(summary);
        const bestRatio = quotient(best, bestOf(floor));
        return { case: name, competitor, ratio, best, bestRatio, ...summary };
      });
    });
  }
}

/** The median of the rounds' ratios, of rounds that have one. */
function medianRatio(
  samples: readonly number[],
  floors: readonly number[],
): number | undefined {
  const ratios = samples.flatMap(
    (value, round) => quotient(value, floors[round] ?? 0) ?? [],
  );
  return ratios.length === 0 ? undefined : summarize(ratios).median;
}

function quotient(value: number, floor: number): number | undefined {
  return floor > 0 ? value / floor : undefined;
}

/** The list under a key, which is begun if there is none. */
function listOf<K, V>(map: Map<K, V[]>, key: K): V[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Exercise } from "./exercise.ts";

/** An exercise, and where its files are, seen from the project's folder. */
export interface Entry {
  readonly number: number;
  /** `03-select`. */
  readonly name: string;
  readonly file: string;
  readonly solution: string;
  readonly exercise: Exercise;
}

function isExercise(module: unknown): module is { exercise: Exercise } {
  return typeof module === "object" && module !== null && "exercise" in module;
}

/** All exercises in their order. */
export async function catalogue(root: string): Promise<Entry[]> {
  const files = readdirSync(join(root, "exercises/checks"))
    .filter((file) => /^\d\d-.*\.ts$/.test(file))
    .sort();
  const entries: Entry[] = [];
  for (const file of files) {
    const path = join(root, "exercises/checks", file);
    const module: unknown = await import(pathToFileURL(path).href);
    if (!isExercise(module)) throw new Error(`${path} has no exercise`);
    entries.push({
      number: Number.parseInt(file, 10),
      name: file.replace(".ts", ""),
      file: `exercises/${file}`,
      solution: `exercises/solutions/${file}`,
      exercise: module.exercise,
    });
  }
  return entries;
}

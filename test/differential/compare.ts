import { type Difference, differences } from "./differences.ts";
import type { OurResult } from "./ours.ts";
import type { Outcome, Program, Result } from "./steps.ts";

/** What a comparison of two runs found. */
export interface Comparison {
  /** The step of the first difference that nothing explains. */
  readonly failedAt: number | undefined;
  /** The known differences that were met. */
  readonly used: readonly Difference[];
}

/** Compares what both sides say of a program, step by step. */
export function compare(
  program: Program,
  ours: OurResult,
  theirs: Result,
): Comparison {
  const used: Difference[] = [];
  for (const [index, step] of program.steps.entries()) {
    const mine = ours.outcomes[index] ?? {};
    const other = theirs.outcomes[index] ?? {};
    for (const part of ["result", "keys"] as const) {
      if (isSame(mine, other, part)) continue;
      const facts = ours.facts[index];
      if (facts === undefined) return { failedAt: index, used };
      const { mechanism } = program;
      const found = { mechanism, step, part, facts, ours: mine, theirs: other };
      const known = differences.find(({ explains }) => explains(found));
      if (known === undefined) return { failedAt: index, used };
      used.push(known);
      if (known.parts?.(found)) return { failedAt: leftOpen(ours), used };
    }
  }
  const isClean = ours.left.length === 0 && theirs.left.length === 0;
  return { failedAt: isClean ? undefined : program.steps.length, used };
}

function leftOpen(ours: OurResult): number | undefined {
  return ours.left.length === 0 ? undefined : ours.outcomes.length;
}

function isSame(
  ours: Outcome,
  theirs: Outcome,
  part: "result" | "keys",
): boolean {
  if (part === "keys") {
    return JSON.stringify(ours.keys) === JSON.stringify(theirs.keys);
  }
  return (
    ours.error === theirs.error &&
    ours.errno === theirs.errno &&
    JSON.stringify(ours.value) === JSON.stringify(theirs.value)
  );
}

/** A program and what both sides say of it, to be read. */
export function listing(
  program: Program,
  ours: OurResult,
  theirs: Result,
): string {
  const { failedAt } = compare(program, ours, theirs);
  const lines = [`${program.mechanism}:`];
  for (const [index, step] of program.steps.entries()) {
    const mine = JSON.stringify(ours.outcomes[index]);
    const other = JSON.stringify(theirs.outcomes[index]);
    const mark = index === failedAt ? ">" : " ";
    const { do: name, ...rest } = step;
    lines.push(`${mark} ${index}. ${name} ${JSON.stringify(rest)}`);
    if (mine === other) lines.push(`       both    ${mine}`);
    else lines.push(`       ours    ${mine}`, `       CPython ${other}`);
  }
  const left = `ours ${ours.left.join()}; CPython ${theirs.left.join()}`;
  if (failedAt === program.steps.length) lines.push(`> left open: ${left}`);
  return lines.join("\n");
}

/**
 * The shortest program found that still fails: leaves out ever smaller groups of
 * steps, as long as `fails` says that it fails without them.
 */
export async function shrink(
  program: Program,
  fails: (program: Program) => Promise<boolean>,
): Promise<Program> {
  let { steps } = program;
  let size = Math.ceil(steps.length / 2);
  for (;;) {
    let isShorter = false;
    for (let start = 0; start < steps.length;) {
      const rest = [...steps.slice(0, start), ...steps.slice(start + size)];
      if (await fails({ ...program, steps: rest })) {
        steps = rest;
        isShorter = true;
      } else {
        start += size;
      }
    }
    if (size === 1 && !isShorter) return { ...program, steps };
    if (!isShorter) size = Math.ceil(size / 2);
  }
}

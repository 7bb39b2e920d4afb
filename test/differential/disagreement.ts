import type { Facts } from "./facts.ts";
import type { Amount, Json, Mechanism, Outcome, Step } from "./steps.ts";

/** A step of which the two sides say different things. */
export interface Disagreement {
  readonly mechanism: Mechanism;
  readonly step: Step;
  /** What differs: what the step gave, or what is registered after it. */
  readonly part: "result" | "keys";
  readonly facts: Facts;
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

export const isSelector = ({ mechanism }: Disagreement): boolean =>
  mechanism.endsWith("Selector");

export const eventsOf = ({ step }: Disagreement): Amount | undefined =>
  "events" in step ? step.events : undefined;

export const succeeded = ({ error }: Outcome): boolean => error === undefined;

export const isWrong = (
  amount: Amount | undefined,
  ...kinds: string[]
): boolean => typeof amount === "object" && kinds.includes(amount.wrong);

export const isLookup = ({ step }: Disagreement): boolean =>
  ["modify", "unregister", "getKey", "has"].includes(step.do);

/** Not found: an error, or for `has` just false. */
export const isMissing = ({ error, value }: Outcome): boolean =>
  error === "NotRegisteredError" || value === false;

/** Whether two values are the same lists in another order. */
export function isReordered(
  ours: Json | undefined,
  theirs: Json | undefined,
): boolean {
  return sorted(ours) === sorted(theirs);
}

/** A value as JSON, with its lists in one order. */
function sorted(value: Json | undefined): string {
  return value instanceof Array
    ? `[${value.map(sorted).sort().join()}]`
    : JSON.stringify(value);
}

export const isEbadf = ({ error, errno }: Outcome): boolean =>
  error === "OSError" && errno === 9;

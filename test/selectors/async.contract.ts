/**
 * What holds for the waits of every selector that do not hold the thread, as
 * facts about one class.
 */
import { describe } from "vitest";
import { abortFacts } from "./async/aborting.ts";
import { changeFacts } from "./async/changes.ts";
import { closingFacts } from "./async/closing.ts";
import { fairnessFacts } from "./async/fairness.ts";
import { iterationFacts } from "./async/iteration.ts";
import { noiseFacts } from "./async/noise.ts";
import { resourceFacts } from "./async/resources.ts";
import { resultFacts } from "./async/results.ts";
import { staleFacts } from "./async/stale.ts";
import { subjects } from "./async/support.ts";
import { timeoutFacts } from "./async/timeouts.ts";
import { wakingFacts } from "./async/waking.ts";

/** What a wait gives and when, over every selector that this machine has. */
export function asyncContract(): void {
  describe.each(subjects)("%s", (_, SelectorClass, mechanism) => {
    resultFacts(SelectorClass, mechanism);
    timeoutFacts(SelectorClass);
    abortFacts(SelectorClass);
    changeFacts(SelectorClass, mechanism);
    wakingFacts(SelectorClass);
    closingFacts(SelectorClass, mechanism);
    iterationFacts(SelectorClass, mechanism);
    fairnessFacts(SelectorClass);
  });
}

/** What comes of what is lost: descriptors and selectors. */
export function asyncLossContract(): void {
  describe.each(subjects)("%s", (_, SelectorClass, mechanism) => {
    staleFacts(SelectorClass, mechanism);
    resourceFacts(SelectorClass, mechanism);
  });
  noiseFacts();
}

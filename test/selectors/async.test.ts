/** The waits that do not hold the thread, with the runtime's loop. */
import { describe } from "vitest";
import { turnFacts } from "./async/fairness.ts";
import { subjects } from "./async/support.ts";
import { asyncContract } from "./async.contract.ts";

asyncContract();

describe.each(subjects)("%s", (_, SelectorClass) => {
  turnFacts(SelectorClass);
});

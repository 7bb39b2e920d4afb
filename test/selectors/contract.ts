/** What holds for every selector, as facts about one class. */
import type { SelectorConstructor } from "posix-select/selectors";
import { closingFacts } from "./contract/closing.ts";
import { lookupFacts } from "./contract/lookups.ts";
import { readinessFacts } from "./contract/readiness.ts";
import { registrationFacts } from "./contract/registration.ts";
import { staleFacts } from "./contract/stale.ts";
import { waitingFacts } from "./contract/waiting.ts";
import { wakingFacts } from "./contract/waking.ts";

/** In what the mechanisms differ, and may. */
export interface Mechanism {
  /** Whether it knows `EVENT_PRIORITY`. */
  readonly hasPriority: boolean;
  /** Whether it looks at a descriptor that is registered. */
  readonly looks: boolean;
  /** Whether it can watch files and folders. */
  readonly watchesFiles: boolean;
  /** What comes of a descriptor that is closed while it is registered. */
  readonly closed: "EBADF" | "ready" | "silent";
}

/** The suite: to be called in a `describe()` of the class. */
export function contract(
  SelectorClass: SelectorConstructor,
  mechanism: Mechanism,
): void {
  registrationFacts(SelectorClass, mechanism);
  lookupFacts(SelectorClass);
  readinessFacts(SelectorClass, mechanism);
  waitingFacts(SelectorClass);
  wakingFacts(SelectorClass);
  staleFacts(SelectorClass);
  closingFacts(SelectorClass);
}

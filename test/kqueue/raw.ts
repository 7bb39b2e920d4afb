/** The tests of `Kqueue` that every system has to pass, real or simulated. */
import { argumentTests } from "./arguments.ts";
import { eventTests } from "./events.ts";
import { instanceTests } from "./instance.ts";
import type { KqueueSystem } from "./support.ts";
import { waitTests } from "./waits.ts";

export function rawTests(system: KqueueSystem): void {
  argumentTests(system);
  instanceTests(system);
  eventTests(system);
  waitTests(system);
}

/** A `KqueueSelector` on a simulation of kqueue(2), and what passes between. */
import { EVENT_READ, EVENT_WRITE } from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import { KqueueSelector } from "../../src/selectors/kqueue.ts";
import type { Cleanup } from "../helpers/cleanup.ts";
import { darwin } from "./darwin-constants.ts";
import { SimulatedKqueue } from "./simulated-kqueue.ts";

export const BOTH = EVENT_READ | EVENT_WRITE;

const filterNames = new Map([
  [darwin.KQ_FILTER_READ, "READ"],
  [darwin.KQ_FILTER_WRITE, "WRITE"],
]);
const actionNames = new Map([
  [darwin.KQ_EV_ADD, "add"],
  [darwin.KQ_EV_DELETE, "delete"],
]);

/** A selector, and the system under it. */
export class Rig {
  readonly system = new SimulatedKqueue();
  readonly selector: KqueueSelector;
  readonly #cleanup: Cleanup;

  constructor(cleanup: Cleanup) {
    this.#cleanup = cleanup;
    this.selector = cleanup.use(new KqueueSelector(this.system, darwin));
  }

  pair(text = ""): [Socket, Socket] {
    const [near, far] = this.#cleanup.both(socketpair());
    if (text !== "") far.send(text);
    return [near, far];
  }

  /** The changes since the last look, as "add READ 5". */
  sent(): string[] {
    const changes = this.system.changes.map(({ ident, filter, flags }) =>
      [actionNames.get(flags), filterNames.get(filter), ident].join(" "),
    );
    this.system.forget();
    return changes;
  }

  /** How many filters the kernel watches. */
  get watched(): number {
    return this.system.watched(this.selector.fileno());
  }

  /** How many events a wait asks for. */
  get asked(): number | undefined {
    this.system.forget();
    this.selector.select(0);
    return this.system.recorded[0]?.most;
  }
}

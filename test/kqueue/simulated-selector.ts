import type { FileDescriptorLike } from "../../src/descriptor.ts";
import { KqueueSelector } from "../../src/selectors/kqueue.ts";
import { darwin } from "./darwin-constants.ts";
import { SimulatedKqueue } from "./simulated-kqueue.ts";

/** The system that every `SimulatedKqueueSelector` asks. */
export const simulation = new SimulatedKqueue();

/**
 * `KqueueSelector` over a simulation of kqueue(2), see simulated-kqueue.ts: for
 * suites that make a selector of a class.
 */
export class SimulatedKqueueSelector<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
> extends KqueueSelector<Data, File> {
  constructor() {
    super(simulation, darwin);
  }
}

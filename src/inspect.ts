/// <reference types="node" preserve="true" />
/**
 * What the engine knows of a generator: whether it has begun, waits, runs or is
 * over, and the line at which it waits. Nothing has to be wrapped, and the
 * generator notices nothing.
 * @module posix-select/inspect
 */
import { types } from "node:util";
import { invalidType } from "./arguments.ts";
import {
  type GeneratorLocation,
  type GeneratorState,
  lookAt,
} from "./generator.ts";

export {
  GEN_CLOSED,
  GEN_CREATED,
  GEN_RUNNING,
  GEN_SUSPENDED,
  type GeneratorLocation,
  type GeneratorState,
} from "./generator.ts";

/**
 * Checks that `value` is a generator object, and nothing that only looks so: no
 * iterator, no proxy, and no async generator (which waits for promises too).
 */
function generatorObject(value: unknown): object {
  if (
    typeof value === "object" &&
    value !== null &&
    types.isGeneratorObject(value) &&
    !(Symbol.asyncIterator in value)
  ) {
    return value;
  }
  throw invalidType("generator", "a generator object", value);
}

/**
 * Whether a generator was created, runs, waits or is over: one of `GEN_CREATED`,
 * `GEN_RUNNING`, `GEN_SUSPENDED`, `GEN_CLOSED`.
 *
 * The engine is asked (through `node:inspector`, some 0.1 ms a call), so any
 * generator will do, whoever made it.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE: no generator object.
 * @see https://docs.python.org/3/library/inspect.html#inspect.getgeneratorstate
 */
export function getGeneratorState(
  generator: Generator<unknown, unknown, never>,
): GeneratorState {
  return lookAt(generatorObject(generator)).state;
}

/**
 * The `yield` at which a generator waits, as a place in its source (through a
 * source map where Node uses one); where it begins, if it was only created;
 * undefined if it runs or is over.
 *
 * One that has given itself over to another with `yield*` waits there.
 * @throws {TypeError} ERR_INVALID_ARG_TYPE: no generator object.
 * @see https://docs.python.org/3/library/inspect.html#inspect.getgeneratorstate
 */
export function getGeneratorLocation(
  generator: Generator<unknown, unknown, never>,
): GeneratorLocation | undefined {
  return lookAt(generatorObject(generator)).location;
}

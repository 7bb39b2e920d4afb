import type { FileDescriptorLike } from "../descriptor.ts";
import type { SelectorKey } from "./key.ts";

/**
 * The registered keys, live and to be read only. `get()` and `has()` take an
 * object or a number; what is gone through are the numbers.
 */
export interface SelectorMap<Data, File extends FileDescriptorLike> {
  /** How many are registered; 0 once the selector is closed. */
  readonly size: number;
  /**
   * The key of a registered object; undefined if it is not registered.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RangeError} ERR_OUT_OF_RANGE
   */
  get(fileobj: FileDescriptorLike): SelectorKey<Data, File> | undefined;
  /**
   * Whether an object is registered.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE
   * @throws {RangeError} ERR_OUT_OF_RANGE
   */
  has(fileobj: FileDescriptorLike): boolean;
  /** The descriptors, in the order of registration. */
  keys(): IterableIterator<number>;
  /** The keys, in the order of registration. */
  values(): IterableIterator<SelectorKey<Data, File>>;
  /** The descriptors with their keys, in the order of registration. */
  entries(): IterableIterator<[number, SelectorKey<Data, File>]>;
  /** Calls `step` for each key, in the order of registration. */
  forEach(step: (key: SelectorKey<Data, File>, fd: number) => void): void;
  /** What `entries()` gives. */
  [Symbol.iterator](): IterableIterator<[number, SelectorKey<Data, File>]>;
}

/** Shows `keys`, without a way to change them. */
export function readOnlyMap<Data, File extends FileDescriptorLike>(
  keys: ReadonlyMap<number, SelectorKey<Data, File>>,
  find: (fileobj: FileDescriptorLike) => SelectorKey<Data, File> | undefined,
): SelectorMap<Data, File> {
  return {
    get size() {
      return keys.size;
    },
    get: find,
    has: (fileobj) => find(fileobj) !== undefined,
    keys: () => keys.keys(),
    values: () => keys.values(),
    entries: () => keys.entries(),
    forEach: (step) => {
      keys.forEach((key, fd) => {
        step(key, fd);
      });
    },
    [Symbol.iterator]: () => keys.entries(),
  };
}

import type { FileDescriptorLike } from "../descriptor.ts";
import type { SelectorKey } from "./key.ts";

/**
 * The registered keys, live and to be read only. `get()` and `has()` take an
 * object or a number; what is gone through are the numbers.
 */
export interface SelectorMap<Data, File extends FileDescriptorLike> {
  /** How many are registered; 0 once the selector is closed. */
  readonly size: number;
  get(fileobj: FileDescriptorLike): SelectorKey<Data, File> | undefined;
  has(fileobj: FileDescriptorLike): boolean;
  keys(): IterableIterator<number>;
  values(): IterableIterator<SelectorKey<Data, File>>;
  entries(): IterableIterator<[number, SelectorKey<Data, File>]>;
  forEach(step: (key: SelectorKey<Data, File>, fd: number) => void): void;
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

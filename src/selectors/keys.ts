import { fdOf, type FileDescriptorLike } from "../descriptor.ts";
import { OSError } from "../errors.ts";
import type { SelectorKey } from "./key.ts";
import { readOnlyMap, type SelectorMap } from "./map.ts";

/** What is registered with a selector: by its number, and by the object. */
export class Keys<Data, File extends FileDescriptorLike> {
  readonly #keys = new Map<number, SelectorKey<Data, File>>();
  /** By number, for what is ready: an array finds them much faster than a map. */
  readonly byFd: (SelectorKey<Data, File> | undefined)[] = [];
  /** What programs may look at. */
  readonly map: SelectorMap<Data, File> = readOnlyMap(this.#keys, (fileobj) =>
    this.find(fileobj),
  );

  /** The keys, in the order of registration. */
  values(): IterableIterator<SelectorKey<Data, File>> {
    return this.#keys.values();
  }

  /** The key of a number, whoever has that by now. */
  get(fd: number): SelectorKey<Data, File> | undefined {
    return this.#keys.get(fd);
  }

  /** The key of a number, or of an object that is registered or its equal. */
  find(fileobj: FileDescriptorLike): SelectorKey<Data, File> | undefined {
    let fd: number;
    try {
      fd = fdOf(fileobj, "getKey", "fileobj");
    } catch (error) {
      // An object that has lost its descriptor may still be registered.
      for (const key of this.#keys.values()) {
        if (key.fileobj === fileobj) return key;
      }
      if (error instanceof OSError) return undefined;
      throw error;
    }
    const key = this.#keys.get(fd);
    if (key === undefined || typeof fileobj === "number") return key;
    return key.fileobj === fileobj || !isStale(key) ? key : undefined;
  }

  /** Adds a key, in the place of one of the same number. */
  set(key: SelectorKey<Data, File>): void {
    this.#keys.set(key.fd, key);
    this.byFd[key.fd] = key;
  }

  /** Removes the key of a number. */
  delete(fd: number): void {
    this.#keys.delete(fd);
    this.byFd[fd] = undefined;
  }

  /** Removes all. */
  clear(): void {
    this.#keys.clear();
    this.byFd.length = 0;
  }
}

/** Whether a key's object no longer has the descriptor that it had. */
export function isStale({
  fileobj,
  fd,
}: {
  readonly fileobj: FileDescriptorLike;
  readonly fd: number;
}): boolean {
  if (typeof fileobj === "number") return false;
  try {
    return fdOf(fileobj, "register", "fileobj") !== fd;
  } catch {
    return true;
  }
}

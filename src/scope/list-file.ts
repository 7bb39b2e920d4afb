import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

/** A file may become so large; what comes after is left out. */
const mostBytes = 256 * 2 ** 20;

/**
 * A file with a list of JSON in it, which is whole after each write: the program
 * that it is about may be killed at any time.
 */
export class ListFile {
  readonly #fd: number;
  readonly #suffix: string;
  #bytes = 0;
  #isEmpty = true;
  #isFull = false;

  /**
   * @param prefix What stands before the list.
   * @param suffix What stands after it.
   */
  constructor(path: string, prefix: string, suffix: string) {
    this.#fd = openSync(path, "w");
    this.#suffix = suffix;
    this.#bytes = writeSync(this.#fd, prefix, 0);
    this.#finish();
  }

  /** Whether something was left out. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** @param items Each an element of the list, as JSON. */
  append(items: readonly string[]): void {
    if (items.length === 0 || this.#isFull) return;
    if (this.#bytes > mostBytes) {
      this.#isFull = true;
      return;
    }
    const text = items.join(",\n");
    const separator = this.#isEmpty ? "" : ",\n";
    this.#isEmpty = false;
    this.#bytes += writeSync(this.#fd, separator + text, this.#bytes);
    this.#finish();
  }

  #finish(): void {
    const end = this.#bytes + writeSync(this.#fd, this.#suffix, this.#bytes);
    ftruncateSync(this.#fd, end);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

import { closeSync, openSync, writeSync } from "node:fs";

/** A file may become so large; what comes after is left out. */
const mostBytes = 256 * 2 ** 20;

/**
 * A file with a list of JSON in it, which is whole after each write: the program
 * that it is about may be killed at any time.
 */
export class ListFile {
  readonly path: string;
  readonly #fd: number;
  readonly #suffix: string;
  #bytes = 0;
  #isEmpty = true;

  /**
   * @param prefix What stands before the list.
   * @param suffix What stands after it.
   */
  constructor(path: string, prefix: string, suffix: string) {
    this.path = path;
    // It has the beginnings of what was sent and received.
    this.#fd = openSync(path, "w", 0o600);
    this.#suffix = suffix;
    this.#write(prefix);
  }

  /**
   * @param items Each an element of the list, as JSON.
   * @returns False if something was left out: the file is large enough.
   */
  append(items: readonly string[]): boolean {
    if (items.length === 0) return true;
    if (this.#bytes > mostBytes) return false;
    const separator = this.#isEmpty ? "" : ",\n";
    this.#isEmpty = false;
    this.#write(separator + items.join(",\n"));
    return true;
  }

  /** Behind what there is, in one piece with the list's end. */
  #write(text: string): void {
    const bytes = Buffer.from(text + this.#suffix);
    let written = 0;
    while (written < bytes.length) {
      const at = this.#bytes + written;
      written += writeSync(
        this.#fd,
        bytes,
        written,
        bytes.length - written,
        at,
      );
    }
    this.#bytes += bytes.length - Buffer.byteLength(this.#suffix);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

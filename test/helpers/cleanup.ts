import { closeSync } from "node:fs";

/**
 * Closes what a test opened when its `using` block ends, last first; what the
 * test has closed itself is left alone.
 *
 * ```ts
 * using cleanup = new Cleanup();
 * const [a, b] = cleanup.both(socketpair());
 * const [read, write] = cleanup.fds(pipe());
 * ```
 */
export class Cleanup implements Disposable {
  readonly #steps: (() => void)[] = [];

  /** Closes `resource` at the end. */
  use<T extends { close(): void }>(resource: T): T {
    this.#steps.push(() => {
      resource.close();
    });
    return resource;
  }

  /** Closes both at the end. */
  both<T extends { close(): void }>([first, second]: readonly [T, T]): [T, T] {
    return [this.use(first), this.use(second)];
  }

  /** Closes descriptors that are plain numbers at the end. */
  fds<T extends readonly number[]>(fds: T): T {
    for (const fd of fds) this.fd(fd);
    return fds;
  }

  /** Closes a descriptor that is a plain number at the end. */
  fd(fd: number): number {
    this.#steps.push(() => {
      try {
        closeSync(fd);
      } catch {
        // The test has closed it.
      }
    });
    return fd;
  }

  /** Does `step` at the end. */
  defer(step: () => void): void {
    this.#steps.push(step);
  }

  [Symbol.dispose](): void {
    for (const step of this.#steps.splice(0).reverse()) step();
  }
}

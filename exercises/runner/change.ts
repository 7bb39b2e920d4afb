/** Tells those who wait that something has changed. */
export class Change {
  #waiting: (() => void)[] = [];

  happened(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Waits until something is so, or the time is over; tells whether it is. */
  async until(isSo: () => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    for (;;) {
      if (isSo()) return true;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}

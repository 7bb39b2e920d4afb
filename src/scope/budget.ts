/**
 * So many a second, and no more: what is left over in a quiet second is not kept
 * for a busy one.
 */
export class Budget {
  readonly #perSecond: number;
  #left: number;
  #until = -Infinity;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  /** Whether there is any left. */
  get hasLeft(): boolean {
    const now = performance.now();
    if (now >= this.#until) {
      this.#left = this.#perSecond;
      this.#until = now + 1000;
    }
    return this.#left > 0;
  }

  /** Takes one. Gives false if there is none left. */
  take(): boolean {
    if (!this.hasLeft) return false;
    this.#left--;
    return true;
  }

  /** Takes as many as there are: what was done has cost so much. */
  spend(count: number): void {
    this.#left -= count;
  }
}

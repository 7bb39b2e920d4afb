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

  /** Takes one. Gives false if there is none left. */
  take(): boolean {
    const now = performance.now();
    if (now >= this.#until) {
      this.#left = this.#perSecond;
      this.#until = now + 1000;
    }
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}

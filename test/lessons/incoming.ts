/**
 * Text that comes in piece by piece, from a client's socket or a program's
 * output, and those who wait for it.
 */
export class Incoming {
  readonly #from: string;
  #text = "";
  #end: string | undefined;
  #waiting: (() => void)[] = [];

  /** @param from Whose text it is, for the error of who waits in vain. */
  constructor(from: string) {
    this.#from = from;
  }

  /** What has come and was not taken. */
  get unread(): string {
    return this.#text;
  }

  add(text: string): void {
    this.#text += text;
    this.#wake();
  }

  /** Nothing comes any more: why, `EOF` in the simplest case. Counts once. */
  finish(end: string): void {
    this.#end ??= end;
    this.#wake();
  }

  /** Waits for the text to match, and takes it up to the match's end. */
  async take(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match) {
        this.#text = this.#text.slice(match.index + match[0].length);
        return match;
      }
      if (this.#end !== undefined) {
        const got = JSON.stringify(this.#text);
        throw new Error(
          `${this.#from} gave ${got} and then ${this.#end}, not ${String(pattern)}`,
        );
      }
      await this.#change();
    }
  }

  /** Waits for the end, and gives all that came until then. */
  async rest(): Promise<{ readonly text: string; readonly end: string }> {
    while (this.#end === undefined) await this.#change();
    const text = this.#text;
    this.#text = "";
    return { text, end: this.#end };
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

import { pinFirstThread, pinned } from "./cpus.ts";
import { Program } from "./program.ts";
import { c } from "./tools.ts";

/** What is measured shares a CPU with what tells of its pace: the first. */
const cpu = 0;
/** How many times its best a wait takes at most that nobody disturbs. */
const slack = 1.12;
/** How often something is measured at most. */
const mostTries = 4;

/**
 * The pace of the processor. On a shared machine others slow it down, for moments
 * or for minutes, and some programs more than others: what is measured meanwhile
 * says little. A wait in C that does the same each time tells.
 */
export class Pace implements AsyncDisposable {
  readonly #probe: Program;
  #best = Infinity;
  #measured = 0;
  #disturbed = 0;

  private constructor(probe: Program) {
    this.#probe = probe;
  }

  /** Undefined where it can't be told. */
  static of(): Pace | undefined {
    const tool = c("wait", "select");
    if ("missing" in tool) return undefined;
    const command = pinned(tool.command, cpu);
    return command && new Pace(new Program(command));
  }

  /** Has a program run where the pace is told of. */
  keep({ pid }: Program): void {
    pinFirstThread(pid, cpu);
  }

  /** What `measure` gives while nobody disturbs; after some tries, what it gives. */
  async undisturbed<T>(measure: () => Promise<T>): Promise<T> {
    this.#measured++;
    let isFull = await this.#isFull();
    for (let tries = 1; ; tries++) {
      const result = await measure();
      const wasFull = isFull;
      isFull = await this.#isFull();
      if (wasFull && isFull) return result;
      if (tries < mostTries) continue;
      this.#disturbed++;
      return result;
    }
  }

  async #isFull(): Promise<boolean> {
    const ns = Number(await this.#probe.ask("1/0 2"));
    this.#best = Math.min(this.#best, ns);
    return ns < this.#best * slack;
  }

  /** How much of what was measured is not to be trusted. */
  get note(): string {
    const percent = Math.round((this.#disturbed / this.#measured) * 100);
    return `Others slowed the processor down during ${percent} % of what counts here.`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#probe.end();
  }
}

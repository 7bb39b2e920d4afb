import type { ScopeEvent } from "../../src/scope/events.ts";
import { Program } from "../helpers/programs.ts";

type OfType<T extends ScopeEvent["type"]> = Extract<ScopeEvent, { type: T }>;

/** A lesson under the scope, and what a page of it would be told. */
export class Watched implements AsyncDisposable {
  readonly program: Program;
  readonly url: string;
  readonly port: number;
  readonly events: ScopeEvent[] = [];
  readonly #leave = new AbortController();
  #wake: () => void = () => undefined;

  private constructor(program: Program, url: string, port: number) {
    this.program = program;
    this.url = url;
    this.port = port;
  }

  /** Starts a lesson that serves, and opens its events as a page does. */
  static async start(lesson: string, ...args: string[]): Promise<Watched> {
    const program = new Program("scripts/lesson.ts", [
      ...[lesson, "0", "--scope"],
      ...args,
    ]);
    try {
      const [, url = ""] = await program.warned(/^scope: (http\S+)\n/m);
      const [, port] = await program.match(/127\.0\.0\.1:(\d+)/);
      const watched = new Watched(program, url, Number(port));
      await watched.#open();
      return watched;
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { signal } = this.#leave;
    const response = await fetch(`${this.url}events`, { signal });
    void this.#read(response).catch(() => undefined);
  }

  async #read({ body }: Response): Promise<void> {
    if (body === null) throw new Error("no events");
    let text = "";
    for await (const bytes of body.pipeThrough(new TextDecoderStream())) {
      text += bytes;
      const messages = text.split("\n\n");
      text = messages.pop() ?? "";
      for (const message of messages) this.#take(message);
      this.#wake();
    }
  }

  #take(message: string): void {
    const data = /^data: (\[.*)$/m.exec(message)?.[1];
    if (data === undefined) return;
    this.events.push(...(JSON.parse(data) as ScopeEvent[]));
  }

  /** The first event of a type, from the `from`th of all on, that fits. */
  async until<T extends ScopeEvent["type"]>(
    type: T,
    fits: (event: OfType<T>) => boolean = () => true,
    from = 0,
  ): Promise<OfType<T>> {
    for (;;) {
      const found = this.events
        .slice(from)
        .find(
          (event): event is OfType<T> =>
            event.type === type && fits(event as OfType<T>),
        );
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async command(command: string): Promise<number> {
    const { status } = await fetch(`${this.url}control`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ command }),
    });
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave.abort();
    await this.program[Symbol.asyncDispose]();
  }
}

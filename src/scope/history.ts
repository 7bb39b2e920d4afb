import type {
  LaneEvent,
  ScopeEvent,
  SourceEvent,
  StartEvent,
  SuspendEvent,
  TaskEvent,
  WatchEvent,
} from "./events.ts";

/** How much is kept for who comes later, in characters of JSON. */
const mostLength = 16 * 2 ** 20;

/**
 * What a page that is opened late needs: the newest events, and of what is older
 * all that still holds.
 */
export class History {
  #recent: { readonly event: ScopeEvent; readonly length: number }[] = [];
  #length = 0;
  #start: StartEvent | undefined;
  readonly #sources: SourceEvent[] = [];
  readonly #lanes = new Map<number, [LaneEvent, WatchEvent | undefined]>();
  readonly #tasks = new Map<number, [TaskEvent, SuspendEvent | undefined]>();

  /** @param length How long the event is as JSON. */
  add(event: ScopeEvent, length: number): void {
    this.#recent.push({ event, length });
    this.#length += length;
    if (this.#length < 2 * mostLength) return;
    let count = 0;
    while (this.#length > mostLength) {
      this.#length -= this.#recent[count++]?.length ?? Infinity;
    }
    for (const old of this.#recent.splice(0, count)) this.#fold(old.event);
  }

  /** All of it, in order. */
  events(): ScopeEvent[] {
    const held = [
      ...[...this.#lanes.values()].flat(),
      ...[...this.#tasks.values()].flat(),
    ];
    return [
      ...(this.#start === undefined ? [] : [this.#start]),
      ...this.#sources,
      ...held.filter((event) => event !== undefined),
      ...this.#recent.map(({ event }) => event),
    ];
  }

  /** Keeps what an event says that still holds. */
  #fold(event: ScopeEvent): void {
    if (event.type === "start") this.#start = event;
    else if (event.type === "source") this.#sources.push(event);
    else if (event.type === "close") this.#lanes.delete(event.lane);
    else if (event.type === "done") this.#tasks.delete(event.task);
    else if (event.type === "lane") {
      this.#lanes.set(event.lane, [event, this.#lanes.get(event.lane)?.[1]]);
    } else if (event.type === "watch") {
      const lane = this.#lanes.get(event.lane);
      if (lane !== undefined) lane[1] = event;
    } else if (event.type === "task") {
      this.#tasks.set(event.task, [event, undefined]);
    } else if (event.type === "suspend") {
      const task = this.#tasks.get(event.task);
      if (task !== undefined) task[1] = event;
    }
  }
}

import type {
  LaneEvent,
  ScopeEvent,
  SourceEvent,
  StartEvent,
  SuspendEvent,
  TaskEvent,
  WatchEvent,
} from "./events.ts";

/** How many events are kept for who comes later. */
const mostEvents = 50_000;

/**
 * What a page that is opened late needs: the newest events, and of what is older
 * all that still holds.
 */
export class History {
  #recent: ScopeEvent[] = [];
  #start: StartEvent | undefined;
  readonly #sources: SourceEvent[] = [];
  readonly #lanes = new Map<number, [LaneEvent, WatchEvent | undefined]>();
  readonly #tasks = new Map<number, [TaskEvent, SuspendEvent | undefined]>();

  add(event: ScopeEvent): void {
    this.#recent.push(event);
    if (this.#recent.length < 2 * mostEvents) return;
    for (const old of this.#recent.splice(0, mostEvents)) this.#fold(old);
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
      ...this.#recent,
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

import type { FileDescriptorLike } from "posix-select/fd";
import { NotRegisteredError } from "posix-select/errors";
import type { Epoll, Poll, Timeout } from "posix-select/select";
import {
  type BaseSelector,
  EpollSelector,
  PollSelector,
  type SelectorKey,
} from "posix-select/selectors";
import type { CallStep, Data, FileArgument, Json } from "./steps.ts";
import { Subject, valueOf, type World } from "./world.ts";

/** A step that is a method's call. */
export type MethodStep = Exclude<
  CallStep,
  { readonly do: "select" | "make" | "fromFd" }
>;

type Changing = Extract<MethodStep, { readonly do: "register" | "modify" }>;

/** A poll or epoll object, or a selector. */
export type CallSubject = PollerSubject | SelectorSubject;

// Calls are made with what no type allows: that is the point of the casts.

/** A poll or epoll object. */
export class PollerSubject extends Subject {
  readonly object: Poll | Epoll;
  readonly #world: World;

  constructor(world: World, object: Poll | Epoll) {
    super();
    this.#world = world;
    this.object = object;
  }

  get #epoll(): Epoll {
    if ("fileno" in this.object) return this.object;
    throw new Error("poll has no such call");
  }

  get isClosed(): boolean {
    return "fileno" in this.object && this.object.closed;
  }

  fileno(): number {
    return this.#epoll.fileno();
  }

  call(step: MethodStep): Json {
    switch (step.do) {
      case "register":
      case "modify":
        this.#change(step);
        return null;
      case "unregister":
        this.object.unregister(this.#file(step.file));
        return null;
      case "wait": {
        const timeoutMs = valueOf(step.timeout) as Timeout;
        if (step.maxEvents === undefined) return this.object.poll(timeoutMs);
        const most = valueOf(step.maxEvents) as number;
        return this.#epoll.poll(timeoutMs, most);
      }
      case "fileno":
        return this.fileno();
      case "closed":
        return this.#epoll.closed;
      case "finish":
        this.#epoll.close();
        return null;
      case "getKey":
      case "has":
      case "map":
        throw new Error(`no ${step.do} here`);
    }
  }

  #change(step: Changing): void {
    const file = this.#file(step.file);
    const events = valueOf(step.events) as number;
    if (step.do === "modify") this.object.modify(file, events);
    else this.object.register(file, events);
  }

  #file(argument: FileArgument): FileDescriptorLike {
    return this.#world.file(argument) as FileDescriptorLike;
  }
}

/** A selector. */
export class SelectorSubject extends Subject {
  readonly object: BaseSelector;
  readonly #world: World;
  /** The map, as it was given at the beginning. */
  readonly #map: ReturnType<BaseSelector["getMap"]>;
  /** The program's lists of data, to tell one from another. */
  readonly #lists: (readonly number[])[];

  constructor(
    world: World,
    object: BaseSelector,
    lists: (readonly number[])[],
  ) {
    super();
    this.#world = world;
    this.object = object;
    this.#map = object.getMap();
    this.#lists = lists;
  }

  get isClosed(): boolean {
    return this.object.closed;
  }

  fileno(): number {
    const { object } = this;
    if (EpollSelector && object instanceof EpollSelector) {
      return object.fileno();
    }
    throw new Error("this selector has no descriptor");
  }

  /** The keys, null once it is closed. */
  keys(): string[] | null {
    if (this.isClosed) return null;
    return [...this.object.getMap().values()].map((key) => this.#show(key));
  }

  /** The key that a number has. */
  keyOf(number: number): SelectorKey | undefined {
    return [...this.#map.values()].find(({ fd }) => fd === number);
  }

  /** The highest number that is registered. */
  get highest(): number {
    return Math.max(-1, ...this.#map.keys());
  }

  /** Whether a key asks for EVENT_PRIORITY. */
  get hasPriority(): boolean {
    return [...this.#map.values()].some(({ events }) => events > 3);
  }

  call(step: MethodStep): Json {
    const { object } = this;
    switch (step.do) {
      case "register": {
        const events = valueOf(step.events) as number;
        const file = this.#file(step.file);
        return this.#show(object.register(file, events, this.#data(step.data)));
      }
      case "modify":
        return this.#modify(step);
      case "unregister":
        return this.#show(object.unregister(this.#file(step.file)));
      case "getKey":
        return this.#show(object.getKey(this.#file(step.file)));
      case "has":
        return this.#map.has(this.#file(step.file));
      case "map":
        return [
          [...this.#map.keys()],
          [...this.#map.values()].map((key) => this.#show(key)),
          object.getMap() === this.#map,
        ];
      case "wait": {
        const timeoutMs = valueOf(step.timeout) as Timeout;
        const ready = object
          .select(timeoutMs)
          .map(([key, events]) => `${this.#show(key)} ready=${events}`);
        return object instanceof PollSelector ? ready : ready.sort();
      }
      case "fileno":
        return this.fileno();
      case "closed":
        return object.closed;
      case "finish":
        object.close();
        return null;
    }
  }

  #modify(step: Changing): Json {
    const file = this.#file(step.file);
    const events = valueOf(step.events) as number;
    const data = this.#data(step.data);
    let before: SelectorKey | undefined;
    try {
      before = this.object.getKey(file);
    } catch (error) {
      if (error instanceof NotRegisteredError) before = undefined;
    }
    const after = this.object.modify(file, events, data);
    return [this.#show(after), after === before];
  }

  #file(argument: FileArgument): FileDescriptorLike {
    return this.#world.file(argument) as FileDescriptorLike;
  }

  #data(data: Data | undefined): unknown {
    if (typeof data !== "object") return data;
    const list = [7];
    this.#lists.push(list);
    return list;
  }

  #show({ fileobj, fd, events, data }: SelectorKey): string {
    const label = this.#world.label(fileobj);
    return `${label} fd=${fd} events=${events} data=${this.#showData(data)}`;
  }

  #showData(data: unknown): string {
    if (data === undefined) return "-";
    if (typeof data === "string" || typeof data === "number") return `${data}`;
    return `list ${this.#lists.findIndex((list) => list === data)}`;
  }
}

import { fstatSync } from "node:fs";
import type { Watched } from "../observe.ts";
import { describe } from "./describe.ts";
import type { Teller } from "./teller.ts";

interface Lane {
  readonly lane: number;
  readonly fd: number;
  readonly description: ReturnType<typeof describe>;
  /** Which file it was: a number is used again. */
  readonly file: string;
  /** What it is watched for, by keeper. */
  readonly watchedBy: Map<number, number>;
  /** All of that, as it was told. */
  events: number;
}

/** The descriptors that were seen: each gets a lane, until it is closed. */
export class Lanes {
  readonly #teller: Teller;
  readonly #byFd = new Map<number, Lane>();
  /** By keeper. */
  readonly #lists = new Map<number, Set<Lane>>();
  readonly #ids = new WeakMap<object, number>();
  readonly #forgotten = new FinalizationRegistry<number>((id) => {
    for (const lane of this.#lists.get(id) ?? []) this.#setEvents(lane, id, 0);
    this.#lists.delete(id);
  });
  #lastId = 0;
  #last = 0;

  constructor(teller: Teller) {
    this.#teller = teller;
  }

  /** @param isAccepted Whether an accept has just made it. */
  of(fd: number, isAccepted = false): number {
    // The number's last owner was closed by who knows nothing of this library.
    if (isAccepted) this.close(fd);
    return (this.#byFd.get(fd) ?? this.#open(fd, isAccepted)).lane;
  }

  #open(fd: number, isAccepted: boolean): Lane {
    const description = describe(fd, isAccepted);
    const file = fileOf(fd);
    const watchedBy = new Map<number, number>();
    const lane = {
      ...{ lane: ++this.#last, fd, description, file },
      ...{ watchedBy, events: 0 },
    };
    this.#byFd.set(fd, lane);
    this.#tellOf(lane);
    return lane;
  }

  #tellOf({ lane, fd, description: { kind, name } }: Lane): void {
    this.#teller.tell({ type: "lane", lane, fd, kind, name });
  }

  /** A number stands for this lane no more. */
  close(fd: number): void {
    const lane = this.#byFd.get(fd);
    if (lane === undefined) return;
    this.#byFd.delete(fd);
    for (const list of this.#lists.values()) list.delete(lane);
    this.#teller.tell({ type: "close", lane: lane.lane });
  }

  /**
   * Tells what is watched now that was not before, and the other way round.
   * @param keeper Whose list it is: each has its own.
   * @returns How much has changed.
   */
  watch(keeper: object, watched: readonly Watched[]): number {
    const id = this.#idOf(keeper);
    const before = this.#lists.get(id);
    const now = new Set<Lane>();
    let changes = 0;
    for (const { fd, events } of watched) {
      let lane = this.#byFd.get(fd);
      // It may have been closed by who knows nothing of this library.
      const isNew = lane === undefined || before?.has(lane) !== true;
      if (lane !== undefined && isNew && lane.file !== fileOf(fd)) {
        this.close(fd);
        lane = undefined;
      }
      lane ??= this.#open(fd, false);
      now.add(lane);
      changes += this.#setEvents(lane, id, events);
    }
    for (const lane of before ?? []) {
      if (!now.has(lane)) changes += this.#setEvents(lane, id, 0);
    }
    this.#lists.set(id, now);
    return changes;
  }

  #idOf(keeper: object): number {
    const known = this.#ids.get(keeper);
    if (known !== undefined) return known;
    const id = ++this.#lastId;
    this.#ids.set(keeper, id);
    this.#forgotten.register(keeper, id);
    return id;
  }

  #setEvents(lane: Lane, id: number, events: number): number {
    if ((lane.watchedBy.get(id) ?? 0) === events) return 0;
    if (events === 0) lane.watchedBy.delete(id);
    else lane.watchedBy.set(id, events);
    let all = 0;
    for (const some of lane.watchedBy.values()) all |= some;
    if (lane.events === all) return 0;
    lane.events = all;
    this.#teller.tell({ type: "watch", lane: lane.lane, events: all });
    return 1;
  }

  /** Tells everything once more: something of it was lost. */
  tellAgain(): void {
    for (const lane of this.#byFd.values()) {
      this.#tellOf(lane);
      const { events } = lane;
      this.#teller.tell({ type: "watch", lane: lane.lane, events });
    }
  }
}

function fileOf(fd: number): string {
  try {
    const { dev, ino } = fstatSync(fd);
    return `${String(dev)} ${String(ino)}`;
  } catch {
    return "";
  }
}

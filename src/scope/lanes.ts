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
  /** What it is watched for, as it was told. */
  events: number;
}

/** The descriptors that were seen: each gets a lane, until it is closed. */
export class Lanes {
  readonly #teller: Teller;
  readonly #byFd = new Map<number, Lane>();
  #watched = new Set<Lane>();
  #last = 0;

  constructor(teller: Teller) {
    this.#teller = teller;
  }

  /** @param isAccepted Whether an accept has just made it. */
  of(fd: number, isAccepted = false): number {
    return (this.#byFd.get(fd) ?? this.#open(fd, isAccepted)).lane;
  }

  #open(fd: number, isAccepted: boolean): Lane {
    const description = describe(fd, isAccepted);
    const file = fileOf(fd);
    const lane = { lane: ++this.#last, fd, description, file, events: 0 };
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
    this.#watched.delete(lane);
    this.#teller.tell({ type: "close", lane: lane.lane });
  }

  /** Tells what is watched now that was not before, and the other way round. */
  watch(watched: readonly Watched[]): void {
    const now = new Set<Lane>();
    for (const { fd, events } of watched) {
      let lane = this.#byFd.get(fd);
      // It may have been closed by who knows nothing of this library.
      const isNew = lane === undefined || !this.#watched.has(lane);
      if (lane !== undefined && isNew && lane.file !== fileOf(fd)) {
        this.close(fd);
        lane = undefined;
      }
      lane ??= this.#open(fd, false);
      now.add(lane);
      this.#setEvents(lane, events);
    }
    for (const lane of this.#watched) {
      if (!now.has(lane)) this.#setEvents(lane, 0);
    }
    this.#watched = now;
  }

  #setEvents(lane: Lane, events: number): void {
    if (lane.events === events) return;
    lane.events = events;
    this.#teller.tell({ type: "watch", lane: lane.lane, events });
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

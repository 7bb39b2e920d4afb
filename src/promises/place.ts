/** Somebody who waits. */
export interface Waiter {
  /** How an error names the call. */
  readonly syscall: string;
  /** What it waits for may be ready; it waits on unless it leaves. */
  onReady(): void;
  /** It does not wait any more. */
  onError(error: unknown): void;
}

/** Who waits for which events of a descriptor. */
export class Interest {
  readonly waiter: Waiter;
  readonly fd: number;
  readonly events: number;
  /**
   * The object that owns the number, where the library sees it close; it tells
   * two owners of one number apart.
   */
  readonly owner: object | undefined;

  constructor(
    waiter: Waiter,
    fd: number,
    events: number,
    owner: object | undefined,
  ) {
    this.waiter = waiter;
    this.fd = fd;
    this.events = events;
    this.owner = owner;
  }
}

/** EVENT_READ, EVENT_WRITE and EVENT_PRIORITY are the first bits. */
const eventCount = 3;

/** Who waits for a descriptor, and what the selector was told of it. */
export class Place {
  readonly fd: number;
  /** By the event's bit: one for each at most. */
  readonly #interests: (Interest | undefined)[] = [
    undefined,
    undefined,
    undefined,
  ];
  /** What somebody waits for. */
  wanted = 0;
  /** What the selector watches it for, 0 if it is not registered. */
  watched = 0;
  /** Whose it was when the kernel was last asked. */
  owner: object | undefined = undefined;
  /** Whether all there was to receive has been: the selector tells of more. */
  isDrained = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Nobody waits for these events yet. */
  add(interest: Interest): void {
    const { events } = interest;
    for (let i = 0; i < eventCount; i++) {
      if ((events & (1 << i)) !== 0) this.#interests[i] = interest;
    }
    this.wanted |= events;
  }

  /** Its events are free, unless they are another's by now. */
  remove(interest: Interest): void {
    for (let i = 0; i < eventCount; i++) {
      if (this.#interests[i] !== interest) continue;
      this.#interests[i] = undefined;
      this.wanted &= ~(1 << i);
    }
  }

  /**
   * Tells who waits for one of the events, each once; it may leave, and have
   * others leave.
   */
  tell(events: number): void {
    let before: Waiter | undefined;
    let told: Waiter | undefined;
    for (let i = 0; i < eventCount; i++) {
      if ((events & (1 << i)) === 0) continue;
      const waiter = this.#interests[i]?.waiter;
      if (waiter === undefined || waiter === told || waiter === before)
        continue;
      before = told;
      told = waiter;
      waiter.onReady();
    }
  }

  /** All who wait, each once. */
  waiters(): Set<Waiter> {
    const interests = this.#interests.filter((each) => each !== undefined);
    return new Set(interests.map(({ waiter }) => waiter));
  }
}

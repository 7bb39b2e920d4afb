/** A descriptor, and the events that are waited for. */
export interface Interest {
  readonly fd: number;
  readonly events: number;
  /**
   * The object that owns the number, where the library sees it close; it tells
   * two owners of one number apart.
   */
  readonly owner?: object | undefined;
}

/** Somebody who waits. */
export interface Waiter {
  /** How an error names the call. */
  readonly syscall: string;
  /** What it waits for may be ready; it waits on unless it leaves. */
  onReady(): void;
  /** It does not wait any more. */
  onError(error: unknown): void;
}

/** Who waits, and for what. */
export interface Entry {
  readonly waiter: Waiter;
  readonly events: number;
}

/** Who waits for a descriptor, and what the selector was told of it. */
export class Place {
  readonly fd: number;
  /** One for an event at most. */
  readonly entries: Entry[] = [];
  /** What the selector watches it for, 0 if it is not registered. */
  watched = 0;
  /** Whose it was when the kernel was last asked. */
  owner: object | undefined;
  /** Whether all there was to receive has been: the selector tells of more. */
  isDrained = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** What somebody waits for. */
  get wanted(): number {
    let wanted = 0;
    for (const { events } of this.entries) wanted |= events;
    return wanted;
  }
}

import type { Pending } from "../pending.ts";

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

/** Who waits for what, and how an error names the call. */
export interface Waiter {
  readonly pending: Pending<boolean>;
  readonly events: number;
  readonly syscall: string;
}

/** Who waits for a descriptor, and what the selector was told of it. */
export class Place {
  readonly fd: number;
  /** One for an event at most. */
  readonly waiters: Waiter[] = [];
  /** What the selector watches it for, 0 if it is not registered. */
  watched = 0;
  /** Whose it was when the kernel was last asked. */
  owner: object | undefined;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** What somebody waits for. */
  get wanted(): number {
    let wanted = 0;
    for (const { events } of this.waiters) wanted |= events;
    return wanted;
  }
}

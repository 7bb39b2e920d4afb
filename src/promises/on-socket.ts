import { HANDLE } from "../socket/base.ts";
import type { Socket } from "../socket/index.ts";
import { Attempt } from "./attempt.ts";
import { Interest } from "./place.ts";
import { type Limits, waits } from "./waits.ts";

/** An attempt on a socket, which waits for the same events each time. */
export abstract class SocketAttempt<T> extends Attempt<T> {
  protected readonly socket: Socket;
  readonly #events: number;

  constructor(socket: Socket, events: number, limits: Limits) {
    super(limits);
    this.socket = socket;
    this.#events = events;
  }

  // Most calls have their result at once: nothing is made for those.
  protected override checkFree(): void {
    waits.checkFree(this.socket.fileno(), this.#events);
  }

  protected override interests(): readonly Interest[] {
    const { socket } = this;
    const owner = socket[HANDLE];
    return [new Interest(this, socket.fileno(), this.#events, owner)];
  }
}

import { HANDLE } from "../socket/base.ts";
import type { Socket } from "../socket/index.ts";
import { Attempt } from "./attempt.ts";
import type { Interest } from "./place.ts";
import type { Limits } from "./waits.ts";

/** An attempt on a socket, which waits for the same events each time. */
export abstract class SocketAttempt<T> extends Attempt<T> {
  protected readonly socket: Socket;
  readonly #events: number;
  #interest: Interest | undefined;

  constructor(socket: Socket, events: number, limits: Limits) {
    super(limits);
    this.socket = socket;
    this.#events = events;
  }

  protected override interests(): readonly Interest[] {
    const fd = this.socket.fileno();
    if (this.#interest?.fd !== fd) {
      const events = this.#events;
      this.#interest = { fd, events, owner: this.socket[HANDLE] };
    }
    return [this.#interest];
  }
}

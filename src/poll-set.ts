import { native, type Arena } from "./native.ts";
import { result, setWait } from "./registers.ts";
import { EINVAL } from "./result.ts";
import { wait } from "./wait.ts";

/** A descriptor's place in a `PollSet`. */
export interface PollSlot {
  index: number;
  readonly fd: number;
}

/**
 * The descriptors of poll(2) in memory that the native side sees: `pollfd[]`,
 * written by registration, read for answers, in the order in which they came.
 */
export class PollSet {
  #arena!: Arena;
  #ints!: Int32Array;
  #shorts!: Uint16Array;
  /** The first place is the signals'; a removed descriptor leaves a hole. */
  readonly #slots: (PollSlot | undefined)[] = [undefined];
  #holes = 0;

  constructor() {
    this.#allocate(64);
  }

  #allocate(places: number): void {
    const [arena, buffer] = native.createArena(places * 8);
    this.#arena = arena;
    this.#ints = new Int32Array(buffer);
    this.#shorts = new Uint16Array(buffer);
  }

  /** Adds a descriptor behind all others. */
  add(fd: number, events: number): PollSlot {
    const slot = { index: this.#slots.length, fd };
    this.#slots.push(slot);
    if (slot.index * 2 >= this.#ints.length) {
      const before = this.#ints;
      this.#allocate(before.length);
      this.#ints.set(before);
    }
    this.#ints[slot.index * 2] = fd;
    this.#write(slot.index, events);
    return slot;
  }

  setEvents(slot: PollSlot, events: number): void {
    this.#write(slot.index, events);
  }

  /** A slot's descriptor, and what it is watched for. */
  at(slot: PollSlot): [fd: number, events: number] {
    return [slot.fd, this.#shorts[slot.index * 4 + 2] ?? 0];
  }

  #write(index: number, events: number): void {
    this.#shorts[index * 4 + 2] = events;
  }

  /** Removes a descriptor: poll(2) passes over negative ones. */
  remove(slot: PollSlot): void {
    this.#slots[slot.index] = undefined;
    this.#ints[slot.index * 2] = -1;
    this.#holes++;
    if (this.#holes > 32 && this.#holes > this.#slots.length / 2) this.#pack();
  }

  /** Closes the holes; the order stays. */
  #pack(): void {
    let index = 1;
    for (const slot of this.#slots.splice(1)) {
      if (slot === undefined) continue;
      this.#ints[index * 2] = slot.fd;
      this.#write(index, this.#shorts[slot.index * 4 + 2] ?? 0);
      slot.index = index++;
      this.#slots.push(slot);
    }
    this.#holes = 0;
  }

  /** Blocks. Gives how many have revents, 0 after the time, or -errno. */
  wait(timeoutMs: number): number {
    const ready = this.#wait(timeoutMs);
    // The system counts holes among the descriptors that a process may have.
    if (ready !== EINVAL || this.#holes === 0) return ready;
    this.#pack();
    return this.#wait(timeoutMs);
  }

  #wait(timeoutMs: number): number {
    return wait(timeoutMs, this.#attempt);
  }

  readonly #attempt = (ms: number, signals: number): number => {
    setWait(this.#arena, this.#slots.length - 1, ms, signals);
    native.poll();
    return result();
  };

  /**
   * Goes through what a wait found.
   * @param count How many have revents.
   */
  forEach(count: number, take: (fd: number, revents: number) => void): void {
    const ints = this.#ints;
    const shorts = this.#shorts;
    for (let place = 1, left = count; left > 0; place++) {
      const revents = shorts[place * 4 + 3];
      if (revents === undefined) break;
      if (revents === 0) continue;
      left--;
      take(ints[place * 2] ?? -1, revents);
    }
  }
}

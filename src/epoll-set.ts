import { announceClosing } from "./closing.ts";
import { type Arena, type EpollNative, native, type Native } from "./native.ts";
import { result, setWait } from "./registers.ts";
import { check, ENOSYS, osError } from "./result.ts";
import { wait } from "./wait.ts";

type Calls = Native & EpollNative;

function isLinux(native: Native): native is Calls {
  return native.epollCreate !== undefined;
}

/** Whether this system has epoll(7). */
export const hasEpoll = isLinux(native);

/**
 * An instance of epoll(7), and room for its events in memory that the native
 * side sees. An event is the kernel's own: what happened, and the two numbers
 * with which its descriptor was registered.
 */
export class EpollSet {
  readonly fd: number;
  readonly #calls: Calls;
  /** Where an event's parts stand, in words. */
  readonly stride: number;
  readonly data: number;
  #arena!: Arena;
  /**
   * The events of the last wait, to be read only, for who can't afford a call for
   * each; another array after each `reserve()`.
   */
  words!: Int32Array;
  #room = 0;
  /** How many events the wait asks for. */
  #most = 0;

  /**
   * @param fd An instance that there is already; a new one unless given.
   * @throws {OSError} EMFILE, ENFILE: no descriptors left; ENOSYS: no epoll.
   */
  constructor(fd?: number) {
    if (!isLinux(native)) throw osError(ENOSYS, "epoll_create1");
    this.#calls = native;
    this.stride = native.epollEvent.bytes / 4;
    this.data = native.epollEvent.data / 4;
    this.fd = fd ?? check(native.epollCreate(0), "epoll_create1");
    this.reserve(64);
  }

  /** Adds, changes or removes a descriptor. Gives 0 or -errno. */
  control(
    operation: number,
    fd: number,
    events: number,
    generation = 0,
  ): number {
    return this.#calls.epollCtl(
      this.fd,
      operation,
      fd,
      events >>> 0,
      fd,
      generation,
    );
  }

  /** How many events there is room for. */
  get room(): number {
    return this.#room;
  }

  /** Makes room for at least as many events; what was there is lost. */
  reserve(events: number): void {
    if (events <= this.#room) return;
    this.#room = events * 2;
    const bytes = this.#room * this.stride * 4;
    const [arena, buffer] = this.#calls.createArena(bytes);
    this.#arena = arena;
    this.words = new Int32Array(buffer);
  }

  /**
   * Goes through the events of the last wait: whose each is, the generation with
   * which that was registered, and what happened.
   */
  forEach(
    count: number,
    take: (fd: number, generation: number, events: number) => void,
  ): void {
    const words = this.words;
    const stride = this.stride;
    const data = this.data;
    const end = count * stride;
    for (let event = 0; event < end; event += stride) {
      take(
        words[event + data] ?? 0,
        words[event + data + 1] ?? 0,
        words[event] ?? 0,
      );
    }
  }

  /** Blocks. Gives how many events there are, 0 after the time, or -errno. */
  wait(most: number, timeoutMs: number): number {
    this.#most = most;
    return wait(timeoutMs, this.#attempt);
  }

  readonly #attempt = (ms: number, signals: number): number => {
    setWait(this.#arena, this.#most, ms, signals, this.fd);
    this.#calls.epollWait();
    return result();
  };

  /**
   * Begins anew with an empty instance under the same number.
   * @throws {OSError} EMFILE, ENFILE: no descriptors left.
   */
  clear(): void {
    const fresh = check(this.#calls.epollCreate(0), "epoll_create1");
    check(this.#calls.replace(fresh, this.fd), "dup3");
  }

  close(): void {
    announceClosing(this.fd);
    check(this.#calls.close(this.fd), "close", { fd: this.fd });
  }
}

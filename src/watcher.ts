import { inNoContext } from "./context.ts";
import { native, type NativeWaiter, type NativeWatcher } from "./native.ts";
import { check, ENOSYS, osError } from "./result.ts";
import { hasLibuv } from "./runtime.ts";

/** Watches a descriptor of the library's own without holding the thread. */
export interface Watcher {
  /**
   * Has the function called from now on, in each turn of the runtime's loop in
   * which the descriptor is readable.
   */
  start(): void;
  stop(): void;
  /** Whether it keeps the process alive, which it does not at first. */
  keep(isKept: boolean): void;
  /** To be called before the descriptor is closed. */
  close(): void;
}

/**
 * Watches a descriptor by the runtime's own loop, or by a thread where that
 * can't be asked to.
 * @param onReadable Must not throw. It is kept for as long as the watcher. It
 *   gives false if nobody is there any more to whom it matters: the thread then
 *   ceases to watch. (libuv's handle goes with its owner.)
 * @throws {OSError} EMFILE, ENFILE, EAGAIN: no thread to be had.
 */
export function watch(fd: number, onReadable: () => boolean): Watcher {
  const opened = hasLibuv
    ? inNoContext(() => native.watcherOpen(fd, onReadable))
    : ENOSYS;
  if (typeof opened !== "number") {
    return new LoopWatcher(opened, fd, onReadable);
  }
  if (opened !== ENOSYS) check(opened, "uv_poll_init", { fd });
  return new ThreadWatcher(fd, onReadable);
}

/** libuv's loop watches; the thread does where the loop's epoll has no room. */
class LoopWatcher implements Watcher {
  readonly #handle: NativeWatcher;
  readonly #fd: number;
  readonly #onReadable: () => boolean;
  #isKept = false;
  #instead: ThreadWatcher | undefined;

  constructor(handle: NativeWatcher, fd: number, onReadable: () => boolean) {
    this.#handle = handle;
    this.#fd = fd;
    this.#onReadable = onReadable;
  }

  start(): void {
    if (this.#instead === undefined) {
      if (native.watcherStart(this.#handle) === 0) return;
      this.#instead = new ThreadWatcher(this.#fd, this.#onReadable);
      this.#instead.keep(this.#isKept);
    }
    this.#instead.start();
  }

  stop(): void {
    native.watcherStop(this.#handle);
    this.#instead?.stop();
  }

  keep(isKept: boolean): void {
    this.#isKept = isKept;
    native.watcherKeep(this.#handle, isKept ? 1 : 0);
    this.#instead?.keep(isKept);
  }

  close(): void {
    native.watcherClose(this.#handle);
    this.#instead?.close();
  }
}

/** One thread watches for all of them, each descriptor until it is readable. */
class ThreadWatcher implements Watcher {
  static #shared: NativeWaiter | undefined;
  static readonly #started = new Map<number, ThreadWatcher>();
  static #kept = 0;

  readonly #fd: number;
  readonly #onReadable: () => boolean;
  readonly #thread: NativeWaiter;
  #isKept = false;

  constructor(fd: number, onReadable: () => boolean) {
    this.#fd = fd;
    this.#onReadable = onReadable;
    this.#thread = ThreadWatcher.#shared ??= ThreadWatcher.#open();
  }

  static #open(): NativeWaiter {
    const opened = inNoContext(() =>
      native.waiterOpen((fd) => {
        const watcher = ThreadWatcher.#started.get(fd);
        if (watcher !== undefined) watcher.#tell();
      }),
    );
    if (typeof opened !== "number") return opened;
    throw osError(opened, "pthread_create");
  }

  #tell(): void {
    if (!this.#onReadable()) {
      this.close();
      return;
    }
    if (ThreadWatcher.#started.get(this.#fd) === this) {
      native.waiterWatch(this.#thread, this.#fd);
    }
  }

  start(): void {
    ThreadWatcher.#started.set(this.#fd, this);
    native.waiterWatch(this.#thread, this.#fd);
  }

  stop(): void {
    if (ThreadWatcher.#started.get(this.#fd) !== this) return;
    ThreadWatcher.#started.delete(this.#fd);
    native.waiterForget(this.#thread, this.#fd);
  }

  keep(isKept: boolean): void {
    if (isKept === this.#isKept) return;
    this.#isKept = isKept;
    ThreadWatcher.#kept += isKept ? 1 : -1;
    native.waiterKeep(this.#thread, ThreadWatcher.#kept > 0 ? 1 : 0);
  }

  close(): void {
    this.keep(false);
    this.stop();
  }
}

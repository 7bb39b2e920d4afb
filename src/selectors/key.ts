import type { FileDescriptorLike } from "../descriptor.ts";

/** Waits until a read would not block. */
export const EVENT_READ = 1;
/** Waits until a write would not block. */
export const EVENT_WRITE = 2;
/** Waits for urgent data, or a GPIO's edge: where the mechanism has it. */
export const EVENT_PRIORITY = 4;

/**
 * What a selector knows of a registered object; never changed, but replaced.
 */
export class SelectorKey<
  Data = unknown,
  File extends FileDescriptorLike = FileDescriptorLike,
> {
  // What every wait needs comes first, to be in one line of the cache.
  /** The last pair of this key's, and its events. */
  #ready: Ready<Data, File> | undefined;
  #readyEvents = 0;

  /** The very object that was registered. */
  readonly fileobj: File;
  /** Its descriptor when it was registered. */
  readonly fd: number;
  /** What it is watched for: a sum of `EVENT_READ` and the like. */
  readonly events: number;
  /** What the program wants to find with it: a callback, a task. */
  readonly data!: Data;

  /**
   * @internal That `data` is given where `Data` has no undefined is what
   * `DataArgument`, the type of the callers' arguments, sees to.
   */
  constructor(fileobj: File, fd: number, events: number, data?: Data) {
    this.fileobj = fileobj;
    this.fd = fd;
    this.events = events;
    Object.assign(this, { data });
  }

  /**
   * @internal The pair that tells which of its events are ready: the same as long
   * as these are the same, since nobody can change it.
   */
  ready(events: number): Ready<Data, File> {
    const last = this.#ready;
    if (last !== undefined && this.#readyEvents === events) return last;
    const ready = Object.freeze([this, events] as const);
    this.#ready = ready;
    this.#readyEvents = events;
    return ready;
  }
}

/** The `data` argument, which may be left out where `Data` has undefined. */
export type DataArgument<Data> = undefined extends Data
  ? [data?: Data]
  : [data: Data];

/** A key, and which of its events are ready; it can't be changed. */
export type Ready<Data, File extends FileDescriptorLike> = readonly [
  key: SelectorKey<Data, File>,
  events: number,
];

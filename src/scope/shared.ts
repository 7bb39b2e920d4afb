/**
 * The memory that the watched thread and the scope's worker share: a ring of
 * text from the one to the other, and a few words that both look at. The watched
 * thread sleeps in the kernel, so that neither can wait for a message.
 */

/** Where each word stands. */
const at = {
  /** How many bytes were written and read, ever; they wrap at 2^32. */
  written: 0,
  read: 1,
  /** 1: the watched thread stops before its next wait. */
  isPaused: 2,
  /** How many waits it may begin nevertheless. */
  steps: 3,
  /** The server's port; -1: there is none; 0: not known yet. */
  port: 4,
  /** 1: the program is over, tell the rest. 2: it was told. */
  end: 5,
} as const;

/** What is only counted, of what there is too much to tell. */
const counters = [
  "turns",
  "ready",
  "operations",
  "bytesIn",
  "bytesOut",
] as const;

export type Counter = (typeof counters)[number];

const countersByte = 64;
const headBytes = 128;
const ringBytes = 2 ** 22;

/** One side's view of the memory. */
export class Shared {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #counters: Float64Array;
  readonly #ring: Buffer;

  constructor(memory = new SharedArrayBuffer(headBytes + ringBytes)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, countersByte / 4);
    this.#counters = new Float64Array(memory, countersByte, counters.length);
    this.#ring = Buffer.from(memory, headBytes, ringBytes);
  }

  /** How many bytes there is room for. */
  get room(): number {
    const { written, read } = at;
    const used = this.#get(written) - this.#get(read);
    return ringBytes - (used >>> 0);
  }

  /** Whether who reads is far behind. */
  get isAlmostFull(): boolean {
    return this.room < ringBytes / 2;
  }

  /** Writes a line. Gives false if there is no room for it. */
  write(line: string): boolean {
    const bytes = Buffer.from(`${line}\n`);
    if (bytes.length > this.room) return false;
    const begin = (this.#get(at.written) >>> 0) % ringBytes;
    const first = bytes.subarray(0, ringBytes - begin);
    this.#ring.set(first, begin);
    this.#ring.set(bytes.subarray(first.length), 0);
    this.#set(at.written, this.#get(at.written) + bytes.length);
    return true;
  }

  /** Takes all lines that there are; each was written as a whole. */
  read(): string[] {
    const length = (this.#get(at.written) - this.#get(at.read)) >>> 0;
    if (length === 0) return [];
    const begin = (this.#get(at.read) >>> 0) % ringBytes;
    const first = this.#ring.subarray(begin, begin + length);
    const second = this.#ring.subarray(0, length - first.length);
    // A decoder takes no shared memory.
    const text = Buffer.concat([first, second]).toString("utf8");
    this.#set(at.read, this.#get(at.read) + length);
    return text.split("\n").slice(0, -1);
  }

  /** Counts what is not told. */
  count(counter: Counter, by: number): void {
    const index = counters.indexOf(counter);
    this.#counters[index] = (this.#counters[index] ?? 0) + by;
  }

  /** All that was counted, ever. */
  get counted(): Record<Counter, number> {
    const [turns = 0, ready = 0, operations = 0, bytesIn = 0, bytesOut = 0] =
      this.#counters;
    return { turns, ready, operations, bytesIn, bytesOut };
  }

  get isPaused(): boolean {
    return this.#get(at.isPaused) === 1;
  }

  pause(): void {
    this.#set(at.isPaused, 1);
  }

  resume(): void {
    this.#set(at.steps, 0);
    this.#set(at.isPaused, 0);
    Atomics.notify(this.#words, at.isPaused);
  }

  /** Lets one more wait begin. */
  step(): void {
    Atomics.add(this.#words, at.steps, 1);
    Atomics.notify(this.#words, at.isPaused);
  }

  /** Takes the leave for one wait, if there is one. */
  takeStep(): boolean {
    if (this.#get(at.steps) <= 0) return false;
    Atomics.sub(this.#words, at.steps, 1);
    return true;
  }

  /** Blocks while it is paused, until somebody steps, or for `ms`. */
  awaitLeave(ms: number): void {
    Atomics.wait(this.#words, at.isPaused, 1, ms);
  }

  setPort(port: number): void {
    this.#set(at.port, port);
    Atomics.notify(this.#words, at.port);
  }

  /** Blocks until the port is known, or for `ms`: then it is 0. */
  awaitPort(ms: number): number {
    Atomics.wait(this.#words, at.port, 0, ms);
    return this.#get(at.port);
  }

  /** Tells that the program is over, and blocks until all was read, or for `ms`. */
  end(ms: number): void {
    if (this.#get(at.end) === 2) return;
    this.#set(at.end, 1);
    Atomics.wait(this.#words, at.end, 1, ms);
  }

  get isEnding(): boolean {
    return this.#get(at.end) === 1;
  }

  /** Nobody reads any more, shows a page or lets the program go. */
  abandon(): void {
    this.resume();
    this.setPort(-1);
    this.setEnded();
  }

  setEnded(): void {
    this.#set(at.end, 2);
    Atomics.notify(this.#words, at.end);
  }

  #get(index: number): number {
    return Atomics.load(this.#words, index);
  }

  #set(index: number, value: number): void {
    Atomics.store(this.#words, index, value);
  }
}

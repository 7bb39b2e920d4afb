/**
 * The addon's own functions, called with anything. Its promise: no value of
 * JavaScript's own makes it read or write out of bounds, and what is of the
 * wrong kind is a TypeError.
 *
 * Left out is what ends the process by design, and what only src/ is to do:
 * closing a descriptor that is not the fuzzer's, waiting for ever, receiving
 * into memory that has been given away since, having libuv watch what is not
 * an epoll of one's own.
 */
import { native } from "../../src/native.ts";
import type { Random } from "../differential/random.ts";
import { unnamed } from "./descriptors.ts";
import {
  anything,
  number,
  one,
  shown,
  strings,
  type Surroundings,
  view,
} from "./values.ts";
import { wrongNative, wrongResult } from "./verdict.ts";

type Kind =
  | "any"
  | "arena"
  | "bytes"
  | "exchange"
  | "family"
  | "fd"
  | "function"
  | "int"
  | "numeric"
  | "option"
  | "pieces"
  | "text"
  | "timeout"
  | "type"
  | "u8"
  | "value"
  | "waiter"
  | "watcher";

const functions: Readonly<Record<string, readonly Kind[]>> = {
  createArena: ["bytes"],
  errorText: ["int"],
  waitFor: ["fd", "int", "timeout", "fd"],
  signalPipe: [],
  watcherStart: ["watcher"],
  watcherStop: ["watcher"],
  watcherKeep: ["watcher", "int"],
  watcherClose: ["watcher"],
  waiterWatch: ["waiter", "fd"],
  waiterForget: ["waiter", "fd"],
  waiterKeep: ["waiter", "int"],
  pipe: ["int", "exchange"],
  close: ["fd"],
  duplicate: ["fd", "exchange"],
  replace: ["fd", "fd"],
  isOpen: ["int"],
  isNonBlocking: ["int"],
  identify: ["int", "exchange"],
  eventfd: ["int", "int"],
  timerfd: ["timeout", "timeout", "int"],
  epollCreate: ["int"],
  epollCtl: ["fd", "int", "fd", "int", "int", "int"],
  socket: ["family", "type", "int", "exchange"],
  socketpair: ["family", "type", "int", "exchange"],
  bind: ["fd", "exchange"],
  connect: ["fd", "exchange"],
  listen: ["fd", "int"],
  accept: ["fd", "exchange"],
  shutdown: ["fd", "int"],
  getsockname: ["fd", "exchange"],
  getpeername: ["fd", "exchange"],
  setsockopt: ["fd", "option", "option", "value"],
  getsockopt: ["fd", "option", "option", "u8"],
  receiveInto: ["u8"],
  sendFrom: ["u8"],
  recvfrom: ["fd", "u8", "int", "exchange"],
  recvmsg: ["fd", "u8", "int", "int", "exchange"],
  sendto: ["fd", "u8", "int", "exchange"],
  sendmsg: ["fd", "pieces", "int", "int", "exchange"],
  getaddrinfo: ["text", "text", "family", "type", "int", "numeric"],
  select: [],
  poll: [],
  epollWait: [],
  recv: [],
  send: [],
};

/** Those that this system has. */
export const names = Object.keys(functions).filter(
  (name) => typeof Reflect.get(native, name) === "function",
);

/** What is called by `waits` only: libuv's and the thread's handles. */
const opensHandles = new Set(["watcherOpen", "waiterOpen"]);

/** What the addon has that is not tried. */
export function untried(): string[] {
  const all = Object.keys(Object.getPrototypeOf(native) as object);
  return all.filter(
    (name) =>
      typeof Reflect.get(native, name) === "function" &&
      !(name in functions) &&
      !opensHandles.has(name),
  );
}

/** How the exchange lies in memory, in words: see src/exchange.ts. */
const at = { family: 0, textBytes: 4, fdCount: 6, fds: 7, text: 1056 };

const doubles = new Float64Array(native.registers);
const words = new Int32Array(native.registers);

/** Options of a socket that hold a close up, or are the machine's. */
const held = new Set([13, 19]); // SO_LINGER, TCP_REPAIR

interface Memory {
  readonly number: number;
  readonly buffer: ArrayBuffer;
}

/** Also those that are forgotten, in earlier runs too, and not collected yet. */
const allArenas = new Map<number, WeakRef<ArrayBuffer>>();

/** What one run of calls has. */
export class RawRun implements Surroundings {
  readonly random: Random;
  readonly wrong: string[] = [];
  /** Prints each call before it is made. */
  readonly #trace: boolean;
  /** The runtime's own. */
  readonly #foreign: ReadonlySet<number>;
  readonly #pool: number[] = [];
  readonly #told = new Set<number>();
  readonly #arenas: Memory[] = [];
  readonly #watchers: unknown[] = [];
  readonly #waiter: unknown;
  /** What an address was fetched of has to stay where it is. */
  #held: unknown[] = [];
  /** Whether descriptors were made of which it can't know. */
  #isBlind = false;
  #depth = 0;

  constructor(
    random: Random,
    foreign: ReadonlySet<number>,
    waiter: unknown,
    trace: boolean,
  ) {
    this.random = random;
    this.#foreign = foreign;
    this.#waiter = waiter;
    this.#trace = trace;
    for (const size of [2080, 4096, 100]) this.#arena(size);
    for (let i = 0; i < 3; i++) {
      this.#make("socketpair", [1, random.pick([1, 2, 5]), 0, this.#first]);
      this.#make("pipe", [2048, this.#first]);
    }
    this.#make("epollCreate", [0]);
    const own = new Set<number>();
    for (let i = 0; i < 2; i++) {
      const fd = native.epollCreate?.(0) ?? -1;
      if (fd < 0) continue;
      own.add(fd);
      const handle = native.watcherOpen(fd, () => undefined);
      if (typeof handle !== "number") this.#watchers.push(handle);
    }
    this.#watched = own;
  }

  /** Those that libuv has: nobody else may close them. */
  readonly #watched: ReadonlySet<number>;

  get #first(): number {
    return this.#arenas[0]?.number ?? -1;
  }

  #arena(bytes: number): void {
    const [number, buffer] = native.createArena(bytes);
    this.#arenas.push({ number, buffer });
    allArenas.set(number, new WeakRef(buffer));
  }

  /** Keeps what a call made. */
  #keep(fd: number): void {
    this.#pool.push(fd);
    this.#told.add(fd);
  }

  #isForeign(value: number): boolean {
    const fd = value | 0; // as Node-API makes it
    return this.#foreign.has(fd) || this.#watched.has(fd);
  }

  fd(): number {
    const { random } = this;
    if (this.#pool.length > 0 && random.chance(0.85)) {
      return random.pick(this.#pool);
    }
    const value = number(random);
    return this.#isForeign(value) ? -1 : value;
  }

  act(): void {
    if (this.#depth < 3 && this.random.chance(0.5)) this.call();
  }

  /** Sees to it that a value does no harm as an argument of its kind. */
  #tamed(kind: Kind, value: unknown): unknown {
    if (typeof value !== "number") return value;
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the default has the rest
    switch (kind) {
      case "fd":
        return this.#isForeign(value) ? -1 : value;
      case "timeout":
        // An infinity of either sign is for ever here: src/ gives none below 0.
        return Number.isFinite(value) ? Math.min(value, 0.2) : 0;
      case "exchange": {
        // The library's own would tell us of no descriptor.
        const at = value | 0;
        return at < 0 || at > 20_000 || allArenas.has(at) ? value : -1;
      }
      case "bytes":
        return value > 2 ** 20 && value <= 2 ** 30 ? 2 ** 20 : value;
      case "option":
        return held.has(value | 0) || value > 70 ? 2 : value;
      case "family":
        return value > 10 && value < 64 ? 10 : value;
      case "numeric":
        return value | 4; // AI_NUMERICHOST: nobody is asked
      case "type":
        return (value & 15) === 3 || (value & 15) === 10 ? 2 : value;
      default:
        return value;
    }
  }

  #usual(kind: Kind): unknown {
    const { random } = this;
    switch (kind) {
      case "any":
      case "int":
      case "bytes":
        return number(random);
      case "timeout":
        return random.pick([0, 0, -1, 0.01, 0.1, NaN]);
      case "fd":
        return this.fd();
      case "arena":
      case "exchange":
        return this.#exchange();
      case "family":
        return random.pick([0, 1, 2, 10, -1, 99]);
      case "type":
        return random.pick([0, 1, 2, 5, 1 | 2048, 1 | 524288, -1, 77]);
      case "option":
        return random.between(0, 70);
      case "numeric":
        return number(random);
      case "text":
        return random.pick([...strings, "127.0.0.1", "::1", "http", "80"]);
      case "u8":
        return random.chance(0.7)
          ? new Uint8Array(random.pick([0, 1, 100, 5000]))
          : view(random);
      case "value":
        return random.chance(0.5)
          ? number(random)
          : new Uint8Array(random.pick([0, 1, 4, 8, 16]));
      case "pieces":
        return this.#pieces();
      case "function":
        return () => undefined;
      case "waiter":
        return random.chance(0.8) ? this.#waiter : this.#watchers[0];
      case "watcher":
        return random.chance(0.8)
          ? one(random, [this.#waiter, ...this.#watchers])
          : process.stdout;
    }
  }

  #pieces(): unknown {
    const { random } = this;
    const length = random.pick([0, 1, 2, 5, 1024, 1025]);
    if (random.chance(0.8)) {
      return Array.from({ length }, () => new Uint8Array(length % 7));
    }
    const pieces = [new Uint8Array(3), anything(this, 1)];
    const first = new Uint8Array(30);
    Object.defineProperty(pieces, "2", {
      get: () => {
        structuredClone(first.buffer, { transfer: [first.buffer] });
        this.act();
        return random.chance(0.5) ? new Uint8Array(2) : first;
      },
    });
    return [first, ...pieces];
  }

  /** An arena with an address of some kind in it, and descriptors to pass. */
  #exchange(): unknown {
    const { random } = this;
    const memory = random.pick(this.#arenas);
    if (random.chance(0.1)) return number(random);
    const { buffer } = memory;
    if (buffer.byteLength < 2080 || random.chance(0.5)) return memory.number;
    const ints = new Int32Array(buffer, 0, 520);
    ints[at.family] = random.pick([0, 1, 2, 10, 3, -1, 2 ** 31 - 1]);
    ints[1] = random.chance(0.5) ? 0 : number(random);
    ints[2] = number(random);
    ints[3] = number(random);
    const text = random.pick(["127.0.0.1", "::1", "0.0.0.0", "", "\0f", "s"]);
    const length = Buffer.from(buffer, at.text, 1000).write(`${text}\0`);
    ints[at.textBytes] = random.chance(0.7)
      ? Math.max(length - 1, 0)
      : number(random);
    ints[at.fdCount] = random.chance(0.7)
      ? random.between(0, 3)
      : number(random);
    for (let i = 0; i < 4; i++) ints[at.fds + i] = this.fd();
    return memory.number;
  }

  #registers(): void {
    const { random } = this;
    const memory = random.pick(this.#arenas);
    doubles[0] = Number(this.#usual("timeout"));
    doubles[1] = number(random);
    words[4] = this.fd();
    words[5] = random.chance(0.9) ? memory.number : number(random);
    words[6] = random.chance(0.7) ? random.between(0, 30) : number(random);
    words[7] = random.chance(0.8) ? -1 : this.fd();
    words[8] = number(random);
    if (random.chance(0.5)) return;
    // Lists of select(2) or descriptors of poll(2), or nearly.
    const ints = new Int32Array(memory.buffer, 0, 20);
    for (let i = 0; i < ints.length; i++) {
      ints[i] = random.chance(0.7) ? random.between(0, 6) : number(random);
    }
  }

  #arguments(kinds: readonly Kind[]): unknown[] {
    const { random } = this;
    const given = kinds.map((kind) =>
      this.#tamed(
        kind,
        random.chance(0.2) ? anything(this) : this.#usual(kind),
      ),
    );
    if (random.chance(0.04)) given.pop();
    if (random.chance(0.04)) given.push(anything(this));
    return given;
  }

  /** Makes a call, and looks at what became of it. */
  call(): void {
    const { random } = this;
    this.#depth++;
    try {
      const name = random.pick(names);
      this.#registers();
      this.#make(name, this.#arguments(functions[name] ?? []));
    } finally {
      this.#depth--;
    }
  }

  #make(name: string, given: unknown[]): void {
    const call: unknown = Reflect.get(native, name);
    if (typeof call !== "function") return;
    if (this.#trace) {
      console.log(name, shown(given), words.join());
    }
    let result: unknown;
    try {
      result = Reflect.apply(call, native, given);
    } catch (error) {
      const fault = wrongNative(error);
      if (fault !== undefined) this.wrong.push(`${name}: ${fault}`);
      return;
    }
    const fault = wrongResult(result);
    if (fault !== undefined) this.wrong.push(`${name}: ${fault}`);
    this.#account(name, given, result);
  }

  /** Which descriptors there are now. */
  #account(name: string, given: readonly unknown[], result: unknown): void {
    switch (name) {
      case "createArena":
        if (Array.isArray(result)) {
          const [number, buffer] = result as [number, ArrayBuffer];
          allArenas.set(number, new WeakRef(buffer));
          if (buffer.byteLength >= 80) {
            if (this.#arenas.length > 12) this.#arenas.splice(3, 1);
            this.#arenas.push({ number, buffer });
          }
        }
        break;
      case "receiveInto":
      case "sendFrom":
        this.#held.push(given[0]);
        break;
      case "socket":
      case "accept":
      case "duplicate":
      case "epollCreate":
      case "eventfd":
      case "timerfd":
      case "replace":
        if (typeof result === "number" && result >= 0) this.#keep(result);
        break;
      case "pipe":
      case "socketpair":
        if (result === 0) this.#keepAll(given.at(name === "pipe" ? 1 : 3), 2);
        break;
      case "recvmsg":
        if (typeof result === "number" && result >= 0) {
          this.#keepAll(given[4], undefined);
        }
        break;
    }
  }

  /** Those that a call left in the exchange. */
  #keepAll(arena: unknown, most: number | undefined): void {
    const memory = allArenas.get(Number(arena) | 0)?.deref();
    // One that was collected is there until its finalizer has run.
    if (memory === undefined) {
      this.#isBlind = true;
      return;
    }
    const ints = new Int32Array(memory, 0, 520);
    const count = most ?? ints[at.fdCount] ?? 0;
    for (let i = 0; i < count; i++) this.#keep(ints[at.fds + i] ?? -1);
  }

  /** Closes everything; says which descriptors nobody was told of. */
  end(open: ReadonlySet<number>): void {
    for (const watcher of this.#watchers) {
      this.#make("watcherClose", [watcher]);
    }
    // What an address was fetched of may go now.
    native.receiveInto(new Uint8Array(1));
    native.sendFrom(new Uint8Array(1));
    this.#held = [];
    for (const fd of open) {
      if (this.#foreign.has(fd)) continue;
      const what = unnamed(fd);
      if (what === undefined) continue;
      if (this.#isBlind || this.#watched.has(fd)) {
        // Nobody could know of it, or it is libuv's.
      } else if (!this.#told.has(fd)) {
        this.wrong.push(`fd ${fd}, ${what}, is left open`);
      }
      native.close(fd);
    }
  }
}

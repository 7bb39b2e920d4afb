import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { constants } from "node:fs";
import { OSError } from "posix-select/errors";
import { EFD_NONBLOCK, eventfd, pipe } from "posix-select/fd";
import {
  AF_INET,
  AF_UNIX,
  createServer,
  MSG_OOB,
  SO_LINGER,
  SOCK_DGRAM,
  Socket,
  socketpair,
  SOL_SOCKET,
} from "posix-select/socket";
import { exchange } from "../../src/exchange.ts";
import { native } from "../../src/native.ts";
import type { FileArgument, Json, Kind, Wrong, WorldStep } from "./steps.ts";

/** What `file` and `folder` open. */
export const FILE = fileURLToPath(new URL("runner.py", import.meta.url));

const wrongValues: Readonly<Record<Wrong["wrong"], unknown>> = {
  none: null,
  text: "x",
  object: {},
  list: [],
  fraction: 1.5,
  nan: NaN,
};

/** What a step's value that may be a wrong one stands for. */
export function valueOf(amount: number | Wrong | undefined): unknown {
  return typeof amount === "object" ? wrongValues[amount.wrong] : amount;
}

/** An object that has a descriptor. */
export class Box {
  number: number;
  readonly owns: boolean;

  constructor(number: number, owns: boolean) {
    this.number = number;
    this.owns = owns;
  }

  fileno(): number {
    return this.number;
  }

  close(): void {
    const { number } = this;
    this.number = -1;
    if (this.owns) close(number);
  }
}

/** The step is about something that the program has not. */
export class Skipped extends Error {}

/** Something that a mechanism made; poll objects have no descriptor. */
export abstract class Subject {
  abstract readonly object: object;
  abstract readonly isClosed: boolean;
  abstract fileno(): number;
}

export type Thing = number | Box | Socket | Subject;

const noLinger = new Uint8Array(new Int32Array([1, 0]).buffer);
const received = new Uint8Array(2 ** 18);

/** A system call on a plain number: its failures are the kernel's, not ours. */
function plain(fd: number, call: (fd: number) => number): number {
  if (fd < 0) throw new PlainError(9);
  try {
    return call(fd);
  } catch (error) {
    const isFailure = error instanceof Error && "errno" in error;
    throw isFailure ? new PlainError(-Number(error.errno)) : error;
  }
}

/** A failure of one of Node's own calls. */
export class PlainError extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}

function close(fd: number): void {
  plain(fd, (fd) => (closeSync(fd), 0));
}

/** The descriptors of a program, and the objects that have them. */
export class World {
  readonly things = new Map<string, Thing>();
  /** The number that each had when it was opened. */
  readonly numbers = new Map<string, number>();
  readonly #names = new Map<object, string>();
  /** Which open file each number stands for: those of a dup() are the same. */
  readonly files = new Map<number, object>();
  /** Those of `files` that are epoll sets. */
  readonly sets = new Set<object>();
  readonly #listener: Socket;

  constructor(listener: Socket) {
    this.#listener = listener;
  }

  add(name: string, thing: Thing, number: number, file: object = {}): number {
    this.things.set(name, thing);
    this.numbers.set(name, number);
    if (typeof thing === "object") {
      this.#names.set(thing instanceof Subject ? thing.object : thing, name);
    }
    if (number >= 0) this.files.set(number, file);
    if (thing instanceof Subject) this.sets.add(file);
    return number;
  }

  thing(name: string): Thing {
    const thing = this.things.get(name);
    if (thing === undefined) throw new Skipped();
    return thing;
  }

  number(name: string): number {
    const number = this.numbers.get(name);
    if (number === undefined) throw new Skipped();
    return number;
  }

  /** What a call is given. */
  file(argument: FileArgument): unknown {
    if ("number" in argument) return argument.number;
    if ("numberOf" in argument) return this.number(argument.numberOf);
    if ("wrong" in argument) return valueOf(argument);
    const thing = this.thing(argument.name);
    return thing instanceof Subject ? thing.object : thing;
  }

  label(thing: unknown): number | string {
    if (typeof thing === "number") return thing;
    const isObject = typeof thing === "object" && thing !== null;
    return (isObject ? this.#names.get(thing) : undefined) ?? "unknown";
  }

  #socket(name: string): Socket {
    const thing = this.thing(name);
    if (thing instanceof Socket) return thing;
    throw new Skipped();
  }

  #fd(name: string): number {
    const thing = this.thing(name);
    return typeof thing === "number" ? thing : thing.fileno();
  }

  run(step: WorldStep): Json {
    switch (step.do) {
      case "open":
        return this.#open(step.kind, step.as, step.names);
      case "connect":
        return this.#connect(step.to, step.name);
      case "accept": {
        const [client] = this.#socket(step.from).accept();
        client.setBlocking(false);
        return this.add(step.name, client, client.fileno());
      }
      case "wrap": {
        const number = this.number(step.of);
        const file = this.files.get(number);
        const added = this.add(step.name, new Box(number, false), number, file);
        if (file === undefined) this.files.delete(number);
        return added;
      }
      case "dup":
        return this.#dup(step.of, step.name);
      case "close":
        this.close(step.name);
        return null;
      case "send":
        return this.#send(step.name, step.bytes, step.urgent ? MSG_OOB : 0);
      case "fill":
        return this.#fill(step.name);
      case "recv": {
        const thing = this.thing(step.name);
        if (thing instanceof Socket) return thing.recv(step.bytes).length;
        return plain(this.#fd(step.name), (fd) =>
          readSync(fd, received, 0, step.bytes, null),
        );
      }
      case "shutdown":
        this.#socket(step.name).shutdown(step.how);
        return null;
    }
  }

  #open(kind: Kind, as: "number" | "object", names: readonly string[]): Json {
    const opened = openers[kind](this.#listener);
    return opened.map((one, i) => {
      const name = names[i] ?? "";
      if (typeof one !== "number") {
        one.setBlocking(false);
        return this.add(name, one, one.fileno());
      }
      return this.add(name, as === "object" ? new Box(one, true) : one, one);
    });
  }

  #connect(to: string, name: string): number {
    const address = this.#socket(to).getsockname();
    const client = new Socket(AF_INET);
    try {
      client.connect(address);
    } catch (error) {
      client.close();
      throw error;
    }
    client.setBlocking(false);
    return this.add(name, client, client.fileno());
  }

  #dup(of: string, name: string): number {
    const thing = this.thing(of);
    if (thing instanceof Socket) {
      const file = this.files.get(thing.fileno());
      const twin = thing.dup();
      return this.add(name, twin, twin.fileno(), file);
    }
    const fd = this.#fd(of);
    const twin = native.duplicate(fd, exchange);
    if (twin < 0) throw new PlainError(-twin);
    return this.add(name, twin, twin, this.files.get(fd));
  }

  close(name: string): void {
    const thing = this.thing(name);
    if (thing instanceof Subject) throw new Skipped();
    const number = typeof thing === "number" ? thing : thing.fileno();
    if (!(thing instanceof Box) || thing.owns) this.files.delete(number);
    if (typeof thing === "number") close(thing);
    else thing.close();
  }

  #send(name: string, count: number, flags: number): number {
    const data = new Uint8Array(count).fill(1);
    const thing = this.thing(name);
    if (thing instanceof Socket) return thing.send(data, flags);
    return plain(this.#fd(name), (fd) => writeSync(fd, data));
  }

  #fill(name: string): number {
    let sent = 0;
    for (let i = 0; i < 300; i++) {
      try {
        sent += this.#send(name, 4096, 0);
      } catch (error) {
        const isKnown = error instanceof OSError || error instanceof PlainError;
        if (isKnown && Math.abs(error.errno) === 11) break;
        throw error;
      }
    }
    return sent;
  }

  /** Closes what is still open. */
  cleanUp(): void {
    for (const [name, thing] of this.things) {
      try {
        if (thing instanceof Socket && thing.family === AF_INET) {
          thing.setsockopt(SOL_SOCKET, SO_LINGER, noLinger);
        }
      } catch {}
      try {
        this.close(name);
      } catch {}
    }
  }
}

function udp(): [Socket, Socket] {
  const open = (): Socket => new Socket(AF_INET, SOCK_DGRAM);
  const both: [Socket, Socket] = [open(), open()];
  for (const one of both) one.bind({ host: "127.0.0.1", port: 0 });
  both[0].connect(both[1].getsockname());
  both[1].connect(both[0].getsockname());
  return both;
}

function tcp(listener: Socket): [Socket, Socket] {
  const client = new Socket(AF_INET);
  client.connect(listener.getsockname());
  return [client, listener.accept()[0]];
}

const openers: Record<
  Kind,
  (listener: Socket) => readonly Socket[] | readonly number[]
> = {
  unix: () => socketpair(),
  datagram: () => socketpair(AF_UNIX, SOCK_DGRAM),
  tcp,
  udp,
  pipe: () => pipe(constants.O_NONBLOCK),
  eventfd: () => [eventfd?.(0, EFD_NONBLOCK) ?? -1],
  file: () => [openSync(FILE, "r")],
  folder: () => [openSync(dirname(FILE), "r")],
  listener: () => [createServer({ port: 0, backlog: 8, reuseAddress: false })],
  unconnected: () => [new Socket(AF_INET)],
};

/**
 * The public functions, called with anything: what they promise is one of the
 * documented errors, or a result; no crash, no wait that does not end, no
 * descriptor that nobody is told of.
 *
 * Left out are waits for ever, names that somebody would have to be asked for,
 * hosts but this machine, and descriptors that are the runtime's.
 */
import { closeSync } from "node:fs";
import * as errors from "posix-select/errors";
import * as fd from "posix-select/fd";
import * as inspecting from "posix-select/inspect";
import * as promises from "posix-select/promises";
import * as select from "posix-select/select";
import * as selectors from "posix-select/selectors";
import * as socket from "posix-select/socket";
import { Socket } from "posix-select/socket";
import type { Random } from "../differential/random.ts";
import {
  anything,
  fileLike,
  number,
  one,
  shown,
  strings,
  type Surroundings,
  view,
} from "./values.ts";
import { Thrown, wrongPublic } from "./verdict.ts";

type Kind =
  | "address"
  | "bool"
  | "callback"
  | "connection"
  | "count"
  | "data"
  | "details"
  | "events"
  | "family"
  | "file"
  | "flags"
  | "generator"
  | "handle"
  | "hints"
  | "host"
  | "int"
  | "list"
  | "mask"
  | "message"
  | "option"
  | "port"
  | "selectOptions"
  | "server"
  | "socket"
  | "text"
  | "timeout"
  | "timer"
  | "type"
  | "value"
  | "view"
  | "waitOptions"
  | "watch";

/** Whose function it is: a module's, or what it is called on. */
type Owner =
  | "errors"
  | "fd"
  | "inspect"
  | "promises"
  | "select"
  | "selectors"
  | "socket"
  | "Epoll"
  | "Poll"
  | "Map"
  | "Selector"
  | "Socket";

/** `new Name` is a class of the module. */
const functions: readonly (readonly [Owner, string, ...Kind[]])[] = [
  ["select", "select", "list", "list", "list", "timeout"],
  ["select", "poll"],
  ["select", "epoll", "int", "int"],
  ["Poll", "register", "file", "mask"],
  ["Poll", "modify", "file", "mask"],
  ["Poll", "unregister", "file"],
  ["Poll", "poll", "timeout"],
  ["Epoll", "register", "file", "mask"],
  ["Epoll", "modify", "file", "mask"],
  ["Epoll", "unregister", "file"],
  ["Epoll", "poll", "timeout", "int"],
  ["Epoll", "fileno"],
  ["Epoll", "close"],
  ["Epoll", "fromFd", "file"],
  ["selectors", "new DefaultSelector"],
  ["selectors", "new EpollSelector"],
  ["selectors", "new PollSelector"],
  ["selectors", "new SelectSelector"],
  ["selectors", "wakeup", "handle"],
  ["Selector", "register", "file", "events", "value", "watch"],
  ["Selector", "register", "file", "events", "value", "watch"],
  ["Selector", "unregister", "file"],
  ["Selector", "modify", "file", "events", "value"],
  ["Selector", "select", "timeout"],
  ["Selector", "select", "timeout"],
  ["Selector", "selectAsync", "timeout", "selectOptions"],
  ["Selector", "wakeup"],
  ["Selector", "wakeupHandle"],
  ["Selector", "getKey", "file"],
  ["Selector", "getMap"],
  ["Selector", "ref"],
  ["Selector", "unref"],
  ["Selector", "fileno"],
  ["Selector", "close"],
  ["Map", "get", "file"],
  ["Map", "has", "file"],
  ["Map", "forEach", "callback"],
  ["Map", "keys"],
  ["socket", "new Socket", "family", "type", "int"],
  ["socket", "socketpair", "family", "type", "int"],
  ["socket", "createServer", "server"],
  ["socket", "createConnection", "connection"],
  ["socket", "getaddrinfo", "host", "port", "hints"],
  ["Socket", "fromFd", "file"],
  ["Socket", "bind", "address"],
  ["Socket", "listen", "int"],
  ["Socket", "accept"],
  ["Socket", "tryAccept"],
  ["Socket", "connect", "address"],
  ["Socket", "connectEx", "address"],
  ["Socket", "recv", "count", "flags"],
  ["Socket", "recvInto", "view", "flags"],
  ["Socket", "tryRecvInto", "view", "flags"],
  ["Socket", "recvfrom", "count", "flags"],
  ["Socket", "recvmsg", "count", "message"],
  ["Socket", "send", "data", "flags", "int"],
  ["Socket", "trySend", "data", "flags", "int"],
  ["Socket", "sendAll", "data", "flags"],
  ["Socket", "sendto", "data", "address", "flags"],
  ["Socket", "sendmsg", "data", "message"],
  ["Socket", "shutdown", "int"],
  ["Socket", "setsockopt", "option", "option", "value"],
  ["Socket", "getsockopt", "option", "option", "int"],
  ["Socket", "getsockname"],
  ["Socket", "getpeername"],
  ["Socket", "setBlocking", "bool"],
  ["Socket", "setTimeout", "timeout"],
  ["Socket", "getTimeout"],
  ["Socket", "fileno"],
  ["Socket", "dup"],
  ["Socket", "detach"],
  ["Socket", "close"],
  ["fd", "pipe", "int"],
  ["fd", "eventfd", "int", "int"],
  ["fd", "timerfd", "timer"],
  ["promises", "select", "list", "list", "list", "timeout", "selectOptions"],
  ["promises", "readable", "file", "waitOptions"],
  ["promises", "writable", "file", "waitOptions"],
  ["promises", "accept", "socket", "waitOptions"],
  ["promises", "recv", "socket", "count", "waitOptions"],
  ["promises", "recvInto", "socket", "view", "waitOptions"],
  ["promises", "sendAll", "socket", "data", "waitOptions"],
  ["promises", "connect", "socket", "address", "waitOptions"],
  ["inspect", "getGeneratorState", "generator"],
  ["inspect", "getGeneratorLocation", "generator"],
  ["errors", "new OSError", "text", "details"],
];

const modules = {
  errors,
  fd,
  inspect: inspecting,
  promises,
  select,
  selectors,
  socket,
};

/** What the modules export that is not tried: classes of errors, constants. */
export function untried(): string[] {
  const tried = new Set(functions.map(([, name]) => name.replace("new ", "")));
  return Object.values(modules).flatMap((module) =>
    Object.entries(module)
      .filter(
        ([name, value]) => typeof value === "function" && !tried.has(name),
      )
      .map(([name]) => name),
  );
}

interface Closable {
  close(): void;
}

/** What a mask of events and the like may be. */
const masks = [
  0,
  1,
  2,
  3,
  4,
  5,
  7,
  8,
  16,
  0x2001,
  -(2 ** 31),
  1 << 30,
] as const;

/** What one run of calls has. */
export class PublicRun implements Surroundings {
  readonly random: Random;
  readonly wrong: string[] = [];
  /** What was called how often. */
  readonly calls = new Map<string, number>();
  readonly #trace: boolean;
  readonly #foreign: ReadonlySet<number>;
  readonly #fds: number[] = [];
  readonly #sockets: Socket[] = [];
  readonly #selectors: selectors.BaseSelector[] = [];
  readonly #polls: unknown[] = [];
  readonly #epolls: unknown[] = [];
  readonly #closable: Closable[] = [];
  readonly #lists: unknown[][] = [[], [], []];
  readonly #abort = new AbortController();
  readonly #pending: Promise<unknown>[] = [];
  #depth = 0;

  constructor(random: Random, foreign: ReadonlySet<number>, trace: boolean) {
    this.random = random;
    this.#foreign = foreign;
    this.#trace = trace;
    for (let i = 0; i < 2; i++) {
      for (const end of socket.socketpair()) this.#keep(end);
      this.#keep(fd.pipe());
    }
    this.#keep(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM));
    this.#keep(socket.createServer({ port: 0 }));
    this.#keep(select.poll());
    this.#keep(select.epoll?.());
    this.#keep(new selectors.DefaultSelector());
    this.#keep(new selectors.PollSelector());
    this.#keep(new selectors.SelectSelector());
  }

  /** Keeps what a call made, to be used and in the end closed. */
  #keep(result: unknown): void {
    if (Array.isArray(result)) {
      for (const part of result.slice(0, 4)) this.#keep(part);
    } else if (result instanceof Socket) {
      // Nothing is waited for for ever.
      if (result.getTimeout() === undefined) result.setTimeout(0.5);
      if (this.#sockets.length < 30) this.#sockets.push(result);
      this.#closable.push(result);
    } else if (result instanceof selectors.BaseSelector) {
      this.#selectors.push(result as selectors.BaseSelector);
      this.#closable.push(result as selectors.BaseSelector);
    } else if (typeof result === "number") {
      if (Number.isInteger(result) && result > 2) this.#fds.push(result);
    } else if (typeof result === "object" && result !== null) {
      if ("control" in result || "register" in result) {
        if ("close" in result && typeof result.close === "function") {
          this.#epolls.push(result);
          this.#closable.push(result as Closable);
        } else this.#polls.push(result);
      }
    }
  }

  fd(): number {
    const { random } = this;
    const known = random.chance(0.6)
      ? (this.#sockets.at(random.between(0, 6))?.fileno() ?? -1)
      : (this.#fds.at(random.between(0, 6)) ?? -1);
    const value = random.chance(0.9) ? known : number(random);
    return this.#isForeign(value) ? -1 : value;
  }

  #isForeign(value: number): boolean {
    return this.#foreign.has(value);
  }

  act(): void {
    const { random } = this;
    if (this.#depth > 2) return;
    switch (random.between(0, 5)) {
      case 0:
        random.pick(this.#lists).splice(0, 2);
        break;
      case 1:
        random.pick(this.#lists).push(fileLike(this));
        break;
      case 2:
        random.pick(this.#closable).close();
        break;
      default:
        this.call();
    }
  }

  #timeout(): unknown {
    const { random } = this;
    if (random.chance(0.7)) return one(random, [0, 0, -1, 0.1, -Infinity]);
    const value = anything(this);
    const isForEver = value === undefined || value === null;
    if (isForEver) return 0;
    return typeof value === "number" && value > 0.2 ? 0.2 : value;
  }

  #port(): unknown {
    const { random } = this;
    const server = this.#sockets.find(({ closed }) => !closed);
    if (random.chance(0.3) && server !== undefined) {
      try {
        const { port } = server.getsockname();
        if (port !== undefined) return port;
      } catch {}
    }
    return one(random, [0, -1, 65536, 1.5, "80", null, undefined, 1]);
  }

  #host(): unknown {
    const { random } = this;
    return one(random, [
      "127.0.0.1",
      "::1",
      "",
      "127.0.0.1",
      "a\0b",
      5,
      null,
      "::ffff:127.0.0.1",
    ]);
  }

  #address(): unknown {
    const { random } = this;
    if (random.chance(0.2)) return { path: one(random, strings) };
    if (random.chance(0.2)) return anything(this);
    return {
      host: this.#host(),
      port: this.#port(),
      ...(random.chance(0.2) && { scopeId: number(random), flowInfo: 1 }),
    };
  }

  #options(usual: Record<string, unknown>): unknown {
    const { random } = this;
    if (random.chance(0.1)) {
      const value = anything(this);
      // None: it would wait for ever.
      return value === undefined ? null : value;
    }
    const settings: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(usual)) {
      if (random.chance(0.15)) continue;
      if (random.chance(0.05)) {
        Object.defineProperty(settings, name, {
          enumerable: true,
          get: () => {
            if (random.chance(0.3)) throw new Thrown("an option's");
            this.act();
            return value;
          },
        });
      } else settings[name] = value;
    }
    return settings;
  }

  #signal(): unknown {
    const { random } = this;
    const { signal } = this.#abort;
    if (random.chance(0.8)) return signal;
    return one(random, [
      AbortSignal.abort("why"),
      undefined,
      5,
      {},
      new AbortController(),
    ]);
  }

  #list(): unknown {
    const { random } = this;
    const files = random.pick(this.#lists);
    if (files.length < 6) files.push(this.#file());
    if (random.chance(0.1)) files.length = 0;
    switch (random.between(0, 9)) {
      case 0:
        return new Set(files);
      case 1:
        return new Map(files.map((file, i) => [file, i])).keys();
      case 2:
        return anything(this);
      default:
        return files;
    }
  }

  #file(): unknown {
    const { random } = this;
    switch (random.between(0, 9)) {
      case 0:
        return anything(this);
      case 1:
      case 2:
        return fileLike(this);
      case 3:
      case 4:
        return this.fd();
      case 5:
        return one(random, this.#closable);
      default:
        return one(random, this.#sockets);
    }
  }

  /** A Socket, or Epoll, of a descriptor: not of the runtime's. */
  #given(): unknown {
    return this.random.chance(0.2) ? anything(this) : this.fd();
  }

  #argument(kind: Kind): unknown {
    const { random } = this;
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the default has the rest
    switch (kind) {
      case "timeout":
        return this.#timeout();
      case "waitOptions":
        return this.#options({
          timeoutMs: random.chance(0.8)
            ? one(random, [0, 1, -5])
            : this.#timeout(),
          signal: this.#signal(),
          flags: number(random),
        });
      case "selectOptions":
        return this.#options({ signal: this.#signal() });
      case "file":
        return this.#file();
      case "list":
        return this.#list();
      case "address":
        return this.#address();
      case "host":
        return this.#host();
      case "port":
        return this.#port();
      case "server":
        return random.chance(0.15)
          ? this.#options({ path: one(random, ["\0fuzz", "s", 5, ""]) })
          : this.#options({
              host: this.#host(),
              port: one(random, [0, 0, 0, -1, "x"]),
              backlog: number(random),
              family: one(random, [2, 10, 2, 1, undefined, "x"]),
              reuseAddress: one(random, [true, false, 1]),
              reusePort: random.chance(0.2),
              dualStack: random.chance(0.2),
            });
      case "connection":
        return {
          ...(random.chance(0.2)
            ? { path: one(random, strings) }
            : { host: this.#host(), port: this.#port() }),
          timeoutMs: one(random, [0, 0.2, -1, NaN, "x"]),
          ...(random.chance(0.2) && { localAddress: this.#address() }),
        };
      case "hints":
        return {
          family: one(random, [0, 2, 10, 1, -1, "x"]),
          type: one(random, [0, 1, 2, 99]),
          flags: one(random, [4, 5, 4 | 1024, -1]),
        };
      case "message":
        return this.#options({
          flags: number(random),
          maxFds: one(random, [0, 1, 3, 253, 254, -1]),
          fds: one(random, [[], [this.fd()], this.#lists[0], "x"]),
          address: random.chance(0.3) ? this.#address() : undefined,
        });
      case "timer":
        return this.#options({
          initialMs: number(random),
          intervalMs: number(random),
          flags: number(random),
        });
      case "watch":
        return random.chance(0.6)
          ? undefined
          : this.#options({
              edgeTriggered: one(random, [true, false, 1]),
              oneShot: one(random, [true, false]),
              exclusive: one(random, [true, false, "x"]),
            });
      case "bool": {
        const value = anything(this);
        return value === true ? false : value; // true would wait for ever
      }
      // As with a Map's, and with Error's own, what is no function or no text is
      // JavaScript's to refuse.
      case "callback":
        return () => {
          this.act();
        };
      case "text":
        return one(random, strings);
      case "details":
        return this.#options({ code: "EBADF", errno: -9, syscall: "select" });
      default:
        return random.chance(0.2) ? anything(this) : this.#simple(kind);
    }
  }

  #simple(kind: Kind): unknown {
    const { random } = this;
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the default has the rest
    switch (kind) {
      case "count": {
        const size = number(random);
        return size > 2 ** 20 && size < 2 ** 31 ? 2 ** 20 : size;
      }
      case "events":
        return one(random, [1, 2, 3, 1, 3, 4, 7, 0, 8, -1, 1.5, NaN, "1"]);
      case "mask":
        return one(random, masks);
      case "flags":
        return one(random, [0, 0, 0, 1, 2, 64, 0x100, 0x20, -1, 2 ** 32, 0.5]);
      case "family":
        return one(random, [1, 1, 2, 2, 10, 0, 99, -1]);
      case "type":
        return one(random, [1, 1, 2, 5, 1 | 2048, 77, 0]);
      case "option":
        return one(random, [1, 2, 3, 4, 6, 7, 8, 0, 41, -1, 2 ** 31]);
      case "socket":
        return one(random, this.#sockets);
      case "data":
        return random.chance(0.3) ? one(random, strings) : view(random);
      case "view":
        return view(random);
      case "generator":
        return (function* () {
          yield 1;
        })();
      default:
        return number(random);
    }
  }

  #target(owner: Owner, name: string): unknown {
    const { random } = this;
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the default has the rest
    switch (owner) {
      case "Socket":
        return name === "fromFd" ? Socket : one(random, this.#sockets);
      case "Selector":
        return one(random, this.#selectors);
      case "Map":
        return random.pick(this.#selectors).getMap();
      case "Poll":
        return one(random, this.#polls);
      case "Epoll":
        if (name === "fromFd") return select.Epoll;
        return this.#epolls.length > 0 ? one(random, this.#epolls) : undefined;
      default:
        return modules[owner];
    }
  }

  /** Makes a call, and looks at what becomes of it. */
  call(): void {
    this.#depth++;
    try {
      this.#call();
    } finally {
      this.#depth--;
    }
  }

  #call(): void {
    const { random } = this;
    const [owner, name, ...kinds] = random.pick(functions);
    const isRare = owner === "inspect" || name === "close";
    if (isRare && random.chance(0.8)) return;
    const full = `${owner} ${name}`;
    this.calls.set(full, (this.calls.get(full) ?? 0) + 1);
    let result: unknown;
    try {
      const given = kinds.map((kind) =>
        name === "fromFd" ? this.#given() : this.#argument(kind),
      );
      if (this.#trace) console.log(full, shown(given));
      const target: unknown = this.#target(owner, name);
      if (typeof target !== "object" && typeof target !== "function") return;
      const isClass = name.startsWith("new ");
      const found: unknown = Reflect.get(
        target ?? {},
        isClass ? name.slice(4) : name,
      );
      if (typeof found !== "function") return;
      result = isClass
        ? Reflect.construct(found, given)
        : Reflect.apply(found, target, given);
    } catch (error) {
      this.#fault(full, wrongPublic(error));
      return;
    }
    if (result instanceof Promise) {
      this.#pending.push(
        result.then(
          (value: unknown) => {
            this.#keepResult(owner, name, value);
          },
          (error: unknown) => {
            this.#fault(full, wrongPublic(error));
          },
        ),
      );
    } else this.#keepResult(owner, name, result);
  }

  #keepResult(owner: Owner, name: string, result: unknown): void {
    const makes =
      owner === "fd" ||
      name.startsWith("new ") ||
      /^(poll|epoll|fromFd|socketpair|create\w+|accept|tryAccept|dup|detach)$/.test(
        name,
      );
    if (owner !== "Poll" && owner !== "Epoll" ? makes : name === "fromFd") {
      this.#keep(result);
    }
    const isMessage = name === "recvmsg" && typeof result === "object";
    if (isMessage && result !== null && "fds" in result) this.#keep(result.fds);
  }

  #fault(name: string, fault: string | undefined): void {
    if (fault !== undefined) this.wrong.push(`${name}: ${fault}`);
  }

  /** Ends all waits, and closes everything. */
  async end(): Promise<void> {
    this.#abort.abort();
    this.#closeAll();
    await Promise.all(this.#pending);
    // An accept() may just have had its client.
    this.#closeAll();
  }

  #closeAll(): void {
    for (const closable of this.#closable) {
      try {
        closable.close();
      } catch (error) {
        this.#fault("close", wrongPublic(error));
      }
    }
    for (const number of this.#fds.splice(0)) {
      if (this.#foreign.has(number)) continue;
      try {
        closeSync(number);
      } catch {} // somebody has closed it
    }
  }
}

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ConstantName } from "./constant-names.ts";

/**
 * The number of a piece of memory that native code and JavaScript share; it lives
 * as long as the ArrayBuffer that shows it.
 */
export type Arena = number & { readonly arena: unique symbol };

/** The handle of a descriptor that libuv watches. */
export interface NativeWatcher {
  readonly watcher: unique symbol;
}

/** The handle of the thread that waits where there is no libuv. */
export interface NativeWaiter {
  readonly waiter: unique symbol;
}

/** What getaddrinfo() found: one address. */
export type AddressRow = readonly [
  family: number,
  type: number,
  protocol: number,
  host: string,
  port: number,
  flowInfo: number,
  scopeId: number,
];

/** The calls of epoll(7), and how its events lie in memory, in bytes. */
export interface EpollNative {
  readonly epollEvent: { readonly bytes: number; readonly data: number };
  epollCreate(flags: number): number;
  epollCtl(
    epfd: number,
    operation: number,
    fd: number,
    events: number,
    first: number,
    second: number,
  ): number;
  /** By the registers: fd, arena, count, timeoutMs, interruptFd. */
  epollWait(): void;
}

/** The calls of kqueue(2). */
export interface KqueueNative {
  kqueueCreate(): number;
  kevent(
    kq: number,
    memory: Arena,
    changes: number,
    most: number,
    timeoutMs: number,
    interruptFd: number,
  ): number;
}

/**
 * What the addon offers: system calls as functions over numbers and memory.
 *
 * A result below 0 is `-errno`, taken from the call itself. No function here
 * blocks but those that take a `timeoutMs`, and `getaddrinfo`. Those that are
 * called most often take no arguments: `registers.ts` has what they use.
 */
export interface Native extends Partial<EpollNative>, Partial<KqueueNative> {
  readonly constants: Readonly<Record<ConstantName, number>>;

  createArena(bytes: number): [Arena, ArrayBuffer];
  /** What the calls without arguments take and give: see `registers.ts`. */
  readonly registers: ArrayBuffer;
  errorText(errno: number): string;

  /** By the registers: arena, timeoutMs, interruptFd. */
  select(): void;
  /** By the registers: arena, count, timeoutMs, interruptFd. */
  poll(): void;
  waitFor(
    fd: number,
    events: number,
    timeoutMs: number,
    interruptFd: number,
  ): number;
  signalPipe(): number;

  watcherOpen(fd: number, onReadable: () => void): NativeWatcher | number;
  watcherStart(watcher: NativeWatcher): number;
  watcherStop(watcher: NativeWatcher): void;
  watcherKeep(watcher: NativeWatcher, keeps: number): void;
  watcherClose(watcher: NativeWatcher): void;
  waiterOpen(onReadable: (fd: number) => void): NativeWaiter | number;
  waiterWatch(waiter: NativeWaiter, fd: number): void;
  waiterForget(waiter: NativeWaiter, fd: number): void;
  waiterKeep(waiter: NativeWaiter, keeps: number): void;

  pipe(flags: number, exchange: Arena): number;
  close(fd: number): number;
  duplicate(fd: number, exchange: Arena): number;
  replace(fd: number, target: number): number;
  isOpen(fd: number): number;
  isNonBlocking(fd: number): number;
  identify(fd: number, exchange: Arena): number;
  eventfd?(initial: number, flags: number): number;
  timerfd?(initialMs: number, intervalMs: number, flags: number): number;

  socket(
    family: number,
    type: number,
    protocol: number,
    exchange: Arena,
  ): number;
  socketpair(
    family: number,
    type: number,
    protocol: number,
    exchange: Arena,
  ): number;
  bind(fd: number, exchange: Arena): number;
  connect(fd: number, exchange: Arena): number;
  listen(fd: number, backlog: number): number;
  accept(fd: number, exchange: Arena): number;
  shutdown(fd: number, how: number): number;
  getsockname(fd: number, exchange: Arena): number;
  getpeername(fd: number, exchange: Arena): number;
  setsockopt(
    fd: number,
    level: number,
    option: number,
    value: number | Uint8Array,
  ): number;
  getsockopt(
    fd: number,
    level: number,
    option: number,
    buffer: Uint8Array,
  ): number;

  /** Fetches the address of the memory that `recv()` fills from now on. */
  receiveInto(buffer: Uint8Array): void;
  /** By the registers: fd, length, flags. */
  recv(): void;
  recvfrom(
    fd: number,
    buffer: Uint8Array,
    flags: number,
    exchange: Arena,
  ): number;
  recvmsg(
    fd: number,
    buffer: Uint8Array,
    flags: number,
    maxFds: number,
    exchange: Arena,
  ): number;
  /** Fetches the address of the memory that `send()` sends from now on. */
  sendFrom(data: Uint8Array): void;
  /** By the registers: fd, length, flags. */
  send(): void;
  sendto(fd: number, data: Uint8Array, flags: number, exchange: Arena): number;
  sendmsg(
    fd: number,
    pieces: readonly Uint8Array[],
    flags: number,
    hasAddress: number,
    exchange: Arena,
  ): number;

  getaddrinfo(
    host: string,
    service: string,
    family: number,
    type: number,
    protocol: number,
    flags: number,
  ): number | string | readonly AddressRow[];
}

/** Undefined where a bundler has made a CommonJS module of this. */
const here = import.meta.url as string | undefined;
const root = here === undefined ? "" : fileURLToPath(new URL("..", here));

/** Whether this module is still in its own package, not in another's file. */
function isInPackage(): boolean {
  try {
    const text = readFileSync(join(root, "package.json"), "utf8");
    const manifest = JSON.parse(text) as { readonly name?: unknown };
    return here !== undefined && manifest.name === "posix-select";
  } catch {
    return false;
  }
}

/** What node-gyp-build finds: what was built here, else what was brought. */
function open(): Native {
  const require = createRequire(here ?? "");
  const finder = require("node-gyp-build") as {
    resolve(folder: string): string;
  };
  const file = finder.resolve(root);
  try {
    return require(file) as Native;
  } catch (error) {
    // It knows musl by Alpine's own file; other systems have it as well.
    const other = file.replace(".glibc.", ".musl.");
    if (other === file) throw error;
    try {
      return require(other) as Native;
    } catch {
      throw error;
    }
  }
}

/** What a binary is for: `linux-x64 (glibc 2.36)`. */
function system(): string {
  const name = `${process.platform}-${process.arch}`;
  if (process.platform !== "linux") return name;
  try {
    const { header } = process.report.getReport() as {
      header: { glibcVersionRuntime?: string };
    };
    const glibc = header.glibcVersionRuntime;
    return `${name} (${glibc === undefined ? "musl" : `glibc ${glibc}`})`;
  } catch {
    // Not every runtime has such a report, or gives it to everybody.
    return name;
  }
}

function load(): Native {
  try {
    // An object with as many properties as an addon's is a dictionary, in which
    // each call looks its function up; as a prototype it is none.
    return Object.create(open()) as Native;
  } catch (cause) {
    // What Deno says of its permissions is all that there is to say.
    if (cause instanceof Error && cause.name === "NotCapable") throw cause;
    if (!isInPackage()) {
      throw new Error(
        "posix-select was bundled: leave it external (esbuild: --external:posix-select)",
        { cause },
      );
    }
    const file = join(root, "dist", "build.js").replaceAll("'", "'\\''");
    throw new Error(
      `posix-select: no binary could be loaded for ${system()}; \`node '${file}'\` builds one, with a C++ compiler, make and Python 3`,
      { cause },
    );
  }
}

/** The addon, one per thread. */
export const native: Native = load();

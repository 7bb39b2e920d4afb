/**
 * The language of the random programs: what goes to our library and, as JSON, to
 * CPython.
 */

/** Whose calls a program is about. */
export const mechanisms = [
  "select",
  "poll",
  "epoll",
  "SelectSelector",
  "PollSelector",
  "EpollSelector",
] as const;
export type Mechanism = (typeof mechanisms)[number];

/** What a program opens; each is known by one or two names. */
export type Kind =
  | "unix"
  | "datagram"
  | "tcp"
  | "udp"
  | "pipe"
  | "eventfd"
  | "file"
  | "folder"
  | "listener"
  | "unconnected";

/** A value of a type that no call takes, or not here. */
export interface Wrong {
  readonly wrong: "none" | "text" | "object" | "list" | "fraction" | "nan";
}

/** What a call is told to watch. */
export type FileArgument =
  | { readonly name: string }
  | { readonly numberOf: string }
  | { readonly number: number }
  | Wrong;

/** A number for a call, or what is none. */
export type Amount = number | Wrong;

/** What a key's data is; each list is a new one that equals all others. */
export type Data = number | string | { readonly list: true };

/** Steps that change what the descriptors are. */
export type WorldStep =
  | {
      readonly do: "open";
      readonly kind: Kind;
      /** Plain numbers, or objects with `fileno()`; sockets are sockets. */
      readonly as: "number" | "object";
      readonly names: readonly string[];
    }
  | { readonly do: "connect"; readonly to: string; readonly name: string }
  | { readonly do: "accept"; readonly from: string; readonly name: string }
  /** Another object with the same number, which it does not own. */
  | { readonly do: "wrap"; readonly of: string; readonly name: string }
  | { readonly do: "dup"; readonly of: string; readonly name: string }
  | { readonly do: "close"; readonly name: string }
  | {
      readonly do: "send";
      readonly name: string;
      readonly bytes: number;
      readonly urgent?: true;
    }
  | { readonly do: "fill"; readonly name: string }
  | { readonly do: "recv"; readonly name: string; readonly bytes: number }
  | { readonly do: "shutdown"; readonly name: string; readonly how: 0 | 1 | 2 };

/** One of the three lists of `select()`. */
export interface List {
  readonly as: "list" | "iterator" | "none" | "number" | "text";
  readonly files: readonly FileArgument[];
}

/** Steps that are calls of the mechanism. */
export type CallStep =
  | {
      readonly do: "select";
      readonly lists: readonly [List, List, List];
      readonly timeout: Amount;
    }
  | {
      readonly do: "make";
      readonly name: string;
      readonly sizeHint?: number;
      readonly flags?: number;
    }
  | { readonly do: "fromFd"; readonly of: string; readonly name: string }
  | {
      readonly do: "register" | "modify";
      readonly on: string;
      readonly file: FileArgument;
      readonly events?: Amount;
      readonly data?: Data;
    }
  | {
      readonly do: "unregister" | "getKey" | "has";
      readonly on: string;
      readonly file: FileArgument;
    }
  | {
      readonly do: "wait";
      readonly on: string;
      readonly timeout: Amount;
      readonly maxEvents?: Amount;
    }
  | {
      readonly do: "map" | "fileno" | "closed" | "finish";
      readonly on: string;
    };

export type Step = WorldStep | CallStep;

export interface Program {
  readonly mechanism: Mechanism;
  readonly steps: readonly Step[];
}

export type Json =
  null | boolean | number | string | readonly Json[] | { [name: string]: Json };

/** What one step gave. */
export interface Outcome {
  readonly value?: Json;
  /** The error's class, by our names; `errno` is positive. */
  readonly error?: string;
  readonly errno?: number;
  /** What a selector has registered after the step; null once it is closed. */
  readonly keys?: readonly string[] | null;
}

/** What a program gave. */
export interface Result {
  readonly outcomes: readonly Outcome[];
  /** The descriptors that were open after everything had been closed. */
  readonly left: readonly number[];
}

/**
 * All numbers below this one are taken on both sides, so that both sides give a
 * program the same numbers from here on.
 */
export const BASE = 128;
/** How many numbers a program may use. */
export const ROOM = 64;

/**
 * What the recorder tells of a program, in order, and what the page, the report
 * and the trace are made of: plain objects, sent as JSON.
 *
 * `t` is in milliseconds from the scope's start, with fractions. A lane is a
 * descriptor from its first sight to its end: a number that is used again is
 * another lane.
 */

/** What a lane's descriptor is. */
export type LaneKind =
  | "listener"
  | "connection"
  | "socket"
  | "pipe"
  | "file"
  | "terminal"
  | "timer"
  | "event"
  | "selector"
  | "other";

/** The program, once, before all others. */
export interface StartEvent {
  readonly type: "start";
  readonly t: number;
  /** Its main file. */
  readonly program: string;
  readonly pid: number;
  /** The runtime's name and version. */
  readonly runtime: string;
  /** When it was, ISO 8601. */
  readonly at: string;
}

/** A descriptor is seen for the first time. */
export interface LaneEvent {
  readonly type: "lane";
  readonly t: number;
  readonly lane: number;
  readonly fd: number;
  readonly kind: LaneKind;
  /** What it is: `listener 127.0.0.1:5001`, `client 127.0.0.1:40312`, `pipe`. */
  readonly name: string;
}

/** A descriptor's number stands for it no more. */
export interface CloseEvent {
  readonly type: "close";
  readonly t: number;
  readonly lane: number;
}

/** From this wait on, a lane is watched for these events; 0: not at all. */
export interface WatchEvent {
  readonly type: "watch";
  readonly t: number;
  readonly lane: number;
  /** A sum of EVENT_READ (1), EVENT_WRITE (2) and EVENT_PRIORITY (4). */
  readonly events: number;
}

/** A wait begins: a blocking one is the thread's sleep. */
export interface WaitEvent {
  readonly type: "wait";
  readonly t: number;
  /** Its number; the event that ends it has the same. */
  readonly turn: number;
  /** `select`, `poll`, `epoll`, `kqueue`, or a selector's class. */
  readonly mechanism: string;
  /** Null: for ever. */
  readonly timeoutMs: number | null;
  readonly isBlocking: boolean;
  /** How many descriptors it watches. */
  readonly watched: number;
}

/** A wait ends. */
export interface WakeEvent {
  readonly type: "wake";
  readonly t: number;
  readonly turn: number;
  /** Each lane that is ready, for what, and what is there to be called. */
  readonly ready: readonly (readonly [
    lane: number,
    events: number,
    callback: string | null,
  ])[];
  /** The error that it ended with, by its code. */
  readonly error: string | null;
}

/** A socket's call. */
export interface IoEvent {
  readonly type: "io";
  readonly t: number;
  readonly lane: number;
  /** `accept`, `connect`, `recv`, `send`, `shutdown`, ... */
  readonly operation: string;
  /** How many bytes; null where none are moved. */
  readonly bytes: number | null;
  /** EAGAIN and the like. */
  readonly error: string | null;
  /** The first of the bytes, as text with escapes. */
  readonly preview: string | null;
  /** The lane that an accept made. */
  readonly accepted: number | null;
}

/** The text of a file in which a task's lines are. */
export interface SourceEvent {
  readonly type: "source";
  readonly t: number;
  readonly source: number;
  readonly url: string;
  readonly text: string;
}

/** A generator is seen for the first time. */
export interface TaskEvent {
  readonly type: "task";
  readonly t: number;
  readonly task: number;
  /** Its function's name. */
  readonly name: string;
}

/** A generator is resumed: until it suspends or is done, it runs. */
export interface ResumeEvent {
  readonly type: "resume";
  readonly t: number;
  readonly task: number;
}

/** A generator waits at a `yield`. */
export interface SuspendEvent {
  readonly type: "suspend";
  readonly t: number;
  readonly task: number;
  readonly source: number;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** A generator is over. */
export interface DoneEvent {
  readonly type: "done";
  readonly t: number;
  readonly task: number;
}

/** The loop stands still before its next wait, or goes on. */
export interface PauseEvent {
  readonly type: "pause" | "go";
  readonly t: number;
}

/** There was too much to tell all of it: so much was left out until now. */
export interface OmittedEvent {
  readonly type: "omitted";
  readonly t: number;
  readonly turns: number;
  readonly ready: number;
  readonly operations: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The program has ended. */
export interface EndEvent {
  readonly type: "end";
  readonly t: number;
}

export type ScopeEvent =
  | StartEvent
  | LaneEvent
  | CloseEvent
  | WatchEvent
  | WaitEvent
  | WakeEvent
  | IoEvent
  | SourceEvent
  | TaskEvent
  | ResumeEvent
  | SuspendEvent
  | DoneEvent
  | PauseEvent
  | OmittedEvent
  | EndEvent;

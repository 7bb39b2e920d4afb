import type { ScopeEvent } from "./events.ts";

/** An event of the Trace Event Format, which Perfetto and Chrome open. */
export type TraceEvent = Readonly<Record<string, unknown>>;

/** Which "thread" shows what. */
const loopThread = 1;
const awaitedThread = 2;
const laneThreads = 1000;
const taskThreads = 1_000_000;

const watchNames = ["", "read", "write", "read, write"];

/** Makes a trace of what the recorder tells. */
export class Trace {
  #pid = 0;
  /** The waits that have begun, by turn. */
  readonly #waits = new Map<number, ScopeEvent & { type: "wait" }>();
  /** When the last blocking wait ended, and what it found. */
  #awakeSince: number | undefined;
  #callbacks = "";
  /** What is open on a lane and on a task. */
  readonly #watched = new Map<number, string>();
  readonly #suspended = new Map<number, string>();
  readonly #resumed = new Map<number, number>();
  readonly #tasks = new Map<number, string>();
  readonly #sources = new Map<number, string>();
  #bytesIn = 0;
  #bytesOut = 0;

  /** What an event of the recorder's becomes. */
  take(event: ScopeEvent): TraceEvent[] {
    switch (event.type) {
      case "start":
        this.#pid = event.pid;
        return [
          this.#name("process_name", loopThread, event.program),
          this.#name("thread_name", loopThread, "event loop"),
          this.#name("thread_name", awaitedThread, "awaited waits"),
        ];
      case "lane":
        return this.#thread(
          laneThreads + event.lane,
          `fd ${String(event.fd)} ${event.name}`,
        );
      case "watch":
        return this.#watch(event.t, event.lane, event.events);
      case "close":
        return [
          ...this.#watch(event.t, event.lane, 0),
          this.#instant(event.t, laneThreads + event.lane, "close", {}),
        ];
      case "wait":
        return this.#wait(event);
      case "wake":
        return this.#wake(event);
      case "io":
        return this.#io(event);
      case "source":
        this.#sources.set(event.source, event.url);
        return [];
      case "task":
        this.#tasks.set(event.task, event.name);
        return this.#thread(taskThreads + event.task, `task ${event.name}`);
      case "resume":
        this.#resumed.set(event.task, event.t);
        return this.#endSuspension(event.t, event.task);
      case "suspend":
        return this.#suspend(event);
      case "done": {
        const { t, task } = event;
        const ended = [...this.#endSuspension(t, task), ...this.#ran(t, task)];
        this.#tasks.delete(task);
        return ended;
      }
      case "pause":
      case "go":
        return [this.#instant(event.t, loopThread, event.type, {})];
      case "omitted": {
        const { type, t, ...counts } = event;
        return [this.#instant(t, loopThread, type, counts)];
      }
      case "end":
        return [this.#instant(event.t, loopThread, "end", {})];
    }
  }

  #thread(tid: number, name: string): TraceEvent[] {
    const order = { pid: this.#pid, tid, args: { sort_index: tid } };
    return [
      this.#name("thread_name", tid, name),
      { name: "thread_sort_index", ph: "M", ts: 0, ...order },
    ];
  }

  #name(what: string, tid: number, name: string): TraceEvent {
    return { name: what, ph: "M", ts: 0, pid: this.#pid, tid, args: { name } };
  }

  #slice(
    cat: string,
    name: string,
    tid: number,
    from: number,
    to: number,
    args: object,
  ): TraceEvent {
    const times = { ts: micros(from), dur: micros(Math.max(to - from, 0)) };
    return { name, cat, ph: "X", ...times, pid: this.#pid, tid, args };
  }

  #instant(t: number, tid: number, name: string, args: object): TraceEvent {
    const place = { pid: this.#pid, tid, s: "t" };
    return { name, cat: "io", ph: "i", ts: micros(t), ...place, args };
  }

  #edge(ph: "B" | "E", t: number, tid: number, name: string): TraceEvent {
    return { name, cat: "state", ph, ts: micros(t), pid: this.#pid, tid };
  }

  #watch(t: number, lane: number, events: number): TraceEvent[] {
    const tid = laneThreads + lane;
    const before = this.#watched.get(lane);
    const edges = before === undefined ? [] : [this.#edge("E", t, tid, before)];
    this.#watched.delete(lane);
    if (events === 0) return edges;
    const priority = (events & 4) === 0 ? "" : " and priority";
    const name = `watched: ${watchNames[events & 3] ?? ""}${priority}`;
    this.#watched.set(lane, name);
    return [...edges, this.#edge("B", t, tid, name)];
  }

  #wait(event: ScopeEvent & { type: "wait" }): TraceEvent[] {
    this.#waits.set(event.turn, event);
    const since = this.#awakeSince;
    if (!event.isBlocking || since === undefined) return [];
    this.#awakeSince = undefined;
    const name = this.#callbacks === "" ? "run" : this.#callbacks;
    return [this.#slice("run", name, loopThread, since, event.t, {})];
  }

  #wake({
    t,
    turn,
    ready,
    error,
  }: ScopeEvent & { type: "wake" }): TraceEvent[] {
    const wait = this.#waits.get(turn);
    if (wait === undefined) return [];
    this.#waits.delete(turn);
    const { mechanism, timeoutMs, watched, isBlocking } = wait;
    const args = { turn, timeoutMs, watched, ready: ready.length, error };
    if (isBlocking) {
      this.#awakeSince = t;
      this.#callbacks = [
        ...new Set(ready.map(([, , callback]) => callback ?? "")),
      ]
        .filter((callback) => callback !== "")
        .join(", ");
    }
    const found = ready.map(([lane, events]) =>
      this.#instant(t, laneThreads + lane, "ready", { events }),
    );
    if (isBlocking) {
      return [
        this.#slice("wait", mechanism, loopThread, wait.t, t, args),
        ...found,
      ];
    }
    // Several may be under way at once.
    const edge = { cat: "wait", id: turn, pid: this.#pid, tid: awaitedThread };
    return [
      { name: mechanism, ph: "b", ts: micros(wait.t), ...edge, args },
      { name: mechanism, ph: "e", ts: micros(t), ...edge },
      ...found,
    ];
  }

  #io(event: ScopeEvent & { type: "io" }): TraceEvent[] {
    const { t, lane, operation, bytes, error, preview } = event;
    if (operation.startsWith("send")) this.#bytesOut += bytes ?? 0;
    else this.#bytesIn += bytes ?? 0;
    const args = { bytes, error, preview };
    const mark = this.#instant(t, laneThreads + lane, operation, args);
    if (bytes === null) return [mark];
    const counts = { in: this.#bytesIn, out: this.#bytesOut };
    const place = { pid: this.#pid, tid: loopThread, args: counts };
    return [mark, { name: "bytes", ph: "C", ts: micros(t), ...place }];
  }

  #suspend(event: ScopeEvent & { type: "suspend" }): TraceEvent[] {
    const { t, task, source, line } = event;
    const file = this.#sources.get(source)?.split("/").at(-1) ?? "";
    const name = `waits at ${file}:${String(line)}`;
    // It may have been resumed while nothing was told.
    const before = this.#endSuspension(t, task);
    const ran = this.#ran(t, task);
    this.#suspended.set(task, name);
    return [...before, ...ran, this.#edge("B", t, taskThreads + task, name)];
  }

  #ran(t: number, task: number): TraceEvent[] {
    const from = this.#resumed.get(task);
    if (from === undefined) return [];
    this.#resumed.delete(task);
    const name = this.#tasks.get(task) ?? "";
    return [this.#slice("run", name, taskThreads + task, from, t, {})];
  }

  #endSuspension(t: number, task: number): TraceEvent[] {
    const name = this.#suspended.get(task);
    if (name === undefined) return [];
    this.#suspended.delete(task);
    return [this.#edge("E", t, taskThreads + task, name)];
  }
}

/** The format's unit. */
function micros(ms: number): number {
  return Math.round(ms * 1000);
}

/**
 * What the events tell, put together: lanes, turns and tasks with their history.
 * Knows nothing of the page.
 *
 * @typedef {import("../events.ts").ScopeEvent} ScopeEvent
 * @typedef {import("../events.ts").StartEvent} StartEvent
 * @typedef {import("../events.ts").IoEvent} IoEvent
 * @typedef {import("../events.ts").WaitEvent} WaitEvent
 * @typedef {import("../events.ts").WakeEvent} WakeEvent
 */

/** A lane's states; its detail is what it is watched for, and 8 times what it is ready for. */
const LANE_UNWATCHED = 0;
const LANE_WATCHED = 1;
const LANE_READY = 2;
const LANE_USED = 3;
const LANE_CLOSED = 4;

/** The thread's; its detail is for how long it had been asleep in all. */
const THREAD_RUNNING = 0;
const THREAD_ASLEEP = 1;
const THREAD_LOOKING = 2;
const THREAD_PAUSED = 3;
const THREAD_ENDED = 4;
/** An awaited wait: Node's own loop has the thread meanwhile. */
const THREAD_AWAITING = 5;
/** It is not known what it did: the events are gone. */
const THREAD_UNKNOWN = 6;

/** A task's; where it is suspended: its detail is 1,000,000 times the source, and the line. */
const TASK_SUSPENDED = 0;
const TASK_RUNNING = 1;
const TASK_DONE = 2;
const LINES = 1_000_000;

/** More of what a single turn did is only counted. */
const MOST_ACTIONS = 64;
/** After so many events the oldest are looked through for what to forget. */
const CHUNK = 10_000;

/**
 * @typedef {object} Lane
 * @property {number} id
 * @property {number} fd
 * @property {string} kind
 * @property {string} name
 * @property {number} openedT
 * @property {number} openedN
 * @property {number} closedT Infinity: open.
 * @property {number} closedN
 * @property {number} watch
 * @property {number} ready
 * @property {string | null} callback What was called last.
 * @property {number} bytesIn
 * @property {number} bytesOut
 * @property {Track} track
 * @property {Mark[]} marks
 *
 * @typedef {object} Mark A call.
 * @property {number} t
 * @property {number} n
 * @property {Lane} lane
 * @property {string} operation
 * @property {number | null} bytes
 * @property {string | null} error
 * @property {string | null} preview
 * @property {Lane | null} accepted
 *
 * @typedef {object} Task
 * @property {number} id
 * @property {string} name
 * @property {number} startedT
 * @property {number} startedN
 * @property {number} doneT Infinity: it is not.
 * @property {Lane | null} lane The one that it used last.
 * @property {number} resumed How many times.
 * @property {Track} track
 *
 * @typedef {object} Action
 * @property {number} t
 * @property {number} n
 * @property {"io" | "resume" | "suspend" | "done"} type
 * @property {Mark | null} mark
 * @property {Task | null} task
 * @property {number} line
 * @property {number} depth How many tasks are resumed around it.
 * @property {Lane | null} cause The lane whose readiness it follows.
 *
 * @typedef {object} Ready
 * @property {Lane} lane
 * @property {number} events
 * @property {string | null} callback
 *
 * @typedef {object} Turn A wait, and what was done after it.
 * @property {number} turn
 * @property {number} t
 * @property {number} n
 * @property {number} wakeT Infinity: it waits.
 * @property {number} wakeN
 * @property {string} mechanism
 * @property {number | null} timeoutMs
 * @property {boolean} isBlocking
 * @property {number} watched
 * @property {Ready[]} ready
 * @property {string | null} error
 * @property {Action[]} actions
 * @property {number} more Actions that are only counted.
 *
 * @typedef {object} Gap A time of which not all is told.
 * @property {number} fromT
 * @property {number} fromN
 * @property {number} t
 * @property {number} n
 * @property {number} turns
 */

class Model {
  /** @param {number} [limit] How many events are remembered. */
  constructor(limit = 200_000) {
    this.limit = limit;
    /** @type {StartEvent | null} */
    this.start = null;
    /** @type {Map<number, Lane>} */
    this.lanes = new Map();
    /** @type {Set<Lane>} */
    this.open = new Set();
    /** @type {Map<number, Task>} */
    this.tasks = new Map();
    /** @type {Map<number, { url: string, lines: string[] }>} */
    this.sources = new Map();
    /** @type {Turn[]} */
    this.turns = [];
    /** @type {Gap[]} */
    this.gaps = [];
    this.thread = new Track();
    /** When each step was: that of step `firstN` first. @type {number[]} */
    this.steps = [];
    this.firstN = 0;
    this.n = -1;
    this.t = 0;
    this.isPaused = false;
    this.hasEnded = false;
    this.totals = {
      turns: 0,
      ready: 0,
      operations: 0,
      bytesIn: 0,
      bytesOut: 0,
      connections: 0,
      omitted: 0,
      omittedOperations: 0,
      forgotten: 0,
    };
    /** Changed when rows come or go. */
    this.version = 0;
    /** @type {Lane | null} */
    this.using = null;
    /** The tasks that run: each has been resumed by the one before it. @type {Task[]} */
    this.stack = [];
    /** A ready lane that a callback has seen to: what goes on next goes on because of it. @type {Lane | null} */
    this.handled = null;
    /** @type {Lane[]} */
    this.readyNow = [];
    /** @type {{ t: number, turns: number }[]} */
    this.rates = [];
    /** The waits that have begun, by their numbers. @type {Map<number, Turn>} */
    this.pending = new Map();
    /** The turn in which the program acts. @type {Turn | null} */
    this.current = null;
    /** When each chunk of events began. @type {number[]} */
    this.chunks = [];
    this.seen = 0;
  }

  /** Forgets everything. */
  reset() {
    Object.assign(this, new Model(this.limit));
  }

  /** @param {readonly ScopeEvent[]} events */
  applyAll(events) {
    for (const event of events) this.apply(event);
  }

  /** @param {ScopeEvent} event */
  apply(event) {
    if (this.seen++ % CHUNK === 0) this.forget(event.t);
    const before = this.t;
    this.t = Math.max(this.t, event.t);
    const { t } = this;
    switch (event.type) {
      case "start":
        this.start = event;
        this.threadIs(THREAD_RUNNING, t, this.step(t));
        break;
      case "lane": {
        const lane = this.lane(event.lane);
        // A lane that is told again, since something was lost, is not another.
        if (event.kind === "connection" && lane.kind !== event.kind) {
          this.totals.connections++;
        }
        lane.fd = event.fd;
        lane.kind = event.kind;
        lane.name = event.name;
        break;
      }
      case "close": {
        const lane = this.lane(event.lane);
        const n = this.step(t);
        if (this.using === lane) this.using = null;
        lane.closedT = t;
        lane.closedN = n;
        lane.watch = lane.ready = 0;
        lane.track.set(t, n, LANE_CLOSED, 0);
        this.open.delete(lane);
        this.version++;
        break;
      }
      case "watch": {
        const lane = this.lane(event.lane);
        lane.watch = event.events;
        this.settle(lane, t, this.n + 1); // from the wait on that follows
        break;
      }
      case "wait":
        this.wait(event, t);
        break;
      case "wake":
        this.wake(event, t);
        break;
      case "io":
        this.io(event, t);
        break;
      case "source":
        this.sources.set(event.source, {
          url: event.url,
          lines: event.text.split(/\r?\n/),
        });
        this.version++;
        break;
      case "task":
        this.task(event.task).name = event.name;
        break;
      case "resume": {
        const task = this.task(event.task);
        const n = this.step(t);
        this.use(null, t);
        task.resumed++;
        task.track.set(t, n, TASK_RUNNING, 0);
        const action = this.act("resume", t, n, null, task, 0);
        if (this.stack.length === 0 && this.handled !== null) {
          if (action !== null) action.cause = this.handled;
          task.lane = this.handled;
          this.handled = null;
        }
        this.stack.push(task);
        break;
      }
      case "suspend": {
        const task = this.task(event.task);
        const n = this.step(t);
        this.leave(task, t);
        const { line } = event;
        task.track.set(t, n, TASK_SUSPENDED, event.source * LINES + line);
        this.act("suspend", t, n, null, task, line);
        break;
      }
      case "done": {
        const task = this.task(event.task);
        const n = this.step(t);
        this.leave(task, t);
        task.doneT = t;
        task.track.set(t, n, TASK_DONE, 0);
        this.act("done", t, n, null, task, 0);
        break;
      }
      case "pause":
      case "go":
        this.isPaused = event.type === "pause";
        this.threadIs(
          this.isPaused ? THREAD_PAUSED : THREAD_RUNNING,
          t,
          this.step(t),
        );
        break;
      case "omitted":
        this.lose(before);
        this.gaps.push({
          fromT: before,
          fromN: this.n,
          t,
          n: this.step(t),
          turns: event.turns,
        });
        this.totals.omitted += event.turns;
        this.totals.omittedOperations += event.operations;
        this.totals.turns += event.turns;
        this.totals.ready += event.ready;
        this.totals.operations += event.operations;
        this.totals.bytesIn += event.bytesIn;
        this.totals.bytesOut += event.bytesOut;
        this.rate(t);
        break;
      case "end":
        this.end(t);
        break;
    }
  }

  /** @param {number} t */
  end(t) {
    this.t = Math.max(this.t, t);
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.isPaused = false;
    this.threadIs(THREAD_ENDED, this.t, this.step(this.t));
  }

  /**
   * @param {number} state
   * @param {number} t
   * @param {number} n
   */
  threadIs(state, t, n) {
    this.thread.set(t, n, state, this.sleptUntil(t));
  }

  /**
   * For how long the thread has been asleep in all.
   *
   * @param {number} at
   * @returns {number}
   */
  sleptUntil(at) {
    const { t, state, detail } = this.thread;
    const i = firstAbove(t, at) - 1;
    const before = detail[i] ?? 0;
    return state[i] === THREAD_ASLEEP ? before + at - (t[i] ?? 0) : before;
  }

  /**
   * @param {number} t
   * @returns {number}
   */
  step(t) {
    this.steps.push(t);
    return ++this.n;
  }

  /**
   * @param {WaitEvent} event
   * @param {number} t
   */
  wait(event, t) {
    this.missEarlier(event.turn, t);
    const n = this.step(t);
    this.use(null, t);
    this.rest(t);
    /** @type {Turn} */
    const turn = {
      turn: event.turn,
      t,
      n,
      wakeT: Infinity,
      wakeN: Infinity,
      mechanism: event.mechanism,
      timeoutMs: event.timeoutMs,
      isBlocking: event.isBlocking,
      watched: event.watched,
      ready: [],
      error: null,
      actions: [],
      more: 0,
    };
    this.turns.push(turn);
    // Only awaited waits can be under way side by side.
    if (event.isBlocking) this.pending.clear();
    this.pending.set(event.turn, turn);
    this.isPaused = false;
    this.threadIs(
      !event.isBlocking
        ? THREAD_AWAITING
        : event.timeoutMs === 0
          ? THREAD_LOOKING
          : THREAD_ASLEEP,
      t,
      n,
    );
  }

  /**
   * @param {WakeEvent} event
   * @param {number} t
   */
  wake(event, t) {
    const n = this.step(t);
    this.threadIs(THREAD_RUNNING, t, n);
    this.totals.turns++;
    this.totals.ready += event.ready.length;
    const turn = this.pending.get(event.turn) ?? this.turnWithout(event.turn);
    this.pending.delete(event.turn);
    this.current = turn;
    for (const [id, events, callback] of event.ready) {
      const lane = this.lane(id);
      lane.ready = events;
      if (callback !== null) lane.callback = callback;
      this.readyNow.push(lane);
      this.settle(lane, t);
      turn.ready.push({ lane, events, callback });
    }
    turn.wakeT = t;
    turn.wakeN = n;
    turn.error = event.error;
    this.rate(t);
  }

  /**
   * @param {IoEvent} event
   * @param {number} t
   */
  io(event, t) {
    const n = this.step(t);
    const lane = this.lane(event.lane);
    const wasReady = lane.ready !== 0;
    lane.ready = 0;
    this.use(lane, t);
    /** @type {Mark} */
    const mark = {
      t,
      n,
      lane,
      operation: event.operation,
      bytes: event.bytes,
      error: event.error,
      preview: event.preview,
      accepted: event.accepted === null ? null : this.lane(event.accepted),
    };
    lane.marks.push(mark);
    const bytes = event.bytes ?? 0;
    const direction = directionOf(event.operation);
    if (direction === "in") {
      lane.bytesIn += bytes;
      this.totals.bytesIn += bytes;
    } else if (direction === "out") {
      lane.bytesOut += bytes;
      this.totals.bytesOut += bytes;
    }
    this.totals.operations++;
    const running = this.stack.at(-1) ?? null;
    if (running === null) {
      if (wasReady) this.handled = lane;
    } else {
      if (mark.accepted === null) running.lane = lane;
      if (wasReady) {
        const resume = this.current?.actions.findLast(
          ({ type }) => type === "resume",
        );
        if (resume !== undefined) resume.cause ??= lane;
      }
      running.lane ??= lane;
    }
    this.act("io", t, n, mark, running, 0);
  }

  /**
   * @param {Task} task
   * @param {number} t
   */
  leave(task, t) {
    this.use(null, t);
    const i = this.stack.lastIndexOf(task);
    if (i >= 0) this.stack.splice(i);
  }

  /**
   * The thread's hands are on this lane, and off the one before.
   *
   * @param {Lane | null} lane
   * @param {number} t
   */
  use(lane, t) {
    const before = this.using;
    this.using = lane;
    if (before !== null && before !== lane) this.settle(before, t);
    if (lane !== null) this.settle(lane, t);
  }

  /**
   * @param {Lane} lane
   * @param {number} t
   * @param {number} [n]
   */
  settle(lane, t, n = this.n) {
    if (lane.closedT !== Infinity) return;
    const state =
      lane === this.using
        ? LANE_USED
        : lane.ready !== 0
          ? LANE_READY
          : lane.watch !== 0
            ? LANE_WATCHED
            : LANE_UNWATCHED;
    lane.track.set(t, n, state, lane.watch + lane.ready * 8);
  }

  /**
   * @param {Action["type"]} type
   * @param {number} t
   * @param {number} n
   * @param {Mark | null} mark
   * @param {Task | null} task
   * @param {number} line
   * @returns {Action | null}
   */
  act(type, t, n, mark, task, line) {
    const turn = (this.current ??= this.turnWithout(0));
    if (turn.actions.length >= MOST_ACTIONS) {
      if (type === "io") turn.more++;
      return null;
    }
    /** @type {Action} */
    const action = {
      t,
      n,
      type,
      mark,
      task,
      line,
      depth: this.stack.length,
      cause: null,
    };
    turn.actions.push(action);
    return action;
  }

  /**
   * A turn whose wait is not known: what is done before any wait belongs to one
   * as well, number 0.
   *
   * @param {number} number
   * @returns {Turn}
   */
  turnWithout(number) {
    /** @type {Turn} */
    const turn = {
      turn: number,
      t: this.t,
      n: this.n,
      wakeT: this.t,
      wakeN: this.n,
      mechanism: "",
      timeoutMs: null,
      isBlocking: false,
      watched: 0,
      ready: [],
      error: null,
      actions: [],
      more: 0,
    };
    this.turns.push(turn);
    return turn;
  }

  /**
   * What came after is not told: nothing is known to go on as it was.
   *
   * @param {number} t
   */
  lose(t) {
    this.use(null, t);
    this.rest(t);
    this.stack = [];
    this.pending.clear();
    this.threadIs(THREAD_UNKNOWN, t, this.n);
  }

  /**
   * Nobody is ready any more, as far as is known.
   *
   * @param {number} t
   */
  rest(t) {
    for (const lane of this.readyNow) {
      lane.ready = 0;
      this.settle(lane, t);
    }
    this.readyNow = [];
    this.handled = null;
  }

  /**
   * Who comes late is not told of the first turns.
   *
   * @param {number} turn The first of which is told.
   * @param {number} t
   */
  missEarlier(turn, t) {
    const missed = turn - 1 - this.totals.turns - this.pending.size;
    if (missed <= 0 || this.turns.some(({ turn }) => turn > 0)) return;
    this.totals.turns += missed;
    this.totals.forgotten += missed;
    this.thread = new Track();
    this.thread.set(this.start?.t ?? 0, this.firstN, THREAD_UNKNOWN, 0);
    this.rates = [{ t, turns: this.totals.turns }];
  }

  /**
   * @param {number} id
   * @returns {Lane}
   */
  lane(id) {
    return this.lanes.get(id) ?? this.addLane(id, this.t);
  }

  /**
   * @param {number} id
   * @param {number} t
   * @returns {Lane}
   */
  addLane(id, t) {
    /** @type {Lane} */
    const lane = {
      id,
      fd: -1,
      kind: "other",
      name: "",
      openedT: t,
      openedN: this.n,
      closedT: Infinity,
      closedN: Infinity,
      watch: 0,
      ready: 0,
      callback: null,
      bytesIn: 0,
      bytesOut: 0,
      track: new Track(),
      marks: [],
    };
    lane.track.set(t, this.n, LANE_UNWATCHED, 0);
    this.lanes.set(id, lane);
    this.open.add(lane);
    this.version++;
    return lane;
  }

  /**
   * @param {number} id
   * @returns {Task}
   */
  task(id) {
    const known = this.tasks.get(id);
    if (known !== undefined) return known;
    /** @type {Task} */
    const task = {
      id,
      name: "",
      startedT: this.t,
      startedN: this.n,
      doneT: Infinity,
      lane: null,
      resumed: 0,
      track: new Track(),
    };
    this.tasks.set(id, task);
    this.version++;
    return task;
  }

  /** @param {number} t */
  rate(t) {
    const last = this.rates.at(-1);
    if (last !== undefined && t - last.t < 50) {
      last.turns = this.totals.turns;
      return;
    }
    this.rates.push({ t, turns: this.totals.turns });
    if (this.rates.length > 100) this.rates.splice(0, 50);
  }

  /**
   * Turns a second, over the second before `now`.
   *
   * @param {number} now
   * @returns {number}
   */
  turnsPerSecond(now) {
    const from = this.rates.findLast(({ t }) => t <= now - 1000);
    return this.totals.turns - (from?.turns ?? 0);
  }

  /**
   * The part of the time between two moments that the thread was asleep.
   *
   * @param {number} from
   * @param {number} to
   * @returns {number}
   */
  asleep(from, to) {
    if (to <= from) return 0;
    return (this.sleptUntil(to) - this.sleptUntil(from)) / (to - from);
  }

  /**
   * @param {number} n
   * @returns {number}
   */
  timeOf(n) {
    const i = Math.min(
      this.steps.length - 1,
      Math.max(0, Math.floor(n) - this.firstN),
    );
    return this.steps[i] ?? 0;
  }

  /**
   * The step that a moment belongs to.
   *
   * @param {number} t
   * @returns {number}
   */
  stepAt(t) {
    const i = firstAbove(this.steps, t) - 1;
    return this.firstN + Math.max(0, i);
  }

  /**
   * The turn that a step belongs to.
   *
   * @param {number} n
   * @returns {Turn | undefined}
   */
  turnAt(n) {
    return this.turns[firstAboveBy(this.turns, (turn) => turn.n, n) - 1];
  }

  /**
   * Memory is bounded: what is older than the newest `limit` events goes.
   *
   * @param {number} t
   */
  forget(t) {
    this.chunks.push(t);
    if (this.chunks.length * CHUNK <= this.limit + CHUNK) return;
    this.chunks.shift();
    const oldest = this.chunks[0] ?? 0;
    const gone = firstAbove(this.steps, oldest) - 1;
    if (gone <= 0) return;
    this.steps.splice(0, gone);
    this.firstN += gone;
    const turns = Math.max(
      0,
      firstAboveBy(this.turns, (turn) => turn.t, oldest) - 1,
    );
    this.turns.splice(0, turns);
    this.totals.forgotten += turns;
    this.gaps = this.gaps.filter((gap) => gap.t > oldest);
    this.thread.trim(oldest);
    for (const lane of this.lanes.values()) {
      if (lane.closedT < oldest) {
        this.lanes.delete(lane.id);
        continue;
      }
      lane.track.trim(oldest);
      lane.marks.splice(
        0,
        firstAboveBy(lane.marks, (mark) => mark.t, oldest),
      );
    }
    for (const task of this.tasks.values()) {
      if (task.doneT < oldest) this.tasks.delete(task.id);
      else task.track.trim(oldest);
    }
    this.version++;
  }
}

/**
 * @param {string} operation
 * @returns {"in" | "out" | "accept" | "other"}
 */
function directionOf(operation) {
  if (/^(recv|read)/i.test(operation)) return "in";
  if (/^(send|write)/i.test(operation)) return "out";
  return operation === "accept" ? "accept" : "other";
}

/**
 * `recv 12 B`, `send: EAGAIN`, `accept`.
 *
 * @param {Mark} mark
 * @returns {string}
 */
function markText(mark) {
  if (mark.error !== null) return `${mark.operation}: ${mark.error}`;
  if (mark.bytes !== null) return `${mark.operation} ${size(mark.bytes)}`;
  if (mark.accepted !== null) {
    return `${mark.operation} → fd ${mark.accepted.fd}`;
  }
  return mark.operation;
}

/**
 * @param {Lane} lane
 * @returns {string}
 */
function fdText(lane) {
  return lane.fd < 0 ? "fd ?" : `fd ${lane.fd}`;
}

/**
 * @param {Task} task
 * @returns {string}
 */
function taskTitle(task) {
  return task.name === "" ? taskText(task) : `task ${taskText(task)}`;
}

/**
 * @param {Task} task
 * @returns {string}
 */
function taskText(task) {
  return task.name === "" ? `task ${task.id}` : `${task.name} ${task.id}`;
}

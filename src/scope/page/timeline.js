/** The lanes over time, on a canvas: only what is in view is drawn. */

const RULER = 24;
const THREAD = 34;
const TOP = RULER + THREAD + 6;

/**
 * @typedef {{ lane: Lane, task?: undefined } | { lane?: undefined, task: Task }} Row
 *
 * @typedef {object} Hit What is under the pointer.
 * @property {Row | "thread" | null} row
 * @property {number} n
 * @property {number} t
 * @property {Mark | null} mark
 */

class Timeline {
  /**
   * @param {Model} model
   * @param {Paint} paint
   * @param {HTMLElement} box
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} spacer
   */
  constructor(model, paint, box, canvas, spacer) {
    this.model = model;
    this.paint = paint;
    this.box = box;
    this.canvas = canvas;
    this.spacer = spacer;
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("No canvas");
    this.context = context;
    /** @type {"time" | "steps"} */
    this.axis = "time";
    /** Where the view begins, in milliseconds or steps. */
    this.from = -1000;
    this.perPx = 10;
    this.isFollowing = true;
    /** The step that the panels show; null: the newest. @type {number | null} */
    this.moment = null;
    /** @type {Row | "thread" | null} */
    this.selected = null;
    /** @type {Row[]} */
    this.rows = [];
    this.rowsFor = "";
    this.which = "view";
    this.filter = "";
    this.now = 0;
    this.width = 0;
    this.height = 0;
    this.gutter = 190;
    this.rowHeight = 26;
  }

  /** The newest position on the axis. */
  get end() {
    return this.axis === "time" ? this.now : this.model.n + 1;
  }

  /** The oldest. */
  get beginning() {
    return this.axis === "time"
      ? (this.model.steps[0] ?? 0)
      : this.model.firstN;
  }

  get span() {
    return Math.max(1, this.width - this.gutter) * this.perPx;
  }

  /**
   * @param {number} position
   * @returns {number}
   */
  x(position) {
    return this.gutter + (position - this.from) / this.perPx;
  }

  /**
   * @param {number} x
   * @returns {number}
   */
  position(x) {
    return this.from + (x - this.gutter) * this.perPx;
  }

  /**
   * @param {{ t: number, n: number }} point
   * @returns {number}
   */
  of(point) {
    return this.axis === "time" ? point.t : point.n;
  }

  /** @param {"time" | "steps"} axis */
  setAxis(axis) {
    if (axis === this.axis) return;
    const middle = this.from + this.span / 2;
    const n = this.moment ?? this.stepOf(middle);
    this.axis = axis;
    if (axis === "steps") {
      this.perPx = 1 / 72;
      this.from = n - this.span / 2;
    } else {
      const t = this.model.timeOf(n);
      const turn = this.model.turnAt(n);
      const length = turn === undefined ? 1000 : this.now - turn.t;
      this.perPx = Math.min(Math.max(length / 50, 0.1), 10);
      this.from = t - this.span / 2;
    }
  }

  /**
   * @param {number} position
   * @returns {number}
   */
  stepOf(position) {
    const { model } = this;
    const n =
      this.axis === "time" ? model.stepAt(position) : Math.floor(position);
    return Math.min(model.n, Math.max(model.firstN, n));
  }

  /**
   * @param {number} factor
   * @param {number} [x] What stays where it is.
   */
  zoom(factor, x = (this.gutter + this.width) / 2) {
    const least = this.axis === "time" ? 1e-5 : 1 / 200;
    const most =
      (this.end - this.beginning + 1) / Math.max(50, this.width - this.gutter);
    const perPx = Math.max(
      least,
      Math.min(Math.max(4 * most, 0.1), this.perPx * factor),
    );
    const anchor = this.isFollowing ? this.x(this.end) : x;
    this.from += (anchor - this.gutter) * (this.perPx - perPx);
    this.perPx = perPx;
  }

  /** @param {number} px */
  pan(px) {
    this.isFollowing = false;
    const from = this.from + px * this.perPx;
    const least = this.beginning - 0.9 * this.span;
    this.from = Math.max(least, Math.min(this.end - 0.1 * this.span, from));
  }

  /** Everything is in view. */
  fit() {
    this.isFollowing = false;
    const length = Math.max(this.end - this.beginning, 1e-3);
    this.perPx = (length * 1.04) / Math.max(50, this.width - this.gutter);
    this.from = this.beginning - 0.02 * length;
  }

  /** @param {number} n */
  show(n) {
    this.moment = Math.min(this.model.n, Math.max(this.model.firstN, n));
    this.isFollowing = false;
    const position =
      this.axis === "time" ? this.model.timeOf(this.moment) : this.moment;
    const x = this.x(position);
    if (x < this.gutter + 20 || x > this.width - 40) {
      this.from = position - this.span / 2;
    }
  }

  measure() {
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    const scale = window.devicePixelRatio || 1;
    this.gutter = width < 560 ? 96 : width < 800 ? 150 : 204;
    if (
      width === this.width &&
      height === this.height &&
      this.canvas.width === Math.round(width * scale)
    ) {
      return;
    }
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
  }

  /** Which rows there are, unless nothing has changed that matters. */
  arrange() {
    const { model } = this;
    const left = this.axis === "time" ? this.from : model.timeOf(this.from);
    const right = this.position(this.width);
    const key = [
      model.version,
      this.which,
      this.filter,
      this.which === "view"
        ? `${Math.floor(left / 250)}/${String(right >= this.end)}`
        : "",
    ].join();
    if (key === this.rowsFor) return;
    this.rowsFor = key;
    const until = this.axis === "time" ? right : Infinity;
    /** @type {Row[]} */
    const rows = [];
    if (this.which !== "tasks") {
      for (const lane of model.lanes.values()) {
        if (this.which === "view" && lane.closedT < left) continue;
        if (this.which === "view" && lane.openedT > until) continue;
        if (this.which === "open" && lane.closedT !== Infinity) continue;
        if (matches(this.filter, `${fdText(lane)} ${lane.name}`)) {
          rows.push({ lane });
        }
      }
    }
    if (this.which !== "lanes") {
      for (const task of model.tasks.values()) {
        if (this.which === "view" && task.doneT < left) continue;
        if (this.which === "view" && task.startedT > until) continue;
        if (this.which === "open" && task.doneT !== Infinity) continue;
        if (matches(this.filter, taskText(task))) rows.push({ task });
      }
    }
    this.rows = rows;
    const room = this.height - TOP;
    this.rowHeight = rows.length * 26 <= room ? 26 : rows.length < 60 ? 22 : 18;
    this.spacer.style.height = `${Math.max(0, TOP + rows.length * this.rowHeight + 8 - this.height)}px`;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Hit}
   */
  hit(x, y) {
    const position = this.position(Math.max(x, this.gutter));
    const n = this.stepOf(position);
    const t = this.axis === "time" ? position : this.model.timeOf(n);
    /** @type {Hit} */
    const hit = { row: null, n, t, mark: null };
    const isOut = position < this.beginning || position > this.end;
    if (isOut && x > this.gutter) return hit;
    if (y > RULER && y < RULER + THREAD) hit.row = "thread";
    if (y < TOP) return hit;
    const index = Math.floor((y - TOP + this.box.scrollTop) / this.rowHeight);
    hit.row = this.rows[index] ?? null;
    const lane = hit.row?.lane;
    if (lane === undefined || x < this.gutter) return hit;
    const i = firstAboveBy(lane.marks, (mark) => this.of(mark), position);
    let nearest = 7;
    for (const mark of lane.marks.slice(Math.max(0, i - 3), i + 3)) {
      const away = Math.abs(this.x(this.middleOf(mark)) - x);
      if (away < nearest) {
        nearest = away;
        hit.mark = mark;
        hit.n = mark.n;
        hit.t = mark.t;
      }
    }
    return hit;
  }

  /**
   * In steps a mark is within its own, with room for its name.
   *
   * @param {Mark} mark
   * @returns {number}
   */
  middleOf(mark) {
    return this.axis === "time" ? mark.t : mark.n + 0.12;
  }

  /** @param {number} now */
  draw(now) {
    this.now = now;
    this.measure();
    // A young program's lanes begin at the left.
    if (this.isFollowing) {
      const least = this.beginning - 0.01 * this.span;
      this.from = Math.max(least, this.end - this.span * 0.97);
    }
    this.arrange();
    const { context, paint, width, height } = this;
    const scale = window.devicePixelRatio || 1;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = paint.colour("panel");
    context.fillRect(0, 0, width, height);
    const scroll = this.box.scrollTop;
    const first = Math.max(0, Math.floor(scroll / this.rowHeight));
    const last = Math.min(
      this.rows.length,
      Math.ceil((scroll + height - TOP) / this.rowHeight),
    );

    context.save();
    context.beginPath();
    context.rect(0, TOP, width, height - TOP);
    context.clip();
    for (let i = first; i < last; i++) {
      const row = this.rows[i];
      if (row === undefined) continue;
      const y = TOP + i * this.rowHeight - scroll;
      if (row === this.selected || this.isSelected(row)) {
        context.fillStyle = paint.colour("faint");
        context.fillRect(0, y, width, this.rowHeight);
      }
    }
    this.clipToTime(TOP, height);
    this.drawTurns(TOP, height);
    for (let i = first; i < last; i++) {
      const row = this.rows[i];
      if (row === undefined) continue;
      const y = TOP + i * this.rowHeight - scroll;
      if (row.lane !== undefined) this.drawLane(row.lane, y);
      else this.drawTask(row.task, y);
    }
    context.restore();

    context.save();
    this.clipToTime(RULER, TOP);
    this.drawThread();
    context.restore();
    context.save();
    this.clipToTime(RULER, height);
    this.drawArrows(first, last, scroll);
    context.restore();
    this.drawRuler();
    this.drawNames(first, last, scroll);
    this.drawMoment();
    if (this.rows.length > 0) return;
    const hint =
      this.model.lanes.size === 0
        ? "No descriptors yet: they come with the program's first wait"
        : "No lane fits the filter";
    this.label(hint, this.gutter + 8, width, TOP + 22, "quiet", 12);
  }

  /** @param {Row} row */
  isSelected(row) {
    const selected = this.selected;
    return (
      selected !== null &&
      selected !== "thread" &&
      selected.lane === row.lane &&
      selected.task === row.task
    );
  }

  /**
   * @param {number} top
   * @param {number} bottom
   */
  clipToTime(top, bottom) {
    const { context } = this;
    context.beginPath();
    context.rect(this.gutter, top, this.width - this.gutter, bottom - top);
    context.clip();
  }

  /**
   * Each stretch in view of a track; of those that are narrower than a pixel the
   * one that tells most.
   *
   * @param {Track} track
   * @param {(state: number) => number} weight
   * @param {(x: number, width: number, state: number, detail: number, index: number, isDense: boolean) => void} each
   */
  stretches(track, weight, each) {
    const at = this.axis === "time" ? track.t : track.n;
    const length = at.length;
    const right = Math.min(this.end, this.position(this.width) + this.perPx);
    let i = Math.max(0, firstAbove(at, this.from) - 1);
    let position = Math.max(at[i] ?? Infinity, this.from - 4 * this.perPx);
    let merged = -Infinity;
    while (i < length && position < right) {
      const next = at[i + 1] ?? this.end;
      let best = i;
      let to = next;
      let following = i + 1;
      let isDense = false;
      if (next - position < this.perPx) {
        const limit = position + this.perPx;
        let j = i + 1;
        while (j < length && (at[j] ?? 0) < limit && j - i < 24) {
          if (weight(track.state[j] ?? 0) > weight(track.state[best] ?? 0)) {
            best = j;
          }
          j++;
        }
        if (j < length && (at[j] ?? 0) < limit) j = firstAbove(at, limit, j);
        to = limit;
        following = j - 1;
        isDense = j - i > 12 || position - merged < 3 * this.perPx;
        merged = position;
        // The one that is under way at the pixel's end goes on after it.
        if (following === length - 1 && this.end <= limit) following = length;
      }
      const x = this.x(position);
      const state = track.state[best] ?? 0;
      const width = (Math.min(to, right) - position) / this.perPx;
      each(x, width, state, track.detail[best] ?? 0, best, isDense);
      position = to;
      i = following;
    }
  }

  /**
   * @param {string} text
   * @param {number} x
   * @param {number} width
   * @param {number} y
   * @param {Colour} colour
   * @param {number} [px]
   * @param {string} [weight]
   * @returns {boolean}
   */
  label(text, x, width, y, colour, px = 11, weight = "") {
    const left = Math.max(x, this.gutter) + 5;
    const room = Math.min(x + width, this.width) - left - 4;
    if (room < 14) return false;
    const { context } = this;
    context.font = `${weight} ${px}px ${SANS}`;
    if (context.measureText(text).width > room) return false;
    context.fillStyle = this.paint.colour(colour);
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillText(text, left, y);
    return true;
  }

  drawThread() {
    const { context, paint } = this;
    const top = RULER + 5;
    const height = THREAD - 8;
    const middle = top + height / 2;
    const weight = (/** @type {number} */ state) =>
      state === THREAD_PAUSED ? 4 : state === THREAD_RUNNING ? 3 : state;
    this.stretches(
      this.model.thread,
      weight,
      (x, width, state, _, index, isDense) => {
        const { t, n } = this.model.thread;
        if (isDense && state === THREAD_RUNNING) {
          this.drawShare(x, top, height);
          return;
        }
        if (state === THREAD_ASLEEP) {
          paint.bar(context, "asleep", "arrow", x, middle - 8, width, 16);
          if (width < 40) return;
          const turn = this.model.turnAt(n[index] ?? 0);
          const length = (t[index + 1] ?? this.now) - (t[index] ?? 0);
          const what = turn?.mechanism ?? "a wait";
          const text = `asleep in ${what}`;
          const long = `${text}, ${duration(length)}`;
          const y = middle + 0.5;
          if (this.label(long, x, width, y, "ink")) return;
          if (this.label(text, x, width, y, "ink")) return;
          this.label(duration(length), x, width, y, "ink");
        } else if (state === THREAD_UNKNOWN) {
          context.fillStyle = paint.stripes(context, "line", null);
          context.fillRect(x, middle - 8, width, 16);
          this.plate("not told", x, width, middle);
        } else if (state === THREAD_AWAITING) {
          context.fillStyle = paint.stripes(context, "asleep", null);
          context.fillRect(x, middle - 8, width, 16);
          const what = this.model.turnAt(n[index] ?? 0)?.mechanism ?? "";
          this.plate(`awaiting ${what}`, x, width, middle);
        } else if (state === THREAD_LOOKING) {
          context.fillStyle = paint.stripes(context, "asleep", null);
          context.fillRect(x, middle - 8, Math.max(width, 1), 16);
        } else if (state === THREAD_PAUSED) {
          context.fillStyle = paint.stripes(context, "paused", "panel");
          context.fillRect(x, top, Math.max(width, 2), height);
          this.plate("paused", x, width, middle);
        } else if (state === THREAD_RUNNING) {
          context.fillStyle = paint.colour("running");
          context.fillRect(x, top, Math.max(width, 1.5), height);
          const length = (t[index + 1] ?? this.now) - (t[index] ?? 0);
          const y = middle + 0.5;
          const long = `running, ${duration(length)}`;
          if (this.label(long, x, width, y, "on-running")) return;
          this.label("running", x, width, y, "on-running");
        } else {
          context.fillStyle = paint.colour("quiet");
          context.fillRect(x, top, 2, height);
        }
      },
    );
    for (const gap of this.model.gaps) {
      const from = this.x(this.axis === "time" ? gap.fromT : gap.fromN);
      const to = Math.max(this.x(this.of(gap)), from + 2);
      if (to < this.gutter || from > this.width) continue;
      context.fillStyle = paint.stripes(context, "quiet", "panel");
      context.fillRect(from, RULER + 1, to - from, 5);
      context.fillRect(from, TOP - 8, to - from, 5);
    }
  }

  /**
   * Many short turns: how much of the time the thread ran is how high the bar is.
   *
   * @param {number} x
   * @param {number} top
   * @param {number} height
   */
  drawShare(x, top, height) {
    const { context, paint, model } = this;
    const from = this.position(x);
    const to = from + this.perPx;
    const isTime = this.axis === "time";
    const asleep = isTime
      ? model.asleep(from, to)
      : model.asleep(model.timeOf(from), model.timeOf(to));
    const h = Math.max(2, height * (1 - asleep));
    paint.bar(context, "asleep", "arrow", x, top + height / 2 - 8, 1.2, 16);
    context.fillStyle = paint.colour("running");
    context.fillRect(x, top + (height - h) / 2, 1.2, h);
  }

  /**
   * A word on a striped ground.
   *
   * @param {string} text
   * @param {number} x
   * @param {number} width
   * @param {number} y
   */
  plate(text, x, width, y) {
    const { context, paint } = this;
    context.font = `600 11px ${SANS}`;
    const room = context.measureText(text).width + 10;
    if (width < room + 8) return;
    const left = Math.max(x, this.gutter) + 3;
    context.fillStyle = paint.colour("panel");
    context.fillRect(left, y - 8, room, 16);
    this.label(text, left, room + 8, y + 0.5, "ink", 11, "600");
  }

  /**
   * @param {Lane} lane
   * @param {number} top
   */
  drawLane(lane, top) {
    const { context, paint } = this;
    const height = this.rowHeight;
    const y = top + 3;
    const h = height - 6;
    const middle = top + height / 2;
    const rail = h > 14 ? 4 : 3;
    const weight = (/** @type {number} */ state) =>
      state === LANE_READY ? 5 : state;
    this.stretches(
      lane.track,
      weight,
      (x, width, state, detail, index, isDense) => {
        const watch = detail & 7;
        if (state === LANE_CLOSED) {
          if (x < this.gutter) return;
          paint.closing(context, x, y, h);
          return;
        }
        if (watch === 0) {
          context.fillStyle = paint.colour("line");
          context.fillRect(x, middle - 0.5, width, 1);
        }
        if ((watch & EVENT_READ) !== 0) {
          context.fillStyle = paint.colour("read");
          context.fillRect(x, y, width, rail);
        }
        if ((watch & EVENT_WRITE) !== 0) {
          context.fillStyle = paint.stripes(context, "panel", "write");
          context.fillRect(x, y + h - rail, width, rail);
        }
        if ((watch & EVENT_PRIORITY) !== 0) {
          context.fillStyle = paint.colour("priority");
          for (let dot = x - (x % 6); dot < x + width; dot += 6) {
            context.fillRect(Math.max(x, dot), middle - 1, 2, 2);
          }
        }
        if (state === LANE_READY) {
          // Alone, it is made wide enough to be seen.
          const least = isDense ? 1.5 : 10;
          const left = !isDense && width < least ? x - least / 2 : x;
          const wide = Math.max(width, least);
          paint.bar(context, "ready", "ready-text", left, y, wide, h);
          if (width > 8) {
            context.fillStyle = paint.colour("on-ready");
            context.fillRect(x, y, 2, h);
          }
          const word = eventsText(detail >> 3, "ready");
          if (
            !this.label(word, x, width, middle + 0.5, "on-ready", 11, "600")
          ) {
            const letter = word.slice(0, 1).toUpperCase();
            this.label(
              letter,
              x - 1,
              width,
              middle + 0.5,
              "on-ready",
              11,
              "600",
            );
          }
        } else if (state === LANE_USED) {
          context.fillStyle = paint.stripes(context, "panel", "used");
          context.fillRect(x, middle - 3, Math.max(width, 1.5), 6);
        }
        if (state === LANE_WATCHED && width > 150 && h > 14) {
          const { t } = lane.track;
          const length = (t[index + 1] ?? this.now) - (t[index] ?? 0);
          const text = `${eventsText(watch, "watched")}, ${duration(length)}`;
          context.font = `10px ${SANS}`;
          const room = context.measureText(text).width + 9;
          const left = Math.min(x + width, this.width) - room - 5;
          const dy =
            watch === EVENT_READ ? 2 : watch === EVENT_WRITE ? -1 : 0.5;
          if (left > x + 40)
            this.label(text, left, room + 8, middle + dy, "quiet", 10);
        }
      },
    );
    this.drawMarks(lane, y, h);
  }

  /**
   * @param {Lane} lane
   * @param {number} y
   * @param {number} h
   */
  drawMarks(lane, y, h) {
    const { context, paint } = this;
    const { marks } = lane;
    const key = (/** @type {Mark} */ mark) => this.middleOf(mark);
    const right = this.position(this.width + 8);
    let i = Math.max(
      0,
      firstAboveBy(marks, key, this.position(this.gutter - 8)),
    );
    /** Where the last of each kind was drawn: others there would lie on it. @type {Record<string, number>} */
    const last = {};
    const middle = y + h / 2;
    for (let drawn = 0; i < marks.length && drawn < 2000; drawn++) {
      const mark = marks[i];
      if (mark === undefined || key(mark) > right) return;
      const x = this.x(key(mark));
      const kind = mark.error === null ? directionOf(mark.operation) : "error";
      const next = marks[i + 1];
      const room =
        (next === undefined ? this.width + 50 : this.x(key(next))) - x;
      if (x - (last[kind] ?? -Infinity) >= 3) {
        const before = Math.max(...Object.values(last), -Infinity);
        const isClose = room < 11 || x - before < 11;
        last[kind] = x;
        // In and out side by side: one above, one below.
        const dy = !isClose
          ? 0
          : kind === "in"
            ? -0.25 * h
            : kind === "out"
              ? 0.25 * h
              : 0;
        paint.mark(context, kind, x, middle + dy, isClose ? 4 : h > 14 ? 5 : 4);
        if (room > 46) this.markLabel(mark, x, middle, room);
      }
      const skip = key(mark) + this.perPx;
      i =
        room < 1 ? Math.max(i + 1, firstAboveBy(marks, key, skip) - 4) : i + 1;
    }
  }

  /**
   * What was called, as far as there is room before what comes next.
   *
   * @param {Mark} mark
   * @param {number} x
   * @param {number} y
   * @param {number} room
   */
  markLabel(mark, x, y, room) {
    const { context, paint } = this;
    const { track } = mark.lane;
    let free = room;
    for (let i = track.at(mark.n) + 1; i < track.t.length; i++) {
      if (track.state[i] !== LANE_READY) continue;
      const next = this.axis === "time" ? track.t[i] : track.n[i];
      free = Math.min(free, this.x(next ?? Infinity) - x);
      break;
    }
    const text = markText(mark);
    const start = x + 3;
    context.font = `11px ${SANS}`;
    const width = context.measureText(text).width + 8;
    if (width > free - 6 || this.rowHeight < 20) return;
    context.fillStyle = paint.colour("panel");
    context.fillRect(start + 3, y - 6, width, 12);
    this.label(text, start, width + 30, y + 0.5, "ink");
  }

  /**
   * @param {Task} task
   * @param {number} top
   */
  drawTask(task, top) {
    const { context, paint } = this;
    const height = this.rowHeight;
    const y = top + 3;
    const h = height - 6;
    const middle = top + height / 2;
    const weight = (/** @type {number} */ state) => state;
    this.stretches(task.track, weight, (x, width, state, detail) => {
      if (state === TASK_RUNNING) {
        context.fillStyle = paint.colour("running");
        context.fillRect(x, y, Math.max(width, 1.5), h);
        this.label("running", x, width, middle + 0.5, "on-running");
      } else if (state === TASK_SUSPENDED) {
        const high = h > 14 ? 14 : 10;
        paint.bar(
          context,
          "asleep",
          "arrow",
          x,
          middle - high / 2,
          width,
          high,
        );
        const line = `line ${detail % LINES}`;
        if (
          !this.label(`suspended at ${line}`, x, width, middle + 0.5, "ink")
        ) {
          this.label(line, x, width, middle + 0.5, "ink");
        }
      } else if (x >= this.gutter) {
        paint.closing(context, x, y, h);
      }
    });
  }

  /**
   * The turns in view, unless they are too close to each other.
   *
   * @param {number} leastPx
   * @returns {Turn[]}
   */
  turnsInView(leastPx) {
    const { turns } = this.model;
    const key = (/** @type {Turn} */ turn) => this.of(turn);
    const i = Math.max(0, firstAboveBy(turns, key, this.from) - 1);
    const j = firstAboveBy(turns, key, this.position(this.width));
    const room = (this.width - this.gutter) / Math.max(1, j - i);
    return room < leastPx ? [] : turns.slice(i, j);
  }

  /**
   * A hairline through all lanes where the thread wakes.
   *
   * @param {number} top
   * @param {number} bottom
   */
  drawTurns(top, bottom) {
    const { context } = this;
    context.fillStyle = this.paint.colour("line");
    for (const turn of this.turnsInView(12)) {
      const wake = this.axis === "time" ? turn.wakeT : turn.wakeN;
      if (wake === Infinity) continue;
      context.fillRect(Math.round(this.x(wake)), top, 1, bottom - top);
    }
  }

  /**
   * From what became ready to the thread that it wakes, and to the task that goes on.
   *
   * @param {number} first
   * @param {number} last
   * @param {number} scroll
   */
  drawArrows(first, last, scroll) {
    const turns = this.turnsInView(this.axis === "time" ? 60 : 24);
    if (turns.length === 0) return;
    const { context, paint } = this;
    /** @type {Map<Lane | Task, number>} */
    const places = new Map();
    for (let i = first; i < last; i++) {
      const row = this.rows[i];
      if (row === undefined) continue;
      const y = TOP + (i + 0.5) * this.rowHeight - scroll;
      if (y > TOP) places.set(row.lane ?? row.task, y);
    }
    context.lineWidth = 1;
    for (const turn of turns) {
      if (turn.wakeT === Infinity) continue;
      const x = this.x(this.axis === "time" ? turn.wakeT : turn.wakeN);
      context.strokeStyle = context.fillStyle = paint.colour("arrow");
      let lowest = 0;
      for (const { lane } of turn.ready.slice(0, 50)) {
        lowest = Math.max(lowest, places.get(lane) ?? 0);
      }
      if (lowest > 0) {
        const head = RULER + THREAD;
        context.beginPath();
        context.moveTo(x, lowest - this.rowHeight / 2 + 3);
        context.lineTo(x, head);
        context.stroke();
        this.arrowHead(x, head - 2, 0, -1);
      }
      for (const action of turn.actions) {
        if (action.cause === null || action.task === null) continue;
        const from = places.get(action.cause);
        const to = places.get(action.task);
        if (from === undefined || to === undefined) continue;
        const end = this.x(this.of(action));
        if (end - x < 8) continue;
        const down = to > from ? 1 : -1;
        const edge = to - (down * this.rowHeight) / 2 + down * 3;
        context.beginPath();
        context.moveTo(x, from);
        context.bezierCurveTo(end, from, end, from, end, edge - down * 3);
        context.stroke();
        this.arrowHead(end, edge, 0, down);
      }
    }
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} dx
   * @param {number} dy
   */
  arrowHead(x, y, dx, dy) {
    const { context } = this;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x - dx * 6 + dy * 3.5, y - dy * 6 + dx * 3.5);
    context.lineTo(x - dx * 6 - dy * 3.5, y - dy * 6 - dx * 3.5);
    context.closePath();
    context.fill();
  }

  drawRuler() {
    const { context, paint, width } = this;
    context.fillStyle = paint.colour("back");
    context.fillRect(0, 0, width, RULER);
    context.fillStyle = paint.colour("line");
    context.fillRect(0, RULER - 1, width, 1);
    context.fillRect(0, TOP - 1, width, 1);
    context.save();
    this.clipToTime(0, RULER);
    context.font = `11px ${SANS}`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    if (this.axis === "steps") {
      let free = -Infinity;
      for (const turn of this.turnsInView(4)) {
        const x = this.x(turn.wakeN === Infinity ? turn.n : turn.wakeN);
        context.fillStyle = paint.colour("quiet");
        context.fillRect(Math.round(x), RULER - 6, 1, 6);
        if (x < free || turn.wakeN === Infinity) continue;
        const text = `turn ${count(turn.turn)}, ${moment(turn.wakeT, 10)}`;
        context.fillText(text, x + 4, RULER / 2);
        free = x + context.measureText(text).width + 16;
      }
    } else {
      const step = niceStep(this.perPx * 90);
      const from = Math.max(0, Math.floor(this.from / step));
      const to = this.position(width) / step;
      for (let i = from; i <= to; i++) {
        const x = this.x(i * step);
        context.fillStyle = paint.colour("quiet");
        context.fillRect(Math.round(x), RULER - 6, 1, 6);
        context.fillText(moment(i * step, step), x + 4, RULER / 2);
      }
    }
    context.restore();
  }

  /**
   * @param {number} first
   * @param {number} last
   * @param {number} scroll
   */
  drawNames(first, last, scroll) {
    const { context, paint, gutter, height } = this;
    context.fillStyle = paint.colour("back");
    context.fillRect(0, RULER, gutter, height);
    context.fillStyle = paint.colour("line");
    context.fillRect(gutter - 1, 0, 1, height);
    context.fillRect(0, TOP - 1, gutter, 1);
    if (this.selected === "thread") {
      context.fillStyle = paint.colour("faint");
      context.fillRect(0, RULER, gutter - 1, TOP - RULER - 1);
    }
    this.name("", "thread", RULER + THREAD / 2 + 2, true);
    context.save();
    context.beginPath();
    context.rect(0, TOP, gutter, height - TOP);
    context.clip();
    const current = this.moment;
    for (let i = first; i < last; i++) {
      const row = this.rows[i];
      if (row === undefined) continue;
      const y = TOP + i * this.rowHeight - scroll;
      if (this.isSelected(row)) {
        context.fillStyle = paint.colour("faint");
        context.fillRect(0, y, gutter - 1, this.rowHeight);
        context.fillStyle = paint.colour("accent");
        context.fillRect(0, y, 3, this.rowHeight);
      }
      const middle = y + this.rowHeight / 2 + 0.5;
      if (row.lane !== undefined) {
        const { lane } = row;
        const isOpen =
          current === null ? lane.closedT === Infinity : lane.closedN > current;
        this.name(
          lane.fd < 0 ? "?" : String(lane.fd),
          lane.name,
          middle,
          isOpen,
        );
      } else {
        this.name("✱", taskText(row.task), middle, row.task.doneT === Infinity);
      }
    }
    context.restore();
  }

  /**
   * @param {string} number
   * @param {string} text
   * @param {number} y
   * @param {boolean} isOpen
   */
  name(number, text, y, isOpen) {
    const { context, paint, gutter } = this;
    context.textBaseline = "middle";
    context.font = `600 12px ${SANS}`;
    context.fillStyle = paint.colour(isOpen ? "ink" : "quiet");
    const left = number === "" ? 10 : 44;
    if (number !== "") {
      context.textAlign = "right";
      context.fillText(number, 36, y);
      context.font = `12px ${SANS}`;
    }
    context.textAlign = "left";
    const room = gutter - left - 8;
    let shown = text;
    if (context.measureText(shown).width > room) {
      // Its last part tells it from the others of its kind.
      const [word = "", ...rest] = text.split(" ");
      const tail = rest.join(" ") || text;
      const least = context.measureText(`${word.slice(0, 1)}… ${tail}`).width;
      shown =
        least <= room && tail !== text
          ? `${shortened(context, word, room - context.measureText(` ${tail}`).width)} ${tail}`
          : shortenedBefore(context, tail, room);
    }
    context.fillText(shown, left, y);
    if (!isOpen) {
      const width = context.measureText(shown).width;
      context.fillRect(left, Math.round(y), width, 1);
    }
  }

  drawMoment() {
    const { context, paint } = this;
    if (!this.model.hasEnded && this.moment === null) {
      const x = this.x(this.end);
      if (x >= this.gutter && x <= this.width) {
        context.fillStyle = paint.colour("accent");
        context.fillRect(Math.round(x), 0, 1, this.height);
      }
    }
    if (this.moment === null) return;
    const position =
      this.axis === "time" ? this.model.timeOf(this.moment) : this.moment;
    const x = Math.round(this.x(position));
    if (x < this.gutter || x > this.width) return;
    context.fillStyle = paint.colour("accent");
    if (this.axis === "steps") {
      context.globalAlpha = 0.14;
      context.fillRect(x, RULER, 1 / this.perPx, this.height);
      context.globalAlpha = 1;
    }
    context.fillRect(x, 0, 2, this.height);
    context.beginPath();
    context.moveTo(x - 5, 0);
    context.lineTo(x + 7, 0);
    context.lineTo(x + 1, 9);
    context.fill();
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} room
 * @returns {string}
 */
function shortened(context, text, room) {
  let shown = text;
  while (shown.length > 1 && context.measureText(`${shown}…`).width > room) {
    shown = shown.slice(0, -1);
  }
  return shown === text ? text : `${shown}…`;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} room
 * @returns {string}
 */
function shortenedBefore(context, text, room) {
  let shown = text;
  while (shown.length > 1 && context.measureText(`…${shown}`).width > room) {
    shown = shown.slice(1);
  }
  return shown === text ? text : `…${shown}`;
}

/**
 * 1, 2 or 5 times a power of ten.
 *
 * @param {number} least
 * @returns {number}
 */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((times) => times * power >= least) ?? 10);
}

/**
 * @param {string} filter
 * @param {string} text
 * @returns {boolean}
 */
function matches(filter, text) {
  return filter === "" || text.toLowerCase().includes(filter);
}

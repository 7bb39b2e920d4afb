/** What the canvas shows, as sentences and tables. Text only ever goes in as text. */

const MOST_WATCHED = 60;
const MOST_TURNS = 80;
const MOST_TASKS = 60;
const MOST_CHIPS = 8;

/**
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} type
 * @returns {E}
 */
function byId(id, type) {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`There is no #${id}`);
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {...(string | Node)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function make(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}

/**
 * @param {HTMLElement} where
 * @param {string} text
 */
function write(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

/**
 * Lanes as they were at a step; null: as they are.
 *
 * @param {Model} model
 * @param {number | null} n
 * @returns {{ lane: Lane, state: number, watch: number, ready: number }[]}
 */
function lanesAt(model, n) {
  const found = [];
  for (const lane of n === null ? model.open : model.lanes.values()) {
    const { track } = lane;
    const i = n === null ? track.t.length - 1 : track.at(n);
    const state = track.state[i] ?? LANE_CLOSED;
    if (state === LANE_CLOSED) continue;
    const detail = track.detail[i] ?? 0;
    found.push({ lane, state, watch: detail & 7, ready: detail >> 3 });
  }
  return found;
}

/**
 * What the thread does, in a sentence.
 *
 * @param {Model} model
 * @param {number | null} at
 * @param {number} now
 * @returns {string}
 */
function threadSentence(model, at, now) {
  const n = at ?? model.n;
  const i = model.thread.at(n);
  if (i < 0) return "Not started";
  const since = model.thread.t[i] ?? 0;
  const until = at === null ? now : (model.thread.t[i + 1] ?? now);
  const time = duration(Math.max(0, until - since));
  const turn = model.turnAt(n);
  const isPast = at !== null && i + 1 < model.thread.t.length;
  switch (model.thread.state[i] ?? THREAD_RUNNING) {
    case THREAD_ASLEEP: {
      const on = counted(turn?.watched ?? 0, "descriptor");
      const most =
        turn === undefined || turn.timeoutMs === null
          ? ""
          : ` (at most ${duration(turn.timeoutMs)})`;
      const how = isPast ? `for ${time} in all` : `for ${time}`;
      return `Asleep in ${turn?.mechanism ?? "a wait"} on ${on}${most}, ${how}`;
    }
    case THREAD_LOOKING:
      return `Looking with ${turn?.mechanism ?? "a wait"} at ${counted(turn?.watched ?? 0, "descriptor")}, without waiting`;
    case THREAD_AWAITING:
      return `Awaiting ${turn?.mechanism ?? "a wait"} on ${counted(turn?.watched ?? 0, "descriptor")}, for ${time}: the runtime's own loop goes on`;
    case THREAD_UNKNOWN:
      return "What it did then is not known";
    case THREAD_PAUSED:
      return `Standing still before its next wait, for ${time}: you have paused the program`;
    case THREAD_ENDED:
      return "The program has ended";
    default:
      return `Running ${runningWhat(turn, n)}`.trim();
  }
}

/**
 * @param {Turn | undefined} turn
 * @param {number} n
 * @returns {string}
 */
function runningWhat(turn, n) {
  if (turn === undefined) return "";
  const action = turn.actions.findLast((action) => action.n <= n);
  if (action === undefined) {
    const callback = turn.ready.find(({ callback }) => callback !== null);
    if (callback !== undefined) return `callback ${callback.callback ?? ""}`;
    if (turn.ready.length === 0) return "";
    return `for ${turn.ready
      .slice(0, 3)
      .map(({ lane }) => fdText(lane))
      .join(", ")}`;
  }
  const { mark, task } = action;
  if (mark === null) {
    if (action.type !== "resume" || task === null) return "";
    return taskTitle(task);
  }
  const ready = turn.ready.find(({ lane }) => lane === mark.lane);
  const callback = ready?.callback ?? null;
  const who =
    task !== null
      ? taskTitle(task)
      : callback !== null
        ? `callback ${callback}`
        : "";
  return `${who}${who === "" ? "" : ": "}${markText(mark)} on ${fdText(mark.lane)}`;
}

/**
 * What is watched: the three lists of `select`, or the map of the others.
 *
 * @param {HTMLElement} where
 * @param {Model} model
 * @param {number | null} n
 * @param {string} filter
 */
function showWatched(where, model, n, filter) {
  const turn = model.turnAt(n ?? model.n);
  const lanes = lanesAt(model, n);
  const watched = lanes.filter(({ watch }) => watch !== 0);
  const fits = watched.filter(({ lane }) =>
    matches(filter, `${fdText(lane)} ${lane.name}`.toLowerCase()),
  );
  const rest = lanes.filter(
    ({ watch, state }) => watch === 0 && state !== LANE_CLOSED,
  );
  /** @type {Node[]} */
  const parts = [];
  const mechanism = turn?.mechanism ?? "";
  if (mechanism === "select") {
    for (const [bit, list] of /** @type {const} */ ([
      [EVENT_READ, "rlist"],
      [EVENT_WRITE, "wlist"],
      [EVENT_PRIORITY, "xlist"],
    ])) {
      const all = watched.filter(({ watch }) => (watch & bit) !== 0).length;
      const of = fits.filter(({ watch }) => (watch & bit) !== 0);
      const heading = make("h3", "", make("code", "", list), ` ${count(all)}`);
      heading.dataset["events"] = String(bit);
      const items = of.slice(0, MOST_WATCHED).map(({ lane, ready, state }) => {
        const item = make(
          "li",
          "",
          make("b", "", String(lane.fd)),
          " ",
          lane.name,
        );
        if ((ready & bit) !== 0 && state === LANE_READY) {
          item.classList.add("is-ready");
          item.append(" ", make("em", "", "ready"));
        } else if (state === LANE_USED) {
          item.append(" ", make("em", "in-use", "in use"));
        }
        return item;
      });
      if (items.length === 0) items.push(make("li", "quiet", "empty"));
      parts.push(heading, make("ul", "list", ...items));
      if (of.length > MOST_WATCHED) parts.push(more(of.length - MOST_WATCHED));
    }
  } else if (watched.length > 0) {
    const body = make("tbody", "");
    for (const { lane, watch, ready, state } of fits.slice(0, MOST_WATCHED)) {
      const fd = make("th", "number", String(lane.fd));
      fd.scope = "row";
      const calls = make("span", "calls");
      if (lane.callback !== null) {
        calls.append("→ ", make("code", "", lane.callback), " ");
      }
      if (state === LANE_READY) {
        calls.append(make("em", "", eventsText(ready, "ready")));
      } else if (state === LANE_USED) {
        calls.append(make("em", "in-use", "in use"));
      }
      const row = make(
        "tr",
        state === LANE_READY ? "is-ready" : "",
        fd,
        make("td", "", lane.name, calls),
        make("td", "", eventsText(watch, "watched")),
      );
      body.append(row);
    }
    const head = make("tr", "");
    for (const title of ["fd", "What it is, what it calls", "For"]) {
      const cell = make("th", title === "fd" ? "number" : "", title);
      cell.scope = "col";
      head.append(cell);
    }
    parts.push(
      make("h3", "", make("code", "", mechanism), ` ${count(watched.length)}`),
      make("table", "", make("thead", "", head), body),
    );
    if (fits.length > MOST_WATCHED)
      parts.push(more(fits.length - MOST_WATCHED));
  } else {
    parts.push(make("p", "quiet", "Nothing is watched."));
  }
  if (rest.length > 0) {
    const names = rest
      .slice(0, 6)
      .map(({ lane }) => `${lane.fd} ${lane.name}`.trim());
    const others = rest.length - names.length;
    const text =
      names.join(", ") + (others > 0 ? `, and ${count(others)} more` : "");
    parts.push(make("p", "quiet", `Open, not watched: ${text}`));
  }
  where.replaceChildren(...parts);
}

/**
 * @param {number} number
 * @returns {HTMLElement}
 */
function more(number) {
  return make("p", "quiet", `… and ${count(number)} more: use the filter`);
}

/**
 * A row's button: whoever has no mouse picks the row with it.
 *
 * @param {string} text
 * @returns {HTMLButtonElement}
 */
function link(text) {
  const button = make("button", "link", text);
  button.type = "button";
  return button;
}

/**
 * Replaces rows; who is on a button of one stays on it.
 *
 * @param {HTMLElement} where
 * @param {readonly HTMLElement[]} rows
 */
function replaceRows(where, rows) {
  const active = document.activeElement;
  const text = where.contains(active) ? active?.textContent : undefined;
  where.replaceChildren(...rows);
  if (text === undefined) return;
  for (const button of where.querySelectorAll("button")) {
    if (button.textContent === text) button.focus({ preventScroll: true });
  }
}

/**
 * @param {Turn} turn
 * @param {Model} model
 * @param {boolean} isCurrent
 * @returns {HTMLTableRowElement}
 */
function turnRow(turn, model, isCurrent) {
  const row = make("tr", isCurrent ? "is-current" : "");
  if (isCurrent) row.setAttribute("aria-current", "true");
  row.dataset["n"] = String(turn.wakeN === Infinity ? turn.n : turn.wakeN);
  const number = make(
    "th",
    "number",
    link(turn.turn === 0 ? "–" : count(turn.turn)),
  );
  number.scope = "row";
  const waits = turn.wakeT === Infinity;
  row.append(
    number,
    make("td", "number", moment(waits ? turn.t : turn.wakeT)),
    make(
      "td",
      "number",
      waits ? "…" : turn.turn === 0 ? "" : duration(turn.wakeT - turn.t),
    ),
    turnChain(turn, model, waits),
  );
  return row;
}

/**
 * `fd 21 readable → sendMessage: recv 12 B "hello\n" → send 12 B → select`.
 *
 * @param {Turn} turn
 * @param {Model} model
 * @param {boolean} waits
 * @returns {HTMLTableCellElement}
 */
function turnChain(turn, model, waits) {
  const cell = make("td", "chain");
  if (waits) {
    const on = counted(turn.watched, "descriptor");
    const isOver = model.hasEnded || !model.pending.has(turn.turn);
    const text = isOver
      ? `waited in ${turn.mechanism}: no more is told`
      : `waits in ${turn.mechanism} on ${on}`;
    cell.append(make("span", "quiet", text));
    return cell;
  }
  /** @type {HTMLElement[]} */
  const links = [];
  const { ready } = turn;
  if (turn.error !== null) links.push(make("span", "bad", turn.error));
  else if (turn.turn === 0)
    links.push(make("span", "quiet", "before the first wait"));
  else if (ready.length === 0) {
    links.push(
      make(
        "span",
        "quiet",
        (turn.timeoutMs ?? 0) > 0 ? "nothing: time-out" : "nothing",
      ),
    );
  } else {
    const shown = ready.slice(0, MOST_CHIPS);
    const chips = make("span", "");
    for (const [i, { lane, events }] of shown.entries()) {
      if (i > 0) chips.append(", ");
      chips.append(
        make("em", "", `${fdText(lane)} ${eventsText(events, "ready")}`),
      );
    }
    if (ready.length > shown.length) {
      chips.append(` and ${count(ready.length - shown.length)} more`);
    }
    links.push(chips);
  }
  let last = ready.length === 1 ? ready[0]?.lane : undefined;
  let called = "";
  let left = MOST_CHIPS;
  for (const action of turn.actions) {
    if (left === 0) break;
    const { mark, task } = action;
    if (mark !== null) {
      const link = make("span", "");
      const callback =
        ready.find(({ lane }) => lane === mark.lane)?.callback ?? null;
      const caller = callback === null ? "" : `${callback}/${mark.lane.id}`;
      if (callback !== null && caller !== called && task === null) {
        link.append(make("code", "", callback), " ");
        called = caller;
      }
      if (mark.lane !== last)
        link.append(make("b", "", fdText(mark.lane)), " ");
      last = mark.lane;
      link.append(
        make("span", mark.error === null ? "" : "bad", markText(mark)),
      );
      if (mark.accepted !== null && mark.accepted.name !== "") {
        link.append(" ", make("span", "quiet", mark.accepted.name));
      }
      if (mark.preview !== null && mark.preview !== "") {
        link.append(" ", make("q", "", mark.preview));
      }
      links.push(link);
      left--;
    } else if (task !== null && action.depth === 0) {
      if (action.type === "resume") {
        links.push(make("code", "task", taskText(task)));
        if (ready.length !== 1) last = undefined;
      } else {
        const text =
          action.type === "done" ? "done" : `yields at line ${action.line}`;
        links.push(make("span", "quiet", text));
      }
      left--;
    }
  }
  const told = turn.actions.filter(
    ({ mark, depth }) => mark !== null || depth === 0,
  );
  const hidden = told.length + turn.more - (MOST_CHIPS - left);
  if (hidden > 0) links.push(make("span", "quiet", `${count(hidden)} more`));
  for (const [i, link] of links.entries()) {
    if (i > 0) cell.append(make("span", "arrow", " → "));
    cell.append(link);
  }
  return cell;
}

/**
 * The newest first; those around a moment, when one is shown.
 *
 * @param {HTMLElement} where
 * @param {Model} model
 * @param {number | null} n
 */
function showTurns(where, model, n) {
  const { turns } = model;
  let end = turns.length;
  if (n !== null) {
    const i = firstAboveBy(turns, (turn) => turn.n, n);
    end = Math.min(end, i + 5);
  }
  const current = n === null ? undefined : model.turnAt(n);
  const rows = turns
    .slice(Math.max(0, end - MOST_TURNS), end)
    .reverse()
    .map((turn) => turnRow(turn, model, turn === current));
  replaceRows(where, rows);
}

/**
 * @param {Model} model
 * @returns {string}
 */
function turnsNote(model) {
  const known = model.turns.filter(({ turn }) => turn > 0).length;
  const listed = Math.min(MOST_TURNS, known);
  if (model.totals.turns <= listed + 1) return "newest first";
  return `newest first, ${count(listed)} of ${count(Math.max(known, model.totals.turns))}`;
}

/**
 * Says openly what is not shown.
 *
 * @param {Model} model
 * @returns {string}
 */
function samplingText(model) {
  const { turns, omitted, omittedOperations, forgotten } = model.totals;
  if (omitted === 0 && forgotten === 0) {
    if (omittedOperations === 0) return "";
    return `${counted(omittedOperations, "call")} were too many to send. The counters count them all.`;
  }
  const shown = Math.max(0, turns - omitted - forgotten);
  const why = [];
  if (omitted > 0) why.push(`${count(omitted)} were too many to send`);
  if (forgotten > 0) why.push(`${count(forgotten)} older ones are forgotten`);
  return `Showing ${count(shown)} of ${counted(turns, "turn")}: ${why.join(", ")}. The counters count them all.`;
}

/**
 * @param {HTMLElement} where
 * @param {Model} model
 * @param {number} now
 */
function showCounters(where, model, now) {
  const { totals } = model;
  const perTurn = totals.turns === 0 ? 0 : totals.ready / totals.turns;
  /** @type {[string, string][]} */
  const values = [
    ["turns", count(totals.turns)],
    [
      "turns a second",
      model.hasEnded || recorded !== null
        ? "–"
        : count(model.turnsPerSecond(now)),
    ],
    ["ready a turn", shortNumber.format(perTurn)],
    ["calls", count(totals.operations)],
    ["in", size(totals.bytesIn)],
    ["out", size(totals.bytesOut)],
    ["connections", count(totals.connections)],
    ["open", count(model.open.size)],
  ];
  if (totals.omitted > 0) values.push(["turns omitted", count(totals.omitted)]);
  if (where.childElementCount !== values.length) {
    where.replaceChildren(
      ...values.map(([name]) =>
        make("div", "", make("dt", "", name), make("dd", "")),
      ),
    );
  }
  for (const [i, [, value]] of values.entries()) {
    const cell = where.children[i]?.lastElementChild;
    if (cell instanceof HTMLElement) write(cell, value);
  }
}

/**
 * @param {HTMLElement} where
 * @param {Model} model
 * @param {number | null} n
 * @param {string} filter
 * @param {Task | null} selected
 */
function showTasks(where, model, n, filter, selected) {
  const all = [...model.tasks.values()].filter(
    (task) =>
      (n === null || task.startedN <= n) &&
      matches(filter, taskText(task).toLowerCase()),
  );
  const states = all.map((task) => ({ task, ...taskAt(task, n) }));
  // Those that are done go last, and the newest of them first.
  const lively = states.filter(({ state }) => state !== TASK_DONE);
  const done = states.filter(({ state }) => state === TASK_DONE).reverse();
  const rows = [...lively, ...done]
    .slice(0, MOST_TASKS)
    .map(({ task, state, source, line }) => {
      const name = make("th", "", link(taskText(task)));
      name.scope = "row";
      const file = baseName(model.sources.get(source)?.url ?? "");
      const word =
        state === TASK_RUNNING
          ? "running"
          : state === TASK_DONE
            ? "done"
            : "suspended";
      const row = make(
        "tr",
        state === TASK_DONE
          ? "quiet"
          : state === TASK_RUNNING
            ? "is-running"
            : "",
        name,
        make(
          "td",
          "",
          state === TASK_RUNNING ? make("em", "in-use", word) : word,
        ),
        make(
          "td",
          "",
          line === 0
            ? ""
            : file === "" || model.sources.size === 1
              ? `line ${line}`
              : `${file}:${line}`,
        ),
        make("td", "", task.lane === null ? "" : fdText(task.lane)),
      );
      row.dataset["task"] = String(task.id);
      if (task === selected) row.classList.add("is-current");
      return row;
    });
  if (all.length > MOST_TASKS) {
    const cell = make(
      "td",
      "quiet",
      `… and ${count(all.length - MOST_TASKS)} more: use the filter`,
    );
    cell.colSpan = 4;
    rows.push(make("tr", "", cell));
  }
  replaceRows(where, rows);
}

/**
 * @param {Task} task
 * @param {number | null} n
 * @returns {{ state: number, source: number, line: number }}
 */
function taskAt(task, n) {
  const { track } = task;
  const i = n === null ? track.t.length - 1 : track.at(n);
  const state = track.state[i] ?? TASK_SUSPENDED;
  // One that runs has left the line before.
  const from = state === TASK_RUNNING ? i - 1 : i;
  const detail = state === TASK_DONE ? 0 : (track.detail[from] ?? 0);
  return { state, source: Math.floor(detail / LINES), line: detail % LINES };
}

/**
 * What is known of a place in the timeline: pairs of a name and a value.
 *
 * @param {Model} model
 * @param {Row | "thread"} row
 * @param {number} n
 * @param {number} t
 * @param {Mark | null} mark
 * @param {number} now
 * @returns {{ title: string, values: [string, string][] }}
 */
function describe(model, row, n, t, mark, now) {
  /** @type {[string, string][]} */
  const values = [];
  const turn = model.turnAt(n);
  if (row === "thread") {
    values.push(
      ["does", threadSentence(model, n, now)],
      ["at", moment(t, 0.01)],
    );
    if (turn !== undefined && turn.turn > 0)
      values.push(["turn", count(turn.turn)]);
    return { title: "thread", values };
  }
  if (row.lane !== undefined) {
    const { lane } = row;
    const i = lane.track.at(n);
    const state = lane.track.state[i] ?? -1;
    const detail = lane.track.detail[i] ?? 0;
    const from = lane.track.t[i] ?? 0;
    const to = lane.track.t[i + 1] ?? now;
    const words = ["not watched", "watched", "ready", "in use", "closed"];
    if (mark !== null) {
      values.push(["call", markText(mark)]);
      if (mark.preview !== null) values.push(["bytes", mark.preview]);
    }
    values.push(["state", words[state] ?? "not there yet"]);
    if ((detail & 7) !== 0)
      values.push(["watched for", eventsText(detail & 7, "watched")]);
    if (detail >> 3 !== 0)
      values.push(["ready", eventsText(detail >> 3, "ready")]);
    const ready = turn?.ready.find((one) => one.lane === lane);
    const callback = ready?.callback ?? null;
    if (callback !== null && state !== LANE_WATCHED)
      values.push(["calls", callback]);
    if (state >= 0 && state !== LANE_CLOSED)
      values.push(["for", duration(to - from)]);
    values.push(["at", moment(t, 0.01)]);
    if (turn !== undefined && turn.turn > 0)
      values.push(["turn", count(turn.turn)]);
    values.push([
      "in, out",
      `${size(lane.bytesIn)}, ${size(lane.bytesOut)} in all`,
    ]);
    return { title: `${fdText(lane)} ${lane.name}`, values };
  }
  const { task } = row;
  const { state, source, line } = taskAt(task, n);
  const i = task.track.at(n);
  const words = ["suspended", "running", "done"];
  values.push(["state", i < 0 ? "not there yet" : (words[state] ?? "")]);
  if (i >= 0 && state !== TASK_DONE) {
    const length = (task.track.t[i + 1] ?? now) - (task.track.t[i] ?? 0);
    values.push(["for", duration(length)]);
  }
  if (line > 0) {
    const key = state === TASK_RUNNING ? "from line" : "line";
    const text = model.sources.get(source)?.lines[line - 1]?.trim();
    values.push([key, text === undefined ? String(line) : `${line}: ${text}`]);
  }
  if (task.lane !== null)
    values.push(["descriptor", `${task.lane.fd} ${task.lane.name}`]);
  values.push(
    ["resumed", counted(task.resumed, "time")],
    ["at", moment(t, 0.01)],
  );
  return { title: taskTitle(task), values };
}

/**
 * @param {HTMLElement} where
 * @param {{ title: string, values: [string, string][] }} description
 */
function showDescription(where, { title, values }) {
  const list = make("dl", "");
  for (const [name, value] of values) {
    list.append(make("dt", "", name), make("dd", "", value));
  }
  where.replaceChildren(make("p", "title", title), list);
}

/** Brings the parts together: the connection, the controls, the keys, the frames. */

const model = new Model();
const paint = new Paint();
const lanesBox = byId("lanes", HTMLDivElement);
const timeline = new Timeline(
  model,
  paint,
  lanesBox,
  byId("canvas", HTMLCanvasElement),
  byId("spacer", HTMLDivElement),
);
const overview = new Overview(timeline, byId("overview", HTMLCanvasElement));
const sourcePanel = new SourcePanel(
  model,
  byId("source", HTMLTableSectionElement),
  byId("source-scroll", HTMLDivElement),
  byId("source-which", HTMLSelectElement),
);
const recorded = document.getElementById("recorded");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const darkSystem = matchMedia("(prefers-color-scheme: dark)");

const page = {
  /** @type {"connecting" | "live" | "lost" | "ended" | "recorded"} */
  connection: "connecting",
  /** What was asked for, and not yet seen. @type {"pause" | "step" | "resume" | null} */
  asked: null,
  /** The program's clock is this far from the page's. */
  clock: 0,
  isClockSet: false,
  /** When the connection ended: time stands still there. @type {number | null} */
  stoppedAt: null,
  /** @type {string | null} */
  theme: null,
  isDirty: true,
  panelsAt: -Infinity,
  tablesFor: "",
  drawnAt: -Infinity,
  /** For whom the details are: kept so that they can be told anew. @type {Hit | null} */
  picked: null,
  announcedAt: -Infinity,
  announced: "",
};

/** @returns {number} The program's time. */
function programNow() {
  if (model.hasEnded || recorded !== null) return model.t;
  if (page.stoppedAt !== null) return Math.max(model.t, page.stoppedAt);
  return Math.max(model.t, performance.now() + page.clock);
}

/** The newest event is as good as now; of the history only the wall clock tells how old it is. */
function setClock() {
  const heard = model.t - performance.now();
  if (!page.isClockSet) {
    page.isClockSet = true;
    const began = Date.parse(model.start?.at ?? "");
    const wall = Date.now() - began + (model.start?.t ?? 0) - performance.now();
    page.clock = wall > heard ? wall : heard;
  } else if (heard > page.clock || heard < page.clock - 500) {
    page.clock = heard;
  }
}

/** Draws in the next frame, and only then. */
function changed() {
  page.isDirty = true;
  schedule();
}

let isScheduled = false;
function schedule() {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(frame);
}

/** @param {number} at */
function frame(at) {
  isScheduled = false;
  const now = programNow();
  const isMoving =
    page.connection === "live" && !model.hasEnded && model.start !== null;
  const pace = calm.matches ? 500 : 32;
  if (
    page.isDirty ||
    (isMoving && timeline.moment === null && at - page.drawnAt >= pace)
  ) {
    page.isDirty = false;
    page.drawnAt = at;
    timeline.draw(now);
    overview.draw();
  }
  if (at - page.panelsAt >= 200) {
    page.panelsAt = at;
    showPanels(now);
  }
  if (isMoving || at - page.panelsAt > 0) schedule();
}

/** @param {number} now */
function showPanels(now) {
  const { moment: n, filter } = timeline;
  const sentence = threadSentence(model, n, now);
  const busy = n === null && !model.isPaused && !model.hasEnded;
  const perSecond = model.turnsPerSecond(now);
  const isTold = (model.gaps.at(-1)?.t ?? -Infinity) < now - 1000;
  const share = isTold
    ? `, asleep ${count(100 * model.asleep(now - 1000, now))} % of the time`
    : "";
  write(
    byId("sentence", HTMLElement),
    busy && perSecond > 20
      ? `Waking ${count(perSecond)} times a second${share}`
      : sentence,
  );
  write(
    byId("moment", HTMLElement),
    n === null
      ? model.hasEnded || page.stoppedAt !== null || recorded !== null
        ? "At the end"
        : "Now"
      : `At ${moment(model.timeOf(n), 0.01)}, step ${count(n)}`,
  );
  showCounters(byId("counters", HTMLElement), model, now);
  const sampling = samplingText(model);
  const note = byId("sampling", HTMLElement);
  note.hidden = sampling === "";
  write(note, sampling);
  const scroll = byId("turns-scroll", HTMLDivElement);
  const isHeld = n === null && scroll.scrollTop > 4;
  byId("turns-newest", HTMLButtonElement).hidden = !isHeld;
  write(
    byId("turns-note", HTMLElement),
    isHeld ? "held while you read" : turnsNote(model),
  );
  const { selected } = timeline;
  const task =
    selected === null || selected === "thread" ? null : (selected.task ?? null);
  document.body.classList.toggle("has-tasks", model.tasks.size > 0);
  document.body.classList.toggle("has-source", model.sources.size > 0);
  // Tables stay as they are, for who reads or selects in them, until something happens.
  const key = [
    n,
    model.n,
    model.version,
    model.hasEnded,
    filter,
    task?.id,
  ].join();
  if (key !== page.tablesFor) {
    page.tablesFor = isHeld ? "" : key;
    showWatched(byId("watched-body", HTMLElement), model, n, filter);
    if (!isHeld) showTurns(byId("turns", HTMLTableSectionElement), model, n);
    showTasks(byId("tasks", HTMLTableSectionElement), model, n, filter, task);
  }
  if (model.sources.size > 0) sourcePanel.update(n, task);
  showScrub();
  showState();
  announce(now);
}

function showScrub() {
  const scrub = byId("scrub", HTMLInputElement);
  scrub.min = String(model.firstN);
  scrub.max = String(Math.max(model.firstN, model.n));
  const n = timeline.moment ?? model.n;
  scrub.value = String(n);
  scrub.setAttribute(
    "aria-valuetext",
    timeline.moment === null
      ? "the newest"
      : `step ${n}, at ${moment(model.timeOf(n), 0.01)}`,
  );
  const follow = byId("follow", HTMLButtonElement);
  follow.setAttribute(
    "aria-pressed",
    String(timeline.isFollowing && timeline.moment === null),
  );
  byId("axis-time", HTMLElement).setAttribute(
    "aria-pressed",
    String(timeline.axis === "time"),
  );
  byId("axis-steps", HTMLElement).setAttribute(
    "aria-pressed",
    String(timeline.axis === "steps"),
  );
}

/** The program and the connection, in a word or two. */
function showState() {
  const { start } = model;
  if (start !== null) {
    const name = baseName(start.program);
    const title = `${name} · scope`;
    if (document.title !== title) document.title = title;
    const when =
      recorded === null
        ? `pid ${start.pid}`
        : `recorded ${new Date(start.at).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}`;
    write(byId("program", HTMLElement), `${name} · ${when} · ${start.runtime}`);
  }
  const state = byId("state", HTMLElement);
  const [name, text] = stateNow();
  state.dataset["state"] = name;
  document.body.dataset["state"] = name;
  write(state, text);
  const isLive = page.connection === "live" && !model.hasEnded;
  const wantsPause =
    model.isPaused || page.asked === "pause" || page.asked === "step";
  write(byId("pause-label", HTMLElement), wantsPause ? "Resume" : "Pause");
  byId("pause", HTMLElement).setAttribute("aria-disabled", String(!isLive));
  byId("step", HTMLElement).setAttribute(
    "aria-disabled",
    String(!isLive || !model.isPaused),
  );
}

/** @returns {[string, string]} */
function stateNow() {
  if (page.connection === "recorded") return ["recorded", "A recording"];
  if (model.hasEnded || page.connection === "ended") {
    return ["ended", "The program has ended; its picture stays"];
  }
  if (page.connection === "lost") {
    return [
      "ended",
      "The connection has ended, and so has the program, it seems. Trying again",
    ];
  }
  if (page.connection === "connecting") return ["connecting", "Connecting"];
  if (model.isPaused)
    return ["paused", "Paused: the program stands still before its next wait"];
  if (page.asked === "pause")
    return ["pausing", "Will stand still before its next wait"];
  if (page.asked === "step")
    return ["pausing", "Takes one turn, then stands still again"];
  return ["live", "Live"];
}

/**
 * For ears: only what lasts, and not too often.
 *
 * @param {number} now
 */
function announce(now) {
  const at = performance.now();
  const [name, text] = stateNow();
  const said =
    name === "live"
      ? `${text}. ${counted(model.open.size, "descriptor")} open`
      : text;
  if (said === page.announced || at - page.announcedAt < 4000) return;
  page.announced = said;
  page.announcedAt = at;
  const sentence = model.isPaused
    ? ""
    : `. ${threadSentence(model, null, now)}`;
  byId("announcer", HTMLElement).textContent =
    name === "ended" ? said : said + sentence;
}

/** @param {"pause" | "resume" | "step"} command */
function control(command) {
  if (page.connection !== "live" || model.hasEnded) return;
  page.asked = command === "resume" ? null : command;
  showState();
  void fetch("control", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ command }),
  }).catch(() => {
    page.asked = null;
    changed();
  });
}

function pauseOrResume() {
  const wantsPause =
    model.isPaused || page.asked === "pause" || page.asked === "step";
  control(wantsPause ? "resume" : "pause");
}

function stepOnce() {
  if (model.isPaused) control("step");
}

/**
 * The server is believed: it and this page are parts of one thing.
 *
 * @param {unknown} value
 * @returns {value is ScopeEvent[]}
 */
function isEvents(value) {
  return Array.isArray(value);
}

/**
 * @param {string} json
 * @returns {readonly ScopeEvent[]}
 */
function parsed(json) {
  /** @type {unknown} */
  const value = JSON.parse(json);
  return isEvents(value) ? value : [];
}

/** @param {readonly ScopeEvent[]} events */
function take(events) {
  for (const event of events) {
    if (event.type === "pause") page.asked = null;
    model.apply(event);
  }
  setClock();
  changed();
}

function connect() {
  let failures = 0;
  const stream = new EventSource("events");
  stream.addEventListener("open", () => {
    failures = 0;
    page.connection = "live";
    page.stoppedAt = null;
    changed();
  });
  stream.addEventListener("reset", () => {
    model.reset();
    sourcePanel.reset();
    page.isClockSet = false;
    page.asked = null;
    page.picked = null;
    timeline.moment = null;
    timeline.selected = null;
    timeline.isFollowing = true;
    timeline.rowsFor = "";
    changed();
  });
  stream.addEventListener("message", (message) => {
    take(parsed(String(message.data)));
    if (!model.hasEnded) return;
    stream.close();
    page.connection = "ended";
  });
  stream.addEventListener("error", () => {
    if (page.connection === "ended") return;
    page.stoppedAt ??= programNow();
    page.asked = null;
    const isOver = stream.readyState === EventSource.CLOSED || ++failures > 1;
    page.connection = isOver ? "ended" : "lost";
    if (isOver) {
      stream.close();
      model.end(page.stoppedAt);
    }
    changed();
  });
}

/** @param {Hit} hit */
function pick(hit) {
  page.picked = hit;
  timeline.selected = hit.row;
  if (hit.row !== null) {
    showDescription(
      byId("selection", HTMLElement),
      describe(model, hit.row, hit.n, hit.t, hit.mark, programNow()),
    );
  }
  page.panelsAt = -Infinity;
  changed();
}

/** @param {number} n */
function goTo(n) {
  timeline.show(n);
  const shown = timeline.moment ?? model.n;
  const row = timeline.selected ?? "thread";
  const lane = row === "thread" ? undefined : row.lane;
  const mark = lane?.marks.find((mark) => mark.n === shown) ?? null;
  pick({ row, n: shown, t: model.timeOf(shown), mark });
}

function goLive() {
  timeline.moment = null;
  if (recorded === null) timeline.isFollowing = true;
  else timeline.fit();
  page.panelsAt = -Infinity;
  changed();
}

/** @param {number} by */
function chooseRow(by) {
  const { rows, selected } = timeline;
  /** @type {(Row | "thread")[]} */
  const all = ["thread", ...rows];
  const i = all.findIndex(
    (row) => row === selected || (row !== "thread" && timeline.isSelected(row)),
  );
  const row =
    all[Math.min(all.length - 1, Math.max(0, i < 0 ? 0 : i + by))] ?? "thread";
  const n = timeline.moment ?? model.n;
  pick({
    row,
    n,
    t: timeline.moment === null ? programNow() : model.timeOf(n),
    mark: null,
  });
  if (row === "thread") {
    lanesBox.scrollTop = 0;
    return;
  }
  const top = rows.indexOf(row) * timeline.rowHeight;
  const room = timeline.height - TOP - timeline.rowHeight;
  lanesBox.scrollTop = Math.min(top, Math.max(lanesBox.scrollTop, top - room));
}

function fit() {
  timeline.fit();
  changed();
}

/** @param {number} factor */
function zoom(factor) {
  timeline.zoom(factor);
  changed();
}

/** @param {"time" | "steps"} axis */
function setAxis(axis) {
  timeline.setAxis(axis);
  page.panelsAt = -Infinity;
  changed();
}

function toggleTheme() {
  const isDark =
    (page.theme ?? (darkSystem.matches ? "dark" : "light")) === "dark";
  page.theme = isDark ? "light" : "dark";
  showTheme();
}

function showTheme() {
  const theme = page.theme ?? (darkSystem.matches ? "dark" : "light");
  document.documentElement.dataset["theme"] = theme;
  write(byId("theme", HTMLElement), theme === "dark" ? "Light" : "Dark");
  paint.refresh();
  showLegend(byId("legend", HTMLElement), paint);
  changed();
}

/** @type {[string, string, () => void][]} */
const keys = [
  [" ", "Pause, or resume", pauseOrResume],
  ["s", "One turn, when paused", stepOnce],
  ["f", "Follow: back to what happens now", goLive],
  [
    "+",
    "Zoom in",
    () => {
      zoom(1 / 1.5);
    },
  ],
  [
    "-",
    "Zoom out",
    () => {
      zoom(1.5);
    },
  ],
  ["0", "All of it in view", fit],
  [
    "x",
    "The axis: time, or steps",
    () => {
      setAxis(timeline.axis === "time" ? "steps" : "time");
    },
  ],
  [
    "ArrowLeft",
    "Earlier",
    () => {
      timeline.pan(-80);
      changed();
    },
  ],
  [
    "ArrowRight",
    "Later",
    () => {
      timeline.pan(80);
      changed();
    },
  ],
  [
    "ArrowUp",
    "The lane above",
    () => {
      chooseRow(-1);
    },
  ],
  [
    "ArrowDown",
    "The lane below",
    () => {
      chooseRow(1);
    },
  ],
  [
    ",",
    "One step back",
    () => {
      goTo((timeline.moment ?? model.n) - 1);
    },
  ],
  [
    ".",
    "One step on",
    () => {
      goTo((timeline.moment ?? model.n) + 1);
    },
  ],
  [
    "/",
    "To the filter",
    () => {
      byId("filter", HTMLInputElement).focus();
    },
  ],
  ["t", "Dark or light", toggleTheme],
  [
    "?",
    "This help",
    () => {
      byId("help", HTMLDialogElement).showModal();
    },
  ],
];

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (byId("help", HTMLDialogElement).open) return;
  const { target } = event;
  if (!(target instanceof Element)) return;
  if (target.closest("select, textarea, input") !== null) {
    if (event.key === "Escape" && target instanceof HTMLElement) target.blur();
    return;
  }
  const name =
    event.key === "=" ? "+" : event.key === "Escape" ? "f" : event.key;
  if (name === " " && target.closest("button, a, summary") !== null) return;
  if (
    name.startsWith("Arrow") &&
    target !== lanesBox &&
    target !== document.body
  )
    return;
  const key = keys.find(([key]) => key === name || key === name.toLowerCase());
  if (key === undefined) return;
  event.preventDefault();
  key[2]();
}

/** @param {MouseEvent} event */
function hitOf(event) {
  const { left, top } = lanesBox.getBoundingClientRect();
  return timeline.hit(event.clientX - left, event.clientY - top);
}

function listenToThePointer() {
  const tip = byId("tip", HTMLElement);
  /** @type {{ x: number, moved: boolean } | null} */
  let drag = null;
  lanesBox.addEventListener(
    "wheel",
    (event) => {
      const x = event.clientX - lanesBox.getBoundingClientRect().left;
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
        event.preventDefault();
        timeline.pan(event.deltaX || event.deltaY);
      } else if (x >= timeline.gutter) {
        event.preventDefault();
        const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
        timeline.zoom(Math.exp((event.deltaY * lines) / 400), x);
      }
      changed();
    },
    { passive: false },
  );
  lanesBox.addEventListener("scroll", changed);
  lanesBox.addEventListener("pointerdown", (event) => {
    const { left, top } = lanesBox.getBoundingClientRect();
    if (event.button !== 0 || event.clientX - left > lanesBox.clientWidth)
      return;
    if (event.clientY - top > lanesBox.clientHeight) return;
    drag = { x: event.clientX, moved: false };
    lanesBox.setPointerCapture(event.pointerId);
  });
  lanesBox.addEventListener("pointermove", (event) => {
    if (drag !== null) {
      const dx = event.clientX - drag.x;
      if (!drag.moved && Math.abs(dx) < 4) return;
      drag = { x: event.clientX, moved: true };
      lanesBox.classList.add("is-dragged");
      tip.hidden = true;
      timeline.pan(-dx);
      changed();
      return;
    }
    const hit = hitOf(event);
    const { left } = lanesBox.getBoundingClientRect();
    if (hit.row === null || event.clientX - left < timeline.gutter) {
      tip.hidden = true;
      return;
    }
    showDescription(
      tip,
      describe(model, hit.row, hit.n, hit.t, hit.mark, programNow()),
    );
    tip.hidden = false;
    const x = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
    const below = event.clientY + 18 + tip.offsetHeight < innerHeight;
    const y = below
      ? event.clientY + 18
      : event.clientY - tip.offsetHeight - 10;
    tip.style.left = `${x}px`;
    tip.style.top = `${y}px`;
  });
  const drop = () => {
    drag = null;
    lanesBox.classList.remove("is-dragged");
  };
  lanesBox.addEventListener("pointerup", (event) => {
    const isClick = drag !== null && !drag.moved;
    drop();
    if (!isClick) return;
    const hit = hitOf(event);
    const { left } = lanesBox.getBoundingClientRect();
    if (event.clientX - left >= timeline.gutter) timeline.show(hit.n);
    else {
      hit.n = timeline.moment ?? model.n;
      hit.t = timeline.moment === null ? programNow() : model.timeOf(hit.n);
    }
    pick(hit);
  });
  lanesBox.addEventListener("pointercancel", drop);
  lanesBox.addEventListener("pointerleave", () => {
    tip.hidden = true;
  });

  const strip = overview.canvas;
  strip.addEventListener("pointerdown", (event) => {
    strip.setPointerCapture(event.pointerId);
    overview.centre(event.offsetX);
    changed();
  });
  strip.addEventListener("pointermove", (event) => {
    if ((event.buttons & 1) === 0) return;
    overview.centre(event.offsetX);
    changed();
  });
}

/** @param {string} id @param {() => void} action */
function onClick(id, action) {
  byId(id, HTMLButtonElement).addEventListener("click", action);
}

function listen() {
  onClick("pause", pauseOrResume);
  onClick("step", stepOnce);
  onClick("theme", toggleTheme);
  onClick("help-open", () => {
    byId("help", HTMLDialogElement).showModal();
  });
  onClick("axis-time", () => {
    setAxis("time");
  });
  onClick("axis-steps", () => {
    setAxis("steps");
  });
  onClick("zoom-in", () => {
    zoom(1 / 1.5);
  });
  onClick("zoom-out", () => {
    zoom(1.5);
  });
  onClick("fit", fit);
  onClick("follow", goLive);
  onClick("earlier", () => {
    goTo((timeline.moment ?? model.n) - 1);
  });
  onClick("later", () => {
    goTo((timeline.moment ?? model.n) + 1);
  });
  onClick("turns-newest", () => {
    byId("turns-scroll", HTMLElement).scrollTop = 0;
  });
  const filter = byId("filter", HTMLInputElement);
  filter.addEventListener("input", () => {
    timeline.filter = filter.value.trim().toLowerCase();
    page.panelsAt = -Infinity;
    changed();
  });
  const which = byId("which", HTMLSelectElement);
  which.addEventListener("change", () => {
    timeline.which = which.value;
    changed();
  });
  const scrub = byId("scrub", HTMLInputElement);
  scrub.addEventListener("input", () => {
    goTo(Number(scrub.value));
  });
  byId("turns", HTMLElement).addEventListener("click", ({ target }) => {
    const row = target instanceof Element ? target.closest("tr") : null;
    const n = row?.dataset["n"];
    if (n !== undefined) goTo(Number(n));
  });
  byId("tasks", HTMLElement).addEventListener("click", ({ target }) => {
    const row = target instanceof Element ? target.closest("tr") : null;
    const task = model.tasks.get(Number(row?.dataset["task"]));
    if (task === undefined) return;
    const n = timeline.moment ?? model.n;
    pick({ row: { task }, n, t: model.timeOf(n), mark: null });
  });
  document.addEventListener("keydown", onKey);
  darkSystem.addEventListener("change", showTheme);
  new ResizeObserver(changed).observe(lanesBox);
  listenToThePointer();
}

function showKeys() {
  /** @type {Record<string, string>} */
  const names = {
    " ": "space",
    ArrowLeft: "←",
    ArrowRight: "→",
    ArrowUp: "↑",
    ArrowDown: "↓",
    "-": "−",
  };
  byId("keys", HTMLElement).replaceChildren(
    ...keys.map(([key, what]) => {
      const head = make("th", "", make("kbd", "", names[key] ?? key));
      head.scope = "row";
      return make("tr", "", head, make("td", "", what));
    }),
  );
}

showKeys();
listen();
showTheme();
if (recorded === null) {
  connect();
} else {
  document.body.classList.add("is-recorded");
  page.connection = "recorded";
  model.applyAll(parsed(recorded.textContent));
  showPanels(model.t); // some of them take of the timeline's width
  timeline.draw(model.t);
  timeline.fit();
}
changed();

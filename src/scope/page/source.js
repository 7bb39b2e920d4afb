/** The text of the watched program, with the lines where its tasks are suspended. */
const MOST_LINES = 2000;

class SourcePanel {
  /**
   * @param {Model} model
   * @param {HTMLElement} body
   * @param {HTMLElement} scroll
   * @param {HTMLSelectElement} which
   */
  constructor(model, body, scroll, which) {
    this.model = model;
    this.body = body;
    this.scroll = scroll;
    this.which = which;
    this.shown = -1;
    /** The reader has chosen a file. */
    this.isChosen = false;
    this.firstLine = 1;
    this.options = "";
    this.marked = "";
    this.scrolledTo = 0;
    which.addEventListener("change", () => {
      this.isChosen = true;
      this.open(Number(which.value), 1);
    });
  }

  reset() {
    this.shown = -1;
    this.isChosen = false;
    this.options = this.marked = "";
    this.body.replaceChildren();
  }

  /**
   * @param {number} source
   * @param {number} line
   */
  open(source, line) {
    const file = this.model.sources.get(source);
    if (file === undefined) return;
    this.shown = source;
    this.marked = "";
    this.scrolledTo = 0;
    this.firstLine = Math.max(
      1,
      Math.min(line - MOST_LINES / 2, file.lines.length - MOST_LINES),
    );
    this.which.value = String(source);
    const rows = file.lines
      .slice(this.firstLine - 1, this.firstLine - 1 + MOST_LINES)
      .map((text, i) => {
        const number = make("th", "number", String(this.firstLine + i));
        number.scope = "row";
        return make(
          "tr",
          "",
          number,
          make("td", "text", text),
          make("td", "who"),
        );
      });
    this.body.replaceChildren(...rows);
    this.scroll.scrollTop = 0;
  }

  /**
   * @param {number | null} n
   * @param {Task | null} selected
   */
  update(n, selected) {
    const { model } = this;
    const options = [...model.sources]
      .map(([id, { url }]) => `${id} ${url}`)
      .join();
    if (options !== this.options) {
      this.options = options;
      this.which.replaceChildren(
        ...[...model.sources].map(
          ([id, { url }]) => new Option(baseName(url), String(id)),
        ),
      );
      this.which.value = String(this.shown);
    }
    /** @type {Map<number, Map<number, Task[]>>} */
    const places = new Map();
    let newest = -1;
    /** @type {Task | null} */
    let running = null;
    /** @type {{ source: number, line: number } | null} */
    let focus = null;
    for (const task of model.tasks.values()) {
      const { state, source, line } = taskAt(task, n);
      if (line === 0) continue;
      /** @type {Map<number, Task[]> | undefined} */
      let lines = places.get(source);
      if (lines === undefined) {
        lines = new Map();
        places.set(source, lines);
      }
      const tasks = lines.get(line);
      if (tasks === undefined) lines.set(line, [task]);
      else tasks.push(task);
      const isRunning = state === TASK_RUNNING;
      if (isRunning) running = task;
      const i = n === null ? task.track.t.length - 1 : task.track.at(n);
      const at =
        task === selected || isRunning ? Infinity : (task.track.n[i] ?? 0);
      if (at > newest) {
        newest = at;
        focus = { source, line };
      }
    }
    if (
      focus !== null &&
      (this.shown < 0 || (focus.source !== this.shown && !this.isChosen))
    ) {
      this.open(focus.source, focus.line);
    } else if (this.shown < 0) {
      const first = [...model.sources.keys()][0];
      if (first !== undefined) this.open(first, 1);
    }
    /** @type {Map<number, Task[]>} */
    const lines = places.get(this.shown) ?? new Map();
    const line = focus?.source === this.shown ? focus.line : 0;
    const marked = `${line}|${[...lines].map(([at, tasks]) => `${at}:${tasks.length}:${tasks[0]?.id ?? ""}`).join()}|${running?.id ?? ""}`;
    if (marked === this.marked) return;
    this.marked = marked;
    for (const row of this.body.querySelectorAll("tr.here")) {
      row.className = "";
      const who = row.children[2];
      if (who instanceof HTMLElement) who.textContent = "";
    }
    for (const [at, tasks] of lines) {
      const row = this.body.children[at - this.firstLine];
      if (!(row instanceof HTMLElement)) continue;
      row.className = at === line ? "here newest" : "here";
      const who = row.children[2];
      const first = tasks[0];
      if (who instanceof HTMLElement && first !== undefined) {
        const names =
          tasks.length === 1 ? taskText(first) : counted(tasks.length, "task");
        const runs = running !== null && tasks.includes(running);
        who.textContent = !runs
          ? names
          : tasks.length === 1
            ? `${names} runs on`
            : `${names}, one runs on`;
      }
    }
    this.bringIntoView(line);
  }

  /**
   * Only when it is out of sight, and not while the reader is in the text.
   *
   * @param {number} line
   */
  bringIntoView(line) {
    const row = this.body.children[line - this.firstLine];
    if (!(row instanceof HTMLElement) || line === this.scrolledTo) return;
    if (this.scroll.matches(":focus-within, :hover") && this.scrolledTo !== 0)
      return;
    this.scrolledTo = line;
    const { scroll } = this;
    const top = row.offsetTop;
    if (
      top < scroll.scrollTop + 8 ||
      top > scroll.scrollTop + scroll.clientHeight - 30
    ) {
      scroll.scrollTop = top - scroll.clientHeight / 2;
    }
  }
}

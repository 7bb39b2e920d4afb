/** The colours and patterns of the canvas: those of the style sheet. */

const COLOURS = /** @type {const} */ ([
  "back",
  "panel",
  "ink",
  "quiet",
  "line",
  "faint",
  "accent",
  "arrow",
  "read",
  "write",
  "priority",
  "ready",
  "ready-text",
  "on-ready",
  "used",
  "on-used",
  "asleep",
  "running",
  "on-running",
  "paused",
  "bad",
]);

/** @typedef {(typeof COLOURS)[number]} Colour */

const SANS = "system-ui, sans-serif";

class Paint {
  constructor() {
    /** @type {Map<string, string>} */
    this.colours = new Map();
    /** @type {Map<string, CanvasPattern | string>} */
    this.patterns = new Map();
    this.refresh();
  }

  /** The theme may have changed. */
  refresh() {
    const style = getComputedStyle(document.documentElement);
    for (const name of COLOURS) {
      this.colours.set(name, style.getPropertyValue(`--${name}`).trim());
    }
    this.patterns.clear();
  }

  /**
   * @param {Colour} name
   * @returns {string}
   */
  colour(name) {
    return this.colours.get(name) ?? "#888";
  }

  /**
   * Stripes of two colours, so that a state has a look as well as a hue.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Colour} fore
   * @param {Colour | null} back
   * @returns {CanvasPattern | string}
   */
  stripes(context, fore, back) {
    const key = `${fore}/${back ?? ""}`;
    const known = this.patterns.get(key);
    if (known !== undefined) return known;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const pen = tile.getContext("2d");
    /** @type {CanvasPattern | string} */
    let made = this.colour(fore);
    if (pen !== null) {
      if (back !== null) {
        pen.fillStyle = this.colour(back);
        pen.fillRect(0, 0, 6, 6);
      }
      pen.strokeStyle = this.colour(fore);
      pen.lineWidth = 1.4;
      pen.beginPath();
      for (const x of [-6, 0, 6]) {
        pen.moveTo(x - 1, 7);
        pen.lineTo(x + 7, -1);
      }
      pen.stroke();
      made = context.createPattern(tile, "repeat") ?? made;
    }
    this.patterns.set(key, made);
    return made;
  }

  /**
   * A call: its shape tells its kind.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {string} kind
   * @param {number} x
   * @param {number} y
   * @param {number} r
   */
  mark(context, kind, x, y, r) {
    context.fillStyle = this.colour("used");
    context.strokeStyle = this.colour("panel");
    context.lineWidth = 1.5;
    context.beginPath();
    if (kind === "error") {
      context.strokeStyle = this.colour("bad");
      context.lineWidth = 2;
      context.moveTo(x - r + 1, y - r + 1);
      context.lineTo(x + r - 1, y + r - 1);
      context.moveTo(x + r - 1, y - r + 1);
      context.lineTo(x - r + 1, y + r - 1);
      context.stroke();
      return;
    }
    if (kind === "in") {
      context.moveTo(x, y + r);
      context.lineTo(x - r, y - r + 1);
      context.lineTo(x + r, y - r + 1);
    } else if (kind === "out") {
      context.moveTo(x, y - r);
      context.lineTo(x - r, y + r - 1);
      context.lineTo(x + r, y + r - 1);
    } else if (kind === "accept") {
      context.arc(x, y, r - 0.5, 0, 7);
    } else {
      context.rect(x - r + 1.5, y - r + 1.5, 2 * r - 3, 2 * r - 3);
    }
    context.closePath();
    context.stroke();
    context.fill();
  }

  /**
   * A bar with an edge: pale colours alone are hard to see.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Colour} fill
   * @param {Colour} edge
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  bar(context, fill, edge, x, y, width, height) {
    context.fillStyle = this.colour(edge);
    context.fillRect(x, y, width, height);
    context.fillStyle = this.colour(fill);
    context.fillRect(x, y + 1, width, height - 2);
  }

  /**
   * The end of a lane.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} x
   * @param {number} y
   * @param {number} h
   */
  closing(context, x, y, h) {
    context.fillStyle = this.colour("quiet");
    context.fillRect(x, y, 2, h);
    context.fillRect(x - 4, y, 6, 2);
    context.fillRect(x - 4, y + h - 2, 6, 2);
  }
}

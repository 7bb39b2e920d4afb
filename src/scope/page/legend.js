/** What the lanes' looks mean: drawn by the hand that draws the lanes. */

const SWATCH = 22;

/** @type {[string, (pen: CanvasRenderingContext2D, paint: Paint) => void][]} */
const LEGEND = [
  [
    "asleep",
    (pen, paint) => {
      paint.bar(pen, "asleep", "arrow", 0, 2, SWATCH, 12);
    },
  ],
  [
    "running",
    (pen, paint) => {
      pen.fillStyle = paint.colour("running");
      pen.fillRect(0, 0, SWATCH, 16);
    },
  ],
  [
    "watched for read",
    (pen, paint) => {
      pen.fillStyle = paint.colour("read");
      pen.fillRect(0, 0, SWATCH, 4);
    },
  ],
  [
    "write",
    (pen, paint) => {
      pen.fillStyle = paint.stripes(pen, "panel", "write");
      pen.fillRect(0, 12, SWATCH, 4);
    },
  ],
  [
    "priority",
    (pen, paint) => {
      pen.fillStyle = paint.colour("priority");
      for (let x = 0; x < SWATCH; x += 6) pen.fillRect(x, 7, 2, 2);
    },
  ],
  [
    "ready",
    (pen, paint) => {
      paint.bar(pen, "ready", "ready-text", 0, 0, SWATCH, 16);
      pen.fillStyle = paint.colour("on-ready");
      pen.fillRect(0, 0, 2, 16);
    },
  ],
  [
    "in use",
    (pen, paint) => {
      pen.fillStyle = paint.stripes(pen, "panel", "used");
      pen.fillRect(0, 5, SWATCH, 6);
    },
  ],
  [
    "bytes in",
    (pen, paint) => {
      paint.mark(pen, "in", SWATCH / 2, 8, 5);
    },
  ],
  [
    "out",
    (pen, paint) => {
      paint.mark(pen, "out", SWATCH / 2, 8, 5);
    },
  ],
  [
    "accept",
    (pen, paint) => {
      paint.mark(pen, "accept", SWATCH / 2, 8, 5);
    },
  ],
  [
    "call",
    (pen, paint) => {
      paint.mark(pen, "other", SWATCH / 2, 8, 5);
    },
  ],
  [
    "error",
    (pen, paint) => {
      paint.mark(pen, "error", SWATCH / 2, 8, 5);
    },
  ],
  [
    "closed",
    (pen, paint) => {
      paint.closing(pen, SWATCH / 2, 0, 16);
    },
  ],
];

/**
 * @param {HTMLElement} where
 * @param {Paint} paint
 */
function showLegend(where, paint) {
  const scale = window.devicePixelRatio || 1;
  const items = LEGEND.map(([name, draw]) => {
    const swatch = make("canvas", "");
    swatch.width = SWATCH * scale;
    swatch.height = 16 * scale;
    swatch.style.width = `${SWATCH}px`;
    swatch.setAttribute("aria-hidden", "true");
    const pen = swatch.getContext("2d");
    if (pen !== null) {
      pen.scale(scale, scale);
      draw(pen, paint);
    }
    return make("li", "", swatch, name);
  });
  where.replaceChildren(...items);
}

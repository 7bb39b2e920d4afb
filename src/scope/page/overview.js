/** The whole of the history in a strip, and which part of it is in view. */
class Overview {
  /**
   * @param {Timeline} timeline
   * @param {HTMLCanvasElement} canvas
   */
  constructor(timeline, canvas) {
    this.timeline = timeline;
    this.canvas = canvas;
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("No canvas");
    this.context = context;
  }

  /**
   * @param {number} x
   * @returns {number}
   */
  position(x) {
    const { beginning, end } = this.timeline;
    return (
      beginning + (x / Math.max(1, this.canvas.clientWidth)) * (end - beginning)
    );
  }

  /** @param {number} x */
  centre(x) {
    const { timeline } = this;
    timeline.isFollowing = false;
    timeline.from = this.position(x) - timeline.span / 2;
  }

  draw() {
    const { canvas, context, timeline } = this;
    const { model, paint, beginning, end } = timeline;
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    const pixels = Math.round(width * scale);
    if (canvas.width !== pixels) canvas.width = pixels;
    if (canvas.height !== Math.round(height * scale)) {
      canvas.height = Math.round(height * scale);
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = paint.colour("back");
    context.fillRect(0, 0, width, height);
    const perPx = Math.max(1e-9, end - beginning) / Math.max(1, width);
    const key = (/** @type {Turn} */ turn) => timeline.of(turn);
    context.fillStyle = paint.colour("running");
    const bar = 2;
    let before = 0;
    for (let x = 0; x < width; x += bar) {
      const upTo = firstAboveBy(
        model.turns,
        key,
        beginning + (x + bar) * perPx,
      );
      const turns = upTo - before;
      before = upTo;
      if (turns === 0) continue;
      const h = Math.min(height - 4, 8 + 3 * Math.log2(turns));
      context.fillRect(x, height - h, bar - 0.5, h);
    }
    context.fillStyle = paint.stripes(context, "quiet", "panel");
    for (const gap of model.gaps) {
      const from =
        ((timeline.axis === "time" ? gap.fromT : gap.fromN) - beginning) /
        perPx;
      const to = (timeline.of(gap) - beginning) / perPx;
      context.fillRect(from, 0, Math.max(1, to - from), 3);
    }
    const left = Math.max(0, (timeline.from - beginning) / perPx);
    const right = Math.min(
      width,
      (timeline.from + timeline.span - beginning) / perPx,
    );
    context.globalAlpha = 0.16;
    context.fillStyle = paint.colour("accent");
    context.fillRect(left, 0, Math.max(3, right - left), height);
    context.globalAlpha = 1;
    context.strokeStyle = paint.colour("accent");
    context.lineWidth = 1;
    context.strokeRect(
      left + 0.5,
      0.5,
      Math.max(3, right - left) - 1,
      height - 1,
    );
  }
}

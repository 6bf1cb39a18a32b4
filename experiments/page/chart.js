/** A canvas with axes, upon which things are drawn by their coordinates; it follows the page's size and colors. */
class Chart {
  static MARGIN = { left: 46, right: 12, top: 12, bottom: 26 };
  static FONT = "13px system-ui, sans-serif";
  static CAPTION = 24; // Room over each of several panels.

  constructor(canvas) {
    Object.assign(this, { canvas, x: [0, 1], y: [0, 1], top: Chart.MARGIN.top, boxes: [] });
  }

  /** Clears the canvas for as many panels as there are, side by side, or one above another if there is no room. */
  clear(panels = 1) {
    const { canvas, top } = this;
    const { width, height } = canvas.getBoundingClientRect();
    const dense = window.devicePixelRatio || 1;
    Object.assign(canvas, { width: Math.round(width * dense), height: Math.round(height * dense) });
    this.pen = canvas.getContext("2d");
    this.style = getComputedStyle(document.documentElement);
    this.pen.scale(dense, dense);
    const { left, right, bottom } = Chart.MARGIN;
    const [columns, rows] = width > 640 ? [panels, 1] : [1, panels];
    const [across, down] = [width / columns, (height - top - bottom) / rows];
    const over = panels > 1 ? Chart.CAPTION : 0;
    this.boxes = Array.from({ length: panels }, (_, at) => {
      const [x, y] = [(at % columns) * across, top + Math.floor(at / columns) * down];
      return { left: x + left, right: x + across - right, top: y + over, bottom: y + down, last: at >= panels - columns };
    });
  }

  /** Draws axes in one of the panels; ranges are [lowest, highest], ticks [value, text]. */
  begin({ x, y, xTicks, yTicks, xName, yName }, panel = 0) {
    Object.assign(this, { x, y, box: this.boxes[panel] });
    const { pen, box } = this;
    Object.assign(pen, { font: Chart.FONT, lineWidth: 1, strokeStyle: this.color("grid"), fillStyle: this.color("quiet") });
    Object.assign(pen, { textAlign: "right", textBaseline: "middle" });
    for (const [value, text] of yTicks) {
      const [, up] = this.place(x[0], value);
      this.rule(box.left, up, box.right, up);
      pen.fillText(text, box.left - 6, up);
    }
    Object.assign(pen, { textAlign: "center", textBaseline: "top" });
    for (const [value, text] of xTicks) {
      const [across] = this.place(value, y[0]);
      this.rule(across, box.top, across, box.bottom);
      const half = pen.measureText(text).width / 2;
      if (box.last) pen.fillText(text, Math.min(across, box.right + Chart.MARGIN.right - half), box.bottom + 6);
    }
    // Names stand between the last two ticks, where no line is.
    const [across, up] = [xTicks, yTicks].map((ticks) => ticks.slice(-2).map(([value]) => value));
    if (box.last) pen.fillText(xName, this.place((across[0] + across[1]) / 2, y[0])[0], box.bottom + 6);
    const [low, high] = up.map((value) => this.place(x[0], value)[1]);
    Object.assign(pen, { textAlign: "right", textBaseline: "middle" });
    if (low - high > 28) pen.fillText(yName, box.left - 6, (low + high) / 2);
  }

  color(name) {
    return this.style.getPropertyValue(`--${name}`).trim();
  }

  /** Where a point is on the canvas. */
  place(x, y) {
    const { left, right, top, bottom } = this.box;
    const across = (x - this.x[0]) / (this.x[1] - this.x[0]);
    const up = (y - this.y[0]) / (this.y[1] - this.y[0]);
    return [left + across * (right - left), bottom - up * (bottom - top)];
  }

  /** The point of the first panel under a pointer, also beyond the ends of the axes, and whether it is upon another panel. */
  under(event) {
    const rect = this.canvas.getBoundingClientRect();
    const [across, down] = [event.clientX - rect.left, event.clientY - rect.top];
    const { left, right, top, bottom } = this.boxes[0];
    const beside = this.boxes.slice(1).some((box) => across >= box.left && across <= box.right && down >= box.top && down <= box.bottom);
    const share = [(across - left) / (right - left), (bottom - down) / (bottom - top)];
    return [this.x[0] + share[0] * (this.x[1] - this.x[0]), this.y[0] + share[1] * (this.y[1] - this.y[0]), beside];
  }

  rule(fromX, fromY, toX, toY) {
    this.pen.beginPath();
    this.pen.moveTo(fromX, fromY);
    this.pen.lineTo(toX, toY);
    this.pen.stroke();
  }

  /** A band between two values, over all of x. */
  band([low, high], color) {
    const [[left, bottom], [right, top]] = [this.place(this.x[0], low), this.place(this.x[1], high)];
    this.pen.fillStyle = this.color(color);
    this.pen.fillRect(left, top, right - left, bottom - top);
  }

  line(xs, ys, color, width, dash = []) {
    const { pen, box } = this;
    pen.save();
    pen.beginPath();
    pen.rect(box.left - 2, box.top - 2, box.right - box.left + 4, box.bottom - box.top + 4);
    pen.clip();
    pen.beginPath();
    let broken = true; // Where a value is missing.
    ys.forEach((value, at) => {
      if (!Number.isNaN(value)) pen[broken ? "moveTo" : "lineTo"](...this.place(xs[at], value));
      broken = Number.isNaN(value);
    });
    Object.assign(pen, { strokeStyle: this.color(color), lineWidth: width, lineJoin: "round" });
    pen.setLineDash(dash);
    pen.stroke();
    pen.restore();
  }

  /** Diamonds where there is a value, unless they would touch the one before. */
  diamonds(xs, ys, color) {
    Object.assign(this.pen, { fillStyle: this.color(color), font: Chart.FONT, textAlign: "center", textBaseline: "middle" });
    let last = [-Infinity, 0];
    ys.forEach((value, at) => {
      const [across, up] = this.place(xs[at], value);
      if (value === null || Math.hypot(across - last[0], up - last[1]) < 16) return;
      this.pen.fillText("◆", across, up);
      last = [across, up];
    });
  }

  /** A text that ends above or below a point, upon a light edge. */
  label(x, y, text, color, above) {
    const { pen } = this;
    const [across, up] = this.place(x, y);
    const at = [across + 2, up + (above ? -4 : 5)];
    Object.assign(pen, { font: Chart.FONT, lineWidth: 5, lineJoin: "round", strokeStyle: this.color("paper"), fillStyle: this.color(color), textAlign: "right", textBaseline: above ? "bottom" : "top" });
    pen.strokeText(text, ...at);
    pen.fillText(text, ...at);
  }

  /** A dot, or a ring if it is not filled. */
  dot(x, y, color, size, filled = true) {
    Object.assign(this.pen, { strokeStyle: this.color(color), fillStyle: this.color(color), lineWidth: 1.5 });
    this.pen.beginPath();
    this.pen.arc(...this.place(x, y), size, 0, 2 * Math.PI);
    this.pen[filled ? "fill" : "stroke"]();
  }
}

/** Ticks of an axis at multiples of a step, at most about five. */
function ticksOf([low, high]) {
  const step = [0.1, 0.25, 0.5].find((each) => high - low <= 5 * each) ?? 1;
  const first = Math.ceil(low / step - 1e-9);
  const values = Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, at) => (first + at) * step);
  return values.map((value) => [value, value.toFixed(step < 0.5 ? 2 : 1).replace("-", "−")]);
}

const SHARES = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => [share, share.toFixed(1)]);

/** A number with two digits after the point. */
function decimal(value) {
  return value.toFixed(2).replace("-0.00", "0.00").replace("-", "−");
}

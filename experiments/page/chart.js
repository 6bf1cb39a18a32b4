"use strict";

/** A canvas with axes, upon which things are drawn by their coordinates; it follows the page's size and colors. */
class Chart {
  static MARGIN = { left: 46, right: 12, top: 12, bottom: 26 };

  constructor(canvas) {
    Object.assign(this, { canvas, x: [0, 1], y: [0, 1], top: Chart.MARGIN.top });
  }

  /** Clears the canvas and draws axes; ranges are [lowest, highest], ticks [value, text]. */
  begin({ x, y, xTicks, yTicks, xName, yName }) {
    Object.assign(this, { x, y, box: this.frame() });
    const { canvas, box } = this;
    const dense = window.devicePixelRatio || 1;
    canvas.width = Math.round(box.width * dense);
    canvas.height = Math.round(box.height * dense);
    this.pen = canvas.getContext("2d");
    this.style = getComputedStyle(document.documentElement);
    this.pen.scale(dense, dense);
    const { pen } = this;
    Object.assign(pen, { font: "12px system-ui, sans-serif", lineWidth: 1, strokeStyle: this.color("grid"), fillStyle: this.color("quiet") });
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
      pen.fillText(text, Math.min(across, box.width - half), box.bottom + 6);
    }
    pen.textAlign = "left";
    pen.fillText(yName, box.left + 6, box.top + 2);
    Object.assign(pen, { textAlign: "right", textBaseline: "bottom" });
    pen.fillText(xName, box.right - 4, box.bottom - 3);
  }

  frame() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const { left, right, bottom } = Chart.MARGIN;
    return { left, right: width - right, top: this.top, bottom: height - bottom, width, height };
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

  /** The point under a pointer; also beyond the ends of the axes. */
  under(event) {
    const { left, right, top, bottom } = this.frame();
    const rect = this.canvas.getBoundingClientRect();
    const across = (event.clientX - rect.left - left) / (right - left);
    const up = (bottom - (event.clientY - rect.top)) / (bottom - top);
    return [this.x[0] + across * (this.x[1] - this.x[0]), this.y[0] + up * (this.y[1] - this.y[0])];
  }

  rule(fromX, fromY, toX, toY) {
    this.pen.beginPath();
    this.pen.moveTo(fromX, fromY);
    this.pen.lineTo(toX, toY);
    this.pen.stroke();
  }

  line(xs, ys, color, width, dash = []) {
    const { pen, box } = this;
    pen.save();
    pen.beginPath();
    pen.rect(box.left - 2, box.top - 2, box.right - box.left + 4, box.bottom - box.top + 4);
    pen.clip();
    pen.beginPath();
    ys.forEach((value, at) => pen.lineTo(...this.place(xs[at], value)));
    Object.assign(pen, { strokeStyle: this.color(color), lineWidth: width, lineJoin: "round" });
    pen.setLineDash(dash);
    pen.stroke();
    pen.restore();
  }

  /** Diamonds where there is a value. */
  diamonds(xs, ys, color) {
    Object.assign(this.pen, { strokeStyle: this.color(color), lineWidth: 1.4 });
    ys.forEach((value, at) => {
      if (value === null) return;
      const [across, up] = this.place(xs[at], value);
      this.pen.beginPath();
      for (const [x, y] of [[0, -3.4], [3.4, 0], [0, 3.4], [-3.4, 0]]) this.pen.lineTo(across + x, up + y);
      this.pen.closePath();
      this.pen.stroke();
    });
  }

  /** The picture as a PNG upon the page's color, as a data URL. */
  png() {
    const copy = document.createElement("canvas");
    Object.assign(copy, { width: this.canvas.width, height: this.canvas.height });
    const pen = copy.getContext("2d");
    pen.fillStyle = this.color("paper");
    pen.fillRect(0, 0, copy.width, copy.height);
    pen.drawImage(this.canvas, 0, 0);
    return copy.toDataURL("image/png");
  }

  ring(x, y, color) {
    Object.assign(this.pen, { strokeStyle: this.color(color), lineWidth: 1.5 });
    this.pen.beginPath();
    this.pen.arc(...this.place(x, y), 6, 0, 2 * Math.PI);
    this.pen.stroke();
  }
}

/** Ticks at multiples of a step. */
function ticksOf([low, high], step) {
  const first = Math.ceil(low / step - 1e-9);
  const digits = step < 0.5 ? 2 : 1;
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, at) => {
    const value = (first + at) * step;
    return [value, value.toFixed(digits)];
  });
}

/** Ticks of an axis of y, whose step depends on its length. */
function heightTicks(range) {
  const length = range[1] - range[0];
  return ticksOf(range, length > 2.5 ? 1 : length > 1.2 ? 0.5 : length > 0.55 ? 0.25 : 0.1);
}

const SHARES = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => [share, share.toFixed(1)]);

/** A number with two digits after the point. */
function decimal(value) {
  return value.toFixed(2).replace("-0.00", "0.00").replace("-", "−");
}

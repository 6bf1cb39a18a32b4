"use strict";

/** Drawing a curve by pointer and keys, and the cursor at which values are read. */
class Drawing {
  static STROKE = 6; // Pixels that the mouse moves before it draws.
  static ACROSS = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
  static UP = { ArrowUp: 0.05, ArrowDown: -0.05 };

  /** `shown` returns the curve and whether and how it is drawn by hand; `drawn` takes another one; `read` follows the cursor. */
  constructor(chart, times, { shown, drawn, read }) {
    Object.assign(this, { chart, times, shown, drawn, read });
    this.cursor = Math.floor(times.length / 2); // Where values are read, and where the keyboard draws.
    this.hovering = false; // Whether a pointer is over the chart.
    this.stroke = null; // Where the pointer that draws was last: time point and value.
    this.grasped = null; // Where the mouse was pressed upon another curve than a drawn one.
    const { canvas } = chart;
    canvas.onpointerdown = (event) => this.press(event);
    canvas.onpointermove = (event) => this.follow(event);
    canvas.onpointerup = canvas.onpointercancel = () => this.lift();
    canvas.onpointerleave = () => {
      this.hovering = false;
      read();
    };
    canvas.onkeydown = (event) => this.type(event);
    canvas.onfocus = canvas.onblur = read;
  }

  /** Whether values are read at the cursor. */
  get reading() {
    return this.hovering || document.activeElement === this.chart.canvas;
  }

  under(event) {
    const [across, up] = this.chart.under(event);
    return { at: Math.round(Math.min(1, Math.max(0, across)) * (this.times.length - 1)), value: clamped(up) };
  }

  point(at) {
    this.cursor = Math.min(this.times.length - 1, Math.max(0, at));
    this.read();
  }

  drawTo(event) {
    const { at, value } = this.under(event);
    const curve = Float64Array.from(this.shown().curve, clamped);
    const from = this.stroke ?? { at, value };
    const count = Math.abs(at - from.at);
    for (let step = 0; step <= count; step++) {
      const share = count ? step / count : 1;
      curve[from.at + Math.sign(at - from.at) * step] = from.value + share * (value - from.value);
    }
    this.stroke = { at, value };
    this.cursor = at;
    this.drawn(curve);
  }

  press(event) {
    const { byHand, pen } = this.shown();
    if (event.pointerType === "touch" && !pen) {
      this.point(this.under(event).at);
      return;
    }
    this.chart.canvas.setPointerCapture(event.pointerId);
    if (byHand) this.drawTo(event);
    else this.grasped = event;
  }

  follow(event) {
    const { grasped } = this;
    if (grasped && Math.hypot(event.clientX - grasped.clientX, event.clientY - grasped.clientY) > Drawing.STROKE) {
      this.grasped = null;
      this.drawTo(grasped);
    }
    if (this.stroke) {
      this.drawTo(event);
      return;
    }
    this.hovering = true;
    this.point(this.under(event).at);
  }

  lift() {
    this.grasped = null;
    if (!this.stroke) return;
    this.stroke = null;
    this.drawn(this.shown().curve);
  }

  type(event) {
    const across = Drawing.ACROSS[event.key];
    const up = Drawing.UP[event.key];
    const { curve, byHand } = this.shown();
    if (across === undefined && (up === undefined || !byHand)) return;
    event.preventDefault();
    if (across === undefined) this.drawn(curve.map((value, at) => clamped(value + up * Math.exp(-(((at - this.cursor) / 4) ** 2)))));
    else this.point(this.cursor + across);
    const value = decimal(this.shown().curve[this.cursor]);
    this.chart.canvas.setAttribute("aria-label", `The curve and the answers; at x ${decimal(this.times[this.cursor])} the curve is ${value}`);
  }
}

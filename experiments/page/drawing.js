/** Drawing a curve by pointer and keys, reading values at a cursor, and picking lines. */
class Drawing {
  static STROKE = 6; // Pixels that a pointer moves before it draws, or is not taken for a click.
  static ACROSS = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
  static UP = { ArrowUp: 0.05, ArrowDown: -0.05 };

  /**
   * `mode` returns what is drawn on: the `curve`, what keys bend of it (`bent`), and whether mouse and finger draw.
   * `drawn` takes another one, `lifted` is called after a stroke, `read` with the cursor, or null, `picked` with the
   * point of a click, and `entered` when Enter is pressed.
   */
  constructor(chart, times, calls) {
    Object.assign(this, calls, { chart, times });
    this.cursor = Math.floor(times.length / 2); // Where the keyboard draws.
    this.stroke = null; // Where the pointer that draws was last: time point and value.
    this.grasped = null; // Where a pointer was pressed.
    const { canvas } = chart;
    canvas.onpointerdown = (event) => this.press(event);
    canvas.onpointermove = (event) => this.follow(event);
    canvas.onpointerup = (event) => this.lift(event);
    canvas.onpointercancel = () => this.lift(null);
    canvas.onpointerleave = () => this.read(document.activeElement === canvas ? this.cursor : null);
    canvas.onkeydown = (event) => this.type(event);
    canvas.onfocus = () => this.read(this.cursor);
    canvas.onblur = () => this.read(null);
  }

  under(event) {
    const [across, up, beside] = this.chart.under(event);
    return { at: Math.round(Math.min(1, Math.max(0, across)) * (this.times.length - 1)), value: clamped(up), beside };
  }

  point({ at, beside = false }) {
    this.cursor = Math.min(this.times.length - 1, Math.max(0, at));
    this.read(beside ? null : this.cursor);
  }

  drawTo(event) {
    const { at, value } = this.under(event);
    const curve = Float64Array.from(this.mode().curve);
    const from = this.stroke ?? { at, value };
    const count = Math.abs(at - from.at);
    for (let step = 0; step <= count; step++) {
      const share = count ? step / count : 1;
      curve[from.at + Math.sign(at - from.at) * step] = from.value + share * (value - from.value);
    }
    this.stroke = { at, value };
    this.point({ at });
    this.drawn(curve);
  }

  press(event) {
    const { pen } = this.mode();
    this.grasped = event;
    if (event.pointerType === "touch" && !pen) {
      this.point(this.under(event));
      return;
    }
    this.chart.canvas.setPointerCapture(event.pointerId);
    if (pen) this.drawTo(event);
  }

  follow(event) {
    const { grasped, stroke } = this;
    const { pen, draws } = this.mode();
    const far = grasped && Math.hypot(event.clientX - grasped.clientX, event.clientY - grasped.clientY) > Drawing.STROKE;
    if (!stroke && far && (event.pointerType === "touch" ? pen : draws)) this.drawTo(grasped);
    if (this.stroke) this.drawTo(event);
    else this.point(this.under(event));
  }

  lift(event) {
    const { stroke, grasped } = this;
    Object.assign(this, { stroke: null, grasped: null });
    if (stroke) this.lifted();
    else if (event && grasped) this.picked(this.under(event));
  }

  type(event) {
    const across = Drawing.ACROSS[event.key];
    const up = Drawing.UP[event.key];
    const { curve, bent } = this.mode();
    if (event.key === "Enter") this.entered();
    else if (across !== undefined) this.point({ at: this.cursor + across });
    else if (up !== undefined && bent) this.drawn(bent.map((value, at) => clamped(value + up * Math.exp(-(((at - this.cursor) / 4) ** 2)))));
    else return;
    event.preventDefault();
    const value = decimal((bent ?? curve)[this.cursor]);
    this.chart.canvas.setAttribute("aria-label", `The curve and the answers; at x ${decimal(this.times[this.cursor])} the curve is ${value}`);
  }
}

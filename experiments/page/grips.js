/** Buttons upon a chart that are dragged by pointer, or moved by the arrow keys while they have the focus. */
class Grips {
  static RADIUS = 14; // Of what is seen; a finger has more room.
  static STEP = { ArrowLeft: [-0.01, 0], ArrowRight: [0.01, 0], ArrowDown: [0, -0.02], ArrowUp: [0, 0.02] };

  /** `move` is called with a handle and the point that it was moved to, `end` when it is let go. */
  constructor(layer, chart, { move, end }) {
    Object.assign(this, { layer, chart, move, end, handles: [] });
  }

  get held() {
    return Boolean(this.layer.querySelector(".held"));
  }

  /** Shows handles, each with name, sign, x and y. */
  show(handles) {
    this.handles = handles;
    while (this.layer.children.length > handles.length) this.layer.lastChild.remove();
    while (this.layer.children.length < handles.length) this.layer.append(this.button(this.layer.children.length));
    handles.forEach(({ name, sign, x, y, follows }, number) => {
      const button = this.layer.children[number];
      const [across, up] = this.chart.place(follows && button.matches(".held") ? this.pointer : x, y);
      const { left, right, top, bottom } = this.chart.box; // Neither ticks nor the key are covered.
      const kept = [[across, left, right], [up, top, bottom]].map(([at, least, most]) => Math.min(most - Grips.RADIUS, Math.max(least + Grips.RADIUS, at)));
      Object.assign(button.style, { left: `${kept[0]}px`, top: `${kept[1]}px` });
      button.textContent = sign;
      button.setAttribute("aria-label", `${name} of the curve at x ${decimal(x)}, y ${decimal(y)}; drag it, or press arrow keys`);
    });
  }

  button(number) {
    const button = document.createElement("button");
    button.type = "button";
    let handle = null; // As it was when it was taken.
    button.onpointerdown = (event) => {
      button.setPointerCapture(event.pointerId);
      button.classList.add("held");
      handle = this.handles[number];
      this.pointer = handle.x;
    };
    button.onpointermove = (event) => {
      if (!handle) return;
      const [x, y] = this.chart.under(event);
      this.pointer = Math.min(1, Math.max(0, x));
      this.move(handle, this.pointer, y);
    };
    button.onpointerup = button.onpointercancel = () => {
      handle = null;
      button.classList.remove("held");
      this.end();
    };
    button.onkeydown = (event) => {
      const step = Grips.STEP[event.key];
      if (!step) return;
      event.preventDefault();
      const { x, y } = this.handles[number];
      this.move(this.handles[number], Math.min(1, Math.max(0, x + step[0])), y + step[1]);
      this.end();
    };
    return button;
  }
}

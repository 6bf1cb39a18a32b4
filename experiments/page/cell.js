/** One LSTM unit as a machine: a tank, which is its cell state, gates that open like valves, and what leaves it. */
class Cell {
  static PARTS = ["input", "forget", "output"];

  part(name) {
    return byId("cell").querySelector(`[data-part=${name}]`);
  }

  /** Shows a value of the curve and what the unit makes of it; `trace` is that of its network along the curve. */
  show({ gates, cell, answer }, curve, times, at) {
    const [i, f, g, o] = gates.subarray(4 * at, 4 * at + 4);
    const before = at ? cell[at - 1] : 0;
    const full = Math.max(1, ...cell.map(Math.abs)); // What the tank holds at most along this curve.
    const level = (part, value, most) => {
      const [top, height] = [Number(this.part(part).dataset.middle), Number(this.part(part).dataset.half)];
      const tall = (Math.abs(value) / most) * height;
      this.part(part).setAttribute("y", value < 0 ? top : top - tall);
      this.part(part).setAttribute("height", tall);
    };
    level("tank", cell[at], full);
    level("bowl", answer[at], 1);
    [i, f, o].forEach((gate, number) => this.valve(Cell.PARTS[number], gate));
    [i * g, f * before, answer[at]].forEach((amount, number) => this.flow(Cell.PARTS[number], amount));
    for (const [part, value] of Object.entries({ shown: curve[at], candidate: g, state: cell[at], squashed: Math.tanh(cell[at]), answer: answer[at] })) {
      say(this.part(part), decimal(value));
    }
    say(this.part("full"), `full: ${decimal(full)}`);
    const sums = [
      `At x ${decimal(times[at])} the curve is ${decimal(curve[at])}.`,
      `Cell state ${decimal(cell[at])} = forget ${decimal(f)} × ${decimal(before)} before + input ${decimal(i)} × ${decimal(g)} new.`,
      `Answer ${decimal(answer[at])} = output ${decimal(o)} × tanh ${decimal(Math.tanh(cell[at]))}.`,
    ];
    say(byId("cell-values"), sums.join(" "));
  }

  /** A valve stands across its pipe when it is closed, and along it when it is open. */
  valve(name, gate) {
    const valve = this.part(name);
    valve.setAttribute("transform", `${valve.dataset.place} rotate(${90 * (1 - gate)})`);
    say(this.part(`${name}-gate`), decimal(gate));
  }

  /** A pipe is as full as much flows; what is taken away is dashed. */
  flow(name, amount) {
    const pipe = this.part(`${name}-flow`);
    pipe.style.strokeWidth = `${11 * Math.min(1, Math.abs(amount))}`;
    pipe.classList.toggle("negative", amount < 0);
  }
}

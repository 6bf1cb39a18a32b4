"use strict";

/** Gates, cell state, hidden states and answer of one network along the curve, and its answers to inputs that rest. */
class Inside {
  /** `data` are the page's; the study of dynamics knows published networks after their training; `opened` asks for a network. */
  constructor({ times, populations }, opened) {
    const { inputs, networks } = JSON.parse(document.getElementById("inside-data").textContent);
    Object.assign(this, { times, inputs, networks, first: populations[0], cursor: 0, passes: null, decoded: {} });
    this.fold = document.getElementById("inside");
    this.charts = Object.fromEntries(["gates", "cell", "hidden", "static"].map((name) => {
      const canvas = document.querySelector(`#inside-${name} canvas`);
      return [name, new Chart(canvas)];
    }));
    for (const name of ["gates", "cell", "hidden"]) {
      this.charts[name].canvas.onpointermove = (event) => {
        const [x] = this.charts[name].under(event);
        this.read(Math.round(Math.min(1, Math.max(0, x)) * (times.length - 1)));
      };
    }
    this.fold.ontoggle = opened;
    new ResizeObserver(() => this.paint()).observe(document.getElementById("inside-charts"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
  }

  read(cursor) {
    this.cursor = cursor;
    this.paint();
  }

  weightsOf({ layers, rows: [row], weights: { block, version, text, precision, rest, weights } }) {
    if (this.decoded.block !== block || this.decoded.version !== version) {
      this.decoded = { block, version, weights: weights ?? decoded(text, precision, rest) };
    }
    const size = layers.reduce((sum, layer) => sum + sizeOf(layer), 0);
    return this.decoded.weights.subarray(row * size, (row + 1) * size);
  }

  /** Computes the first of a group of networks, `named` as its population, along a curve; nothing while this is folded. */
  show({ label, seeds, states }, stage, group, { family, curve, frequency }) {
    if (!this.fold.open) return;
    const recurrent = group.layers.filter(({ kind }) => kind !== "dense");
    const known = recurrent.every(({ kind }) => kind === "lstm");
    const seed = seeds[group.rows[0]];
    const examined = seeds === this.first.seeds && stage === states.at(-1);
    const longer = read(family, curve);
    this.rest = examined ? this.networks[seed] : undefined;
    this.curve = curve;
    this.passes = null;
    if (known) {
      const pass = new StackPass(recurrent, longer.length);
      pass.forward(this.weightsOf(group), longer);
      const late = (values, width) => values.subarray((longer.length - curve.length) * width);
      this.passes = pass.passes.map(({ units, width, gates, cell, hidden }) => ({ units, width, gates: late(gates, width), cell: late(cell, units), hidden: late(hidden, units) }));
    }
    this.answers = known && group.layers.at(-1).kind === "lstm";
    const told = known ? [`Network ${seed} (${label}).`] : [`Only networks of LSTM units are shown here, not ${label}.`];
    if (known && group.rows.length > 1) told.push("“Other networks, or your own” has a list from which another one is picked.");
    if (known && !this.answers) told.push("Its answer is a weighted sum of these hidden states.");
    if (this.rest?.frequency) {
      const own = frequency === undefined ? "" : `; the curve that it is shown has ${frequency.toFixed(1)}`;
      told.push(`When it is pushed while the input rests at the mean of the sine, it swings with a frequency of ${this.rest.frequency.toFixed(1)}${own}.`);
    }
    document.getElementById("inside-who").textContent = told.join(" ");
    document.getElementById("inside-charts").hidden = !known;
    document.getElementById("inside-short").hidden = !this.rest;
    document.getElementById("key-rest").hidden = !this.rest;
    document.getElementById("inside-values").textContent = "";
    for (const name of ["gates", "cell", "static"]) document.getElementById(`inside-${name}`).hidden = !this.answers;
    this.paint();
  }

  /** The values of one of several units at every time point. */
  unit(values, units, unit) {
    return this.times.map((_, time) => values[time * units + unit]);
  }

  begin(chart, y) {
    chart.begin({ x: [0, 1], y, xTicks: SHARES, yTicks: heightTicks(y), xName: "x", yName: "" });
  }

  paint() {
    if (!this.fold.open || !this.passes) return;
    const { times, cursor, curve, charts } = this;
    const [below, last] = [this.passes[0], this.passes.at(-1)];
    this.begin(charts.hidden, [-1, 1]);
    for (let unit = 0; unit < below.units; unit++) charts.hidden.line(times, this.unit(below.hidden, below.units, unit), "single", 1);
    const drawn = [charts.hidden];
    const values = [`x ${decimal(times[cursor])}: shown ${decimal(curve[cursor])}`];
    if (this.answers) {
      const gates = [0, 1, 3].map((gate) => this.unit(last.gates, last.width, gate));
      const reach = (...lines) => [Math.floor(4 * Math.min(0, ...lines.flatMap((line) => [...line]))) / 4, Math.ceil(4 * Math.max(1, ...lines.flatMap((line) => [...line]))) / 4];
      this.begin(charts.gates, [0, 1]);
      gates.forEach((gate, number) => charts.gates.line(times, gate, ["others", "published", "median"][number], 2));
      this.begin(charts.cell, reach(last.cell, last.hidden, curve));
      charts.cell.line(times, curve, "shown", 1.6, [6, 4]);
      charts.cell.line(times, last.cell, "ink", 2);
      charts.cell.line(times, last.hidden, "median", 2.2);
      drawn.push(charts.gates, charts.cell);
      const [x, y] = [reach(curve), reach(last.hidden)];
      charts.static.begin({ x, y, xTicks: heightTicks(x), yTicks: heightTicks(y), xName: "input", yName: "answer" });
      const rest = this.inputs.map((input, at) => [input, this.rest?.rest[at] ?? null]).filter(([input, value]) => value !== null && input >= x[0] && input <= x[1]);
      charts.static.line(rest.map(([input]) => input), rest.map(([, value]) => value), "trained", 3);
      charts.static.line(curve, last.hidden, "median", 2);
      charts.static.ring(curve[cursor], last.hidden[cursor], "ink");
      ["input gate", "forget gate", "output gate"].forEach((name, number) => values.push(`${name} ${decimal(gates[number][cursor])}`));
      const [state, answer] = [last.cell[cursor], last.hidden[cursor]];
      values.push(`cell state ${decimal(state)}`, `its tanh ${decimal(Math.tanh(state))}`, `answer ${decimal(answer)}`);
    }
    for (const chart of drawn) chart.line([times[cursor], times[cursor]], chart.y, "quiet", 1);
    document.getElementById("inside-values").textContent = values.join(", ");
  }
}

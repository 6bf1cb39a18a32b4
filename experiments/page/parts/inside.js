(() => {
  "use strict";

  const { times } = JSON.parse(document.getElementById("playground-data").textContent);
  const { inputs, networks } = JSON.parse(document.getElementById("inside-data").textContent);
  const place = (id) => document.getElementById(id);
  const charts = Object.fromEntries(["gates", "cell", "hidden", "static"].map((name) => {
    const canvas = place(`inside-${name}`).querySelector("canvas");
    return [name, new Chart(canvas)];
  }));
  const controls = place("inside-controls").elements;
  const decodedBlocks = new Map();

  let shown = null; // What the playground shows: curve, network and its weights.
  let passes = null; // What went on in each layer of the network.
  let changes = {}; // Answers of the network with a unit held, and with a dense readout, if they are asked for.
  let cursor = 0;

  function weights({ block, precision, layers, row }) {
    if (!decodedBlocks.has(block)) decodedBlocks.set(block, decoded(place(`block-${block}`).textContent, precision));
    const size = layers.reduce((sum, layer) => sum + sizeOf(layer), 0);
    return decodedBlocks.get(block).subarray(row * size, (row + 1) * size);
  }

  /** Computes the layers of the network along the curve; null if they are of another kind than LSTM. */
  function traced() {
    const { layers, curve } = shown;
    const recurrent = layers.filter(({ kind }) => kind !== "dense");
    if (recurrent.some(({ kind }) => kind !== "lstm")) return null;
    const own = weights(shown);
    const pass = new StackPass(recurrent, curve.length);
    pass.forward(own, curve);
    return pass.passes;
  }

  /** The values of one of several units at every time point. */
  function unitOf(values, units, unit) {
    return times.map((_, time) => values[time * units + unit]);
  }

  /** The hidden states of the first layer along the sine that the network has learned. */
  function learnedStates() {
    const [below] = shown.layers;
    return lstm(below, weights(shown).subarray(0, sizeOf(below)), shown.trained, shown.trained.length);
  }

  /** The answer while the chosen unit is held at its mean over the sine; undefined if none is chosen. */
  function held() {
    const unit = Number(controls.unit.value);
    if (unit < 0) return undefined;
    const { layers, curve } = shown;
    const own = unitOf(learnedStates(), layers[0].units, unit);
    const value = own.reduce((sum, each) => sum + each, 0) / own.length;
    return { unit, value, answer: [...answerOf(layers, heldWeights(layers, weights(shown), unit, value), 0, curve)] };
  }

  /** The answer of a dense readout that was fitted to the sine, and how far it is off there; undefined if not asked for. */
  function exchanged() {
    if (!controls.dense.checked) return undefined;
    const { units } = shown.layers[0];
    const states = learnedStates();
    const readout = denseReadout(states, units, shown.trained);
    const answer = (hidden) => [...dense({ features: units, units: 1 }, readout, hidden, times.length)];
    return { answer: answer(passes[0].hidden), error: errorOf(answer(states), shown.trained, times) };
  }

  /** Offers the units of the layer below; one that is chosen stays so. */
  function offer() {
    const { units } = shown.layers[0];
    if (controls.unit.length === units + 1) return;
    const names = Array.from({ length: units }, (_, unit) => new Option(`unit ${unit}`, unit));
    controls.unit.replaceChildren(new Option("none", -1), ...names);
  }

  function look() {
    if (!place("inside").open || !shown) return;
    passes = traced();
    place("inside-charts").hidden = !passes;
    const cell = passes && shown.layers[shown.layers.length - 1].kind === "lstm";
    if (cell) offer();
    changes = cell ? { held: held(), exchanged: exchanged() } : {};
    for (const id of ["inside-controls", "inside-changed"]) place(id).hidden = !cell;
    for (const id of ["key-held", "key-unit"]) place(id).hidden = !changes.held;
    place("key-dense").hidden = !changes.exchanged;
    place("key-state").hidden = compared();
    place("inside-changed").replaceChildren(...(cell ? findings() : []).map((text) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = text;
      return paragraph;
    }));
    for (const name of ["gates", "cell"]) place(`inside-${name}`).hidden = !cell;
    place("inside-static").hidden = !cell;
    place("inside-short").hidden = !atRest();
    place("inside-values").textContent = "";
    place("inside-who").textContent = who(cell);
    paint();
  }

  /** What is known of the network at rest; nothing about other populations and earlier steps. */
  function atRest() {
    return shown.examined ? networks[shown.seed] : undefined;
  }

  function who(cell) {
    if (!passes) return `Only networks of LSTM units are shown here, not ${shown.label}.`;
    const told = [`Network ${shown.seed} (${shown.label}).`];
    if (!shown.alone) told.push("“Show” next to the chart picks another one.");
    if (!cell) told.push("Its answer is a weighted sum of these hidden states.");
    const frequency = atRest()?.frequency;
    if (frequency) {
      const own = shown.frequency === null ? "" : `; the curve that it is shown has ${shown.frequency.toFixed(1)}`;
      told.push(`When it is pushed while the input rests at the mean of the sine, it swings with a frequency of ${frequency.toFixed(1)}${own}.`);
    }
    return told.join(" ");
  }

  /** Whether answers are compared: the cell state, which may be much larger, is then left out of their figure. */
  function compared() {
    return Boolean(changes.held || changes.exchanged);
  }

  /** What the changes of the network do, in sentences. */
  function findings() {
    const { curve } = shown;
    const answer = passes[passes.length - 1].hidden;
    const off = (one, other) => errorOf(one, other, times).toPrecision(2);
    const told = [];
    if (changes.held) {
      const { unit, value } = changes.held;
      told.push(`Unit ${unit} is held at ${decimal(value)}, the mean of its hidden state over the sine that the networks learned, from before the beginning; the gates are shown as they are without this. The answer changes by ${off(changes.held.answer, answer)} (RMSE, x from 0.1 on).`);
    }
    if (changes.exchanged) {
      const other = changes.exchanged.answer;
      told.push(`The dense readout is a weighted sum of the hidden states below, fitted to the sine that the networks learned (least squares, plus ${RIDGE} times the squares of the weights), where it is ${changes.exchanged.error.toPrecision(2)} off. `
        + `On this curve it goes from ${decimal(Math.min(...other))} to ${decimal(Math.max(...other))} and is ${off(other, curve)} off; the LSTM readout is ${off(answer, curve)} off. `
        + "An LSTM readout cannot leave the range from −1 to 1, and a weighted sum can.");
    }
    return told;
  }

  function begin(chart, y, yName) {
    chart.begin({ x: [0, times[times.length - 1]], y, xTicks: SHARES, yTicks: heightTicks(y), xName: "x", yName });
  }

  function reach(values, least = 0, most = 1) {
    return [Math.floor(Math.min(least, ...values) * 4) / 4, Math.ceil(Math.max(most, ...values) * 4) / 4];
  }

  function paint() {
    if (!place("inside").open || !passes) return;
    const { curve } = shown;
    const below = passes[0];
    begin(charts.hidden, [-1, 1], "");
    for (let unit = 0; unit < below.units; unit++) charts.hidden.line(times, unitOf(below.hidden, below.units, unit), "single", 1);
    if (changes.held) charts.hidden.line(times, unitOf(below.hidden, below.units, changes.held.unit), "published", 2.2);
    const read = [charts.hidden];
    const values = [`x ${decimal(times[cursor])}: shown ${decimal(curve[cursor])}`];
    if (!place("inside-gates").hidden) {
      const last = passes[passes.length - 1];
      const gates = [0, 1, 3].map((gate) => unitOf(last.gates, last.width, gate));
      begin(charts.gates, [0, 1], "");
      gates.forEach((gate, number) => charts.gates.line(times, gate, ["others", "published", "median"][number], 2));
      const [state, answer] = [last.cell, last.hidden].map((each) => [...each]);
      const others = [changes.held, changes.exchanged].filter(Boolean).flatMap((change) => change.answer);
      begin(charts.cell, reach([...(compared() ? others : state), ...answer, ...curve]), "");
      charts.cell.line(times, curve, "shown", 1.6, [6, 4]);
      if (!compared()) charts.cell.line(times, state, "ink", 2);
      charts.cell.line(times, answer, "median", 2.2);
      if (changes.held) charts.cell.line(times, changes.held.answer, "published", 2);
      if (changes.exchanged) charts.cell.line(times, changes.exchanged.answer, "others", 2.2, [2, 3]);
      read.push(charts.gates, charts.cell);
      overInput(answer);
      values.push(`input gate ${decimal(gates[0][cursor])}`, `forget gate ${decimal(gates[1][cursor])}`,
        `output gate ${decimal(gates[2][cursor])}`, `cell state ${decimal(state[cursor])}`, `its tanh ${decimal(Math.tanh(state[cursor]))}`, `answer ${decimal(answer[cursor])}`);
      if (changes.held) values.push(`answer with unit ${changes.held.unit} held ${decimal(changes.held.answer[cursor])}`);
      if (changes.exchanged) values.push(`answer of a dense readout ${decimal(changes.exchanged.answer[cursor])}`);
    }
    for (const chart of read) chart.line([times[cursor], times[cursor]], chart.y, "quiet", 1);
    place("inside-values").textContent = values.join(", ");
  }

  /** Draws the answer over the input, upon the answers to inputs that rest. */
  function overInput(answer) {
    const { curve } = shown;
    const chart = charts.static;
    const rest = atRest()?.rest;
    const x = reach(curve);
    chart.begin({ x, y: reach(answer), xTicks: heightTicks(x), yTicks: heightTicks(reach(answer)), xName: "input", yName: "answer" });
    place("key-rest").hidden = !rest;
    if (rest) {
      const known = inputs.map((input, at) => [input, rest[at]]).filter(([input, value]) => value !== null && input >= x[0] && input <= x[1]);
      chart.line(known.map(([input]) => input), known.map(([, value]) => value), "trained", 3);
    }
    chart.line(curve, answer, "median", 2);
    chart.ring(curve[cursor], answer[cursor], "ink");
  }

  document.addEventListener("curve", ({ detail }) => {
    shown = detail;
    look();
  });
  document.addEventListener("cursor", ({ detail }) => {
    cursor = detail;
    paint();
  });
  for (const name of ["gates", "cell", "hidden"]) {
    charts[name].canvas.onpointermove = (event) => {
      const [x] = charts[name].under(event);
      const at = Math.round(Math.min(1, Math.max(0, x)) * (times.length - 1));
      document.dispatchEvent(new CustomEvent("cursor", { detail: at }));
    };
  }
  for (const control of [controls.unit, controls.dense]) control.onchange = look;
  place("inside-controls").onsubmit = (event) => event.preventDefault();
  place("inside").ontoggle = look;
  new ResizeObserver(paint).observe(place("inside-charts"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
})();

(() => {
  "use strict";

  const data = JSON.parse(document.getElementById("playground-data").textContent);
  const { times, families, sets, populations } = data;
  const controls = document.getElementById("controls").elements;
  const canvas = document.getElementById("chart");
  const chart = new Chart(canvas);
  const playground = document.getElementById("playground");

  const FEW = 16; // Networks that answer while training is played: so many are kept of every step.
  const DRAWN = { least: -2, most: 3, scale: 1000 }; // A curve drawn by hand, and its thousandths in an address.
  const SINGLES = 4; // Single networks that are drawn beside band and median.
  const SETTLED = 150; // Milliseconds without a change after which words and numbers follow the picture.
  const FRAME = 400; // Milliseconds between two steps while training is played.
  const STROKE = 6; // Pixels that the mouse moves before it draws.
  const DRAG = "Drag the round handles, or draw with the mouse. Or drop a CSV file here, or paste numbers.";

  // ---- What is asked: all of it is in the address.

  function initial() {
    const parameters = {};
    for (const [family, sliders] of Object.entries(families)) {
      parameters[family] = Object.fromEntries(sliders.map(({ name, value }) => [name, value]));
    }
    const { id } = populations[0];
    return { family: "sine", parameters, tied: true, drawn: null, set: "", claim: "", networks: id, step: -1, seed: -1, score: -1, sent: "" };
  }

  let asked = initial();

  function population() {
    return populations.find(({ id }) => id === asked.networks);
  }

  /** The state of training that is asked for: that of the named step, else the last. */
  function stage() {
    const { states } = population();
    return states.find(({ step }) => step === asked.step) ?? states[states.length - 1];
  }

  /** How many of the networks answer, if all do that can: those that are kept, and equally many while training is played. */
  function answering() {
    return Math.min(stage().networks, playing ? FEW : Infinity);
  }

  function curveOf(family, parameters) {
    return sampled(family, parameters, times);
  }

  function shownCurve() {
    return asked.family === "drawn" ? asked.drawn : curveOf(asked.family, asked.parameters[asked.family]);
  }

  function sameCurve({ family, parameters }) {
    const own = asked.parameters[family];
    return asked.family === family && Object.entries(parameters).every(([name, value]) => Math.abs(own[name] - value) < 1e-6);
  }

  /** The set of the post that is shown together, if one is. */
  function chosenSet() {
    return sets.find(({ id }) => id === asked.set);
  }

  function published() {
    const found = sets.flatMap(({ curves }) => curves).find((curve) => curve.published && sameCurve(curve));
    return found ? found.published : null;
  }

  /** The address of what is asked; that of a challenge keeps its score until something is changed. */
  function address() {
    const plain = plainAddress();
    return plain === asked.sent ? `${plain}&score=${asked.score}` : plain;
  }

  function plainAddress() {
    const told = new URLSearchParams();
    if (asked.family === "drawn") {
      told.set("curve", "drawn");
      told.set("y", packed(asked.drawn));
    } else {
      told.set("curve", asked.family);
      for (const [name, value] of Object.entries(asked.parameters[asked.family])) told.set(name, String(value));
      if (asked.family === "sine" && !asked.tied) told.set("tied", "no");
    }
    if (asked.set) told.set("set", asked.set);
    told.set("networks", asked.networks);
    told.set("step", String(stage().step));
    if (asked.seed >= 0) told.set("seed", String(asked.seed));
    return `#${told}`;
  }

  /** What an address asks for; whatever of it makes no sense is as it is at first. */
  function read(hash) {
    const told = new URLSearchParams(hash.replace(/^#/, ""));
    const found = initial();
    const family = told.get("curve");
    if (family === "drawn") {
      const drawn = unpacked(told.get("y") ?? "");
      if (drawn) Object.assign(found, { family, drawn });
    } else if (Object.hasOwn(families, family ?? "")) {
      found.family = family;
      for (const { name, low, high, value } of families[family]) {
        found.parameters[family][name] = within(told.get(name), low, high, value);
      }
    }
    const { amplitude, offset } = found.parameters.sine;
    found.tied = told.get("tied") !== "no" && offset === amplitude;
    if (sets.some(({ id }) => id === told.get("set"))) found.set = told.get("set");
    if (populations.some(({ id }) => id === told.get("networks"))) found.networks = told.get("networks");
    found.step = within(told.get("step"), 0, Infinity, -1);
    found.seed = Math.round(within(told.get("seed"), -1, 1e6, -1));
    found.score = within(told.get("score"), 0, Infinity, -1);
    return found;
  }

  /** Asks for what an address says. */
  function open(hash) {
    asked = read(hash);
    if (asked.score >= 0) asked.sent = plainAddress();
  }

  function within(text, low, high, otherwise) {
    const value = text === null || text.trim() === "" ? NaN : Number(text);
    return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise;
  }

  function packed(curve) {
    const bytes = new Uint8Array(2 * curve.length);
    curve.forEach((value, place) => new DataView(bytes.buffer).setInt16(2 * place, Math.round(value * DRAWN.scale), true));
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  function unpacked(text) {
    let bytes;
    try {
      bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    } catch {
      return null;
    }
    if (bytes.length !== 2 * times.length) return null;
    const view = new DataView(bytes.buffer);
    return Float64Array.from(times, (_, place) => clamped(view.getInt16(2 * place, true) / DRAWN.scale));
  }

  function clamped(value) {
    return Math.min(DRAWN.most, Math.max(DRAWN.least, value));
  }

  // ---- Questions to the workers, each of which computes some of the networks: one at a time, always the latest.

  const workers = Array.from({ length: Math.min(4, navigator.hardwareConcurrency || 2) }, () => workerOf("cells", "worker"));
  const sent = new Set();
  let waiting = null; // What is being answered.
  let wanted = false; // Whether something has changed since.
  let moving = false; // Whether something is changing continuously.
  let pressed = false; // Whether a pointer is held.
  let playing = 0; // The timer that plays the training.
  let settling = 0;
  let depth = 0; // Changes that can be undone.

  for (const worker of workers) {
    worker.onmessage = ({ data: { from, answers } }) => {
      const question = waiting;
      question.answers.set(answers, from * question.curves.length * times.length);
      question.left -= 1;
      if (question.left) return;
      waiting = null;
      draw(question);
      if (wanted) ask();
    };
    worker.onerror = () => {
      document.getElementById("summary").textContent = "This browser cannot compute the networks here; the figures below were made before.";
    };
  }

  function ask() {
    if (waiting) {
      wanted = true;
      return;
    }
    wanted = false;
    const { layers, seeds } = population();
    const { block, networks, precision } = stage();
    if (!sent.has(block)) {
      sent.add(block);
      const text = document.getElementById(`block-${block}`).textContent;
      for (const worker of workers) worker.postMessage({ block, text, precision });
    }
    const one = seeds.slice(0, networks).indexOf(asked.seed);
    const rows = one < 0 ? Array.from({ length: answering() }, (_, network) => network) : [one];
    const curves = [shownCurve()];
    const others = chosenSet()?.curves.filter((curve) => !sameCurve(curve)) ?? [];
    if (!moving) curves.push(...others.map(({ family, parameters }) => curveOf(family, parameters)));
    const share = Math.ceil(rows.length / workers.length);
    const busy = workers.slice(0, Math.ceil(rows.length / share));
    waiting = { rows, curves, moving, left: busy.length, answers: new Float32Array(rows.length * curves.length * times.length) };
    busy.forEach((worker, number) => {
      const from = number * share;
      worker.postMessage({ block, layers, networks: rows.slice(from, from + share), curves, from });
    });
  }

  /** Asks for answers after a change: `held`, one of several in a row; `step`, one that can be undone. */
  function changed({ held = false, step = false } = {}) {
    clearTimeout(settling);
    moving = held;
    if (step && address() !== location.hash) {
      depth += 1;
      history.pushState({ depth }, "", address());
    }
    playground.setAttribute("aria-busy", "true");
    if (held) settling = setTimeout(() => changed({ step: !pressed && !playing }), SETTLED);
    show();
    ask();
    document.dispatchEvent(new CustomEvent("curve", { detail: described() }));
  }

  /** What is shown, for other parts of the page: the curve, that which was learned, and one of the networks. */
  function described() {
    const { id, label, layers, seeds, states, trained } = population();
    const { block, networks, precision } = stage();
    const one = seeds.slice(0, networks).indexOf(asked.seed);
    const row = Math.max(0, one);
    const examined = id === populations[0].id && stage() === states[states.length - 1];
    const frequency = asked.family === "sine" ? asked.parameters.sine.frequency : null;
    return { curve: shownCurve(), trained, label, layers, block, precision, row, seed: seeds[row], alone: one >= 0, examined, frequency };
  }

  // ---- The picture.

  let heights = [0, 1]; // Of the picture, lowest and highest.
  let reach = [0, 1]; // Of what was drawn since something began to move.
  let cursor = Math.floor(times.length / 2); // Where values are read, and where the keyboard draws.
  let hovering = false; // Whether a pointer is over the chart.
  let stroke = null; // Where the pointer that draws was last: time point and value.
  let last = null; // What was drawn last, to draw it again in another size or color.

  /** The range of y: all of what is drawn, in steps of a quarter; while something moves it only grows. */
  function fit(lines, keep) {
    if (stroke || grips.held) return; // The picture stays where it is under the hand.
    if (!keep) reach = asked.family === "drawn" ? [-1, 1.5] : [0, 0.75];
    for (const line of lines) {
      for (const value of line) {
        if (value !== null) reach = [Math.min(reach[0], value), Math.max(reach[1], value)];
      }
    }
    heights = [Math.floor(reach[0] * 4 - 0.05) / 4, Math.ceil(reach[1] * 4 + 0.05) / 4];
  }

  function draw(question) {
    const { rows, curves, answers } = question;
    const found = curves.map((_, curve) => spread(answers, rows.length, curves.length, curve, times.length));
    const singles = rows.slice(0, SINGLES).map((_, row) =>
      answers.subarray(row * curves.length * times.length, (row * curves.length + 1) * times.length));
    last = { ...question, found, singles };
    paint();
    if (question.moving || wanted) return;
    tell();
    playground.setAttribute("aria-busy", "false");
  }

  function paint() {
    if (!last) return;
    const { curves, found, singles, rows } = last;
    const trained = population().trained;
    const answer = published();
    fit([curves[0], trained, ...found.map(({ low }) => low), ...found.map(({ high }) => high), ...singles, answer ?? []], last.moving);
    chart.begin({ x: [times[0], times[times.length - 1]], y: heights, xTicks: SHARES, yTicks: heightTicks(heights), xName: "x", yName: "y" });
    const [{ low, median, high }, ...others] = found;
    if (rows.length > 1) {
      chart.area(times, low, high, "band");
      for (const edge of [low, high]) chart.line(times, edge, "single", 1); // The band alone is too faint.
    }
    const bounds = bounded().filter((bound) => bound > heights[0] && bound < heights[1]);
    for (const bound of bounds) chart.line([0, 1], [bound, bound], "null", 1.6, [2, 3]);
    document.getElementById("key-bound").hidden = !bounds.length;
    chart.line(times, trained, "trained", 3);
    for (const other of others) chart.line(times, other.median, "others", 1.2);
    chart.line(times, curves[0], "shown", 1.6, [6, 4]);
    if (rows.length > 1) singles.forEach((values) => chart.dots(times, values, "single"));
    chart.line(times, median, "median", 2.2);
    if (answer) chart.diamonds(times, answer, "published");
    const reading = hovering || document.activeElement === canvas;
    if (reading) chart.line([times[cursor], times[cursor]], heights, "quiet", 1);
    if (reading && asked.family === "drawn") chart.ring(times[cursor], curves[0][cursor], "ink");
    document.getElementById("reading").textContent = reading ? readings() : asked.family === "drawn" ? "" : DRAG;
    grips.show(handles());
  }

  /** The values that the answers of the population cannot leave; a dense readout has none. */
  function bounded() {
    const { layers } = population();
    return layers[layers.length - 1].kind === "dense" ? [] : [-1, 1];
  }

  /** The values at the cursor. */
  function readings() {
    const { rows, curves, found: [{ low, median, high }] } = last;
    const band = rows.length > 1 ? `, 5–95 % of networks ${decimal(low[cursor])} to ${decimal(high[cursor])}` : "";
    return `x ${decimal(times[cursor])}: shown ${decimal(curves[0][cursor])}, ${rows.length > 1 ? "median answer" : "answer"} ${decimal(median[cursor])}${band}`;
  }

  // ---- Handles of the curve, upon the picture.

  function handles() {
    return asked.family === "drawn" ? [] : HANDLES[asked.family](asked.parameters[asked.family], asked.tied);
  }

  const grips = new Grips(document.getElementById("grips"), chart, {
    move: ({ moved, unties }, x, y) => {
      const { family } = asked;
      const parameters = asked.parameters[family];
      for (const [name, value] of Object.entries(moved(x, y))) {
        const { low, high } = families[family].find((slider) => slider.name === name);
        parameters[name] = Math.round(100 * Math.min(high, Math.max(low, value))) / 100;
      }
      if (unties) asked.tied = false;
      if (asked.tied) parameters.offset = parameters.amplitude;
      Object.assign(asked, { set: "", claim: "" });
      grips.show(handles()); // The next key moves it from there, even if the networks have not answered yet.
      changed({ held: true });
    },
    end: () => changed({ held: true }),
  });

  // ---- The same in words and numbers.

  const challenge = new Challenge({
    goal: document.getElementById("challenge-goal"),
    sent: document.getElementById("challenge-sent"),
    button: document.getElementById("challenge-copy"),
  });

  /** The lowest and the highest value of the sine that the networks learned. */
  function learnedRange() {
    const { trained } = population();
    return [Math.min(...trained), Math.max(...trained)];
  }

  /** So many networks, and of how many if these are not all. */
  function counted(networks) {
    const { length } = population().seeds;
    return networks < length ? `${networks} of ${length} networks` : `${networks} networks`;
  }

  function tell() {
    const { rows, curves, found: [{ low, median, high }] } = last;
    const { step } = stage();
    const who = rows.length > 1 ? counted(rows.length) : `Network ${asked.seed}`;
    const trained = population().states.length < 2 ? "" : step ? `, after ${step.toLocaleString("en")} steps` : ", before training";
    const error = errorOf(median, curves[0], times);
    const off = error < 1e-4 ? "less than 0.0001" : error.toPrecision(2);
    const ends = (values) => `${decimal(Math.min(...values))} to ${decimal(Math.max(...values))}`;
    const lines = [
      `${who} (${population().label}${trained}) are shown a curve from ${ends(curves[0])}.`,
      `Their median answer goes from ${ends(median)}; it is ${off} off (RMSE, x from 0.1 on).`,
    ];
    if (rows.length > 1) {
      const width = high.reduce((sum, value, at) => sum + value - low[at], 0) / times.length;
      lines.push(`The band of 5–95 % of them is ${decimal(width)} wide on average.`);
    } else {
      lines[0] = lines[0].replace(" are shown", " is shown");
      lines[1] = lines[1].replace("Their median answer", "Its answer");
    }
    document.getElementById("summary").textContent = lines.join(" ");
    challenge.show({
      curve: curves[0],
      range: learnedRange(),
      error,
      who: `${who} (${population().label}${trained})`,
      alone: rows.length < 2,
      opened: address() === `${asked.sent}&score=${asked.score}`,
    });
    const body = document.querySelector("#numbers tbody");
    body.replaceChildren();
    times.forEach((time, at) => {
      if (at % 10 && at !== times.length - 1) return;
      const row = body.insertRow();
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = time.toFixed(2);
      row.append(head);
      for (const values of [curves[0], median, ...(rows.length > 1 ? [low, high] : [])]) {
        row.insertCell().textContent = values[at].toFixed(4);
      }
    });
  }

  // ---- Controls show what is asked, and change it.

  function show() {
    for (const radio of controls.family) radio.checked = radio.value === asked.family;
    for (const group of document.querySelectorAll(".sliders")) group.hidden = group.dataset.family !== asked.family;
    for (const [family, sliders] of Object.entries(families)) {
      for (const { name } of sliders) {
        const slider = controls[name];
        const value = asked.parameters[family][name];
        if (Number(slider.value) !== value) slider.value = value;
        slider.parentElement.querySelector("output").textContent = decimal(value);
      }
    }
    controls.tied.checked = asked.tied;
    controls.set.value = asked.set;
    members();
    const { states, seeds, learned, note: about } = population();
    controls.networks.value = asked.networks;
    controls.state.max = states.length - 1;
    controls.state.value = states.indexOf(stage());
    controls.state.setAttribute("aria-valuetext", `${stage().step} steps`);
    document.getElementById("trained-for").hidden = states.length < 2;
    document.querySelector("#trained-for output").textContent = `${stage().step.toLocaleString("en")} steps`;
    const choices = ["all networks", ...seeds.slice(0, stage().networks).map((seed) => `network ${seed}`)];
    if (controls.seed.length !== choices.length || controls.seed.options[1]?.textContent !== choices[1]) {
      controls.seed.replaceChildren(...choices.map((text, at) => new Option(text, at ? seeds[at - 1] : -1)));
    }
    const there = seeds.slice(0, stage().networks).includes(asked.seed);
    controls.seed.value = there ? asked.seed : -1;
    const lost = asked.seed >= 0 && !there ? `; network ${asked.seed} is not among the ${stage().networks} kept here` : "";
    const who = there ? `network ${asked.seed}` : counted(answering());
    const rounded = stage().precision === "half" ? "; weights of earlier steps are rounded to 16 bits" : "";
    document.getElementById("population-note").textContent = `${about}; ${learned}${rounded}; shown: ${who}${lost}`;
    const quote = asked.claim && document.getElementById(`quote-${asked.claim}`).textContent;
    const note = document.getElementById("claim-note");
    note.textContent = `“${quote}”: these are the curves that this sentence is about.`;
    note.hidden = !quote;
    for (const id of ["copied", "challenge-copied", "loaded"]) document.getElementById(id).textContent = "";
    document.getElementById("drawing-help").textContent = asked.family === "drawn"
      ? "Draw on the chart with mouse or finger. With the keyboard: focus the chart, ← and → choose a place, ↑ and ↓ bend the curve there."
      : "Handles on the chart change the curve, too; with the keyboard, focus one and press arrow keys.";
    document.getElementById("draw").disabled = asked.family === "drawn";
    document.getElementById("undo").disabled = depth === 0;
    document.getElementById("play").hidden = states.length < 2;
    document.getElementById("play").textContent = playing ? "Pause" : "Play the training";
    canvas.classList.toggle("drawing", asked.family === "drawn");
    document.getElementById("key-published").hidden = !published();
    const alone = controls.seed.value !== "-1";
    for (const id of ["key-band", "key-single", "head-low", "head-high"]) document.getElementById(id).hidden = alone;
    for (const id of ["key-median", "head-median"]) {
      document.getElementById(id).textContent = alone ? "its answer" : "median answer";
    }
    document.getElementById("key-others").hidden = !chosenSet() || chosenSet().curves.length < 2;
  }

  /** A button for every curve of the set that is chosen. */
  function members() {
    const place = document.getElementById("members");
    const curves = chosenSet()?.curves ?? [];
    if (place.dataset.set !== asked.set) {
      place.dataset.set = asked.set;
      place.replaceChildren(...(curves.length > 1 ? curves : []).map((curve) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = curve.label;
        button.onclick = () => {
          take(curve);
          changed({ step: true });
        };
        return button;
      }));
    }
    [...place.children].forEach((button, at) => button.setAttribute("aria-pressed", String(sameCurve(curves[at]))));
  }

  function take({ family, parameters }) {
    asked.family = family;
    Object.assign(asked.parameters[family], parameters);
    if (family === "sine") asked.tied = parameters.offset === parameters.amplitude;
  }

  function chooseSet(id, claim = "") {
    Object.assign(asked, { set: id, claim });
    const curves = chosenSet()?.curves ?? [];
    if (curves.length) take(curves[0]);
  }

  for (const radio of controls.family) {
    radio.onchange = () => {
      if (radio.value === "drawn") beginDrawing();
      Object.assign(asked, { family: radio.value, set: "", claim: "" });
      changed({ step: true });
    };
  }
  document.getElementById("draw").onclick = () => {
    beginDrawing();
    changed({ step: true });
    canvas.focus({ preventScroll: true });
  };
  document.getElementById("undo").onclick = () => history.back();
  for (const name of ["pointerdown", "pointerup", "pointercancel"]) {
    window.addEventListener(name, () => { pressed = name === "pointerdown"; }, true);
  }
  for (const [family, sliders] of Object.entries(families)) {
    for (const { name } of sliders) {
      controls[name].oninput = () => {
        const parameters = asked.parameters[family];
        Object.assign(asked, { set: "", claim: "" });
        parameters[name] = Number(controls[name].value);
        if (name === "amplitude" && asked.tied) parameters.offset = parameters.amplitude;
        if (name === "offset") asked.tied = false;
        changed({ held: true });
      };
      controls[name].onchange = () => changed({ held: true });
    }
  }
  controls.tied.onchange = () => {
    Object.assign(asked, { tied: controls.tied.checked, set: "", claim: "" });
    if (asked.tied) asked.parameters.sine.offset = asked.parameters.sine.amplitude;
    changed({ step: true });
  };
  controls.set.onchange = () => {
    chooseSet(controls.set.value);
    changed({ step: true });
  };
  controls.networks.onchange = () => {
    asked.networks = controls.networks.value;
    changed({ step: true });
  };
  controls.state.oninput = () => {
    asked.step = population().states[Number(controls.state.value)].step;
    changed({ held: true });
  };
  controls.state.onchange = () => changed({ held: true });

  /** Shows one step of training after another, from the first if the last one is shown. */
  function play() {
    const { states } = population();
    const next = states[(states.indexOf(stage()) + 1) % states.length];
    asked.step = next.step;
    playing = next === states[states.length - 1] ? 0 : setTimeout(play, FRAME);
    changed(playing ? { held: true } : { step: true });
  }

  document.getElementById("play").onclick = () => {
    if (!playing) {
      play();
      return;
    }
    clearTimeout(playing);
    playing = 0;
    changed({ step: true });
  };
  controls.seed.onchange = () => {
    asked.seed = Number(controls.seed.value);
    changed({ step: true });
  };
  document.getElementById("controls").onsubmit = (event) => event.preventDefault();
  document.getElementById("reset").onclick = () => {
    asked = initial();
    changed({ step: true });
  };
  async function copy(hash, told) {
    try {
      await navigator.clipboard.writeText(location.href.replace(/#.*/, "") + hash);
      told.textContent = "Copied.";
    } catch {
      history.replaceState(history.state, "", hash);
      told.textContent = "It is in the address bar.";
    }
  }

  document.getElementById("copy").onclick = () => copy(address(), document.getElementById("copied"));
  document.getElementById("challenge-copy").onclick = () => {
    const told = new URLSearchParams(plainAddress().slice(1));
    told.delete("seed"); // One that is not kept at this step is not what is shown.
    told.set("score", errorOf(last.found[0].median, last.curves[0], times).toPrecision(2));
    copy(`#${told}`, document.getElementById("challenge-copied"));
  };

  document.getElementById("save").onclick = () => {
    const link = document.createElement("a");
    Object.assign(link, { href: chart.png(), download: "curve.png" });
    link.click();
  };

  // ---- Curves from text: dropped files, and pasted numbers.

  /** Shows a curve of text as one drawn by hand, and tells what was done to it. */
  function load(text) {
    const told = document.getElementById("loaded");
    let found;
    try {
      found = curveOfText(text, times.length);
    } catch ({ message }) {
      told.textContent = `${message} The curve is as it was.`;
      return;
    }
    const { curve, ends } = found;
    const learned = learnedRange();
    const beyond = ends[0] < DRAWN.least || ends[1] > DRAWN.most;
    Object.assign(asked, { family: "drawn", drawn: beyond ? rescaled(curve, ends, learned) : curve, set: "", claim: "" });
    changed({ step: true });
    const done = beyond ? `scaled to ${decimal(learned[0])} to ${decimal(learned[1])}, the range of the sine that the networks learned` : "kept as they are";
    told.textContent = `The curve was read and resampled to ${times.length} points; its values, from ${decimal(ends[0])} to ${decimal(ends[1])}, were ${done}.`;
  }

  canvas.ondragover = (event) => event.preventDefault();
  canvas.ondrop = async (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    load(file ? await file.text() : event.dataTransfer.getData("text"));
  };
  document.addEventListener("paste", (event) => load(event.clipboardData.getData("text")));

  // ---- Drawing by hand, and reading values.

  /** What is shown becomes a curve drawn by hand, to be changed further. */
  function beginDrawing() {
    const drawn = Float64Array.from(shownCurve(), clamped);
    Object.assign(asked, { family: "drawn", drawn, set: "", claim: "" });
  }

  function placeUnder(event) {
    const [across, up] = chart.under(event);
    return { at: Math.round(Math.min(1, Math.max(0, across)) * (times.length - 1)), value: clamped(up) };
  }

  function drawTo(event) {
    const { at, value } = placeUnder(event);
    const from = stroke ?? { at, value };
    const count = Math.abs(at - from.at);
    for (let step = 0; step <= count; step++) {
      const share = count ? step / count : 1;
      asked.drawn[from.at + Math.sign(at - from.at) * step] = from.value + share * (value - from.value);
    }
    stroke = { at, value };
    cursor = at;
    changed({ held: true });
  }

  let grasped = null; // Where the mouse was pressed upon another curve than a drawn one.

  canvas.onpointerdown = (event) => {
    if (asked.family !== "drawn" && event.pointerType === "touch") return; // A finger scrolls; it draws once that is chosen.
    canvas.setPointerCapture(event.pointerId);
    if (asked.family === "drawn") drawTo(event);
    else grasped = event;
  };
  canvas.onpointermove = (event) => {
    if (grasped && Math.hypot(event.clientX - grasped.clientX, event.clientY - grasped.clientY) > STROKE) {
      beginDrawing();
      drawTo(grasped);
      grasped = null;
    }
    if (asked.family === "drawn" && canvas.hasPointerCapture(event.pointerId)) {
      drawTo(event);
      return;
    }
    hovering = true;
    point(placeUnder(event).at);
  };
  function point(at) {
    document.dispatchEvent(new CustomEvent("cursor", { detail: at }));
  }
  document.addEventListener("cursor", ({ detail }) => {
    cursor = detail;
    paint();
  });
  canvas.onpointerleave = () => {
    hovering = false;
    paint();
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    grasped = null;
    if (!stroke) return;
    stroke = null;
    changed({ held: true });
  };
  canvas.onkeydown = (event) => {
    const across = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity }[event.key];
    const up = { ArrowUp: 0.05, ArrowDown: -0.05 }[event.key];
    if (across === undefined && (up === undefined || asked.family !== "drawn")) return;
    event.preventDefault();
    if (across !== undefined) {
      point(Math.min(times.length - 1, Math.max(0, cursor + across)));
    } else {
      asked.drawn = asked.drawn.map((value, at) => clamped(value + up * Math.exp(-(((at - cursor) / 4) ** 2))));
      changed({ held: true });
    }
    canvas.setAttribute("aria-label", `The curve and the answers; at x ${decimal(times[cursor])} the curve is ${decimal(shownCurve()[cursor])}`);
  };
  canvas.onfocus = canvas.onblur = paint;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || !depth) return;
    event.preventDefault();
    history.back();
  });

  // ---- Buttons beside claims, addresses, other sizes and colors.

  for (const button of document.querySelectorAll("button[data-set]")) {
    button.onclick = () => {
      chooseSet(button.dataset.set, button.dataset.claim);
      changed({ step: true });
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      document.querySelector(".board").scrollIntoView({ behavior: calm ? "auto" : "smooth" });
      canvas.focus({ preventScroll: true });
    };
  }

  document.addEventListener("ask", ({ detail: { address, step } }) => {
    open(address);
    changed({ step });
  });
  window.onpopstate = ({ state }) => {
    depth = state?.depth ?? 0;
    if (location.hash && !location.hash.includes("=")) return; // A section of the page.
    open(location.hash);
    changed();
  };
  new ResizeObserver(paint).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").onchange = paint;
  matchMedia("print").onchange = paint;

  function begin() {
    const { hash } = location;
    if (hash.includes("=")) open(hash);
    changed();
    if (!hash || hash.includes("=")) history.replaceState(null, "", address());
  }
  document.addEventListener("DOMContentLoaded", begin);
})();

(() => {
  "use strict";

  const data = JSON.parse(document.getElementById("playground-data").textContent);
  const { times, families, populations } = data;
  const controls = document.getElementById("controls").elements;
  const canvas = document.getElementById("chart");
  const chart = new Chart(canvas);
  const playground = document.getElementById("playground");

  const FEW = 16; // Networks that answer while training is played: so many are kept of every step.
  const SINGLES = 4; // Single networks that are drawn beside band and median.
  const SETTLED = 150; // Milliseconds without a change after which words and numbers follow the picture.
  const FRAME = 400; // Milliseconds between two steps while training is played.
  const DRAG = matchMedia("(pointer: coarse)").matches
    ? "Drag the round handles, or choose “Draw a curve”."
    : "Drag the round handles, or draw with the mouse. Or drop a CSV file here, or paste numbers.";

  const asked = new Asked(data); // All of it is in the address.

  /** How many of the networks answer, if all do that can: those that are kept, and equally many while training is played. */
  function answering() {
    return Math.min(asked.stage.networks, playing ? FEW : Infinity);
  }

  // ---- Questions and answers.

  let moving = false; // Whether something is changing continuously.
  let pressed = false; // Whether a pointer is held.
  let playing = 0; // The timer that plays the training.
  let settling = 0;
  let depth = 0; // Changes that can be undone.
  let last = null; // What was answered last, to draw it again in another size or color.

  /** What is asked now: all networks that answer or one of them, and while nothing moves all curves of a set. */
  function latest() {
    const { layers, seeds } = asked.population;
    const { block, networks, precision } = asked.stage;
    const one = seeds.slice(0, networks).indexOf(asked.seed);
    const rows = one < 0 ? Array.from({ length: answering() }, (_, network) => network) : [one];
    const curves = [asked.curve];
    const others = asked.chosenSet?.curves.filter((curve) => !asked.shows(curve)) ?? [];
    if (!moving) curves.push(...others.map(({ family, parameters }) => asked.curveOf(family, parameters)));
    return { block, precision, layers, rows, curves, moving };
  }

  function answered(question) {
    const { rows, curves, answers } = question;
    const found = curves.map((_, curve) => spread(answers, rows.length, curves.length, curve, times.length));
    const singles = rows.slice(0, SINGLES).map((_, row) =>
      answers.subarray(row * curves.length * times.length, (row * curves.length + 1) * times.length));
    last = { ...question, found, singles };
    paint();
    if (question.moving || workers.wanted) return;
    tell();
    playground.setAttribute("aria-busy", "false");
  }

  const workers = new Answers({
    question: latest,
    answered,
    failed: () => {
      document.getElementById("summary").textContent = "This browser cannot compute the networks here; the figures below were made before.";
    },
  });

  /** Asks for answers after a change: `held`, one of several in a row; `step`, one that can be undone. */
  function changed({ held = false, step = false } = {}) {
    clearTimeout(settling);
    moving = held;
    if (step && asked.address !== location.hash) {
      depth += 1;
      history.pushState({ depth }, "", asked.address);
    }
    playground.setAttribute("aria-busy", "true");
    if (held) settling = setTimeout(() => changed({ step: !pressed && !playing }), SETTLED);
    show();
    workers.ask();
    document.dispatchEvent(new CustomEvent("curve", { detail: described() }));
  }

  /** What is shown, for other parts of the page: the curve, that which was learned, and one of the networks. */
  function described() {
    const { id, label, layers, seeds, states, trained } = asked.population;
    const { block, networks, precision } = asked.stage;
    const one = seeds.slice(0, networks).indexOf(asked.seed);
    const row = Math.max(0, one);
    const examined = id === populations[0].id && asked.stage === states[states.length - 1];
    const frequency = asked.family === "sine" ? asked.parameters.sine.frequency : null;
    return { address: asked.address, curve: asked.curve, trained, label, layers, block, precision, row, seed: seeds[row], alone: one >= 0, examined, frequency };
  }

  // ---- The picture, upon which one draws.

  const picture = new Picture(chart, times);
  const drawing = new Drawing(chart, asked, times, { changed: () => changed({ held: true }), painted: paint });

  function paint() {
    if (!last) return;
    const { published, bounds, population: { trained } } = asked;
    const drawn = asked.family === "drawn";
    const held = Boolean(drawing.stroke) || grips.held; // The picture stays where it is under the hand.
    const cursor = drawing.reading ? drawing.cursor : null;
    const limits = drawn ? asked.learnedRange : [];
    picture.paint(last, { trained, published, bounds, limits, drawn, held, cursor });
    document.getElementById("key-limits").hidden = !drawn;
    document.getElementById("key-bound").hidden = !picture.within(bounds).length;
    document.getElementById("reading").textContent = cursor === null ? (drawn ? "" : DRAG) : readingsOf(last, times, cursor);
    grips.show(asked.handles);
  }

  // ---- Handles of the curve, upon the picture.

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
      grips.show(asked.handles); // The next key moves it from there, even if the networks have not answered yet.
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

  /** So many networks, and of how many if these are not all. */
  function counted(networks) {
    const { length } = asked.population.seeds;
    return networks < length ? `${networks} of ${length} networks` : `${networks} networks`;
  }

  function tell() {
    const { rows, curves, found: [{ low, median, high }] } = last;
    const { step } = asked.stage;
    const { label, states } = asked.population;
    const trained = states.length < 2 ? "" : step ? `, after ${step.toLocaleString("en")} steps` : ", before training";
    const alone = rows.length < 2;
    const who = `${alone ? `Network ${asked.seed}` : counted(rows.length)} (${label}${trained})`;
    const error = errorOf(median, curves[0], times);
    const opened = asked.address === `${asked.sent}&score=${asked.score}`;
    document.getElementById("summary").textContent = summaryOf(last, who, error);
    challenge.show({ curve: curves[0], range: asked.learnedRange, error, who, alone, opened });
    fillTable(document.querySelector("#numbers tbody"), times, [curves[0], median, ...(alone ? [] : [low, high])]);
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
    const { states, seeds, learned, note: about } = asked.population;
    controls.networks.value = asked.networks;
    controls.state.max = states.length - 1;
    controls.state.value = states.indexOf(asked.stage);
    controls.state.setAttribute("aria-valuetext", `${asked.stage.step} steps`);
    document.getElementById("trained-for").hidden = states.length < 2;
    document.querySelector("#trained-for output").textContent = `${asked.stage.step.toLocaleString("en")} steps`;
    const choices = ["all networks", ...seeds.slice(0, asked.stage.networks).map((seed) => `network ${seed}`)];
    if (controls.seed.length !== choices.length || controls.seed.options[1]?.textContent !== choices[1]) {
      controls.seed.replaceChildren(...choices.map((text, at) => new Option(text, at ? seeds[at - 1] : -1)));
    }
    const there = seeds.slice(0, asked.stage.networks).includes(asked.seed);
    controls.seed.value = there ? asked.seed : -1;
    const lost = asked.seed >= 0 && !there ? `; network ${asked.seed} is not among the ${asked.stage.networks} kept here` : "";
    const who = there ? `network ${asked.seed}` : counted(answering());
    const few = asked.stage.networks < seeds.length ? `, and those of ${asked.stage.networks} networks are kept` : "";
    const rounded = asked.stage.precision === "half" ? `; weights of earlier steps are rounded to 16 bits${few}` : "";
    document.getElementById("population-note").textContent = `${about}; ${learned}${rounded}; shown: ${who}${lost}`;
    const quote = asked.claim && document.getElementById(`quote-${asked.claim}`).textContent;
    const note = document.getElementById("claim-note");
    note.textContent = `“${quote}”: these are the curves that this sentence is about.`;
    note.hidden = !quote;
    for (const id of ["copied", "challenge-copied", "loaded"]) document.getElementById(id).textContent = "";
    document.getElementById("drawing-help").textContent = asked.family === "drawn"
      ? "Draw on the chart with mouse or finger. With the keyboard: focus the chart, ← and → choose a place, ↑ and ↓ bend the curve there."
      : "Handles on the chart change the curve, too; with the keyboard, focus one and press arrow keys.";
    const armed = drawing.armed && asked.family === "drawn";
    document.getElementById("draw").textContent = armed ? "Done drawing" : "Draw a curve";
    document.getElementById("undo").disabled = depth === 0;
    document.getElementById("play").hidden = states.length < 2;
    document.getElementById("play").textContent = playing ? "Pause" : "Play the training";
    canvas.classList.toggle("drawing", armed);
    document.getElementById("key-published").hidden = !asked.published;
    const alone = controls.seed.value !== "-1";
    for (const id of ["key-band", "key-single", "head-low", "head-high"]) document.getElementById(id).hidden = alone;
    for (const id of ["key-median", "head-median"]) {
      document.getElementById(id).textContent = alone ? "its answer" : "median answer";
    }
    document.getElementById("key-others").hidden = !asked.chosenSet || asked.chosenSet.curves.length < 2;
  }

  /** A button for every curve of the set that is chosen. */
  function members() {
    const place = document.getElementById("members");
    const curves = asked.chosenSet?.curves ?? [];
    if (place.dataset.set !== asked.set) {
      place.dataset.set = asked.set;
      place.replaceChildren(...(curves.length > 1 ? curves : []).map((curve) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = curve.label;
        button.onclick = () => {
          asked.take(curve);
          changed({ step: true });
        };
        return button;
      }));
    }
    [...place.children].forEach((button, at) => button.setAttribute("aria-pressed", String(asked.shows(curves[at]))));
  }

  for (const radio of controls.family) {
    radio.onchange = () => {
      drawing.armed = radio.value === "drawn";
      if (drawing.armed) asked.drawByHand();
      Object.assign(asked, { family: radio.value, set: "", claim: "" });
      changed({ step: true });
    };
  }
  document.getElementById("draw").onclick = () => {
    drawing.armed = !(drawing.armed && asked.family === "drawn");
    if (!drawing.armed) {
      show();
      return;
    }
    asked.drawByHand();
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
    asked.chooseSet(controls.set.value);
    changed({ step: true });
  };
  controls.networks.onchange = () => {
    asked.networks = controls.networks.value;
    changed({ step: true });
  };
  controls.state.oninput = () => {
    asked.step = asked.population.states[Number(controls.state.value)].step;
    changed({ held: true });
  };
  controls.state.onchange = () => changed({ held: true });

  /** Shows one step of training after another, from the first if the last one is shown. */
  function play() {
    const { states } = asked.population;
    const next = states[(states.indexOf(asked.stage) + 1) % states.length];
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
    asked.reset();
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

  document.getElementById("copy").onclick = () => copy(asked.address, document.getElementById("copied"));
  document.getElementById("challenge-copy").onclick = () => {
    const told = new URLSearchParams(asked.plainAddress.slice(1));
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
    const learned = asked.learnedRange;
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

  document.addEventListener("keydown", (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || !depth) return;
    event.preventDefault();
    history.back();
  });

  // ---- Buttons beside claims, addresses, other sizes and colors.

  for (const button of document.querySelectorAll("button[data-set]")) {
    button.onclick = () => {
      asked.chooseSet(button.dataset.set, button.dataset.claim);
      changed({ step: true });
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      document.querySelector(".board").scrollIntoView({ behavior: calm ? "auto" : "smooth" });
      canvas.focus({ preventScroll: true });
    };
  }

  document.addEventListener("ask", ({ detail: { address, step } }) => {
    asked.open(address);
    changed({ step });
  });
  window.onpopstate = ({ state }) => {
    depth = state?.depth ?? 0;
    if (location.hash && !location.hash.includes("=")) return; // A section of the page.
    asked.open(location.hash);
    changed();
  };
  new ResizeObserver(paint).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").onchange = paint;
  matchMedia("print").onchange = paint;

  function begin() {
    const { hash } = location;
    if (hash.includes("=")) asked.open(hash);
    changed();
    if (!hash || hash.includes("=")) history.replaceState(null, "", asked.address);
  }
  document.addEventListener("DOMContentLoaded", begin);
})();

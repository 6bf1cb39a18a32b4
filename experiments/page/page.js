(() => {
  "use strict";

  const data = JSON.parse(document.getElementById("playground-data").textContent);
  const { times, story } = data;
  const place = (id) => document.getElementById(id);
  const states = new States(data, story);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const SETTLED = 150; // Milliseconds without a change after which words and numbers follow the picture.
  const PACE = 45; // Milliseconds from one value to the next while a curve is drawn value by value.
  const RINGS = ["published", "gru", "rnn"]; // Populations that are plucked together, if they are there.
  const DRAG = matchMedia("(pointer: coarse)").matches
    ? "Drag the round handles, or choose “Draw”."
    : "Drag the round handles, or draw with the mouse. Or drop a CSV file here, or paste numbers.";

  // ---- The state. Everything that is seen follows from it, but for what moves at the moment.

  let state = states.open("");
  let moving = false; // Whether something is changing continuously.
  let pressed = false; // Whether a pointer is held.
  let settling = 0; // The timer after which nothing is changing any more.
  let depth = history.state?.depth ?? 0; // Changes that can be undone.
  let last = null; // What was answered last, to draw it again in another size or color.
  let upto = Infinity; // Values that are drawn, while they are drawn one by one.
  let inside = null; // The inside of one network, once that part of the page is there.

  /** Changes the state; `held` changes are one of several in a row, which together can be undone. */
  function act(changes, { moving: held = false } = {}) {
    state = { ...state, at: "", ...changes };
    upto = Infinity;
    moving = held;
    clearTimeout(settling);
    if (held) settling = setTimeout(settle, SETTLED);
    else commit();
    render();
  }

  function settle() {
    moving = false;
    if (!pressed && !controls.playing) commit();
    render();
  }

  /** Makes the state the one to which the browser goes back. */
  function commit() {
    if (states.address(state) === location.hash) return;
    depth += 1;
    history.pushState({ depth }, "", states.address(state));
  }

  /** Shows the state of the address, as it is opened or gone back to. */
  function follow() {
    state = states.open(location.hash);
    if (document.readyState !== "loading" && state.at && !place(state.at)) state.at = "";
    depth = history.state?.depth ?? 0;
    moving = false;
    upto = Infinity;
    if (states.address(state) !== location.hash) history.replaceState(history.state, "", states.address(state));
    render();
    visit();
  }

  /** Goes to the place that the state names, and opens the folds that it lies in. */
  function visit() {
    const target = state.at && place(state.at);
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
    target.focus({ preventScroll: true });
  }

  // ---- From the state to what is seen.

  function render() {
    const told = states.step(state);
    document.querySelectorAll("#story article").forEach((article, at) => { article.hidden = at !== told.at; });
    document.querySelectorAll(".steps a").forEach((link, at) => {
      if (at === told.at) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    });
    for (const button of document.querySelectorAll("#story [data-ask]")) {
      button.setAttribute("aria-pressed", String(told.choice >= 0 && story[told.at][told.choice] === button.dataset.ask));
    }
    for (const slider of document.querySelectorAll("#story [data-asks]")) {
      const at = slider.dataset.asks.split(" ").indexOf(story[told.at][told.choice]);
      if (at < 0) continue;
      slider.value = at;
      document.querySelectorAll("#story [data-choice]").forEach((text, number) => { text.hidden = number !== at; });
      slider.setAttribute("aria-valuetext", document.querySelectorAll("#story [data-choice]")[at].textContent);
    }
    place("summary").classList.toggle("unseen", told.at < story.length - 1);
    if (state.networks === OWN.id) own.want({ ...state, step: states.stage(state).step }, states.learned(state.learn).curve);
    controls.show(state);
    for (const id of ["copied", "loaded"]) place(id).textContent = "";
    place("draw").textContent = state.pen ? "Done drawing" : "Draw";
    place("undo").disabled = depth === 0;
    place("again").textContent = state.family === "pluck" ? "▶ Let go again" : "▶ Value by value";
    place("chart").classList.toggle("drawing", state.pen);
    const alone = controls.alone(state);
    place("key-single").hidden = alone;
    for (const id of ["head-low", "head-high"]) place(id).hidden = alone;
    place("key-single-text").textContent = `answers of ${controls.counted(state)}`;
    for (const [id, text] of [["key-median", "their median"], ["head-median", "median answer"]]) place(id).textContent = alone ? "its answer" : text;
    place("key-trained").hidden = state.family === "pluck";
    place("key-published").hidden = !publishedOf(state);
    place("rings").hidden = state.family !== "pluck";
    place("key-others").hidden = states.members(state).length < 2;
    place("playground").setAttribute("aria-busy", "true");
    workers.ask();
  }

  /** The answer that the post has published; the first screen does without. */
  function publishedOf(shown) {
    return states.step(shown).at ? states.published(shown) : null;
  }

  /** The networks that a state shows, with their weights; null if these have not come yet. */
  function groupOf(shown) {
    const { layers } = states.population(shown);
    const stage = states.stage(shown);
    const rows = states.rows(shown);
    if (shown.networks === OWN.id) {
      const weights = own.weights(stage.step);
      return weights && { layers, rows, complete: !own.busy, weights: { block: OWN.id, version: `${own.version} ${stage.step} ${shown.seeds}`, weights } };
    }
    const [text, rest] = [`block-${stage.block}`, `block-${stage.block}-rest`].map((id) => {
      const element = place(id);
      return element && (element.nextElementSibling || document.readyState !== "loading") ? element.textContent : undefined;
    });
    if (text === undefined) return null;
    const complete = stage.precision !== "split" || rest !== undefined;
    return { layers, rows, complete, weights: { block: stage.block, version: complete, text, precision: stage.precision, rest } };
  }

  /** What is asked now: the curve, and while nothing moves all others of its set. */
  function question() {
    const others = moving ? [] : states.members(state).filter((curve) => !states.shows(state, curve));
    const curves = [state, ...others].map((each) => read(each.family, states.curve(each)));
    const known = RINGS.filter((id) => id !== state.networks && states.populations.some((each) => each.id === id));
    const plucked = state.family === "pluck" ? known.slice(-2).map((networks) => ({ ...state, networks, step: -1, seed: -1 })) : [];
    const groups = [state, ...plucked].map(groupOf);
    return groups.every(Boolean) && { groups, curves, times: times.length, asked: state, plucked, moving };
  }

  function answered({ groups, curves, asked, plucked, moving: held }) {
    const [{ answers, rows, complete }] = groups;
    const of = (curve) => spread(answers, rows.length, curves.length, curve, times.length);
    const answersOfGroup = (group) => group.rows.map((_, row) => group.answers.subarray(row * curves.length * times.length, (row * curves.length + 1) * times.length));
    const { trained } = states.population(asked);
    last = {
      ...of(0), asked, held,
      curve: states.curve(asked),
      each: answersOfGroup(groups[0]),
      others: curves.slice(1).map((_, curve) => of(curve + 1).median),
      trained, published: publishedOf(asked), bounds: states.bounds(asked),
      plucked: plucked.map((shown, at) => ({ ...states.population(shown), each: answersOfGroup(groups[at + 1]) })),
    };
    place("still")?.remove();
    paint();
    const { family, curve, parameters } = { ...asked, curve: last.curve };
    inside?.show(states.population(asked), states.stage(asked), groups[0], { family, curve, frequency: parameters.frequency });
    const mine = asked.networks === OWN.id;
    if (mine && own.busy) place("summary").textContent = `${controls.counted(asked)} are learning. What they answer is told in words when they have.`;
    if (held || workers.wanted || !complete) return;
    place("summary").textContent = summaryOf(last, controls.who(asked), times) + (mine ? ` ${controls.progress(asked)}.` : "");
    fillTable(document.querySelector("#numbers tbody"), times, [last.curve, last.median, ...(rows.length > 1 ? [last.low, last.high] : [])]);
    place("playground").setAttribute("aria-busy", String(!complete));
  }

  // ---- The picture, upon which one draws.

  const chart = new Chart(place("chart"));
  const picture = new Picture(chart, times);
  const rings = [...document.querySelectorAll("#rings canvas")].map((canvas) => new Chart(canvas));
  const errors = new Chart(place("errors"));

  function paint() {
    if (!last) return;
    const drawn = last.asked.family === "drawn";
    const held = Boolean(drawing.stroke) || grips.held; // The picture stays where it is under the hand.
    const cursor = drawing.reading ? drawing.cursor : null;
    const close = last.asked.family === "pluck";
    const upon = getComputedStyle(place("key")).position === "absolute"; // Else the key is below the picture.
    chart.top = upon ? place("key").offsetHeight + 16 : Chart.MARGIN.top;
    picture.paint(last, { moving: last.held, held, close, cursor, upto: Math.min(upto, times.length), ring: drawn });
    place("key-bound").hidden = !picture.within(last.bounds).length;
    place("reading").textContent = cursor === null ? (drawn ? "" : DRAG) : readingsOf(last, times, cursor);
    place("grips").hidden = upto < times.length;
    grips.show(states.handles(state));
    paintRings();
    paintErrors();
  }

  /** Draws the other networks that are plucked, and counts all that ring. */
  function paintRings() {
    const { plucked, curve } = last;
    if (!plucked.length) return;
    const all = [{ ...states.population(last.asked), each: last.each }, ...plucked];
    document.querySelectorAll("#rings .ring").forEach((caption, at) => {
      caption.textContent = all[at] ? `${all[at].label}: ${ringsOf(all[at].each.map((answer) => ringing(answer, times)))}` : "";
    });
    plucked.forEach(({ each }, at) => {
      rings[at].begin({ x: [0, 1], y: picture.heights, xTicks: SHARES.filter((_, tick) => tick % 5 === 0), yTicks: heightTicks(picture.heights), xName: "", yName: "" });
      rings[at].line(times, curve.slice(0, upto), "shown", 1.4, [6, 4]);
      for (const answer of each) rings[at].line(times, answer.slice(0, upto), "single", 1);
    });
  }

  /** Draws the errors of networks that are trained here, over steps. */
  function paintErrors() {
    if (last.asked.networks !== OWN.id || !place("errors").offsetParent) return;
    const { steps, goal } = states.training;
    const ticks = [0.001, 0.01, 0.1, 1].map((value) => [Math.log10(value), String(value)]);
    errors.begin({ x: [0, steps], y: [-3, 0], xTicks: ticksOf([0, steps], steps / 3).map(([at]) => [at, String(Math.round(at))]), yTicks: ticks, xName: "steps", yName: "error" });
    errors.line([0, steps], [Math.log10(goal), Math.log10(goal)], "others", 1.6, [6, 4]);
    for (const each of own.errors(states.stage(last.asked).step)) {
      errors.line(each.map(([step]) => step), each.map(([, error]) => Math.log10(Math.max(error, 0.001))), "median", 1);
    }
  }

  /** Draws the picture value by value. */
  function reveal() {
    let began = performance.now();
    const ours = state;
    upto = 1;
    const frame = () => {
      if (state !== ours || upto > times.length) return;
      if (!last) began = performance.now(); // The networks have not answered yet.
      upto = Math.ceil((performance.now() - began) / PACE) || 1;
      paint();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  const drawing = new Drawing(chart, times, {
    shown: () => ({ curve: states.curve(state), byHand: state.family === "drawn", pen: state.pen }),
    drawn: (curve) => act(states.byHand(curve), { moving: true }),
    read: () => {
      paint();
      inside?.read(drawing.cursor);
    },
  });
  const grips = new Grips(place("grips"), chart, {
    move: ({ moved }, x, y) => {
      act(states.moved(state, moved(x, y)), { moving: true });
      grips.show(states.handles(state)); // The next key moves it from there, even if the networks have not answered yet.
    },
    end: () => act({}, { moving: true }),
  });
  const failed = () => { place("summary").textContent = "This browser cannot compute the networks here; the figures below were made before."; };
  const own = new Own({ times, ...data.training }, states.named, {
    failed,
    changed: () => {
      if (state.networks !== OWN.id) return;
      controls.show(state);
      workers.ask();
    },
  });
  const controls = new Controls(states, own, { state: () => state, act });
  const workers = new Answers({ question, answered, failed });

  // ---- Buttons and keys.

  place("again").onclick = reveal;
  for (const name of ["pointerenter", "focus"]) place("train").addEventListener(name, () => own.start()); // To begin at once.
  place("undo").onclick = () => history.back();
  place("reset").onclick = () => act(states.open(""));
  place("draw").onclick = () => {
    act({ ...states.byHand(states.curve(state)), pen: !state.pen });
    if (state.pen) place("chart").focus({ preventScroll: true });
  };
  place("save").onclick = () => {
    Object.assign(document.createElement("a"), { href: chart.png(), download: "curve.png" }).click();
  };
  place("copy").onclick = async () => {
    const local = location.protocol === "file:" ? " It opens this file, which others do not have." : "";
    try {
      await navigator.clipboard.writeText(location.href.replace(/#.*/, "") + states.address(state));
      place("copied").textContent = `Copied.${local}`;
    } catch {
      place("copied").textContent = `It is in the address bar.${local}`;
    }
  };
  for (const name of ["pointerdown", "pointerup", "pointercancel"]) {
    window.addEventListener(name, () => { pressed = name === "pointerdown"; }, true);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || !depth) return;
    event.preventDefault();
    history.back();
  });
  for (const slider of document.querySelectorAll("#story [data-asks]")) {
    slider.oninput = () => act(states.open(`#${slider.dataset.asks.split(" ")[slider.value]}`), { moving: true });
  }
  document.addEventListener("click", (event) => {
    const { target } = event;
    const { ask, set, claim } = target.closest("button")?.dataset ?? {};
    const link = target.closest("a[href^='#']")?.getAttribute("href");
    if (ask) act(states.open(`#${ask}`));
    if (set) {
      act(states.chosen(set, claim));
      scrollTo({ top: place("playground").offsetTop, behavior: calm.matches ? "auto" : "smooth" });
      place("chart").focus({ preventScroll: true });
    }
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return; // These open another tab or window.
    event.preventDefault();
    if (!link.startsWith("#step-")) {
      act({ at: link.slice(1) });
      visit();
      return;
    }
    act(states.open(link));
    const article = document.querySelector("#story article:not([hidden])");
    if (article.getBoundingClientRect().top < place("chart").getBoundingClientRect().bottom) place("story").scrollIntoView();
    if (article.dataset.moves && !calm.matches) reveal();
  });

  // ---- Curves from text: dropped files, and pasted numbers.

  /** Shows a curve of text as one drawn by hand, and tells what was done to it. */
  function load(text) {
    let found;
    try {
      found = curveOfText(text, times.length);
    } catch ({ message }) {
      place("loaded").textContent = `${message} The curve is as it was.`;
      return;
    }
    const { curve, ends } = found;
    const learned = states.learnedRange(state);
    const beyond = ends[0] < DRAWN.least || ends[1] > DRAWN.most;
    act(states.byHand(beyond ? rescaled(curve, ends, learned) : curve));
    const done = beyond ? `scaled to ${decimal(learned[0])} to ${decimal(learned[1])}, the range of the curve that the networks learned` : "kept as they are";
    place("loaded").textContent = `The curve was read and resampled to ${times.length} points; its values, from ${decimal(ends[0])} to ${decimal(ends[1])}, were ${done}.`;
  }

  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", async (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    load(file ? await file.slice(0, MOST_BYTES + 1).text() : event.dataTransfer.getData("text"));
  });
  document.addEventListener("paste", (event) => load(event.clipboardData.getData("text")));

  // ---- Beginning, and other sizes and colors.

  window.addEventListener("popstate", follow);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details.section").forEach((fold) => { fold.open = true; }));
  new ResizeObserver(paint).observe(place("chart"));
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", paint);
  place("networks-fold").addEventListener("toggle", paint);
  document.addEventListener("weights", () => workers.ask());
  document.addEventListener("DOMContentLoaded", () => {
    const [, owner, name] = /^https:\/\/([a-z0-9-]+)\.github\.io\/([\w.-]+)\//.exec(location.href) ?? []; // Of GitHub Pages.
    if (owner) {
      const link = Object.assign(document.createElement("a"), { href: `https://github.com/${owner}/${name}`, textContent: `${owner}/${name}` });
      document.querySelector(".source").replaceChildren("The code: ", link, ", folder experiments/page.");
    }
    inside = new Inside(data, () => workers.ask());
    if (state.at) follow();
    else render();
  });
  follow();
  if (states.step(state).at === 0 && !state.at && !calm.matches) reveal();
})();

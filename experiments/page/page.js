(() => {
  const data = JSON.parse(byId("playground-data").textContent);
  const { times, story } = data;
  const states = new States(data);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const SETTLED = 150; // Milliseconds without a change after which words and numbers follow the picture.
  const PACE = 25; // Milliseconds from one value to the next while answers are drawn value by value.
  const TURN = 60; // The same while one network is followed.
  const MOVING = ["amplitude", "phase"]; // Sets of which the post says how peaks and valleys move.
  const RINGS = ["published", "gru", "rnn"]; // Populations that are plucked together, if they are there.
  const NEAR = 0.08; // How far from a line, as a share of the picture's height, a click may be.

  // ---- The state: what an address has (`States`), and what moves at the moment. Everything that is seen follows from it.

  let state = {
    ...states.open(""),
    depth: history.state?.depth ?? 0, // Changes that can be undone.
    moving: false, // Whether something is changing continuously.
    pressed: false, // Whether a pointer is held.
    stroke: null, // The part of a guess that has been drawn.
    cursor: null, // The time point at which values are read.
    began: null, // When answers began to be drawn value by value.
    reach: null, // The lowest and the highest value in the picture.
    answered: null, // The last question with its answers,
    worded: null, // and that of which words tell.
  };

  let settling = 0; // The timer after which nothing is changing any more.
  let frame = 0; // The frame in which the state will be shown.

  /** Changes what moves at the moment. */
  function set(changes) {
    state = { ...state, ...changes };
    frame ||= requestAnimationFrame(render);
  }

  /** Shows another state, which can be gone back to if it is an `entry`. */
  function show(next, entry) {
    const { at } = states.step(state);
    byId("playground").setAttribute("aria-busy", "true");
    state = next;
    if (entry) commit(at);
    workers.ask();
    set({});
  }

  /** Changes what the address has; `moving` changes are one of several in a row, which together can be undone. */
  function act(changes, { moving = false } = {}) {
    const next = { ...state, at: "", guess: state.guess ?? UNTOLD, free: states.last(state), stroke: null, began: null, worded: null, moving, ...changes };
    if (!states.kept(next).includes(next.seed)) next.seed = next.inside ? states.kept(next)[0] : -1;
    clearTimeout(settling);
    if (moving) settling = setTimeout(() => show({ ...state, moving: false }, !state.pressed), SETTLED);
    show(next, !moving);
  }

  /** Makes the state the one to which the browser goes back; changes can be undone as far as the step that they belong to. */
  function commit(from) {
    if (states.address(state) === location.hash) return;
    state = { ...state, depth: states.step(state).at === from ? state.depth + 1 : 0 };
    history.pushState({ depth: state.depth }, "", states.address(state));
  }

  /** Shows the state of the address, as it is opened or gone back to. */
  function follow() {
    const opened = states.open(location.hash);
    if (document.readyState !== "loading" && opened.at && !byId(opened.at)) opened.at = "";
    if (states.address(opened) !== location.hash) history.replaceState(history.state, "", states.address(opened));
    show({ ...state, ...opened, depth: history.state?.depth ?? 0, moving: false, stroke: null, began: null }, false);
    visit();
  }

  /** Goes to the place that the state names, and opens the folds that it lies in. */
  function visit() {
    const target = state.at && byId(state.at);
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
    target.focus({ preventScroll: true });
  }

  // ---- What networks are asked, and what they answer.

  /** The networks that a state shows, with their weights; null if these have not come yet. */
  function groupOf(shown) {
    const { layers } = states.population(shown);
    const stage = states.stage(shown);
    const rows = states.kept(shown).map((_, row) => row);
    const group = { layers, rows, followed: shown.inside ? states.kept(shown).indexOf(shown.seed) : undefined };
    if (shown.networks === OWN.id) {
      const { weights, busy, step, round } = own;
      return step < 0 ? null : { ...group, complete: !busy, weights: { block: OWN.id, version: `${round} ${step}`, weights } };
    }
    const texts = ["", "-rest"].map((end) => byId(`block-${stage.block}${end}`)).map((element) => (
      element && (element.nextElementSibling || document.readyState !== "loading") ? element.textContent : undefined
    ));
    if (texts[0] === undefined) return null;
    const complete = !stage.exact || texts[1] !== undefined;
    return { ...group, complete, weights: { block: stage.block, version: complete, texts, exact: stage.exact } };
  }

  /** What is asked now: the curve, and all others of its set; as many networks of each kind that is plucked. */
  function question() {
    if (state.networks === OWN.id) own.want({ ...state, step: states.stage(state).step }, states.learned(state.learn).curve);
    const others = states.members(state).filter((curve) => !states.shows(state, curve));
    const curves = [state, ...others].map((each) => read(each.family, states.curve(each)));
    const known = RINGS.filter((id) => id !== state.networks && states.populations.some((each) => each.id === id));
    const plucked = state.family === "pluck" ? known.slice(-2).map((networks) => ({ ...state, networks, step: -1, seed: -1, inside: false })) : [];
    const groups = [state, ...plucked].map(groupOf);
    if (!groups.every(Boolean)) return null;
    if (plucked.length) {
      const count = Math.min(...groups.map(({ rows }) => rows.length));
      for (const group of groups) group.rows = group.rows.slice(0, count);
    }
    return { groups, curves, times: times.length, asked: state, plucked };
  }

  /** Answers of a group, and the spread of those to each curve. */
  function answersOfGroup({ answers, rows }, curves) {
    const length = times.length;
    const each = rows.map((_, row) => answers.subarray(row * curves * length, (row * curves + 1) * length));
    return { each, spreads: Array.from({ length: curves }, (_, curve) => spread(answers, rows.length, curves, curve, length)) };
  }

  function answered({ groups, curves, asked, plucked, trace }) {
    const [first, ...kinds] = groups.map((group) => answersOfGroup(group, curves.length));
    const row = groups[0].rows.indexOf(states.kept(asked).indexOf(asked.seed));
    const medians = first.spreads.map(({ median }) => median);
    set({
      answered: {
        ...first.spreads[0], each: first.each, asked, trace,
        complete: groups.every(({ complete }) => complete),
        curve: states.curve(asked),
        sines: curves.slice(1),
        seed: row < 0 ? -1 : asked.seed,
        focus: row < 0 ? medians[0] : first.each[row],
        others: medians.slice(1),
        moves: MOVING.includes(asked.set) ? movesOf(medians, times) : [],
        plucked: kinds.map(({ each, spreads }, at) => ({ label: states.population(plucked[at]).label, each, focus: spreads[0].median })),
      },
    });
  }

  // ---- From the state to what is seen.

  const chart = new Chart(byId("chart"));
  const picture = new Picture(chart, times);
  const errors = new Chart(byId("errors"));
  const cell = new Cell();

  /** How many values are drawn, as a function of time; all of them if nothing runs. */
  function upto(now) {
    return state.began === null ? times.length : Math.min(times.length, Math.ceil((now - state.began) / PACE) || 1);
  }

  /** The time point of the network that is followed: that of the pointer, or one that moves along the curve. */
  function place(now) {
    if (state.cursor !== null) return state.cursor;
    return calm.matches ? Math.floor(times.length / 6) : Math.floor(now / TURN) % times.length;
  }

  /** Whether most of the networks that are shown have learned their curve. */
  function learned() {
    if (state.networks !== OWN.id) return states.stage(state).learned;
    return !own.busy && 2 * own.learned(states.training.goal) > own.networks.length;
  }

  /** Whether what a step of the story asks for has been done. */
  function rewarded(name, { at, exact, choice }) {
    const trained = state.networks === OWN.id && !own.busy && own.step === states.training.steps;
    const done = { larger: !states.guessing(state) && state.began === null, learned: trained, alone: state.seed >= 0, pluck: at >= 0 && !exact, verdict: choice > 0 };
    return done[name];
  }

  /** All that a picture has; the answers are left out while they are guessed. */
  function shown() {
    const { trained } = states.population(state);
    const last = state.answered;
    const more = { trained, bounds: states.bounds(state), published: states.published(state), range: states.last(state) && learned() ? states.learnedRange(state) : null };
    if (last?.others.length) more.bounds = [];
    if (!last || states.guessing(state)) {
      return { ...more, curve: states.curve(state), each: [], focus: [], seed: -1, others: [], moves: [], sines: [], plucked: [], guess: state.stroke, published: null, bounds: [] };
    }
    return { ...last, ...more, guess: state.guess === UNTOLD || states.step(last.asked).at ? null : state.guess };
  }

  function render(now = performance.now()) {
    frame = 0;
    if (upto(now) >= times.length) state = { ...state, began: null };
    const told = states.step(state);
    const guessing = states.guessing(state);
    document.querySelectorAll("#story article").forEach((article, at) => { article.hidden = at !== told.at; });
    const hidden = { guess: !guessing, seen: guessing, told: guessing || state.began !== null };
    document.querySelectorAll("[data-when]").forEach((part) => { part.hidden = hidden[part.dataset.when]; });
    document.querySelectorAll(".steps a").forEach((link, at) => link.setAttribute("aria-current", at === told.at ? "step" : "false"));
    for (const button of document.querySelectorAll("#story [aria-pressed]")) {
      button.setAttribute("aria-pressed", String(told.exact && story[told.at][told.choice] === button.dataset.ask));
    }
    document.querySelectorAll("#story .reward").forEach((text) => { text.hidden = !rewarded(text.dataset.reward, told); });
    document.querySelectorAll("#story [data-choice]").forEach((text) => { text.hidden = text.dataset.choice !== story[told.at]?.[told.choice]; });
    controls.show(state);
    byId("aside").hidden = !states.last(state) || state.inside;
    byId("summary").classList.toggle("unseen", !own.reached(state) || states.textOf(state) === state.learn);
    byId("words").hidden = guessing;
    byId("end").hidden = !states.last(state);
    say(byId("stated"), byId(`statement-${state.claim}`)?.textContent ?? "");
    byId("stated-link").href = `#claim-${state.claim}`;
    say(byId("draw"), state.pen ? "Done drawing" : "Draw");
    byId("undo").disabled = state.depth === 0;
    const drawn = state.stroke !== null && reaches(state.stroke, times);
    byId("guessed").hidden = !drawn;
    byId("hint").hidden = !guessing || drawn || Boolean(drawing.stroke);
    say(byId("hint"), state.stroke ? "Go on until both ends are drawn" : "Start here");
    byId("hint").classList.toggle("begin", !state.stroke);
    const kinds = { panels: state.family === "pluck", following: state.inside, free: states.last(state) };
    for (const [name, applies] of Object.entries(kinds)) byId("playground").classList.toggle(name, applies);
    byId("chart").classList.toggle("drawing", state.pen || guessing);
    byId("inside").hidden = !state.inside;
    for (const button of document.querySelectorAll("[data-inside]")) {
      button.setAttribute("aria-expanded", String(state.inside));
      button.disabled = !state.inside && !states.cell(state);
      say(button, state.inside ? "Close" : "Why? Look inside");
    }
    const picked = shown();
    const held = drawing.stroke || grips.held; // The picture stays where it is under the hand.
    const reach = held && state.reach ? state.reach : reachOf(picked, state.moving ? state.reach : null);
    const heights = heightsOf(reach, picked.plucked.length ? 10 : 4);
    state = { ...state, reach };
    picked.bounds = picked.bounds.filter((bound) => bound > heights[0] && bound < heights[1]);
    renderKey(picked);
    renderPicture(picked, heights, guessing, now);
    renderWords(picked, guessing);
    if (state.began !== null || (state.inside && state.answered?.trace && state.cursor === null && !calm.matches)) set({});
  }

  function renderKey({ each, seed, others, moves, published, bounds, guess, plucked }) {
    const shown = {
      single: each.length && !others.length, median: each.length, trained: !plucked.length && !others.length,
      others: others.length, moves: moves.length, bound: bounds.length, published, guess: guess || states.guessing(state),
    };
    for (const [name, there] of Object.entries(shown)) byId(`key-${name}`).hidden = !there;
    for (const { name, ends } of moves) say(byId(`key-${name}`), decimal(ends[1] - ends[0]));
    say(byId("key-single-text"), plucked.length ? `${each.length} of each kind` : controls.counted(state));
    say(byId("key-median-text"), others.length ? `median of ${controls.counted(state).replace("networks", "judged networks")}` : seed < 0 ? "median" : `network ${seed}`);
    for (const id of ["head-low", "head-high"]) byId(id).hidden = seed >= 0;
    say(byId("head-median"), seed < 0 ? "median answer" : "answer");
  }

  function renderPicture(picked, heights, guessing, now) {
    const upon = getComputedStyle(byId("key")).position === "absolute"; // Else the key is below the picture.
    chart.top = upon ? byId("key").offsetHeight + 16 : Chart.MARGIN.top;
    const inside = state.inside && Boolean(picked.trace);
    const runs = state.began !== null; // A pointer must not tell what is still to come.
    const cursor = runs ? (inside ? upto(now) - 1 : null) : inside ? place(now) : state.cursor;
    picture.paint(picked, { heights, cursor, upto: upto(now), ring: state.family === "drawn" || guessing });
    byId("hint").style.top = state.stroke ? "" : `${chart.place(0, picked.curve[0])[1]}px`; // Where a guess begins.
    grips.show(guessing || runs || !picked.each.length ? [] : states.handles(state));
    say(byId("reading"), state.cursor === null || runs || !picked.each.length ? "" : readingsOf(picked, times, state.cursor));
    const kinds = picked.plucked.length ? [{ label: states.population(state).label, each: picked.each }, ...picked.plucked] : [];
    document.querySelectorAll("#rings p").forEach((caption, at) => {
      const kind = kinds[at];
      say(caption, kind ? `${kind.label}: ${ringsOf(kind.each, times)}` : "");
      if (kind) Object.assign(caption.style, { left: `${chart.boxes[at].left}px`, top: `${chart.boxes[at].top - Chart.CAPTION}px`, width: `${chart.boxes[at].right - chart.boxes[at].left}px` });
    });
    say(byId("inside-who"), states.cell(state) ? `Network ${state.seed}. Choose a line to follow another.` : "Only networks whose answer is an LSTM unit have such a cell.");
    byId("machine").hidden = !inside;
    if (inside) cell.show(picked.trace, picked.curve, times, cursor);
    if (state.networks === OWN.id) renderErrors();
  }

  /** The error of each network that is trained here, over steps. */
  function renderErrors() {
    const { steps, goal } = states.training;
    const ticks = [0.01, 1].map((value) => [Math.log10(value), String(value)]);
    errors.clear();
    errors.begin({ x: [0, steps], y: [-3, 0], xTicks: [0, steps].map((at) => [at, Math.round(at).toLocaleString("en")]), yTicks: ticks, xName: "steps", yName: "off by" });
    errors.band([-3, Math.log10(goal)], "met");
    for (const { errors: each } of own.networks) {
      errors.line(each.map(([step]) => step), each.map(([, error]) => Math.log10(Math.max(error, 0.001))), "single", 1.5);
    }
  }

  /** Words and numbers, which follow once nothing moves and all answers are those of the state. */
  function renderWords(picked, guessing) {
    const last = state.answered;
    if (!learned()) {
      byId("gauge").hidden = byId("found").hidden = true;
      say(byId("gauge-text"), state.networks === OWN.id && own.busy ? "They are still learning." : "These networks have not learned their curve.");
    }
    const current = last?.complete && !state.moving && state.began === null && states.address({ ...last.asked, at: state.at, guess: state.guess }) === states.address(state);
    byId("playground").setAttribute("aria-busy", String(!current));
    if (!current || state.worded === last) return;
    state = { ...state, worded: last };
    say(byId("verdict"), guessing || states.step(state).at ? "" : verdictOf(state.guess, last, times));
    say(byId("summary"), guessing ? "" : summaryOf(last, controls.who(state), times));
    fillTable(document.querySelector("#numbers tbody"), times, guessing ? [] : [last.curve, last.focus, ...(last.seed < 0 ? [last.low, last.high] : [])]);
    if (learned()) renderGauge(last);
  }

  /** How far the answer in focus is off, of what is asked for at the end of the story. */
  function renderGauge({ curve, focus }) {
    const off = errorOf(focus, curve, times);
    const [low, high] = states.learnedRange(state);
    const outside = Math.min(...curve) < low - 0.005 || Math.max(...curve) > high + 0.005;
    const found = !outside && off > data.fails;
    const gauge = byId("gauge");
    gauge.hidden = false;
    gauge.setAttribute("aria-valuenow", off.toFixed(2));
    gauge.style.setProperty("--share", `${Math.min(100, (50 * off) / data.fails)}%`);
    gauge.classList.toggle("found", found);
    const mine = state.networks === OWN.id && states.textOf(state) === state.learn;
    const not = mine ? ": these learned your curve" : `, not yet more than ${data.fails}`;
    say(byId("gauge-text"), `Off by ${off.toFixed(2)} on average${outside ? `, but the curve leaves ${decimal(low)} to ${decimal(high)}` : found ? `: more than ${data.fails}` : not}`);
    if (found && byId("found").hidden && state.depth && !state.pressed) setTimeout(() => byId("found").scrollIntoView({ block: "nearest" })); // Once it is seen.
    byId("found").hidden = !found;
  }

  // ---- What one does on the picture.

  const drawing = new Drawing(chart, times, {
    mode: () => {
      const guessing = states.guessing(state);
      const curve = guessing ? state.stroke ?? new Float64Array(times.length).fill(NaN) : states.curve(state).map(clamped);
      const bent = guessing ? (state.stroke ? filled(state.stroke) : states.curve(state)) : state.family === "drawn" ? curve : null;
      return { curve, bent, pen: guessing || state.pen, draws: guessing || states.last(state) };
    },
    drawn: (curve) => (states.guessing(state) ? set({ stroke: curve }) : act(states.byHand(curve), { moving: true })),
    lifted: () => {
      if (!states.guessing(state)) act({}, { moving: true });
      else if (state.stroke.every(Number.isFinite)) guess();
      else set({});
    },
    read: (cursor) => set({ cursor }),
    picked: ({ at, value }) => {
      if (states.guessing(state) || !state.answered || state.answered.others.length || state.pen || state.family === "pluck") return;
      const { each } = state.answered;
      const off = each.map((answer) => Math.abs(answer[at] - value));
      const row = off.indexOf(Math.min(...off));
      const near = off[row] < NEAR * (state.reach[1] - state.reach[0]);
      const seed = near ? states.kept(state)[row] : -1;
      if (near || state.seed >= 0) act({ seed: seed === state.seed ? -1 : seed }); // A second click lets it go.
    },
    entered: () => {
      if (states.guessing(state)) (state.stroke && !reaches(state.stroke, times)) || guess();
      else if (state.family !== "pluck") act({ seed: states.kept(state)[states.kept(state).indexOf(state.seed) + 1] ?? -1 });
    },
  });
  const grips = new Grips(byId("grips"), chart, {
    move: ({ moved }, x, y) => {
      act(states.moved(state, moved(x, y)), { moving: true });
      grips.show(states.handles(state)); // The next key moves it from there, even if the networks have not answered yet.
    },
    end: () => act({}, { moving: true }),
  });

  /** Ends the guess. The answers then run in. */
  function guess() {
    act({ guess: state.stroke ? filled(state.stroke).map(rounded) : UNTOLD });
    reveal();
  }

  /** Draws the answers value by value, unless nothing is to move. */
  function reveal() {
    if (!calm.matches) set({ began: performance.now() });
  }

  const failed = () => say(byId("note"), "This browser cannot compute the networks here; the conclusions below were computed before.");
  const own = new Own({ times, ...data.training }, { failed, paced: () => !calm.matches, changed: () => state.networks === OWN.id && workers.ask() });
  const workers = new Answers({ question, answered, failed });
  const controls = new Controls(states, own, { state: () => state, act });

  // ---- Buttons.

  byId("show").onclick = byId("guessed").onclick = guess;
  byId("again").onclick = reveal;
  byId("undo").onclick = () => history.back();
  byId("draw").onclick = () => {
    act({ ...states.byHand(states.curve(state)), pen: !state.pen });
    if (state.pen) byId("chart").focus({ preventScroll: true });
  };
  for (const name of ["pointerdown", "pointerup", "pointercancel"]) {
    window.addEventListener(name, () => { state = { ...state, pressed: name === "pointerdown" }; }, true);
  }
  document.addEventListener("click", (event) => {
    const { target } = event;
    const { ask: asked, set: chosen, claim, inside } = target.closest("button")?.dataset ?? {};
    const link = target.closest("a[href^='#']")?.getAttribute("href");
    if (asked) act(states.open(`#${asked}`));
    if (asked && state.family === "pluck") reveal();
    if (chosen) {
      act(states.chosen(chosen, claim));
      scrollTo({ top: byId("playground").offsetTop, behavior: calm.matches ? "auto" : "smooth" });
      byId("main").focus({ preventScroll: true });
    }
    if (inside !== undefined) act(state.inside ? { inside: false, seed: -1 } : { inside: true });
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return; // These open another tab or window.
    event.preventDefault();
    if (!link.startsWith("#step-")) {
      act({ at: link.slice(1), guess: state.guess });
      visit();
      return;
    }
    const opened = states.open(link);
    act({ ...opened, step: own.reached(opened) || opened.step });
    if (byId("playground").getBoundingClientRect().top < 0) byId("playground").scrollIntoView();
    if (state.family === "pluck") reveal();
  });

  // ---- Beginning, and other sizes and colors.

  window.addEventListener("popstate", follow);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details.section").forEach((fold) => { fold.open = true; }));
  new ResizeObserver(() => set({})).observe(byId("chart"));
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", () => set({}));
  document.addEventListener("weights", () => workers.ask());
  document.addEventListener("DOMContentLoaded", () => {
    if (state.at) follow();
    else workers.ask();
  });
  follow();
  render(); // At once, while the file is still coming.
})();

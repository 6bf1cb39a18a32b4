const DRAWN = { least: -2, most: 3, scale: 1000 }; // A curve drawn by hand, and its thousandths in an address.
const OWN = { id: "own", seeds: 8, most: 32 }; // Networks that are trained in the page.
const UNTOLD = "none"; // The guess of somebody who did not draw one.

function clamped(value) {
  return Math.min(DRAWN.most, Math.max(DRAWN.least, value));
}

/** A value as it is in an address. */
function rounded(value) {
  return Math.round(clamped(value) * DRAWN.scale) / DRAWN.scale;
}

/** The text of a curve in an address. */
function packed(curve) {
  const bytes = new Uint8Array(2 * curve.length);
  curve.forEach((value, place) => new DataView(bytes.buffer).setInt16(2 * place, Math.round(value * DRAWN.scale), true));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The curve of a text in an address; null if it is not one of that length. */
function unpacked(text, length) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
  if (bytes.length !== 2 * length) return null;
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length }, (_, place) => clamped(view.getInt16(2 * place, true) / DRAWN.scale));
}

/** The number of a text within a range, or another one if it is not a number. */
function within(text, low, high, otherwise) {
  const value = text === null || text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise;
}

/** The whole number of a text, or another one if it is none or beyond a range. */
function whole(text, low, high, otherwise) {
  return /^\d+$/.test(text ?? "") && Number(text) >= low && Number(text) <= high ? Number(text) : otherwise;
}

/**
 * All that the page can show. A state is one of these as a plain object, which nobody changes: a curve, networks at a
 * step of their training, what is shown of them, and a place on the page. States and addresses correspond to each other.
 */
class States {
  static TALL = ["amplitude", "offset", "slope", "intercept", "height", "base", "level", "pull"]; // What scales with y.

  /** What `parts/playground.html` has as data. */
  constructor({ times, families, sets, populations, training, story }) {
    Object.assign(this, { times, families, sets, populations, training, story });
    this.told = new Map(); // The step of the story by address.
    story.forEach((asks, at) => asks.forEach((ask, choice) => {
      const state = this.open(`#${ask}`);
      for (const key of [`${this.plain(state)}&seed=${state.seed}`, ...(choice ? [] : [this.plain(state)])]) {
        if (!this.told.has(key)) this.told.set(key, { at, choice });
      }
    }));
    this.pluck = story.findIndex(([ask]) => this.open(`#${ask}`).family === "pluck");
    this.sine = this.textOf(this.open(`#${story[1][0]}`)); // What the published networks learned.
  }

  // ---- Networks.

  population({ networks, learn, seeds, step }) {
    if (networks !== OWN.id) return this.populations.find(({ id }) => id === networks);
    return {
      id: OWN.id,
      label: "LSTM trained here",
      note: "trained in this browser, as the first ones were",
      layers: this.training.layers,
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      states: [{ step: step < 0 ? this.training.steps : Math.min(step, this.training.steps), networks: seeds }],
      trained: [...this.learned(learn).curve],
    };
  }

  /** The step of training that a state shows: the named one, else the last. */
  stage(state) {
    const { states } = this.population(state);
    return states.find(({ step }) => step === state.step) ?? states[states.length - 1];
  }

  /** The seeds of the networks that answer; kinds that are plucked together have equally many. */
  kept(state) {
    const few = state.family === "pluck" ? Math.min(...this.populations.map(({ seeds }) => seeds.length)) : Infinity;
    return this.population(state).seeds.slice(0, Math.min(few, this.stage(state).networks));
  }

  /** The lowest and the highest value of the curve that the networks learned. */
  learnedRange(state) {
    const { trained } = this.population(state);
    return [Math.min(...trained), Math.max(...trained)];
  }

  /** The values that the answers of the population cannot leave; a dense readout has none. */
  bounds(state) {
    return this.population(state).layers.at(-1).kind === "dense" ? [] : [-1, 1];
  }

  /** Whether an LSTM unit answers: no other one has such a cell. */
  cell(state) {
    return this.population(state).layers.at(-1).kind === "lstm";
  }

  // ---- The curve.

  curve({ family, drawn, parameters }) {
    return family === "drawn" ? drawn : sampled(family, parameters, this.times);
  }

  /** A curve as the text by which own networks name what they learn. */
  textOf({ family, parameters, drawn }) {
    return family === "drawn" ? `drawn,${packed(drawn)}` : [family, ...Object.values(parameters)].join(",");
  }

  /** The state of such a text, its curve, and the text as it would be written again; null if it is not one. */
  learned(text) {
    const [family, ...values] = text.split(",");
    let state = null;
    if (family === "drawn") {
      const drawn = unpacked(values.join(","), this.times.length);
      state = drawn && this.byHand(drawn);
    } else if (Object.hasOwn(this.families, family)) {
      state = { ...this.another(family), parameters: this.parameters(family, (_, at) => values[at] ?? null) };
    }
    return state && { state, text: this.textOf(state), curve: this.curve(state) };
  }

  /** A curve twice as large as that of such a text, as far as it can be shown. */
  doubled(text) {
    const { state } = this.learned(text);
    if (state.family === "drawn") return this.byHand(state.drawn.map((value) => 2 * value));
    const parameters = Object.entries(state.parameters).map(([name, value]) => [name, (States.TALL.includes(name) ? 2 : 1) * value]);
    return { ...state, ...this.moved(state, Object.fromEntries(parameters)) };
  }

  /** The parameters of a family, each from a text within its range, or as at first. */
  parameters(family, textOf) {
    const sliders = this.families[family].map(({ name, low, high, value }, at) => [name, within(textOf(name, at), low, high, value)]);
    return Object.fromEntries(sliders);
  }

  /** Whether a state shows a curve of a set. */
  shows(state, { family, parameters }) {
    return state.family === family && Object.entries(parameters).every(([name, value]) => Math.abs(state.parameters[name] - value) < 1e-6);
  }

  /** The curves of the post that are shown together, if a set is chosen. */
  members({ set }) {
    return this.sets.find(({ id }) => id === set)?.curves ?? [];
  }

  /** The answer that the post has published of the curve, if it has and is to be shown. */
  published(state) {
    const known = state.post ? this.sets.flatMap(({ curves }) => curves) : [];
    return known.find((curve) => curve.published && this.shows(state, curve))?.published ?? null;
  }

  /** Handles of the curve where it is there to be changed: plucked, or at the end of the story. */
  handles(state) {
    const fixed = state.family === "drawn" || (state.family !== "pluck" && !this.last(state));
    return fixed || this.members(state).length > 1 ? [] : HANDLES[state.family](state.parameters);
  }

  // ---- Changes: what becomes other in a state.

  another(family) {
    return { ...this.byHand([]), family, parameters: this.parameters(family, () => null), drawn: null, pen: false };
  }

  /** A finger that draws has its pen down; else it scrolls. */
  byHand(curve) {
    return { family: "drawn", parameters: {}, drawn: Float64Array.from(curve, rounded), set: "", post: false };
  }

  moved(state, changes) {
    const parameters = { ...state.parameters };
    for (const { name, low, high } of this.families[state.family]) {
      if (name in changes) parameters[name] = Math.round(100 * Math.min(high, Math.max(low, changes[name]))) / 100;
    }
    const tied = state.parameters.offset === state.parameters.amplitude && !("offset" in changes && changes.offset !== changes.amplitude);
    if (state.family === "sine" && tied) parameters.offset = parameters.amplitude; // As all sines of the post.
    return { parameters, set: "", post: false };
  }

  /** The curves of the post that a claim is about, and the networks that it was judged by. */
  chosen(set, claim) {
    const [{ family, parameters }] = this.members({ set });
    return this.open(`#${new URLSearchParams({ curve: family, ...parameters, set, post: "yes", claim })}`);
  }

  // ---- Addresses.

  /** The step of the story that a state is, and which of its pictures. A `free` one is at the end; claims come after it. */
  step(state) {
    const last = this.story.length - 1;
    if (state.free) return { at: last, choice: -1, exact: false };
    const plain = this.plain(state);
    const exact = this.told.get(`${plain}&seed=${state.seed}`);
    const known = exact ?? this.told.get(plain); // The network that is followed leaves the step as it is.
    if (known) return { ...known, exact: Boolean(exact) };
    const near = state.networks === OWN.id && state.learn === this.sine ? 1 : state.family === "pluck" && state.networks === this.populations[0].id ? this.pluck : last;
    return { at: state.claim ? last + 1 : near < 0 ? last : near, choice: -1, exact: false };
  }

  /** Whether a state is at the end of the story, where everything can be changed. */
  last(state) {
    return this.step(state).at === this.story.length - 1;
  }

  /** Whether the answers wait for a guess. */
  guessing(state) {
    return state.guess === null && this.step(state).at === 0;
  }

  address(state) {
    const { at, choice } = this.step(state);
    const more = new URLSearchParams();
    if (state.seed >= 0) more.set("seed", state.seed);
    if (state.inside) more.set("inside", "yes");
    if (!at && state.guess) more.set("guess", state.guess === UNTOLD ? UNTOLD : packed(state.guess));
    for (const name of ["claim", "at"]) if (state[name]) more.set(name, state[name]);
    if (state.free) more.set("free", "yes");
    if (!at && String(more) === `at=${state.at}`) return `#${state.at}`;
    return `#${[choice ? this.plain(state) : `step-${at + 1}`, String(more)].filter(Boolean).join("&")}`;
  }

  /** The address of curve and networks. */
  plain(state) {
    const told = new URLSearchParams({ curve: state.family });
    if (state.family === "drawn") told.set("y", packed(state.drawn));
    for (const [name, value] of Object.entries(state.parameters)) told.set(name, String(value));
    if (state.pen) told.set("pen", "down");
    if (state.post) told.set("post", "yes");
    if (state.set) told.set("set", state.set);
    told.set("networks", state.networks);
    told.set("step", String(this.stage(state).step));
    if (state.networks === OWN.id) for (const name of ["learn", "seeds"]) told.set(name, String(state[name]));
    return String(told);
  }

  /** The state of an address; what makes no sense in it is as at first, and a word alone that is no step is a place. */
  open(hash) {
    const text = hash.replace(/^#/, "");
    const told = new URLSearchParams(text);
    const [first] = text.split("&", 1);
    if (!text.includes("=") || /^step-\d+$/.test(first)) {
      const step = /^step-(\d+)$/.exec(first);
      const asks = this.story[Number(step?.[1]) - 1] ?? this.story[0];
      const more = ["seed", "inside", "guess", "at"].filter((name) => told.has(name)).map((name) => [name, told.get(name)]);
      if (!step) more.push(["at", first]);
      return this.open(`#${asks[0]}&${new URLSearchParams(more)}`);
    }
    let curve = this.another("sine");
    const family = told.get("curve");
    if (family === "drawn") {
      const drawn = unpacked(told.get("y") ?? "", this.times.length);
      if (drawn) curve = { ...this.byHand(drawn), pen: told.get("pen") === "down" };
    } else if (Object.hasOwn(this.families, family ?? "")) {
      curve = { ...this.another(family), parameters: this.parameters(family, (name) => told.get(name)) };
    }
    const learned = this.learned(told.get("learn") ?? "");
    const own = told.get("networks") === OWN.id && learned;
    const known = this.populations.some(({ id }) => id === told.get("networks"));
    const state = {
      ...curve,
      networks: own ? OWN.id : known ? told.get("networks") : this.populations[0].id,
      step: whole(told.get("step"), 0, 1e6, -1),
      learn: own ? learned.text : "",
      seeds: own ? whole(told.get("seeds"), 1, OWN.most, OWN.seeds) : 0,
      post: told.get("post") === "yes",
      inside: told.get("inside") === "yes",
      guess: told.get("guess") === UNTOLD ? UNTOLD : unpacked(told.get("guess") ?? "", this.times.length),
      free: told.get("free") === "yes",
      ...Object.fromEntries(["claim", "at"].map((name) => [name, /^[\w-]*$/.exec(told.get(name) ?? "")?.[0] ?? ""])),
    };
    state.seed = this.kept(state).find((seed) => String(seed) === told.get("seed")) ?? -1;
    if (state.inside && state.seed < 0) state.seed = this.kept(state)[0];
    if (this.members({ set: told.get("set") }).some((each) => this.shows(state, each))) state.set = told.get("set");
    return state;
  }
}

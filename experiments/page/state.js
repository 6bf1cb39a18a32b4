"use strict";

const DRAWN = { least: -2, most: 3, scale: 1000 }; // A curve drawn by hand, and its thousandths in an address.
const OWN = { id: "own", seeds: 8, most: 32 }; // Networks that are trained in the page.

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
 * step of their training, and a place on the page. States and addresses correspond to each other.
 */
class States {
  /** What `parts/playground.html` has as data; `story` are addresses of pictures for each step of the story. */
  constructor({ times, families, sets, populations, training }, story) {
    Object.assign(this, { times, families, sets, populations, training, story });
    const last = training.steps;
    this.named = [0, 10, 20, ...Array.from({ length: last / 50 }, (_, at) => 50 * (at + 1))]; // Of own networks.
    this.told = new Map(); // The step of the story by address.
    this.pluck = story.findIndex(([ask]) => this.open(`#${ask}`).family === "pluck");
    story.forEach((asks, at) => asks.forEach((ask, choice) => {
      const address = this.plain(this.open(`#${ask}`));
      if (!this.told.has(address)) this.told.set(address, { at, choice });
    }));
  }

  // ---- Networks.

  population({ networks, learn, gates, seeds }) {
    if (networks !== OWN.id) return this.populations.find(({ id }) => id === networks);
    return {
      id: OWN.id,
      label: "LSTM trained here",
      note: `trained in this browser, with ${gates} gates`,
      layers: this.training.layers[gates],
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      states: this.named.map((step) => ({ step, networks: seeds })),
      trained: [...this.learned(learn).curve],
    };
  }

  /** The step of training that a state shows: the named one, else the last. */
  stage(state) {
    const { states } = this.population(state);
    return states.find(({ step }) => step === state.step) ?? states[states.length - 1];
  }

  /** The rows of the networks that answer among those that are kept: all, or one. */
  rows(state) {
    const { networks } = this.stage(state);
    const one = this.population(state).seeds.slice(0, networks).indexOf(state.seed);
    return one < 0 ? Array.from({ length: networks }, (_, row) => row) : [one];
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

  // ---- The curve.

  curve({ family, drawn, parameters }) {
    return family === "drawn" ? drawn : sampled(family, parameters, this.times);
  }

  /** A curve as the text by which own networks name what they learn. */
  textOf({ family, parameters, drawn }) {
    return family === "drawn" ? `drawn,${packed(drawn)}` : [family, ...Object.values(parameters)].join(",");
  }

  /** The curve of such a text, and the text as it would be written again; null if it is not one. */
  learned(text) {
    const [family, ...values] = text.split(",");
    if (family === "drawn") {
      const drawn = unpacked(values.join(","), this.times.length);
      return drawn && { text: `drawn,${packed(drawn)}`, curve: drawn };
    }
    if (!Object.hasOwn(this.families, family)) return null;
    const parameters = this.parameters(family, (_, at) => values[at] ?? null);
    return { text: this.textOf({ family, parameters }), curve: this.curve({ family, parameters }) };
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

  /** The answer that the post has published of the curve, if it has. */
  published(state) {
    return this.sets.flatMap(({ curves }) => curves).find((curve) => curve.published && this.shows(state, curve))?.published ?? null;
  }

  handles({ family, parameters, tied }) {
    return family === "drawn" ? [] : HANDLES[family](parameters, tied);
  }

  // ---- Changes: what becomes other in a state.

  another(family) {
    return { family, parameters: this.parameters(family, () => null), tied: true, drawn: null, pen: false, set: "", claim: "" };
  }

  /** A finger that draws has its pen down; else it scrolls. */
  byHand(curve) {
    return { family: "drawn", parameters: {}, tied: true, drawn: Float64Array.from(curve, rounded), set: "", claim: "" };
  }

  moved(state, changes) {
    const parameters = { ...state.parameters };
    for (const { name, low, high } of this.families[state.family]) {
      if (name in changes) parameters[name] = Math.round(100 * Math.min(high, Math.max(low, changes[name]))) / 100;
    }
    const tied = state.tied && !("offset" in changes && changes.offset !== changes.amplitude);
    if (state.family === "sine" && tied) parameters.offset = parameters.amplitude;
    return { parameters, tied, set: "", claim: "" };
  }

  taken({ family, parameters }) {
    return { family, parameters: { ...parameters }, tied: family !== "sine" || parameters.offset === parameters.amplitude, drawn: null, pen: false };
  }

  chosen(set, claim = "") {
    const curves = this.members({ set });
    return { ...(curves.length ? this.taken(curves[0]) : {}), set, claim };
  }

  // ---- Addresses.

  /** The step of the story that a state is, and which of its pictures; for all others the last step, or that of plucking. */
  step(state) {
    const other = state.family === "pluck" && this.pluck >= 0 ? this.pluck : this.story.length - 1;
    return this.told.get(this.plain(state)) ?? { at: other, choice: -1 };
  }

  address(state) {
    const { at, choice } = this.step(state);
    const main = choice ? this.plain(state) : `step-${at + 1}`;
    if (!state.at) return `#${main}`;
    return main === "step-1" ? `#${state.at}` : `#${main}&at=${state.at}`;
  }

  /** The address of a state but for its place. */
  plain(state) {
    const told = new URLSearchParams({ curve: state.family });
    if (state.family === "drawn") told.set("y", packed(state.drawn));
    for (const [name, value] of Object.entries(state.parameters)) told.set(name, String(value));
    if (!state.tied) told.set("tied", "no");
    if (state.pen) told.set("pen", "down");
    for (const name of ["set", "claim"]) if (state[name]) told.set(name, state[name]);
    told.set("networks", state.networks);
    told.set("step", String(this.stage(state).step));
    if (state.seed >= 0) told.set("seed", String(state.seed));
    if (state.networks === OWN.id) for (const name of ["learn", "seeds", "gates"]) told.set(name, String(state[name]));
    return String(told);
  }

  /** The state of an address; what makes no sense in it is as at first, and a word alone that is no step is a place. */
  open(hash) {
    const told = new URLSearchParams(hash.replace(/^#/, ""));
    const [first] = hash.replace(/^#/, "").split("&", 1);
    const place = /^[\w-]*$/;
    if (!hash.includes("=") || /^step-\d+$/.test(first)) {
      const step = /^step-(\d+)$/.exec(first);
      const asks = this.story[Number(step?.[1]) - 1] ?? this.story[0];
      const at = told.get("at") ?? (step ? "" : first);
      return { ...this.open(`#${asks[0]}`), at: place.test(at) ? at : "" };
    }
    let curve = this.another("sine");
    const family = told.get("curve");
    if (family === "drawn") {
      const drawn = unpacked(told.get("y") ?? "", this.times.length);
      if (drawn) curve = { ...this.byHand(drawn), pen: told.get("pen") === "down" };
    } else if (Object.hasOwn(this.families, family ?? "")) {
      const parameters = this.parameters(family, (name) => told.get(name));
      const tied = family !== "sine" || (told.get("tied") !== "no" && parameters.offset === parameters.amplitude);
      curve = { ...this.another(family), parameters, tied };
    }
    const learned = this.learned(told.get("learn") ?? "");
    const own = told.get("networks") === OWN.id && learned;
    const known = this.populations.some(({ id }) => id === told.get("networks"));
    const state = {
      ...curve,
      networks: own ? OWN.id : known ? told.get("networks") : this.populations[0].id,
      step: whole(told.get("step"), 0, 1e6, -1),
      seed: whole(told.get("seed"), 0, 1e6, -1),
      learn: own ? learned.text : "",
      seeds: own ? whole(told.get("seeds"), 1, OWN.most, OWN.seeds) : 0,
      gates: own ? (Object.hasOwn(this.training.layers, told.get("gates")) ? told.get("gates") : Object.keys(this.training.layers)[0]) : "",
      at: place.test(told.get("at") ?? "") ? told.get("at") ?? "" : "",
    };
    if (this.members({ set: told.get("set") }).some((each) => this.shows(state, each))) {
      Object.assign(state, { set: told.get("set"), claim: place.test(told.get("claim") ?? "") ? told.get("claim") ?? "" : "" });
    }
    return state;
  }
}

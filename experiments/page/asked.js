"use strict";

const DRAWN = { least: -2, most: 3, scale: 1000 }; // A curve drawn by hand, and its thousandths in an address.

function clamped(value) {
  return Math.min(DRAWN.most, Math.max(DRAWN.least, value));
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

/** What the playground is asked: a curve, and networks at a step of their training. All of it is in an address. */
class Asked {
  /** `times` are the points of curves; families, sets and populations as `parts/playground.py` describes them. */
  constructor({ times, families, sets, populations }) {
    this.data = { times, families, sets, populations };
    this.reset();
  }

  reset() {
    const { families, populations } = this.data;
    const parameters = {};
    for (const [family, sliders] of Object.entries(families)) {
      parameters[family] = Object.fromEntries(sliders.map(({ name, value }) => [name, value]));
    }
    const networks = populations[0].id;
    Object.assign(this, { family: "sine", parameters, tied: true, drawn: null, set: "", claim: "", networks, step: -1, seed: -1, score: -1, sent: "" });
  }

  // ---- Networks.

  get population() {
    return this.data.populations.find(({ id }) => id === this.networks);
  }

  /** The state of training that is asked for: that of the named step, else the last. */
  get stage() {
    const { states } = this.population;
    return states.find(({ step }) => step === this.step) ?? states[states.length - 1];
  }

  /** The lowest and the highest value of the sine that the networks learned. */
  get learnedRange() {
    const { trained } = this.population;
    return [Math.min(...trained), Math.max(...trained)];
  }

  /** The values that the answers of the population cannot leave; a dense readout has none. */
  get bounds() {
    const { layers } = this.population;
    return layers[layers.length - 1].kind === "dense" ? [] : [-1, 1];
  }

  // ---- The curve.

  get curve() {
    return this.family === "drawn" ? this.drawn : this.curveOf(this.family, this.parameters[this.family]);
  }

  curveOf(family, parameters) {
    return sampled(family, parameters, this.data.times);
  }

  /** Whether a curve of a family is the one that is shown. */
  shows({ family, parameters }) {
    const own = this.parameters[family];
    return this.family === family && Object.entries(parameters).every(([name, value]) => Math.abs(own[name] - value) < 1e-6);
  }

  /** The set of the post that is shown together, if one is. */
  get chosenSet() {
    return this.data.sets.find(({ id }) => id === this.set);
  }

  /** The answer that the post has published of the curve, if it has. */
  get published() {
    const found = this.data.sets.flatMap(({ curves }) => curves).find((curve) => curve.published && this.shows(curve));
    return found ? found.published : null;
  }

  get handles() {
    return this.family === "drawn" ? [] : HANDLES[this.family](this.parameters[this.family], this.tied);
  }

  take({ family, parameters }) {
    this.family = family;
    Object.assign(this.parameters[family], parameters);
    if (family === "sine") this.tied = parameters.offset === parameters.amplitude;
  }

  chooseSet(id, claim = "") {
    Object.assign(this, { set: id, claim });
    const curves = this.chosenSet?.curves ?? [];
    if (curves.length) this.take(curves[0]);
  }

  /** What is shown becomes a curve drawn by hand, to be changed further. */
  drawByHand() {
    const drawn = Float64Array.from(this.curve, clamped);
    Object.assign(this, { family: "drawn", drawn, set: "", claim: "" });
  }

  // ---- The address.

  /** The address of what is asked; that of a challenge keeps its score until something is changed. */
  get address() {
    const plain = this.plainAddress;
    return plain === this.sent ? `${plain}&score=${this.score}` : plain;
  }

  get plainAddress() {
    const told = new URLSearchParams();
    if (this.family === "drawn") {
      told.set("curve", "drawn");
      told.set("y", packed(this.drawn));
    } else {
      told.set("curve", this.family);
      for (const [name, value] of Object.entries(this.parameters[this.family])) told.set(name, String(value));
      if (this.family === "sine" && !this.tied) told.set("tied", "no");
    }
    if (this.set) told.set("set", this.set);
    told.set("networks", this.networks);
    told.set("step", String(this.stage.step));
    if (this.seed >= 0) told.set("seed", String(this.seed));
    return `#${told}`;
  }

  /** Asks for what an address says; whatever of it makes no sense is as it is at first. */
  open(hash) {
    const { times, families, sets, populations } = this.data;
    const told = new URLSearchParams(hash.replace(/^#/, ""));
    this.reset();
    const family = told.get("curve");
    if (family === "drawn") {
      const drawn = unpacked(told.get("y") ?? "", times.length);
      if (drawn) Object.assign(this, { family, drawn });
    } else if (Object.hasOwn(families, family ?? "")) {
      this.family = family;
      for (const { name, low, high, value } of families[family]) {
        this.parameters[family][name] = within(told.get(name), low, high, value);
      }
    }
    const { amplitude, offset } = this.parameters.sine;
    this.tied = told.get("tied") !== "no" && offset === amplitude;
    if (sets.some(({ id }) => id === told.get("set"))) this.set = told.get("set");
    if (populations.some(({ id }) => id === told.get("networks"))) this.networks = told.get("networks");
    this.step = within(told.get("step"), 0, Infinity, -1);
    this.seed = Math.round(within(told.get("seed"), -1, 1e6, -1));
    this.score = within(told.get("score"), 0, Infinity, -1);
    if (this.score >= 0) this.sent = this.plainAddress;
  }
}

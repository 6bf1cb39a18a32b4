"use strict";

/** The controls of curve and networks, and the texts about them: they show a state, and change it. */
class Controls {
  static FRAME = 400; // Milliseconds between two steps while training is played.

  /** `state` returns the state that is shown, `act` changes it. */
  constructor(states, own, { state, act }) {
    Object.assign(this, { states, own, state, act });
    this.elements = document.getElementById("controls").elements;
    this.playing = 0; // The timer that plays the training.
    this.listen();
  }

  /** So many networks, and of how many if these are not all. */
  counted(state) {
    const [{ length }, { seeds }] = [this.states.rows({ ...state, seed: -1 }), this.states.population(state)];
    return length < seeds.length ? `${length} of ${seeds.length} networks` : `${length} networks`;
  }

  /** The networks that are shown, by name. */
  who(state) {
    const { label, states } = this.states.population(state);
    const step = this.shownStep(state);
    const trained = states.length < 2 ? "" : step ? `, after ${step.toLocaleString("en")} steps` : ", before training";
    return `${this.alone(state) ? `Network ${state.seed}` : this.counted(state)} (${label}${trained})`;
  }

  /** The step of training of the networks that are shown: that of the state, once its networks have been trained so far. */
  shownStep(state) {
    const { step } = this.states.stage(state);
    return state.networks === OWN.id ? Math.max(0, Math.min(step, this.own.reached)) : step;
  }

  alone(state) {
    return this.states.population(state).seeds.slice(0, this.states.stage(state).networks).includes(state.seed);
  }

  show(state) {
    const { elements, states } = this;
    for (const radio of elements.family) radio.checked = radio.value === state.family;
    for (const group of document.querySelectorAll(".sliders")) group.hidden = group.dataset.family !== state.family;
    for (const [name, value] of Object.entries(state.parameters)) {
      const slider = elements[name];
      if (Number(slider.value) !== value) slider.value = value;
      slider.parentElement.querySelector("output").textContent = decimal(value);
    }
    elements.tied.checked = state.tied;
    elements.set.value = state.set;
    this.showMembers(state);
    this.showNetworks(state);
    const quote = state.claim && document.getElementById(`quote-${state.claim}`)?.textContent;
    const note = document.getElementById("claim-note");
    note.textContent = quote ? `“${quote}”: these are the curves that this sentence is about.` : "";
    note.hidden = !quote;
    document.getElementById("drawing-help").textContent = state.family === "drawn"
      ? "Draw on the chart with mouse or finger. With the keyboard: focus the chart, ← and → choose a place, ↑ and ↓ bend the curve there."
      : "Handles on the chart change the curve, too; with the keyboard, focus one and press arrow keys.";
  }

  /** A button for every curve of the set that is chosen. */
  showMembers(state) {
    const place = document.getElementById("members");
    const curves = this.states.members(state);
    if (place.dataset.set !== state.set) {
      place.dataset.set = state.set;
      place.replaceChildren(...(curves.length > 1 ? curves : []).map((curve) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = curve.label;
        button.onclick = () => this.act({ ...this.states.taken(curve), claim: this.state().claim, set: this.state().set });
        return button;
      }));
    }
    [...place.children].forEach((button, at) => button.setAttribute("aria-pressed", String(this.states.shows(state, curves[at]))));
  }

  showNetworks(state) {
    const { elements, states, own } = this;
    const population = states.population(state);
    const stage = states.stage(state);
    const mine = state.networks === OWN.id;
    elements.networks.querySelector("[value=own]").hidden = !mine;
    elements.networks.value = state.networks;
    elements.state.max = population.states.length - 1;
    elements.state.value = population.states.findIndex(({ step }) => step === stage.step);
    elements.state.setAttribute("aria-valuetext", `${stage.step} steps`);
    document.getElementById("trained-for").hidden = population.states.length < 2;
    document.querySelector("#trained-for output").textContent = `${stage.step.toLocaleString("en")} steps`;
    const kept = population.seeds.slice(0, stage.networks);
    const choices = ["all networks", ...kept.map((seed) => `network ${seed}`)];
    if (elements.seed.length !== choices.length || elements.seed.options[1]?.textContent !== choices[1]) {
      elements.seed.replaceChildren(...choices.map((text, at) => new Option(text, at ? kept[at - 1] : -1)));
    }
    const there = this.alone(state);
    elements.seed.value = there ? state.seed : -1;
    const few = stage.networks < population.seeds.length ? `, and those of ${stage.networks} networks are kept` : "";
    const texts = [
      population.note,
      mine ? this.progress(state) : population.learned,
      ...(stage.precision === "half" ? [`weights are rounded to 16 bits${few}`] : []),
      `shown: ${there ? `network ${state.seed}` : this.counted(state)}`,
      ...(state.seed >= 0 && !there ? [`network ${state.seed} is not among the ${stage.networks} kept here`] : []),
    ];
    document.getElementById("population-note").textContent = texts.join("; ");
    document.getElementById("play").hidden = population.states.length < 2;
    document.getElementById("play").textContent = this.playing ? "Pause" : "Play the training";
    const known = mine && state.learn === states.textOf(state);
    document.getElementById("train").disabled = known;
    document.getElementById("train").textContent = known ? `${own.busy ? "Learning" : "Trained on"} this curve` : "Train networks on it";
    for (const id of ["train-more", "train-stop", "gates", "errors"]) document.getElementById(id).hidden = !mine;
    document.getElementById("train-more").disabled = state.seeds >= OWN.most;
    if (!mine) return;
    elements.gates.value = state.gates;
    document.getElementById("train-stop").textContent = own.busy ? "Stop" : "Go on";
    document.getElementById("train-stop").hidden = !own.busy && stage.step === states.named.at(-1);
  }

  /** How far own networks have learned. */
  progress(state) {
    const { own, states } = this;
    const { step } = states.stage(state);
    if (own.busy) return `${Math.max(0, own.reached).toLocaleString("en")} of ${step.toLocaleString("en")} steps`;
    const last = own.errors(step).map((errors) => errors.at(-1)[1]);
    const learned = last.filter((error) => error <= states.training.goal).length;
    const [least, most] = states.learnedRange(state);
    const beyond = least < -1 || most > 1 ? `; it goes from ${decimal(least)} to ${decimal(most)}, but an LSTM unit cannot answer beyond −1 and 1` : "";
    return `${learned} of ${last.length} have learned their curve, with an error of at most ${states.training.goal}${beyond}`;
  }

  /** Shows one step of training after another, from the first if the last one is shown. */
  play() {
    const state = this.state();
    const { states } = this.states.population(state);
    const { step } = this.states.stage(state);
    const next = states[(states.findIndex((each) => each.step === step) + 1) % states.length];
    this.playing = next === states.at(-1) ? 0 : setTimeout(() => this.play(), Controls.FRAME);
    this.act({ step: next.step }, { moving: Boolean(this.playing) });
  }

  listen() {
    const { elements, states, own, act } = this;
    const state = () => this.state();
    const moving = { moving: true };
    for (const radio of elements.family) {
      radio.onchange = () => act(radio.value === "drawn" ? { ...states.byHand(states.curve(state())), pen: true } : states.another(radio.value));
    }
    for (const slider of document.querySelectorAll(".sliders [type=range]")) {
      slider.oninput = () => act(states.moved(state(), { [slider.name]: Number(slider.value) }), moving);
      slider.onchange = () => act({}, moving);
    }
    elements.tied.onchange = () => {
      const { parameters } = state();
      const tied = elements.tied.checked;
      act({ tied, parameters: tied ? { ...parameters, offset: parameters.amplitude } : parameters, set: "", claim: "" });
    };
    elements.set.onchange = () => act(states.chosen(elements.set.value));
    elements.networks.onchange = () => {
      const networks = elements.networks.value;
      if (networks !== state().networks) act({ networks, learn: "", gates: "", seeds: 0 });
    };
    elements.state.oninput = () => act({ step: states.population(state()).states[Number(elements.state.value)].step }, moving);
    elements.state.onchange = () => act({}, moving);
    elements.seed.onchange = () => act({ seed: Number(elements.seed.value) });
    document.getElementById("controls").onsubmit = (event) => event.preventDefault();
    document.getElementById("play").onclick = () => {
      if (!this.playing) this.play();
      else {
        clearTimeout(this.playing);
        this.playing = 0;
        act({});
      }
    };
    const gates = Object.keys(states.training.layers);
    document.getElementById("train").onclick = () => {
      const learn = states.textOf(state());
      act({ networks: OWN.id, learn, seeds: state().seeds || OWN.seeds, gates: state().gates || gates[0], step: states.named.at(-1), seed: -1 });
    };
    document.getElementById("train-stop").onclick = () => act({ step: own.busy ? own.named : states.named.at(-1) });
    document.getElementById("train-more").onclick = () => act({ seeds: Math.min(OWN.most, state().seeds + OWN.seeds) });
    elements.gates.onchange = () => act({ gates: elements.gates.value });
  }
}

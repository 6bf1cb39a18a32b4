/** The controls of curve and networks, and the texts about them: they show a state, and change it. */
class Controls {
  /** `state` returns the state that is shown, `act` changes it. */
  constructor(states, own, { state, act }) {
    Object.assign(this, { states, own, state, act });
    this.elements = byId("controls").elements;
    this.listen();
  }

  /** So many networks, and of how many if these are not all. */
  counted(state) {
    const [{ length }, { seeds, all = seeds.length }] = [this.states.kept(state), this.states.population(state)];
    return length < all ? `${length} of ${all} networks` : `${length} networks`;
  }

  /** The networks that are shown, by name. */
  who(state) {
    const { label, states } = this.states.population(state);
    const step = this.shownStep(state);
    const trained = states.length < 2 && state.networks !== OWN.id ? "" : step ? `, after ${step.toLocaleString("en")} steps` : ", before training";
    return `${state.seed < 0 ? this.counted(state) : `Network ${state.seed}`} (${label}${trained})`;
  }

  /** The step of training of the networks that are shown: that of the state, once its networks have been trained so far. */
  shownStep(state) {
    const { step } = this.states.stage(state);
    return state.networks === OWN.id ? Math.max(0, Math.min(step, this.own.step)) : step;
  }

  show(state) {
    const { elements } = this;
    for (const radio of elements.family) radio.checked = radio.value === state.family;
    for (const group of document.querySelectorAll(".sliders")) group.hidden = group.dataset.family !== state.family;
    for (const [name, value] of Object.entries(state.parameters)) {
      const slider = elements[name];
      if (Number(slider.value) !== value) slider.value = value;
      say(slider.parentElement.querySelector("output"), decimal(value));
    }
    this.showNetworks(state);
    say(byId("drawing-help"), state.family === "drawn"
      ? "← and → choose a place, ↑ and ↓ bend the curve there; Enter follows the next network. Or draw with mouse or finger."
      : this.states.guessing(state)
        ? "← and → choose a place, ↑ and ↓ bend the guess there; Enter ends it. Or draw with mouse or finger."
        : `← and → read values${state.family === "pluck" ? "" : ", Enter follows the next network"}.${this.states.handles(state).length ? " Arrow keys also move handles of the curve." : ""}`);
  }

  showNetworks(state) {
    const { elements, states } = this;
    const population = states.population(state);
    const stage = states.stage(state);
    const mine = state.networks === OWN.id;
    elements.networks.querySelector("[value=own]").hidden = !mine;
    elements.networks.value = state.networks;
    elements.state.max = population.states.length - 1;
    elements.state.value = population.states.findIndex(({ step }) => step === stage.step);
    elements.state.setAttribute("aria-valuetext", `${stage.step} steps`);
    byId("trained-for").hidden = population.states.length < 2;
    say(document.querySelector("#trained-for output"), `${stage.step.toLocaleString("en")} steps`);
    const rounded = stage.exact || mine ? [] : ["weights are rounded to 16 bits"];
    const texts = [population.note, ...(mine ? [] : [population.learned]), ...rounded, `shown: ${state.seed < 0 ? this.counted(state) : `network ${state.seed}`}`];
    say(byId("population-note"), texts.join("; "));
    byId("train").disabled = mine && state.learn === states.textOf(state);
    byId("strip").hidden = !mine;
    if (mine) this.showTraining(state, stage.step);
  }

  /** How far own networks have learned. */
  showTraining(state, target) {
    const { own, states } = this;
    const { goal, steps } = states.training;
    const step = this.shownStep(state);
    const [least, most] = states.learnedRange(state);
    const beyond = least < -1 || most > 1 ? ` The curve goes from ${decimal(least)} to ${decimal(most)}, but an LSTM unit cannot answer beyond −1 and 1.` : "";
    byId("bar").value = step;
    say(byId("progress"), `Step ${step.toLocaleString("en")} of ${steps.toLocaleString("en")}.`);
    say(byId("learned"), `${own.learned(goal)} of ${own.networks.length} have learned it (off by at most ${goal} on average: the green area).${own.busy ? "" : beyond}`);
    say(byId("train-stop"), own.busy ? "Stop" : target === steps ? "From the beginning" : target ? "Go on" : "Train them");
    byId("train-stop").classList.toggle("main", !own.busy && target < steps);
    byId("double").hidden = own.busy || target < steps || states.textOf(state) !== state.learn;
  }

  listen() {
    const { elements, states, own, act } = this;
    const [state, moving] = [() => this.state(), { moving: true }];
    for (const radio of elements.family) {
      radio.onchange = () => act(radio.value === "drawn" ? { ...states.byHand(states.curve(state())), pen: true } : states.another(radio.value));
    }
    for (const slider of document.querySelectorAll(".sliders [type=range]")) {
      slider.oninput = () => act(states.moved(state(), { [slider.name]: Number(slider.value) }), moving);
      slider.onchange = () => act({}, moving);
    }
    elements.networks.onchange = () => elements.networks.value !== OWN.id && act({ networks: elements.networks.value, learn: "", seeds: 0 });
    elements.state.oninput = () => act({ step: states.population(state()).states[Number(elements.state.value)].step }, moving);
    elements.state.onchange = () => act({}, moving);
    byId("controls").onsubmit = (event) => event.preventDefault();
    byId("train").onclick = () => {
      const learn = states.textOf(state());
      act({ networks: OWN.id, learn, seeds: state().seeds || OWN.seeds, step: states.training.steps, seed: -1, set: "", post: false });
      byId("chart").scrollIntoView({ block: "nearest" });
    };
    byId("train-stop").onclick = () => act(own.step === states.training.steps ? { ...states.learned(state().learn).state, step: 0 } : { step: own.busy ? own.next : states.training.steps });
    byId("double").onclick = () => act(states.doubled(state().learn));
  }
}

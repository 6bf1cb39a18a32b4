"use strict";

/** Networks that are trained in the page: those that a state asks for, up to the step that it names. */
class Own {
  static CHUNK = 10; // Steps between two pictures.

  /** `changed` is called whenever networks have learned further, `failed` if workers cannot work. */
  constructor({ times, layers, optimizer }, { changed, failed }) {
    Object.assign(this, { times, layers, optimizer, changed, failed });
    this.workers = [];
    this.networks = []; // By seed: step, weights, and errors at every picture.
    this.made = ""; // What all networks learn.
    this.round = 0; // Counts what is made; replies about what was made before are ignored.
    this.waiting = 0; // Workers that have not replied yet.
    this.version = 0; // Counts changes of weights.
  }

  /** Trains as many networks to a step on a curve, whose text is `learn`; anew if they are beyond that step. */
  want({ learn, seeds, step }, curve) {
    const { times, layers, optimizer } = this;
    if (this.made !== learn || this.networks.slice(0, seeds).some((network) => network.step > step)) {
      this.start();
      Object.assign(this, { made: learn, networks: [], round: this.round + 1, waiting: 0 });
      for (const worker of this.workers) worker.postMessage({ curve, times, layers, optimizer });
    }
    while (this.networks.length < seeds) this.networks.push({ seed: this.networks.length, step: -1, weights: null, errors: [] });
    Object.assign(this, { seeds, target: step });
    if (!this.waiting) this.advance();
  }

  start() {
    while (this.workers.length < Math.min(8, navigator.hardwareConcurrency || 2)) {
      const worker = workerOf("cells", "curves", "initial", "simd", "gradient", "trainer");
      worker.onmessage = ({ data }) => {
        if (data.round === this.round) this.receive(data.replies);
      };
      worker.onerror = this.failed;
      this.workers.push(worker);
    }
  }

  get wanted() {
    return this.networks.slice(0, this.seeds);
  }

  /** The step that all networks have reached; -1 before they have begun. */
  get reached() {
    return Math.min(...this.wanted.map(({ step }) => step));
  }

  /** The next step at which all networks can stop. */
  get next() {
    return Math.min(this.target, Math.max(this.reached + Own.CHUNK, ...this.wanted.map(({ step }) => step)));
  }

  get busy() {
    return this.reached < this.target;
  }

  /** Asks for further steps of those networks that have the fewest. A network is always trained by the same worker. */
  advance() {
    if (!this.busy) return;
    const least = this.reached;
    const chosen = this.wanted.filter(({ step }) => step === least).map(({ seed }) => seed);
    const steps = least < 0 ? 0 : Math.min(Own.CHUNK, this.target - least); // The first weights are those of no step.
    this.workers.forEach((worker, number) => {
      const seeds = chosen.filter((seed) => seed % this.workers.length === number);
      if (!seeds.length) return;
      this.waiting += 1;
      worker.postMessage({ round: this.round, seeds, steps });
    });
  }

  receive(replies) {
    for (const { seed, step, error, weights } of replies) {
      Object.assign(this.networks[seed], { step, weights });
      this.networks[seed].errors.push([step, error]);
    }
    this.version += 1;
    this.waiting -= 1;
    if (this.waiting) return;
    this.advance();
    this.changed();
  }

  /** The weights of all networks as far as they are; null before they have begun. */
  get weights() {
    const known = this.wanted.map(({ weights }) => weights);
    if (!known.every(Boolean)) return null;
    const all = new Float32Array(known.length * known[0].length);
    known.forEach((weights, row) => all.set(weights, row * weights.length));
    return all;
  }
}

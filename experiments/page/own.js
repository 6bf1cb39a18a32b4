/** Networks that are trained in the page: those that a state asks for, up to the step that it names. */
class Own {
  static PACE = 100; // The least milliseconds from one picture to the next, so that one can watch.

  /** `changed` is called whenever networks have learned further, `failed` if workers cannot work; `paced` is whether to wait. */
  constructor({ times, layers, optimizer }, { changed, failed, paced }) {
    Object.assign(this, { times, layers, optimizer, changed, failed, paced });
    this.workers = [];
    this.networks = []; // By seed: weights, and errors at every picture.
    this.made = ""; // What they learn, and how many they are.
    this.step = -1; // That they have reached; there are no weights before the first one.
    this.round = 0; // Counts what is made; replies about what was made before are ignored.
    this.waiting = 0; // Workers that have not replied yet.
  }

  /** Trains as many networks to a step on a curve, whose text is `learn`; anew if they are others, or beyond that step. */
  want({ learn, seeds, step }, curve) {
    const { times, layers, optimizer } = this;
    if (this.made !== `${learn} ${seeds}` || this.step > step) {
      while (this.workers.length < Math.min(8, navigator.hardwareConcurrency || 2)) {
        const worker = workerOf("cells", "curves", "initial", "simd", "gradient", "trainer");
        worker.onmessage = ({ data }) => data.round === this.round && this.receive(data.replies);
        worker.onerror = this.failed;
        this.workers.push(worker);
      }
      const networks = Array.from({ length: seeds }, () => ({ weights: null, errors: [] }));
      clearTimeout(this.pause);
      Object.assign(this, { made: `${learn} ${seeds}`, networks, step: -1, next: -1, round: this.round + 1, waiting: 0, pause: 0 });
      for (const worker of this.workers) worker.postMessage({ curve, times, layers, optimizer });
    }
    this.target = step;
    if (!this.waiting && !this.pause) this.advance();
  }

  /** The step that such networks have reached, if they are those that are there; else none. */
  reached({ learn, seeds }) {
    return this.made === `${learn} ${seeds}` ? Math.max(0, this.step) : 0;
  }

  /** How many of them are off by at most so much by now. */
  learned(goal) {
    return this.networks.filter(({ errors }) => errors.at(-1)?.[1] <= goal).length;
  }

  get busy() {
    return this.step < this.target;
  }

  /** Asks for further steps of all networks, at first few, since they move most. A network is always trained by the same worker. */
  advance() {
    this.pause = 0;
    if (!this.busy) return;
    const steps = Math.min(40, Math.max(2, Math.round(this.step / 12)));
    this.next = this.step < 0 ? 0 : Math.min(this.step + steps, this.target); // First come the weights of no step.
    this.asked = performance.now();
    this.workers.forEach((worker, number) => {
      const seeds = [...this.networks.keys()].filter((seed) => seed % this.workers.length === number);
      if (!seeds.length) return;
      this.waiting += 1;
      worker.postMessage({ round: this.round, seeds, steps: this.next - Math.max(0, this.step) });
    });
  }

  receive(replies) {
    for (const { seed, error, weights } of replies) {
      this.networks[seed].weights = weights;
      this.networks[seed].errors.push([this.next, error]);
    }
    if (--this.waiting) return;
    this.step = this.next;
    const all = this.networks.map(({ weights }) => weights);
    this.weights = new Float32Array(all.length * all[0].length);
    all.forEach((weights, seed) => this.weights.set(weights, seed * weights.length));
    const early = this.paced() && this.step ? this.asked + Own.PACE - performance.now() : 0;
    if (early > 0) this.pause = setTimeout(() => this.advance(), early);
    else this.advance();
    this.changed();
  }
}

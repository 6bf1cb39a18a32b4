(() => {
  "use strict";

  const { times, sine, layers, optimizer, steps: LAST, goal, published } = JSON.parse(document.getElementById("training-data").textContent);
  const place = (id) => document.getElementById(id);
  const controls = place("trainer").elements;
  const answers = new Chart(place("answers"));
  const errors = new Chart(place("errors"));

  const TOGETHER = 8; // Networks that begin at once.
  const SPEEDS = { // Steps between two pictures, and milliseconds that they take at least.
    slow: { steps: 1, pause: 100 },
    steady: { steps: 10, pause: 100 },
    fast: { steps: 10, pause: 0 },
  };
  const DECADES = [0.001, 0.01, 0.1, 1]; // Ticks of the axis of errors.

  // ---- Networks, and the workers that train them. A network is always trained by the same worker.

  const workers = [];
  let networks = []; // Each with its seed, step, answer, and errors at the steps that were drawn.
  let target = sine; // The curve that they learn.
  let offered = sine; // The curve of the playground.
  let running = false;
  let waiting = 0; // Workers that have not replied yet.
  let round = 0; // Counts what workers are asked; replies to what was asked before the last beginning are ignored.
  let began = 0; // When the workers were last asked.

  function start() {
    const count = Math.min(TOGETHER, navigator.hardwareConcurrency || 2);
    while (workers.length < count) {
      const worker = workerOf("cells", "random", "initial", "gradient", "rmsprop", "trainer");
      worker.onerror = () => {
        running = false;
        place("train-result").textContent = "This browser cannot train networks here.";
      };
      workers.push(worker);
    }
  }

  /** Forgets all networks; the next ones learn the curve that is chosen now. */
  function reset() {
    running = false;
    waiting = 0;
    round += 1;
    networks = [];
    target = controls.target.value === "own" ? offered : sine;
    for (const worker of workers) worker.postMessage({ curve: Float64Array.from(target), layers: layers[controls.gates.value], optimizer });
    place("train-result").textContent = "";
    show();
  }

  /** Adds networks, which begin with weights of their own. */
  function add() {
    if (!networks.length) {
      start();
      reset();
    }
    const first = networks.length;
    for (let seed = first; seed < first + TOGETHER; seed++) networks.push({ seed, step: 0, answer: null, steps: [], errors: [] });
    place("train-result").textContent = "";
  }

  /** The networks with the fewest steps: those that are trained next, until all have equally many. */
  function behind() {
    const step = Math.min(...networks.map((network) => network.step));
    return networks.filter((network) => network.step === step);
  }

  /** Asks workers to train by some steps. */
  function advance(steps) {
    const chosen = behind();
    const count = chosen[0].answer ? Math.min(steps, LAST - chosen[0].step) : 0; // The first answer is that of no step.
    const others = networks.map(({ step }) => step).filter((step) => step > chosen[0].step);
    const most = Math.min(count, ...others.map((step) => step - chosen[0].step)); // They meet the others, not pass them.
    began = performance.now();
    workers.forEach((worker, number) => {
      const seeds = chosen.map(({ seed }) => seed).filter((seed) => seed % workers.length === number);
      if (!seeds.length) return;
      waiting += 1;
      const asked = round;
      worker.onmessage = ({ data }) => {
        if (asked === round) received(data);
      };
      worker.postMessage({ seeds, steps: most });
    });
    show();
  }

  function received(replies) {
    for (const { seed, step, answer } of replies) {
      const network = networks[seed];
      Object.assign(network, { step, answer });
      network.steps.push(step);
      network.errors.push(errorOf(answer, target, times));
    }
    waiting -= 1;
    if (waiting) return;
    const { steps, pause } = SPEEDS[controls.speed.value];
    if (behind()[0].step === LAST) finish();
    show();
    if (!running) return;
    const asked = round;
    setTimeout(() => {
      if (running && asked === round && !waiting) advance(steps);
    }, Math.max(0, pause - (performance.now() - began)));
  }

  function finish() {
    running = false;
    const last = networks.map((network) => network.errors[network.errors.length - 1]);
    const learned = last.filter((error) => error <= goal).length;
    place("train-result").textContent = `All ${networks.length} networks have been trained. `
      + `${learned} of them have learned the curve, with an error of at most ${goal}.`;
  }

  function run() {
    if (running) {
      running = false;
      show();
      return;
    }
    if (!networks.length) add();
    running = true;
    if (!waiting) advance(SPEEDS[controls.speed.value].steps);
  }

  // ---- What is seen.

  function show() {
    const complete = networks.length > 0 && behind()[0].step === LAST;
    place("train-run").textContent = running ? "Stop" : networks.length ? "Go on" : "Train";
    place("train-run").disabled = complete;
    place("train-step").disabled = running || waiting > 0 || complete;
    place("train-more").disabled = !networks.length;
    place("train-again").disabled = !networks.length;
    place("training").setAttribute("aria-busy", String(running || waiting > 0));
    const known = networks.filter(({ answer }) => answer);
    place("progress").textContent = known.length ? progress(known) : "No network has begun.";
    const [least, most] = [Math.min(...target), Math.max(...target)];
    const notes = [];
    if (least < -1 || most > 1) notes.push(`The curve goes from ${decimal(least)} to ${decimal(most)}, but an LSTM unit, which gives the answer, cannot leave the range from −1 to 1.`);
    if (networks.length && controls.target.value === "own" && target !== offered) notes.push("The curve above has changed; “Begin again” trains on the new one.");
    place("train-note").textContent = notes.join(" ");
    place("train-note").hidden = !notes.length;
    place("key-published-errors").hidden = !comparable();
    paint();
  }

  function progress(known) {
    const steps = [...new Set(known.map(({ step }) => step))].sort((one, other) => one - other);
    const told = steps.map((step) => `${known.filter((network) => network.step === step).length} networks after ${step.toLocaleString("en")}`);
    const last = known.map((network) => network.errors[network.errors.length - 1]).sort((one, other) => one - other);
    const [least, middle, most] = [0, 0.5, 1].map((share) => quantile(last, share).toPrecision(2));
    return `${told.join(", ")} of ${LAST.toLocaleString("en")} steps. Their errors (RMSE, x from 0.1 on) are from ${least} to ${most}; half are below ${middle}.`;
  }

  /** Whether the published networks have learned the same. */
  function comparable() {
    return target === sine && controls.gates.value === "hard";
  }

  function paint() {
    const known = networks.filter(({ answer }) => answer);
    const values = [...target, ...known.flatMap(({ answer }) => [...answer])];
    const heights = [Math.floor(Math.min(0, ...values) * 4) / 4, Math.ceil(Math.max(0.75, ...values) * 4) / 4];
    answers.begin({ x: [0, times[times.length - 1]], y: heights, xTicks: SHARES, yTicks: heightTicks(heights), xName: "x", yName: "y" });
    answers.line(times, target, "trained", 3);
    for (const { answer } of known) answers.line(times, answer, "single", 1);
    if (known.length > 1) {
      const all = Float32Array.from(known.flatMap(({ answer }) => [...answer]));
      answers.line(times, spread(all, known.length, 1, 0, times.length).median, "median", 2.2);
    }
    const ticks = DECADES.map((value) => [Math.log10(value), String(value)]);
    const steps = ticksOf([0, LAST], LAST / 5).map(([value]) => [value, Math.round(value).toLocaleString("en")]);
    errors.begin({ x: [0, LAST], y: [-3, 0], xTicks: steps, yTicks: ticks, xName: "", yName: "RMSE" });
    const logarithms = (numbers) => numbers.map((value) => Math.log10(Math.max(value, DECADES[0])));
    if (comparable()) errors.area(published.steps, logarithms(published.low), logarithms(published.high), "band");
    errors.line([0, LAST], logarithms([goal, goal]), "others", 1.6, [6, 4]);
    for (const network of known) errors.line(network.steps, logarithms(network.errors), "single", 1.2);
  }

  // ---- Controls.

  place("train-run").onclick = run;
  place("train-step").onclick = () => {
    if (!networks.length) add();
    advance(1);
  };
  place("train-more").onclick = () => {
    add();
    running = true;
    if (!waiting) advance(SPEEDS[controls.speed.value].steps);
  };
  place("train-again").onclick = reset;
  for (const control of [...controls.target, controls.gates]) control.onchange = reset;
  place("trainer").onsubmit = (event) => event.preventDefault();
  document.addEventListener("curve", ({ detail }) => {
    if (offered.every((value, at) => value === detail.curve[at])) return;
    offered = Float64Array.from(detail.curve);
    if (controls.target.value !== "own") return;
    if (networks.length) show();
    else reset();
  });
  for (const { canvas } of [answers, errors]) new ResizeObserver(paint).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  matchMedia("print").addEventListener("change", paint);
  document.addEventListener("DOMContentLoaded", reset);
})();

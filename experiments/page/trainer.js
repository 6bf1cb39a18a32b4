// Trains networks beside the page: as many steps as it is asked for, and then returns their weights and errors.

const trained = new Map(); // By seed.
let task; // Layers, curve, times, and settings of the optimizer, the same for all networks.

function begun(seed) {
  const weights = Float32Array.from(initialWeights(task.layers, randomOf(seed)));
  return { weights, squares: new Float32Array(weights.length), step: 0 };
}

function advance(seed, steps) {
  if (!trained.has(seed)) trained.set(seed, begun(seed));
  const network = trained.get(seed);
  const { weights, squares } = network;
  const { pass, gradient, curve, times, optimizer } = task;
  for (let step = 0; step < steps; step++) {
    pass.backward(weights, curve, gradient);
    rmspropStep(weights, gradient, squares, optimizer);
  }
  network.step += steps;
  const error = errorOf(pass.forward(weights, curve), curve, times);
  return { seed, step: network.step, error, weights: Float32Array.from(weights) };
}

onmessage = ({ data }) => {
  if (data.curve) {
    trained.clear();
    task = { ...data, pass: new StackPass(data.layers, data.curve.length) };
    task.gradient = new Float32Array(begun(0).weights.length);
    return;
  }
  postMessage({ round: data.round, replies: data.seeds.map((seed) => advance(seed, data.steps)) });
};

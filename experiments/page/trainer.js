// Trains networks beside the page: as many steps as it is asked for, and then returns their weights and errors.

let networks; // By seed: weights and mean squares.
let task; // Layers, curve, times, and settings of the optimizer, the same for all networks.

function begun(seed) {
  const weights = Float32Array.from(initialWeights(task.layers, randomOf(seed)));
  return { weights, squares: weights.map(() => 0), gradient: weights.map(() => 0) };
}

function advance(seed, steps) {
  if (!networks.has(seed)) networks.set(seed, begun(seed));
  const { weights, squares, gradient } = networks.get(seed);
  const { layers, curve, times, optimizer } = task;
  for (let step = 0; step < steps; step++) {
    setGradient(layers, weights, curve, gradient);
    rmspropStep(weights, gradient, squares, optimizer);
  }
  return { seed, error: errorOf(answerOf(layers, weights, 0, curve), curve, times), weights: weights.slice() };
}

onmessage = ({ data }) => {
  if (data.curve) [networks, task] = [new Map(), data];
  else postMessage({ round: data.round, replies: data.seeds.map((seed) => advance(seed, data.steps)) });
};

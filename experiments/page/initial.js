// Random numbers that are the same for the same seed in every browser, and the weights with which an LSTM begins, as
// lstm_toys/networks/lstm.py draws them.

/** A generator of numbers in [0, 1): splitmix32, which mixes the bits of a counter. */
function randomOf(seed) {
  let counter = seed >>> 0;
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    let mixed = counter ^ (counter >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A number of the standard normal distribution (Box and Muller). */
function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Rows of unit length at right angles to each other, uniformly distributed; there are at least as many columns. */
function orthogonal(rows, columns, random) {
  const matrix = Float64Array.from({ length: rows * columns }, () => normal(random));
  for (let row = 0; row < rows; row++) {
    const current = matrix.subarray(row * columns, (row + 1) * columns);
    for (let earlier = 0; earlier < row; earlier++) {
      const other = matrix.subarray(earlier * columns, (earlier + 1) * columns);
      const along = current.reduce((sum, value, column) => sum + value * other[column], 0);
      for (let column = 0; column < columns; column++) current[column] -= along * other[column];
    }
    const length = Math.hypot(...current);
    for (let column = 0; column < columns; column++) current[column] /= length;
  }
  return matrix;
}

/** The weights of one layer, in the order of lstm_toys: kernel, recurrent kernel, bias; gates in the order i, f, g, o. */
function initialLayer({ features, units }, random) {
  const width = 4 * units;
  const limit = Math.sqrt(6 / (features + width)); // Glorot and Bengio (2010), uniform.
  const kernel = Float64Array.from({ length: features * width }, () => limit * (2 * random() - 1));
  const bias = Float64Array.from({ length: width }, (_, column) => (column >= units && column < 2 * units ? 1 : 0));
  return [...kernel, ...orthogonal(units, width, random), ...bias];
}

function initialWeights(layers, random) {
  return Float64Array.from(layers.flatMap((layer) => initialLayer(layer, random)));
}

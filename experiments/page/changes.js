"use strict";

// A network that is changed: one unit held, as lt.intervene holds it, or another readout.

const RIDGE = 1e-3; // What the squares of a readout's weights are multiplied with, next to the squared errors.

/** Makes one row of a layer's matrix, whose input is constant from before the beginning, a part of the layer's bias. */
function fold(weights, row, bias, columns, value) {
  for (let column = 0; column < columns; column++) {
    weights[bias + column] += value * weights[row + column];
    weights[row + column] = 0;
  }
}

/** The weights of two LSTM layers of which the second always reads the same hidden state of one unit, as does the first. */
function heldWeights([below, above], weights, unit, value) {
  const changed = Float64Array.from(weights);
  const width = 4 * below.units;
  fold(changed, (below.features + unit) * width, (below.features + below.units) * width, width, value);
  const start = sizeOf(below);
  const columns = 4 * above.units;
  fold(changed, start + unit * columns, start + (above.features + above.units) * columns, columns, value);
  return changed;
}

/** Solves symmetric equations, whose matrix is positive definite, by a Cholesky decomposition; changes what it is given. */
function solved(matrix, values) {
  const size = values.length;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row][column];
      for (let other = 0; other < column; other++) sum -= matrix[row][other] * matrix[column][other];
      matrix[row][column] = row === column ? Math.sqrt(sum) : sum / matrix[column][column];
    }
    for (let other = 0; other < row; other++) values[row] -= matrix[row][other] * values[other];
    values[row] /= matrix[row][row];
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let other = row + 1; other < size; other++) values[row] -= matrix[other][row] * values[other];
    values[row] /= matrix[row][row];
  }
  return values;
}

/** Weights and bias of the sum of hidden states, [time, unit], that is closest to a curve: least squares with a ridge. */
function denseReadout(hidden, units, curve) {
  const matrix = Array.from({ length: units + 1 }, () => new Float64Array(units + 1));
  const values = new Float64Array(units + 1);
  curve.forEach((value, time) => {
    const states = [...hidden.subarray(time * units, (time + 1) * units), 1];
    states.forEach((one, at) => {
      values[at] += one * value;
      states.forEach((other, place) => { matrix[at][place] += one * other; });
    });
  });
  for (let unit = 0; unit < units; unit++) matrix[unit][unit] += RIDGE; // The bias is free.
  return solved(matrix, values);
}

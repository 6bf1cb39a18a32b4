// Backpropagation through time in a stack of LSTM layers with hard gates, as lstm_toys/networks/lstm.py has it.

const fours = (count) => 4 * Math.ceil(count / 4);

/**
 * One layer over a sequence of a fixed length. Its weights, kernel, recurrent kernel and bias, are one matrix, by which
 * every time point has a row of values: inputs, hidden states of before, and 1.
 */
class LayerPass {
  constructor({ features, units, gates }, length) {
    Object.assign(this, { features, units, length, gate: GATES[gates], width: 4 * units, rows: features + units + 1 });
    const { width, rows } = this;
    Object.assign(this, { across: fours(rows), times: fours(length), size: rows * width });
    this.weights = floats(this.across * width);
    this.gradient = floats(this.across * width);
    this.turned = floats(width * this.across); // Rows and columns of the weights exchanged.
    this.values = floats(this.times * this.across);
    this.dValues = floats(this.across);
    this.gates = floats(this.times * width); // i, f, g, o.
    this.dGates = floats(this.times * width); // Before the gate functions.
    for (let time = 0; time < length; time++) this.values[time * this.across + rows - 1] = 1;
    for (const name of ["candidate", "cell", "squashed"]) this[name] = floats(fours(length * units) + 4); // Read in fours.
    for (const name of ["hidden", "dHidden"]) this[name] = new Float64Array(length * units);
    this.dCell = new Float64Array(units);
  }

  /** Adds `rows` values times a matrix to sums as many as its columns, all from some place on. */
  add(sums, place, values, from, stride, rows, matrix, columns) {
    shared.product(sums.byteOffset + 4 * place, values.byteOffset + 4 * from, 4 * stride, rows, matrix.byteOffset, 4 * columns);
  }

  forward(weights, inputs) {
    const { features, units, length, width, across, gate, gates, values, candidate, cell, squashed, hidden } = this;
    this.weights.set(weights);
    gates.fill(0);
    for (let time = 0; time < length; time++) {
      const [row, at] = [time * across, time * width];
      for (let feature = 0; feature < features; feature++) values[row + feature] = inputs[time * features + feature];
      for (let unit = 0; time && unit < units; unit++) values[row + features + unit] = hidden[(time - 1) * units + unit];
      this.add(gates, at, values, row, 1, across, this.weights, width);
      const place = time * units;
      shared.tanh(candidate.byteOffset + 4 * place, gates.byteOffset + 4 * (at + 2 * units), 4 * units);
      for (let unit = 0; unit < units; unit++) {
        const i = (gates[at + unit] = gate(gates[at + unit]));
        const f = (gates[at + units + unit] = gate(gates[at + units + unit]));
        const g = (gates[at + 2 * units + unit] = candidate[place + unit]);
        cell[place + unit] = (time ? f * cell[place - units + unit] : 0) + i * g;
      }
      shared.tanh(squashed.byteOffset + 4 * place, cell.byteOffset + 4 * place, 4 * units);
      for (let unit = 0; unit < units; unit++) {
        const o = (gates[at + 3 * units + unit] = gate(gates[at + 3 * units + unit]));
        hidden[place + unit] = o * squashed[place + unit];
      }
    }
    return hidden;
  }

  /** The gradient of the weights of the last forward pass, given that of the hidden states; adds that of the inputs. */
  backward(dInputs) {
    const { features, units, length, width, rows, across, times, gates, values, cell, squashed, dHidden, dGates, dValues, dCell } = this;
    const slope = (gate) => (gate > 0 && gate < 1 ? 0.2 : 0);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < width; column++) this.turned[column * across + row] = this.weights[row * width + column];
    }
    dCell.fill(0);
    for (let time = length - 1; time >= 0; time--) {
      const at = time * width;
      for (let unit = 0; unit < units; unit++) {
        const place = time * units + unit;
        const i = gates[at + unit];
        const f = gates[at + units + unit];
        const g = gates[at + 2 * units + unit];
        const o = gates[at + 3 * units + unit];
        const toCell = dCell[unit] + dHidden[place] * o * (1 - squashed[place] ** 2);
        dGates[at + unit] = toCell * g * slope(i);
        dGates[at + units + unit] = time ? toCell * cell[place - units] * slope(f) : 0;
        dGates[at + 2 * units + unit] = toCell * i * (1 - g * g);
        dGates[at + 3 * units + unit] = dHidden[place] * squashed[place] * slope(o);
        dCell[unit] = toCell * f;
      }
      dValues.fill(0);
      this.add(dValues, 0, dGates, at, 1, width, this.turned, across);
      for (let feature = 0; dInputs && feature < features; feature++) dInputs[time * features + feature] += dValues[feature];
      for (let unit = 0; time && unit < units; unit++) dHidden[(time - 1) * units + unit] += dValues[features + unit];
    }
    this.gradient.fill(0);
    for (let row = 0; row < rows; row++) this.add(this.gradient, row * width, values, row, across, times, dGates, width);
    return this.gradient.subarray(0, this.size);
  }
}

const passes = new Map(); // Of each layer in its place, since memory is never freed; the next network overwrites them.

function passOf(layer, place, length) {
  const key = JSON.stringify([layer, place, length]);
  if (!passes.has(key)) passes.set(key, new LayerPass(layer, length));
  return passes.get(key);
}

/**
 * Sets the gradient of the loss of LSTM layers that are to return a curve, with respect to their weights: of the mean
 * squared error over the curve.
 */
function setGradient(layers, weights, curve, gradient) {
  const answer = answerOf(layers, weights, 0, curve);
  const stack = layers.map((layer, place) => passOf(layer, place, curve.length));
  stack.forEach(({ dHidden }) => dHidden.fill(0));
  curve.forEach((value, time) => { stack.at(-1).dHidden[time] = (2 / curve.length) * (answer[time] - value); });
  let end = weights.length;
  for (let place = stack.length - 1; place >= 0; place--) {
    end -= stack[place].size;
    gradient.set(stack[place].backward(stack[place - 1]?.dHidden), end);
  }
}

/** One step of RMSprop as in the Keras of 2018: epsilon is added to the root. Weights and mean squares change in place. */
function rmspropStep(weights, gradient, squares, { rate, decay }) {
  for (let place = 0; place < weights.length; place++) {
    const slope = gradient[place];
    squares[place] = decay * squares[place] + (1 - decay) * slope * slope;
    weights[place] -= (rate * slope) / (Math.sqrt(squares[place]) + 1e-7);
  }
}

"use strict";

// Backpropagation through time in a stack of LSTM layers with hard gates, as lstm_toys/networks/lstm.py has it.

/** Adds the products of a matrix's rows with values to as many sums. */
function addTransposed(sums, place, values, from, columns, weights, start, rows) {
  for (let row = 0; row < rows; row++) {
    const base = start + row * columns;
    let [one, two, three, four] = [0, 0, 0, 0]; // A layer has four gates, so columns come in fours.
    for (let column = 0; column < columns; column += 4) {
      one += values[from + column] * weights[base + column];
      two += values[from + column + 1] * weights[base + column + 1];
      three += values[from + column + 2] * weights[base + column + 2];
      four += values[from + column + 3] * weights[base + column + 3];
    }
    sums[place + row] += one + two + three + four;
  }
}

/** Adds to a matrix, [row, column], the products of two sequences, the second `late` time points after the first. */
function addOuter(matrix, start, left, rows, right, columns, length, late) {
  let time = late;
  for (; time + 3 < length; time += 4) {
    const base = time * columns;
    for (let row = 0; row < rows; row++) {
      const first = (time - late) * rows + row;
      const [one, two, three, four] = [left[first], left[first + rows], left[first + 2 * rows], left[first + 3 * rows]];
      const into = start + row * columns;
      for (let column = 0; column < columns; column++) {
        const at = base + column;
        matrix[into + column] += one * right[at] + two * right[at + columns]
          + three * right[at + 2 * columns] + four * right[at + 3 * columns];
      }
    }
  }
  for (; time < length; time++) {
    for (let row = 0; row < rows; row++) {
      const value = left[(time - late) * rows + row];
      const into = start + row * columns;
      for (let column = 0; column < columns; column++) matrix[into + column] += value * right[time * columns + column];
    }
  }
}

/** One layer over a sequence of a fixed length: what its forward pass keeps for the backward pass. */
class LayerPass {
  constructor({ features, units, gates }, length) {
    Object.assign(this, { features, units, length, gate: GATES[gates] });
    this.width = 4 * units;
    this.recurrent = features * this.width; // Where the recurrent kernel begins among the weights, and the bias.
    this.bias = this.recurrent + units * this.width;
    this.size = this.bias + this.width;
    this.sums = new Float64Array(this.width);
    this.gates = new Float64Array(length * this.width); // After the gate functions: i, f, g, o.
    this.cell = new Float64Array(length * units);
    this.squashed = new Float64Array(length * units); // tanh of the cell state.
    this.hidden = new Float64Array(length * units);
    this.dHidden = new Float64Array(length * units);
    this.dGates = new Float64Array(length * this.width); // Before the gate functions.
    this.dCell = new Float64Array(units);
  }

  forward(weights, inputs) {
    const { features, units, length, width, gate, sums, gates, cell, squashed, hidden } = this;
    this.inputs = inputs;
    for (let time = 0; time < length; time++) {
      for (let column = 0; column < width; column++) sums[column] = weights[this.bias + column];
      addProduct(sums, inputs, time * features, features, weights, 0);
      if (time) addProduct(sums, hidden, (time - 1) * units, units, weights, this.recurrent);
      const at = time * width;
      for (let unit = 0; unit < units; unit++) {
        const i = gate(sums[unit]);
        const f = gate(sums[units + unit]);
        const g = Math.tanh(sums[2 * units + unit]);
        const o = gate(sums[3 * units + unit]);
        const place = time * units + unit;
        cell[place] = (time ? f * cell[place - units] : 0) + i * g;
        squashed[place] = Math.tanh(cell[place]);
        hidden[place] = o * squashed[place];
        gates[at + unit] = i;
        gates[at + units + unit] = f;
        gates[at + 2 * units + unit] = g;
        gates[at + 3 * units + unit] = o;
      }
    }
    return hidden;
  }

  /** Sets the gradient of the weights, and adds that of the inputs, given that of the hidden states in `dHidden`. */
  backward(weights, gradient, dInputs) {
    const { features, units, length, width, gates, cell, squashed, hidden, dHidden, dGates, dCell } = this;
    const slope = (gate) => (gate > 0 && gate < 1 ? 0.2 : 0);
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
      if (time) addTransposed(dHidden, (time - 1) * units, dGates, at, width, weights, this.recurrent, units);
      if (dInputs) addTransposed(dInputs, time * features, dGates, at, width, weights, 0, features);
    }
    gradient.fill(0);
    addOuter(gradient, 0, this.inputs, features, dGates, width, length, 0);
    addOuter(gradient, this.recurrent, hidden, units, dGates, width, length, 1);
    for (let time = 0; time < length; time++) {
      for (let column = 0; column < width; column++) gradient[this.bias + column] += dGates[time * width + column];
    }
  }
}

/** A stack of LSTM layers that is to return a curve: its loss is the mean squared error over the curve. */
class StackPass {
  constructor(layers, length) {
    this.passes = layers.map((layer) => new LayerPass(layer, length));
  }

  /** The answer to a curve; it is overwritten by the next one. */
  forward(weights, curve) {
    let start = 0;
    return this.passes.reduce((sequence, pass) => {
      const own = weights.subarray(start, start + pass.size);
      start += pass.size;
      return pass.forward(own, sequence);
    }, curve);
  }

  /** Sets the gradient of the loss with respect to the weights. */
  backward(weights, curve, gradient) {
    const answer = this.forward(weights, curve);
    this.passes.forEach(({ dHidden }) => dHidden.fill(0));
    const { dHidden } = this.passes[this.passes.length - 1];
    curve.forEach((value, time) => { dHidden[time] = (2 / curve.length) * (answer[time] - value); });
    let end = weights.length;
    for (let number = this.passes.length - 1; number >= 0; number--) {
      const pass = this.passes[number];
      const start = end - pass.size;
      pass.backward(weights.subarray(start, end), gradient.subarray(start, end), this.passes[number - 1]?.dHidden);
      end = start;
    }
  }
}

const EPSILON = 1e-7;

/** One step of RMSprop as in the Keras of 2018: epsilon is added to the root. Weights and mean squares change in place. */
function rmspropStep(weights, gradient, squares, { rate, decay }) {
  for (let place = 0; place < weights.length; place++) {
    const slope = gradient[place];
    squares[place] = decay * squares[place] + (1 - decay) * slope * slope;
    weights[place] -= (rate * slope) / (Math.sqrt(squares[place]) + EPSILON);
  }
}

"use strict";

// One network in plain numbers: the recurrences of lstm_toys/networks, which the tests hold this file against.

const GATES = {
  sigmoid: (sum) => 1 / (1 + Math.exp(-sum)),
  hard: (sum) => Math.min(1, Math.max(0, 0.2 * sum + 0.5)),
};

/** Adds a row of values times a matrix, whose columns are as many as there are sums; four rows at a time for speed. */
function addProduct(sums, values, from, rows, weights, start) {
  const columns = sums.length;
  const fours = rows - (rows % 4);
  for (let row = 0; row < fours; row += 4) {
    const place = from + row;
    const [one, two, three, four] = [values[place], values[place + 1], values[place + 2], values[place + 3]];
    const base = start + row * columns;
    for (let column = 0; column < columns; column++) {
      const at = base + column;
      sums[column] += one * weights[at] + two * weights[at + columns]
        + three * weights[at + 2 * columns] + four * weights[at + 3 * columns];
    }
  }
  for (let row = fours; row < rows; row++) {
    const value = values[from + row];
    const base = start + row * columns;
    for (let column = 0; column < columns; column++) sums[column] += value * weights[base + column];
  }
}

function gru({ features, units, gates }, weights, shown, length) {
  const recurrent = features * 3 * units;
  const bias = recurrent + units * 3 * units;
  const gate = GATES[gates];
  const ofInput = new Float64Array(3 * units);
  const ofHidden = new Float64Array(3 * units);
  const hidden = new Float64Array(length * units);
  for (let time = 0; time < length; time++) {
    for (let column = 0; column < ofInput.length; column++) {
      ofInput[column] = weights[bias + column];
      ofHidden[column] = weights[bias + 3 * units + column];
    }
    addProduct(ofInput, shown, time * features, features, weights, 0);
    if (time) addProduct(ofHidden, hidden, (time - 1) * units, units, weights, recurrent);
    for (let unit = 0; unit < units; unit++) {
      const kept = gate(ofInput[unit] + ofHidden[unit]);
      const reset = gate(ofInput[units + unit] + ofHidden[units + unit]);
      const candidate = Math.tanh(ofInput[2 * units + unit] + reset * ofHidden[2 * units + unit]);
      const before = time ? hidden[(time - 1) * units + unit] : 0;
      hidden[time * units + unit] = kept * before + (1 - kept) * candidate;
    }
  }
  return hidden;
}

/** A layer without gates: recurrent units, or a dense readout, which has neither recurrent weights nor tanh. */
function plain({ kind, features, units }, weights, shown, length) {
  const recurs = kind === "rnn";
  const recurrent = features * units;
  const bias = recurrent + (recurs ? units * units : 0);
  const sums = new Float64Array(units);
  const hidden = new Float64Array(length * units);
  for (let time = 0; time < length; time++) {
    for (let unit = 0; unit < units; unit++) sums[unit] = weights[bias + unit];
    addProduct(sums, shown, time * features, features, weights, 0);
    if (time && recurs) addProduct(sums, hidden, (time - 1) * units, units, weights, recurrent);
    for (let unit = 0; unit < units; unit++) hidden[time * units + unit] = recurs ? Math.tanh(sums[unit]) : sums[unit];
  }
  return hidden;
}

const passes = new WeakMap(); // What LSTM layers keep of a sequence, which the next network overwrites.

/** An LSTM layer, by the forward pass with which networks are trained. */
function lstm(layer, weights, shown, length) {
  if (passes.get(layer)?.length !== length) passes.set(layer, new LayerPass(layer, length));
  return passes.get(layer).forward(weights, shown);
}

const LAYERS = { lstm, gru, rnn: plain, dense: plain };

/** The numbers of a layer: kernel, recurrent kernel and bias, row by row, one after another. */
function sizeOf({ kind, features, units }) {
  if (kind === "dense") return (features + 1) * units;
  const [columns, biases] = { lstm: [4, 1], gru: [3, 2], rnn: [1, 1] }[kind];
  return columns * units * (features + units + biases);
}

/** The answer of one network to one curve, [time]; its weights begin at `start`. */
function answerOf(layers, weights, start, curve) {
  let sequence = curve;
  for (const layer of layers) {
    const size = sizeOf(layer);
    sequence = LAYERS[layer.kind](layer, weights.subarray(start, start + size), sequence, curve.length);
    start += size;
  }
  return sequence;
}

/** The last `kept` answers of several networks to several curves, [network, curve, time]. */
function answersOf(layers, weights, networks, curves, kept) {
  const size = layers.reduce((sum, layer) => sum + sizeOf(layer), 0);
  const answers = new Float32Array(networks.length * curves.length * kept);
  networks.forEach((network, row) => {
    curves.forEach((curve, column) => {
      const answer = answerOf(layers, weights, network * size, curve);
      answers.set(answer.subarray(answer.length - kept), (row * curves.length + column) * kept);
    });
  });
  return answers;
}

/** The number of 16 bits: a sign, 5 bits of exponent, 10 bits of fraction (IEEE 754). */
function halfFloat(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  const size = exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction;
  return bits & 32768 ? -size : size;
}

/** The bytes of base64 text. */
function bytesOf(text) {
  return new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

/**
 * Numbers of base64 text, finite and little-endian: "single" or "half" ones, or "split" ones, of which the text has the
 * upper 16 bits, rounded, and a second text, which may come later, what is missing in the lower ones.
 */
function decoded(text, precision, rest) {
  const view = bytesOf(text);
  const missing = rest ? bytesOf(rest) : null;
  const bits = new DataView(new ArrayBuffer(4));
  const number = {
    single: (at) => view.getFloat32(4 * at, true),
    half: (at) => halfFloat(view.getUint16(2 * at, true)),
    split: (at) => {
      bits.setInt32(0, (view.getUint16(2 * at, true) << 16) + (missing ? missing.getInt16(2 * at, true) : 0));
      return bits.getFloat32(0);
    },
  }[precision];
  return Float32Array.from({ length: view.byteLength / (precision === "single" ? 4 : 2) }, (_, at) => number(at));
}

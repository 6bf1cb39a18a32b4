// One network in plain numbers: the recurrences of lstm_toys/networks, which the tests hold this file against.

const GATES = {
  sigmoid: (sum) => 1 / (1 + Math.exp(-sum)),
  hard: (sum) => Math.min(1, Math.max(0, 0.2 * sum + 0.5)),
};

/** Adds a row of values times a matrix, whose columns are as many as there are sums. */
function addProduct(sums, values, from, rows, weights, start) {
  const columns = sums.length;
  for (let row = 0; row < rows; row++) {
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

/** An LSTM layer, by the forward pass with which networks are trained. */
function lstm(layer, weights, shown, length, place) {
  return passOf(layer, place, length).forward(weights, shown);
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
  layers.forEach((layer, place) => {
    const size = sizeOf(layer);
    sequence = LAYERS[layer.kind](layer, weights.subarray(start, start + size), sequence, curve.length, place);
    start += size;
  });
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

/**
 * What the last unit of a network does along the last `kept` values of a curve: its gates and the candidate (i, f, g, o
 * for each value), the cell state, and the answer. Null if it is not an LSTM unit.
 */
function traceOf(layers, weights, network, curve, kept) {
  const last = layers[layers.length - 1];
  if (last.kind !== "lstm") return null;
  const size = layers.reduce((sum, layer) => sum + sizeOf(layer), 0);
  const answer = answerOf(layers, weights, network * size, curve);
  const { gates, cell } = passOf(last, layers.length - 1, curve.length);
  const [from, end] = [curve.length - kept, curve.length];
  return { gates: gates.slice(4 * from, 4 * end), cell: cell.slice(from, end), answer: answer.slice(from) };
}

/** The number of 16 bits: a sign, 5 bits of exponent, 10 bits of fraction (IEEE 754). */
function halfFloat(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  const size = exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction;
  return bits & 32768 ? -size : size;
}

/** The bytes of a text in base64, which were compressed. */
async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Numbers of 32 bits if `exact`, whose upper bytes are in a first text and the lower ones in a second, which may come
 * later; else of 16 bits, in one text. A text has the higher bytes of all numbers first.
 */
async function decoded([upper, lower], exact) {
  const [high, low] = await Promise.all([inflated(upper), lower && inflated(lower)]);
  const count = high.length / 2;
  const bits = (bytes, at) => bytes[at] * 256 + bytes[count + at];
  if (!exact) return Float32Array.from({ length: count }, (_, at) => halfFloat(bits(high, at)));
  const all = Uint32Array.from({ length: count }, (_, at) => bits(high, at) * 65536 + (low ? bits(low, at) : 32768));
  return new Float32Array(all.buffer);
}

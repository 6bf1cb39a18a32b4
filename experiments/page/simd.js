// The sums in which training spends its time, four at a time: WebAssembly of a few instructions, written out here.

/** The bodies of functions of six numbers, five local ones and five local vectors; places and widths are in bytes. */
const BODIES = (() => {
  const four = [0, 1, 2, 3];
  const [LOOP, END, AGAIN, ADD, SUBTRACT, BELOW] = [[0x03, 0x40], 0x0b, [0x0d, 0], 0x6a, 0x6b, 0x49];
  const [LOAD, SPREAD, STORE, COPIES] = [[0xfd, 0, 4, 0], [0xfd, 9, 2, 0], [0xfd, 11, 4, 0], [0xfd, 0x13]];
  const [PLUS, TIMES, OVER, LEAST, MOST] = [0xe4, 0xe6, 0xe7, 0xe8, 0xe9].map((code) => [0xfd, code, 1]);
  const [get, set, keep, number] = [0x20, 0x21, 0x22, 0x41].map((code) => (operand) => [code, operand]);
  const moved = (place, by) => [get(place), get(by), ADD, set(place)];
  const all = (value) => [0x43, ...new Uint8Array(Float32Array.of(value).buffer), COPIES];

  /** Adds `rows` values (as many as divide by four), each `stride` after the last, times the rows of a matrix to sums. */
  const product = (sums, values, stride, rows, matrix, width, at) => {
    const [starts, factors] = [four.map((row) => at + 1 + row), four.map((row) => at + 5 + row)];
    return [
      LOOP,
      four.map((row) => [get(values), SPREAD, set(factors[row]), moved(values, stride)]),
      four.map((row) => [get(matrix), set(starts[row]), moved(matrix, width)]),
      number(0), set(at),
      LOOP,
      get(sums), get(at), ADD, get(sums), get(at), ADD, LOAD,
      four.map((row) => [get(starts[row]), get(at), ADD, LOAD, get(factors[row]), TIMES, PLUS]),
      STORE,
      get(at), number(16), ADD, keep(at), get(width), BELOW, AGAIN,
      END,
      get(rows), number(4), SUBTRACT, keep(rows), AGAIN,
      END,
    ];
  };

  /** The hyperbolic tangents of numbers, in fours, by the quotient of polynomials that XLA and Eigen take. */
  const tanh = (to, from, width, _three, _four, _five, at) => {
    const [x, square] = [at + 5, at + 6];
    const polynomial = ([first, ...others]) => others.reduce((code, each) => [code, get(square), TIMES, all(each), PLUS], all(first));
    return [
      number(0), set(at),
      LOOP,
      get(to), get(at), ADD,
      get(from), get(at), ADD, LOAD, all(7.9), LEAST, all(-7.9), MOST, keep(x), get(x), get(x), TIMES, set(square),
      polynomial([-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3]),
      TIMES, polynomial([1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3]), OVER, STORE,
      get(at), number(16), ADD, keep(at), get(width), BELOW, AGAIN,
      END,
    ];
  };
  return [product, tanh].map((body) => [2, 5, 0x7f, 5, 0x7b, body(...Array(7).keys()), END].flat(Infinity));
})();

/** The functions upon a memory, by the names 0 and 1. */
function compiled(memory) {
  const long = (count) => (count < 128 ? [count] : [(count & 127) | 128, count >> 7]);
  const sized = (bytes) => [...long(bytes.length), ...bytes];
  const sections = [
    [1, [1, 0x60, 6, ...Array(6).fill(0x7f), 0]], // One type, a function of six numbers,
    [2, [1, 1, 0x65, 1, 0x6d, 2, 0, 1]], // the memory e.m,
    [3, [2, 0, 0]], // two functions of that type,
    [7, [2, 1, 0x30, 0, 0, 1, 0x31, 0, 1]], // their names,
    [10, [2, ...BODIES.flatMap(sized)]], // and their bodies.
  ];
  const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flatMap(([id, all]) => [id, ...sized(all)])]);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { e: { m: memory } }).exports;
}

const PAGES = 256; // Of 64 KiB each: what all layers need.
let shared = null; // The memory of all layers, which is never freed, the functions upon it, and how much is in use.

/** So many numbers, at first zero, upon which products and tangents can be computed. */
function floats(count) {
  if (!shared) {
    const memory = new WebAssembly.Memory({ initial: PAGES });
    const [product, tanh] = Object.values(compiled(memory));
    shared = { memory, product, tanh, used: 0 };
  }
  const array = new Float32Array(shared.memory.buffer, shared.used, count);
  shared.used += 16 * Math.ceil(count / 4);
  return array;
}

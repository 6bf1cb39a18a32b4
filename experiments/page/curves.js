// Curves and what is counted of answers, as lstm_toys/tasks/families.py and lstm_toys/statistics have them.

const FAMILIES = {
  line: ({ slope, intercept }) => (x) => slope * x + intercept,
  hill: ({ height, base }) => (x) => base + height * Math.sin(Math.PI * x),
  sine: ({ amplitude, frequency, phase, offset }) => (x) => offset + amplitude * Math.sin(frequency * x + phase),
  pluck: ({ level, pull }) => (x) => (x < RELEASE ? level + pull : level),
};

const RELEASE = 0.1; // The x at which a pulled input is let go.
const BEFORE = 100; // Values for which it has been held before the picture begins, so that networks are at rest.
const RING = 0.05; // The least second swing of a network that rings, as a share of how far it falls; the most at the end.
const END = 10; // Values at the end, where a network that rings is still.

/** A curve as networks read it: one that is plucked has been held before. */
function read(family, curve) {
  return family === "pluck" ? Float64Array.from([...new Float64Array(BEFORE).fill(curve[0]), ...curve]) : curve;
}

/**
 * The frequency, in radians per x, at which an answer swings about its last value after a release; null if it does not
 * swing there and back, to at least RING of how far it falls, or swings on to the end. Nothing swings faster than from
 * one value to the next.
 */
function ringing(answer, times) {
  const from = times.findIndex((time) => time >= RELEASE) - 1;
  const off = [...answer.subarray(from)].map((value) => value - answer[answer.length - 1]);
  const zeros = off.flatMap((value, at) => (at && value * off[at - 1] < 0 ? [at] : []));
  const least = RING * Math.abs(off[0]);
  const largest = (values) => Math.max(...values.map(Math.abs));
  if (zeros.length < 2 || largest(off.slice(zeros[1])) < least || largest(off.slice(-END)) > least) return null;
  const [first, second] = zeros.map((at) => at - off[at] / (off[at] - off[at - 1]));
  return Math.PI / (Math.max(1, second - first) * (times[1] - times[0]));
}

/** A stroke without gaps: straight across them, and at both ends as high as what is next to these. */
function filled(stroke) {
  const known = [...stroke.keys()].filter((at) => Number.isFinite(stroke[at]));
  return stroke.map((_, at) => {
    const before = known.findLast((each) => each <= at) ?? known[0];
    const after = known.find((each) => each >= at) ?? before;
    return stroke[before] + (before < after ? (at - before) / (after - before) : 0) * (stroke[after] - stroke[before]);
  });
}

/** Whether a stroke comes near both ends of x; errors do not count the first tenth. */
function reaches(stroke, times) {
  const known = [...stroke.keys()].filter((at) => Number.isFinite(stroke[at]));
  return times[known[0]] <= 0.1 && times[known.at(-1)] >= 0.95;
}

function sampled(family, parameters, times) {
  return Float64Array.from(times, FAMILIES[family](parameters));
}

/** A share of sorted numbers, with straight lines between them. */
function quantile(sorted, share) {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** Median and the ends of the band of 5 to 95 % of networks at every time point, of one of several curves. */
function spread(answers, networks, curves, curve, length) {
  const values = Array.from({ length }, (_, time) => (
    Float32Array.from({ length: networks }, (_, row) => answers[(row * curves + curve) * length + time]).sort()
  ));
  const [low, median, high] = [0.05, 0.5, 0.95].map((share) => values.map((sorted) => quantile(sorted, share)));
  return { low, median, high };
}

/** The root mean squared error of an answer, over all but the first tenth of the curve. */
function errorOf(answer, curve, times) {
  const late = [...times.keys()].filter((at) => times[at] >= 0.1 * times[times.length - 1]);
  return Math.sqrt(late.reduce((sum, at) => sum + (answer[at] - curve[at]) ** 2, 0) / late.length);
}

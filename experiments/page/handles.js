// Points of a curve that one can take hold of, and the parameters of the curve that passes through where one is moved.

/** The first peak of a sine from x = 0 on, and the distance to the next one. */
function peakOf({ frequency, phase }) {
  const period = (2 * Math.PI) / frequency;
  const first = (Math.PI / 2 - phase) / frequency;
  return { first: first - period * Math.floor(first / period + 1e-9), period };
}

/** The phase, from −π to π, of a sine that has a peak there. */
function phaseOf(frequency, peak) {
  const phase = Math.PI / 2 - frequency * peak;
  return phase - 2 * Math.PI * Math.round(phase / (2 * Math.PI));
}

/** The valley of a sine next to its first peak, which stays: it sets the frequency. */
function valleyOf({ amplitude, offset }, first, period) {
  const side = first + period / 2 <= 1 ? 1 : -1;
  const moved = (x) => {
    const changed = Math.PI / Math.max(0.02, side * (x - first));
    return { frequency: changed, phase: phaseOf(changed, first) };
  };
  return { name: "valley", sign: "↔", x: first + (side * period) / 2, y: offset - amplitude, moved };
}

/** The handles of a curve by its family, from its parameters, which a sine keeps on the axis if it stands there. */
const HANDLES = {
  line: ({ slope, intercept }) => [
    { name: "left end", sign: "↕", x: 0, y: intercept, moved: (_, y) => ({ intercept: y, slope: slope + intercept - y }) },
    { name: "right end", sign: "↕", x: 1, y: slope + intercept, moved: (_, y) => ({ slope: y - intercept }) },
  ],
  hill: ({ height, base }) => [
    { name: "foot", sign: "↕", x: 0, y: base, moved: (_, y) => ({ base: y }) },
    { name: "top", sign: "↕", x: 0.5, y: base + height, moved: (_, y) => ({ height: y - base }) },
  ],
  pluck: ({ level, pull }) => [
    { name: "held end", sign: "↕", x: 0.05, y: level + pull, moved: (_, y) => ({ pull: y - level }) },
    { name: "level", sign: "↕", x: 0.8, y: level, moved: (_, y) => ({ level: y, pull: level + pull - y }) },
  ],
  sine: (parameters) => {
    const { amplitude, frequency, phase, offset } = parameters;
    const { first, period } = peakOf({ frequency, phase });
    const peak = {
      name: "peak",
      sign: "✥",
      x: first,
      y: offset + amplitude,
      follows: true,
      moved: (x, y) => ({
        ...(offset === amplitude ? { amplitude: y / 2, offset: y / 2 } : { amplitude: y - offset }),
        phase: phaseOf(frequency, x),
      }),
    };
    return [peak, valleyOf(parameters, first, period)].filter(({ x }) => x >= 0 && x <= 1); // Slow sines have some beyond the picture.
  },
};

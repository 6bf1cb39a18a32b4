// The picture of a curve and of the answers to it, which follows from what is shown alone.

/** The ends of everything that a picture has, together with those of before. */
function reachOf({ curve, sines, each, trained, published, guess, plucked }, before) {
  const lines = [curve, ...sines, ...each, published ?? [], guess ?? [], before ?? [], ...plucked.flatMap((kind) => kind.each)];
  lines.push(...(plucked.length ? [[0]] : [trained, [0, 0.75]]));
  const values = lines.flatMap((line) => [...line].filter((value) => value !== null && !Number.isNaN(value)));
  return [Math.min(...values), Math.max(...values)];
}

/** The range of a picture's axis, in steps of a quarter or a tenth. */
function heightsOf([least, most], parts) {
  return [Math.floor(least * parts - 0.05) / parts, Math.ceil(most * parts + 0.05) / parts];
}

/**
 * How far the highest values of lines from x = 0.1 on move, and the lowest between 0.2 and 0.8, as the claims have them;
 * and the tops and bottoms there, which are marked.
 */
function movesOf(lines, times) {
  return [["peak", 0.1, 1, 1], ["valley", 0.2, 0.8, -1]].map(([name, low, high, sign]) => {
    const places = [...times.keys()].filter((at) => times[at] >= low && times[at] <= high);
    const best = (line, among) => among.reduce((first, at) => (sign * line[at] > sign * line[first] ? at : first));
    const points = lines.map((line) => {
      const turns = places.filter((at) => sign * line[at] >= sign * line[at - 1] && sign * line[at] >= sign * line[at + 1]);
      const place = best(line, turns.length ? turns : places); // The highest value may be at an end, beside a peak.
      return [times[place], line[place]];
    });
    const values = lines.map((line) => line[best(line, places)]);
    return { name, points, ends: [Math.min(...values), Math.max(...values)] };
  });
}

class Picture {
  constructor(chart, times) {
    Object.assign(this, { chart, times });
  }

  /**
   * Draws what is shown up to a time point: a curve and the answers of `each` network and the one in `focus`, the
   * network of `seed` or the median of all; what was `trained`, the `published` answer, `bounds` of all answers, a
   * `guess`, a `range` to stay in, medians for `others` of a set, the `sines`, or kinds that are `plucked`, each in a panel.
   */
  paint(shown, { heights, cursor, upto, ring }) {
    const { chart, times } = this;
    const axes = { x: [times[0], times[times.length - 1]], y: heights, xTicks: SHARES, yTicks: ticksOf(heights), xName: "x", yName: "y" };
    const until = (values) => values.slice(0, upto);
    chart.clear(1 + shown.plucked.length);
    shown.plucked.forEach((kind, at) => {
      chart.begin(axes, at + 1);
      this.answers(kind, until);
      chart.line(times, until(shown.curve), "shown", 1.8, [6, 4]);
    });
    chart.begin(axes); // The first panel is the last one, upon which handles are placed.
    if (shown.range) chart.band(shown.range, "learned");
    for (const bound of shown.bounds) chart.line([0, 1], [bound, bound], "quiet", 1.6, [2, 3]);
    if (!shown.plucked.length && !shown.others.length) chart.line(times, shown.trained, "trained", 3);
    if (shown.others.length) this.set(shown, until);
    else this.answers(shown, until);
    chart.line(times, until(shown.curve), "shown", 1.8, [6, 4]);
    this.moves(shown.moves);
    if (shown.guess) chart.line(times, shown.guess, "guess", 3);
    if (shown.published) chart.diamonds(times, until(shown.published), "published");
    if (upto < times.length) for (const values of [shown.curve, shown.focus]) if (values.length) chart.dot(times[upto - 1], values[upto - 1], values === shown.curve ? "shown" : "median", 5);
    if (cursor === null) return;
    chart.line([times[cursor], times[cursor]], heights, "quiet", 1);
    if (shown.focus.length) chart.dot(times[cursor], shown.focus[cursor], "median", 5);
    if (ring) chart.dot(times[cursor], shown.curve[cursor], "ink", 6, false);
  }

  /** All answers, and the one in focus upon a light edge, so that it stands out among many. */
  answers({ each, focus }, until) {
    const { chart, times } = this;
    if (each.length > 1) for (const values of each) chart.line(times, until(values), "single", 1);
    chart.line(times, until(focus), "paper", 6);
    chart.line(times, until(focus), "median", 3);
  }

  /** The medians for all curves of a set. */
  set({ focus, others, sines }, until) {
    const { chart, times } = this;
    const lines = [...others, focus];
    for (const sine of sines) chart.line(times, until(sine), "shown", 1, [3, 4]);
    for (const line of lines) chart.line(times, until(line), "median", line === focus ? 3 : 1.6);
  }

  /** Peaks and valleys, and how far they move. */
  moves(moves) {
    const { chart } = this;
    for (const { name, points, ends } of moves) {
      const peak = name === "peak";
      for (const [x, y] of points) chart.dot(x, y, name, 4.5);
      chart.line([1, 1], ends, name, 5);
      chart.label(1, ends[peak ? 1 : 0], `${name}s ${decimal(ends[1] - ends[0])}`, name, peak);
    }
  }
}

// The picture of a curve and of the answers to it, which follows from what is shown alone.

/** The ends of everything that a picture has, together with those of before. */
function reachOf({ curve, sines, each, trained, published, guess, plucked }, before) {
  const lines = [curve, ...sines, ...each, published ?? [], guess ?? [], before ?? [], ...plucked.flatMap((kind) => kind.each)];
  if (!plucked.length) lines.push(trained, [0, 0.75]);
  const values = lines.flatMap((line) => [...line].filter((value) => value !== null && !Number.isNaN(value)));
  return [Math.min(...values), Math.max(...values)];
}

/** The range of a picture's axis, in steps of a quarter or a tenth. */
function heightsOf([least, most], parts) {
  return [Math.floor(least * parts - 0.05) / parts, Math.ceil(most * parts + 0.05) / parts];
}

/** The lowest value between x = 0.2 and 0.8, and the highest from x = 0.1 on, as the claim about valleys has them. */
function extremesOf(answer, times) {
  const found = (low, high, pick) => {
    const places = answer.map((_, at) => at).filter((at) => times[at] >= low && times[at] <= high);
    return places.reduce((best, at) => (pick(answer[at], answer[best]) ? at : best), places[0]);
  };
  return { valley: found(0.2, 0.8, (one, other) => one < other), peak: found(0.1, 1, (one, other) => one > other) };
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
      this.answers(kind, until, -1);
      chart.line(times, until(shown.curve), "shown", 1.8, [6, 4]);
    });
    chart.begin(axes); // The first panel is the last one, upon which handles are placed.
    if (shown.range) chart.band(shown.range, "met");
    for (const bound of shown.bounds) chart.line([0, 1], [bound, bound], "null", 1.6, [2, 3]);
    if (!shown.plucked.length && !shown.others.length) chart.line(times, shown.trained, "trained", 3);
    if (shown.others.length) this.set(shown, until);
    else this.answers(shown, until, shown.seed);
    chart.line(times, until(shown.curve), "shown", 1.8, [6, 4]);
    if (shown.guess) chart.line(times, shown.guess, "guess", 3);
    if (shown.published) chart.diamonds(times, until(shown.published), "published");
    if (upto < times.length) for (const values of [shown.curve, shown.focus]) if (values.length) chart.dot(times[upto - 1], values[upto - 1], values === shown.curve ? "shown" : "median", 5);
    if (cursor === null) return;
    chart.line([times[cursor], times[cursor]], heights, "quiet", 1);
    if (shown.focus.length) chart.dot(times[cursor], shown.focus[cursor], "median", 5);
    if (ring) chart.dot(times[cursor], shown.curve[cursor], "ink", 6, false);
  }

  /** All answers, and the one in focus upon a light edge, so that it stands out among many. */
  answers({ each, focus }, until, seed) {
    const { chart, times } = this;
    const color = seed < 0 && each.length < 20 ? "single" : "many";
    if (each.length > 1) for (const values of each) chart.line(times, until(values), color, 1);
    chart.line(times, until(focus), "paper", 6);
    chart.line(times, until(focus), "median", 3);
  }

  /** The medians for all curves of a set, and of sines valleys and peaks, and how far these move at the right end. */
  set({ focus, others, sines, asked }, until) {
    const { chart, times } = this;
    const lines = [...others, focus];
    for (const sine of sines) chart.line(times, until(sine), "edge", 1, [3, 4]);
    for (const line of lines) chart.line(times, until(line), line === focus ? "median" : "others", line === focus ? 3 : 1.6);
    if (asked.family !== "sine") return;
    const found = lines.map((line) => extremesOf(line, times));
    for (const [name, color] of [["peak", "null"], ["valley", "published"]]) {
      const values = lines.map((line, at) => line[found[at][name]]);
      lines.forEach((line, at) => chart.dot(times[found[at][name]], values[at], color, 4.5));
      const ends = [Math.min(...values), Math.max(...values)];
      chart.line([1, 1], ends, color, 5);
      chart.note(1, (ends[0] + ends[1]) / 2, `${name}s move ${decimal(ends[1] - ends[0])}`, color);
    }
  }
}

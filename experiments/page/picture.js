"use strict";

/** The picture of a curve and of the answers to it. */
class Picture {
  constructor(chart, times) {
    Object.assign(this, { chart, times });
    this.heights = [0, 1]; // Lowest and highest.
    this.reach = [0, 1]; // Of what was drawn since something began to move.
  }

  /** The range of y: all of what is drawn, in steps of a quarter or a tenth; while something moves it only grows. */
  fit(lines, { moving, close }) {
    if (!moving) this.reach = close ? [Infinity, -Infinity] : [0, 0.75];
    for (const line of lines) {
      for (const value of line) {
        if (value !== null) this.reach = [Math.min(this.reach[0], value), Math.max(this.reach[1], value)];
      }
    }
    const parts = close ? 10 : 4;
    this.heights = [Math.floor(this.reach[0] * parts - 0.05) / parts, Math.ceil(this.reach[1] * parts + 0.05) / parts];
  }

  /** Those of some values that the picture shows. */
  within(values) {
    return values.filter((value) => value > this.heights[0] && value < this.heights[1]);
  }

  /**
   * Draws a curve and the answers to it, all of `each` and their median, up to a time point, next to what was `trained`,
   * the `published` answer, `bounds` of all answers, and medians of `others` of a set.
   * The picture stays where it is if it is `held`, and is no larger than needed if it is `close`; at the `cursor`, if
   * there is one, values are read.
   */
  paint({ curve, each, median, others, trained, published, bounds }, { moving, held, close, cursor, upto, ring }) {
    const { chart, times } = this;
    if (!held) this.fit([curve, ...(close ? [] : [trained]), ...each, published ?? []], { moving, close });
    const { heights } = this;
    chart.begin({ x: [times[0], times[times.length - 1]], y: heights, xTicks: SHARES, yTicks: heightTicks(heights), xName: "x", yName: "y" });
    const until = (values) => values.slice(0, upto);
    for (const bound of this.within(bounds)) chart.line([0, 1], [bound, bound], "null", 1.6, [2, 3]);
    if (!close) chart.line(times, trained, "trained", 3);
    if (each.length > 1) for (const values of each) chart.line(times, until(values), "single", 1);
    if (each.length > 1) chart.line(times, until(median), "paper", 4.6); // So that the median stands out among many.
    for (const other of others) chart.line(times, until(other), "others", 1.2);
    chart.line(times, until(median), "median", 2.6);
    chart.line(times, until(curve), "shown", 1.8, [6, 4]);
    if (published) chart.diamonds(times, until(published), "published");
    if (upto < times.length) for (const values of [curve, median]) chart.ring(times[upto - 1], values[upto - 1], values === curve ? "shown" : "median");
    if (cursor === null) return;
    chart.line([times[cursor], times[cursor]], heights, "quiet", 1);
    if (ring) chart.ring(times[cursor], curve[cursor], "ink");
  }
}

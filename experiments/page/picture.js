"use strict";

/** The picture of a curve and of the answers to it. */
class Picture {
  constructor(chart, times) {
    Object.assign(this, { chart, times });
    this.heights = [0, 1]; // Lowest and highest.
    this.reach = [0, 1]; // Of what was drawn since something began to move.
    this.board = null; // Heights at the beginning of drawing by hand, which stay in view.
  }

  /** The range of y: all of what is drawn, in steps of a quarter; while something moves it only grows. */
  fit(lines, { drawn, moving }) {
    this.board = drawn ? this.board ?? this.reach : null;
    if (!moving) this.reach = this.board ?? [0, 0.75];
    for (const line of lines) {
      for (const value of line) {
        if (value !== null) this.reach = [Math.min(this.reach[0], value), Math.max(this.reach[1], value)];
      }
    }
    this.heights = [Math.floor(this.reach[0] * 4 - 0.05) / 4, Math.ceil(this.reach[1] * 4 + 0.05) / 4];
  }

  /** Those of some values that the picture shows. */
  within(values) {
    return values.filter((value) => value > this.heights[0] && value < this.heights[1]);
  }

  /**
   * Draws answers, and next to them the sine that was `trained`, the `published` answer, `bounds` of all answers, and
   * `limits` of curves that count.
   * The picture stays where it is if it is `held`; at the `cursor`, if there is one, values are read.
   */
  paint({ curves, found, singles, rows, moving }, { trained, published, bounds, limits, drawn, held, cursor }) {
    const { chart, times } = this;
    const [{ low, median, high }, ...others] = found;
    const bands = found.flatMap((each) => [each.low, each.high]);
    if (!held) this.fit([curves[0], trained, ...bands, ...singles, published ?? []], { drawn, moving });
    const { heights } = this;
    chart.begin({ x: [times[0], times[times.length - 1]], y: heights, xTicks: SHARES, yTicks: heightTicks(heights), xName: "x", yName: "y" });
    if (rows.length > 1) {
      chart.area(times, low, high, "band");
      for (const edge of [low, high]) chart.line(times, edge, "single", 1); // The band alone is too faint.
    }
    for (const limit of limits) chart.line([0, 1], [limit, limit], "quiet", 1, [8, 4]);
    for (const bound of this.within(bounds)) chart.line([0, 1], [bound, bound], "null", 1.6, [2, 3]);
    chart.line(times, trained, "trained", 3);
    for (const other of others) chart.line(times, other.median, "others", 1.2);
    chart.line(times, curves[0], "shown", 1.6, [6, 4]);
    if (rows.length > 1) singles.forEach((values) => chart.dots(times, values, "single"));
    chart.line(times, median, "median", 2.2);
    if (published) chart.diamonds(times, published, "published");
    if (cursor === null) return;
    chart.line([times[cursor], times[cursor]], heights, "quiet", 1);
    if (drawn) chart.ring(times[cursor], curves[0][cursor], "ink");
  }
}

"use strict";

/** The numbers of a line of text, which are separated by commas, semicolons, tabs or spaces; null if it has others. */
function numbersOf(line) {
  const numbers = line.trim().split(/\s*[,;\t]\s*|\s+/).map((word) => (word === "" ? NaN : Number(word)));
  return numbers.every(Number.isFinite) ? numbers : null;
}

/**
 * A curve from text, and the lowest and the highest value of the text: one y per line, or x and y, between which it
 * goes straight; a first line of names is skipped.
 * Throws an Error, whose message is a sentence, if the text is not a curve.
 */
function curveOfText(text, count) {
  const lines = text.split(/\r?\n/).map((line, at) => ({ line, at: at + 1 })).filter(({ line }) => line.trim());
  const [first, ...others] = lines.map(({ line, at }) => ({ numbers: numbersOf(line), at }));
  const rows = first?.numbers ? [first, ...others] : others;
  const wrong = rows.find(({ numbers }) => !numbers);
  if (wrong) throw new Error(`Line ${wrong.at} is not one or two numbers.`);
  if (rows.length < 2) throw new Error("A curve needs at least two lines with a number each.");
  const columns = rows[0].numbers.length;
  const other = rows.find(({ numbers }) => numbers.length !== columns || columns > 2);
  if (other) throw new Error(`Line ${other.at} has ${other.numbers.length} numbers; all lines have one, y, or two, x and y.`);
  const x = rows.map(({ numbers }, at) => (columns === 2 ? numbers[0] : at));
  const y = rows.map(({ numbers }) => numbers[columns - 1]);
  const back = x.findIndex((value, at) => at && value <= x[at - 1]);
  if (back > 0) throw new Error(`Line ${rows[back].at} does not have a larger x than the line before.`);
  let below = 0;
  const curve = Float64Array.from({ length: count }, (_, at) => {
    const place = x[0] + (at / (count - 1)) * (x[x.length - 1] - x[0]);
    while (below < x.length - 2 && x[below + 1] < place) below += 1;
    const share = (place - x[below]) / (x[below + 1] - x[below]);
    return y[below] + share * (y[below + 1] - y[below]);
  });
  const ends = y.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [y[0], y[0]]);
  return { curve, ends };
}

/** A curve moved and stretched so that one range becomes another one. */
function rescaled(curve, [least, most], [low, high]) {
  return curve.map((value) => (most > least ? low + ((value - least) / (most - least)) * (high - low) : low));
}

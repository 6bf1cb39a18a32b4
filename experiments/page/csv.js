"use strict";

const MOST_BYTES = 2 ** 20;

/** The numbers of the cells of a line; null if one is not a number. */
function numbersOf(cells, comma) {
  const numbers = cells.map((cell) => (cell === "" ? NaN : Number(comma ? cell.replace(",", ".") : cell)));
  return numbers.every(Number.isFinite) ? numbers : null;
}

/**
 * A curve from text, and the lowest and the highest value of the text: one y per line, or x and y, between which it
 * goes straight. Tabs, semicolons, commas or spaces are between numbers; a first line without digits has names.
 * Throws an Error, whose message is a sentence, if the text is not a curve, or could be two.
 */
function curveOfText(text, count) {
  if (text.length > MOST_BYTES) throw new Error("A curve may have at most 1 MB.");
  const lines = text.split(/\r?\n/).map((line, at) => ({ line: line.trim(), at: at + 1 })).filter(({ line }) => line);
  const sign = ["\t", ";", ","].find((each) => (lines[1] ?? lines[0])?.line.includes(each));
  const named = lines.length > 0 && !/\d/.test(lines[0].line);
  const rows = lines.slice(named ? 1 : 0).map(({ line, at }) => ({ cells: line.split(sign ?? /\s+/).map((cell) => cell.trim()), at }));
  const points = rows.some(({ cells }) => cells.some((cell) => cell.includes(".")));
  const decimal = sign !== "," && !points; // Whether a comma can be a decimal sign.
  for (const row of rows) {
    row.numbers = numbersOf(row.cells, decimal);
    if (!row.numbers) throw new Error(`Line ${row.at} is not one or two numbers.`);
  }
  if (rows.length < 2) throw new Error("A curve needs at least two lines with a number each.");
  const columns = rows[0].numbers.length;
  const other = rows.find(({ numbers }) => numbers.length !== columns || columns > 2);
  if (other) throw new Error(`Line ${other.at} has ${other.numbers.length} numbers; all lines have one, y, or two, x and y.`);
  if (sign === "," && columns > 1 && !named && !points) {
    throw new Error("Its commas may be decimal commas: name the columns in a first line, or put semicolons between numbers.");
  }
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

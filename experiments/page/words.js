"use strict";

// What a picture shows, in words and numbers.

/** The values at one point of the curve. */
function readingsOf({ curve, each, low, median, high }, times, at) {
  const band = each.length > 1 ? `, 5–95 % of networks ${decimal(low[at])} to ${decimal(high[at])}` : "";
  return `x ${decimal(times[at])}: shown ${decimal(curve[at])}, ${each.length > 1 ? "median answer" : "answer"} ${decimal(median[at])}${band}`;
}

/** What networks, `who`, are shown and answer. */
function summaryOf({ curve, each, low, median, high }, who, times) {
  const errors = each.map((answer) => errorOf(answer, curve, times)).sort((one, other) => one - other);
  const error = quantile(errors, 0.5);
  const off = error < 1e-4 ? "less than 0.0001" : error.toPrecision(2);
  const ends = (values) => `${decimal(Math.min(...values))} to ${decimal(Math.max(...values))}`;
  const all = each.length > 1;
  const lines = [
    `${who} ${all ? "are" : "is"} shown a curve from ${ends(curve)}.`,
    `${all ? "Their median answer" : "Its answer"} goes from ${ends(median)}; ${all ? "a typical network" : "it"} is ${off} off (RMSE, x from 0.1 on).`,
  ];
  if (all) lines.push(`The band of 5–95 % of them is ${decimal(high.reduce((sum, value, at) => sum + value - low[at], 0) / high.length)} wide on average.`);
  return lines.join(" ");
}

/** How many networks ring, and at which frequencies, given these; null for those that do not. */
function ringsOf(frequencies) {
  const known = frequencies.filter(Boolean).sort((one, other) => one - other);
  const ends = [0.05, 0.95].map((share) => quantile(known, share).toFixed(0));
  const at = known.length ? `, at ${ends[0] === ends[1] ? ends[0] : ends.join(" to ")} rad per x` : "";
  return `${known.length} of ${frequencies.length} ring${at}`;
}

/** Fills a table with every tenth value of some columns, and the last one. */
function fillTable(body, times, columns) {
  body.replaceChildren();
  times.forEach((time, at) => {
    if (at % 10 && at !== times.length - 1) return;
    const row = body.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = time.toFixed(2);
    row.append(head);
    for (const values of columns) row.insertCell().textContent = values[at].toFixed(4);
  });
}

"use strict";

// What a picture shows, in words and numbers.

/** The values at one point of the curve. */
function readingsOf({ rows, curves, found: [{ low, median, high }] }, times, at) {
  const band = rows.length > 1 ? `, 5–95 % of networks ${decimal(low[at])} to ${decimal(high[at])}` : "";
  return `x ${decimal(times[at])}: shown ${decimal(curves[0][at])}, ${rows.length > 1 ? "median answer" : "answer"} ${decimal(median[at])}${band}`;
}

/** What networks, `who`, are shown and answer. */
function summaryOf({ rows, curves, found: [{ low, median, high }] }, who, error) {
  const off = error < 1e-4 ? "less than 0.0001" : error.toPrecision(2);
  const ends = (values) => `${decimal(Math.min(...values))} to ${decimal(Math.max(...values))}`;
  const [are, answer] = rows.length > 1 ? ["are", "Their median answer"] : ["is", "Its answer"];
  const lines = [
    `${who} ${are} shown a curve from ${ends(curves[0])}.`,
    `${answer} goes from ${ends(median)}; it is ${off} off (RMSE, x from 0.1 on).`,
  ];
  if (rows.length > 1) {
    const width = high.reduce((sum, value, at) => sum + value - low[at], 0) / high.length;
    lines.push(`The band of 5–95 % of them is ${decimal(width)} wide on average.`);
  }
  return lines.join(" ");
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

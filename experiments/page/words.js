// What a picture shows, in words and numbers.

function byId(id) {
  return document.getElementById(id);
}

/** Sets the text of an element, if it is another one. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The values at one point of the curve. */
function readingsOf({ curve, each, focus, low, high, seed }, times, at) {
  const band = seed < 0 && each.length > 1 ? `, 5–95 % of networks ${decimal(low[at])} to ${decimal(high[at])}` : "";
  const answer = seed < 0 ? "median answer" : `answer of network ${seed}`;
  return `x ${decimal(times[at])}: curve ${decimal(curve[at])}, ${answer} ${decimal(focus[at])}${band}`;
}

/** How far one line is off another, in words. */
function offOf(line, other, times) {
  const error = errorOf(line, other, times);
  return `off by ${error < 1e-4 ? "less than 0.0001" : error.toPrecision(2)} on average`;
}

/** What networks, `who`, are shown and answer. */
function summaryOf(answered, who, times) {
  const { curve, focus, seed } = answered;
  const ends = (values) => `${decimal(Math.min(...values))} to ${decimal(Math.max(...values))}`;
  const all = seed < 0;
  return [
    `${who} ${all ? "are" : "is"} shown a curve from ${ends(curve)}.`,
    `${all ? "Their median answer" : "Its answer"} goes from ${ends(focus)}, and is ${offOf(focus, curve, times)}.`,
  ].join(" ");
}

/** How far a guess, and the curve itself, are off the answer in focus. */
function verdictOf(guess, { focus, curve, seed }, times) {
  const dashed = offOf(curve, focus, times);
  const answer = seed < 0 ? "their median answer (blue)" : `the answer of network ${seed} (blue)`;
  if (guess === UNTOLD) return `The dashed curve and ${answer} are ${dashed.replace("off by", "apart by")}.`;
  return `Your guess is ${offOf(guess, focus, times)} from ${answer}. The dashed curve itself is ${dashed.replace(" on average", "")}.`;
}

/** How many of the answers to a release ring, and their periods along x. */
function ringsOf(answers, times) {
  const widths = answers.map((answer) => ringing(answer, times)).filter(Boolean).map((frequency) => (2 * Math.PI) / frequency).sort((one, other) => one - other);
  const ends = [0.05, 0.95].map((share) => quantile(widths, share).toFixed(2));
  const wide = widths.length ? `, period ${ends[0] === ends[1] ? ends[0] : ends.join("–")}` : "";
  return `${widths.length} of ${answers.length} ring${wide}`;
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

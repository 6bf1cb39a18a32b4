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

/** An error in words. */
function offOf(error) {
  return error < 1e-4 ? "less than 0.0001" : error.toPrecision(2);
}

/** The error of the median network. */
function typicalError({ curve, each }, times) {
  return quantile(each.map((answer) => errorOf(answer, curve, times)).sort((one, other) => one - other), 0.5);
}

/** What networks, `who`, are shown and answer. */
function summaryOf(answered, who, times) {
  const { curve, focus, low, high, seed } = answered;
  const ends = (values) => `${decimal(Math.min(...values))} to ${decimal(Math.max(...values))}`;
  const all = seed < 0;
  const off = all ? typicalError(answered, times) : errorOf(focus, curve, times);
  const lines = [
    `${who} ${all ? "are" : "is"} shown a curve from ${ends(curve)}.`,
    `${all ? "Their median answer" : "Its answer"} goes from ${ends(focus)}; ${all ? "the median network" : "it"} is ${offOf(off)} off.`,
  ];
  if (all) lines.push(`The band of 5–95 % of them is ${decimal(high.reduce((sum, value, at) => sum + value - low[at], 0) / high.length)} wide on average.`);
  return lines.join(" ");
}

/** How a guess compares with the answers. */
function verdictOf(guess, answered, times) {
  const curve = `the median network is ${offOf(typicalError(answered, times))} off the curve.`;
  if (guess === UNTOLD) return curve[0].toUpperCase() + curve.slice(1);
  return `You were ${offOf(errorOf(guess, answered.median, times))} off their median answer; ${curve}`;
}

/** How many networks ring, and at which frequencies, given these; null for those that do not. */
function ringsOf(frequencies) {
  const known = frequencies.filter(Boolean).sort((one, other) => one - other);
  const ends = [0.05, 0.95].map((share) => quantile(known, share).toFixed(0));
  const at = known.length ? `, ${ends[0] === ends[1] ? ends[0] : ends.join("–")} rad/x` : "";
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

"use strict";

/** Whether a curve stays within a range, to the two digits after the point with which the page says it. */
function staysWithin(curve, [low, high]) {
  const hundredths = (value) => Math.round(100 * value);
  return curve.every((value) => hundredths(value) >= hundredths(low) && hundredths(value) <= hundredths(high));
}

/** The challenge to find a curve on which networks fail, and the score of the one that a visitor was sent. */
class Challenge {
  constructor({ goal, sent, button }) {
    Object.assign(this, { goal, sent, button, toBeat: null });
  }

  /**
   * Shows the score of a curve: the error of the median of the networks `who`, or of one that is shown `alone`. A curve
   * that was `opened` as a challenge has to be beaten from then on; its score is always computed, and not taken from
   * the address, in which anything may stand.
   */
  show({ curve, range, error, who, alone, opened }) {
    const counts = !alone && staysWithin(curve, range);
    const score = error.toPrecision(2);
    if (opened) this.toBeat = counts ? { score, who } : null;
    this.button.disabled = !counts;
    this.goal.textContent = `It has to stay between ${decimal(range[0])} and ${decimal(range[1])}, like the sine that they learned. ${this.verdict({ curve, score, who, alone, counts, opened })}`;
    this.sent.hidden = !opened;
    this.sent.textContent = counts
      ? `Somebody found this curve, on which the median of ${who} is ${score} off. Find a worse one!`
      : "Somebody sent this curve as a challenge, but it does not count.";
  }

  verdict({ curve, score, who, alone, counts, opened }) {
    if (alone) return "One network is shown alone; what counts is the median of all.";
    if (!counts) return `This one goes from ${decimal(Math.min(...curve))} to ${decimal(Math.max(...curve))} and does not count.`;
    const told = `This one scores ${score}, the RMSE of the median answer.`;
    if (opened || !this.toBeat) return told;
    const other = `the one that you were sent (${this.toBeat.score})`;
    if (who !== this.toBeat.who) return `${told} You were sent one for other networks, or for other steps of their training.`;
    return Number(score) > Number(this.toBeat.score) ? `${told} It is worse than ${other}: send it back.` : `${told} It is not worse than ${other}.`;
  }
}

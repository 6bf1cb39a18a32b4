"""The edits of modes, the hypotheses about them, and the verdicts line by line."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

TURNED, RANDOM, OTHER = "the mode", "a random edit", "the next mode"
REST_OF, CLOCK = "all but the mode", "the clock"
"""The edits of `experiments.research.resonance`; the random one damages the training answer of each network as much as
the mode's does. The last two are controls without hypotheses: all other complex pairs at rest are turned, or every step
is multiplied."""

LOCAL = "the mode at the line"

MOVED, FOLLOWS, UNMOVED, PREDICTS = (0.5, np.inf), (0.5, 1.5), (-0.25, 0.25), (0.5, np.inf)
"""Ranges of the 95 % interval of a median that support a hypothesis on a line: waves move with the mode at the mean
input; they move in proportion to the mode at the line, and last in proportion to the mode's decay; other edits leave
them. The local mode predicts which line has which waves by the rank correlation over lines."""

JUDGED = 0.5
"""Smallest share of networks with a slope for a verdict on a line."""


def enough(summary: Mapping[str, Any], networks: int) -> bool:
    """Whether enough networks have a number for a verdict; see `JUDGED`."""
    return bool(summary["networks"] >= JUDGED * networks)


def verdicts(population: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, int]]]:
    """Judges each hypothesis line by line: see `MOVED`."""
    ranges = {TURNED: MOVED, RANDOM: UNMOVED, OTHER: UNMOVED, LOCAL: FOLLOWS}
    rows = {f"frequency, {name}": (population["slopes"][name], limits) for name, limits in ranges.items()}
    rows["duration, the mode"] = population["decay"], FOLLOWS
    rows["local mode predicts waves"] = {"all": population["lines"]["correlation"]}, PREDICTS
    for name, (summaries, limits) in rows.items():
        counts = {"supported": 0, "undecided": 0, "refuted": 0, "not judged": 0}
        for summary in summaries.values():
            counts[_verdict(summary, population["networks"], *limits)] += 1
        yield name, counts


def _verdict(summary: Mapping[str, Any], networks: int, low: float, high: float) -> str:
    if not enough(summary, networks) or summary["low"] is None:
        return "not judged"
    if low <= summary["low"] and summary["high"] <= high:
        return "supported"
    return "refuted" if summary["high"] < low or summary["low"] > high else "undecided"

"""The edits of modes, what is expected of them, and how it is judged line by line."""

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


def enough(each: Mapping[str, Any], networks: int) -> bool:
    """Whether enough networks have a number for a verdict; see `JUDGED`."""
    return bool(each["networks"] >= JUDGED * networks)


def verdicts(found: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, int]]]:
    """Judges each hypothesis line by line: see `MOVED`."""
    ranges = {TURNED: MOVED, RANDOM: UNMOVED, OTHER: UNMOVED, LOCAL: FOLLOWS}
    rows = {f"frequency, {name}": (found["slopes"][name], each) for name, each in ranges.items()}
    rows["duration, the mode"] = found["decay"], FOLLOWS
    rows["local mode predicts waves"] = {"all": found["lines"]["correlation"]}, PREDICTS
    for name, (own, limits) in rows.items():
        counts = {"supported": 0, "undecided": 0, "refuted": 0, "not judged": 0}
        for each in own.values():
            counts[_judged(each, found["networks"], *limits)] += 1
        yield name, counts


def _judged(each: Mapping[str, Any], networks: int, low: float, high: float) -> str:
    if not enough(each, networks) or each["low"] is None:
        return "not judged"
    if low <= each["low"] and each["high"] <= high:
        return "supported"
    return "refuted" if each["high"] < low or each["low"] > high else "undecided"

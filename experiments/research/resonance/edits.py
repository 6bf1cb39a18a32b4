"""The edits of modes, and on which lines they are judged."""

from collections.abc import Mapping
from typing import Any

TURNED, RANDOM, OTHER = "the mode", "a random edit", "the next mode"
REST_OF, CLOCK = "all but the mode", "the clock"
"""The edits of `experiments.research.resonance`; the random one damages the training answer of each network as much as
the mode's does. The last two are controls without hypotheses: all other complex pairs at rest are turned, or every step
is multiplied."""

JUDGED = 0.5
"""Smallest share of networks with a slope for a verdict on a line."""


def enough(each: Mapping[str, Any], networks: int) -> bool:
    """Whether enough networks have a number for a verdict; see `JUDGED`."""
    return bool(each["networks"] >= JUDGED * networks)

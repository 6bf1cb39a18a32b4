"""What a claim is: a sentence as a number of a network, and where the number has to lie."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Bool, Float

Verdict = Literal["supported", "refuted", "undecided"]
VERDICTS = get_args(Verdict)

COPY, CLIPPED = "copy", "clipped copy"
"""The models without an LSTM that claims are tried on."""


Number = Callable[..., Float[np.ndarray, " S"]]
"""From the curve sets that it needs, one dataset each, to one number a network; NaN where it has no meaning."""


class Source(NamedTuple):
    """Which results a number is made of: a curve set of a population, see `evidence.select`."""

    population: str
    curves: str


@dataclass(frozen=True)
class Beside:
    """A number that is told beside a claim, and decides nothing.

    Attributes:
        what: it is.
        number: one a network.
        sources: what it is made of.
    """

    what: str
    number: Number
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Claim:
    """A sentence as a number, and where the number has to lie.

    Attributes:
        id: its name.
        quote: the sentence.
        statistic: what the number is.
        number: one a network.
        sources: what it is made of.
        low: a number below this does not meet the claim.
        high: a number above this does not.
        learned: whether it says that something is learned, so that a diverged network counts as not meeting it.
        against: another population that the number is held against instead of against thresholds: the claim is that a
            network's number is the higher one.
        beside: what is told beside it.
    """

    id: str
    quote: str
    statistic: str
    number: Number
    sources: tuple[Source, ...]
    low: float = -np.inf
    high: float = np.inf
    learned: bool = False
    against: str | None = None
    beside: tuple[Beside, ...] = ()

    @property
    def meets(self) -> str:
        """Where the number has to lie, in words."""
        if self.against is not None:
            return f"above {self.against}'s"
        if np.isfinite(self.low) and np.isfinite(self.high):
            return f"from {self.low:g} to {self.high:g}"
        return f"at least {self.low:g}" if np.isfinite(self.low) else f"at most {self.high:g}"

    def met(self, numbers: Float[np.ndarray, " S"]) -> Bool[np.ndarray, " S"]:
        """Whether numbers meet the claim; one that has no meaning does not."""
        return (self.low <= numbers) & (numbers <= self.high)

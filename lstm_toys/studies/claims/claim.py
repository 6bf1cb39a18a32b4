"""Claims: a sentence, one number per network, and thresholds. Imports nothing heavy."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Bool, Float

from lstm_toys import arguments

Verdict = Literal["supported", "refuted", "undecided"]
VERDICTS = get_args(Verdict)

COPY, CLIPPED = "copy", "clipped copy"
"""Models without a network on which claims are also tested."""

INPUT, TRUTH = "input", "true value"
"""The answers of these models: the input or, if networks read numbers off a curve, the true value."""

Number = Callable[..., Float[np.ndarray, " S"]]
"""Maps one dataset per source to one number per network, NaN where the number is undefined."""


class Source(NamedTuple):
    """Results that a claim's number is computed from.

    Attributes:
        population: the name of one of the populations of `Claims`.
        curves: the name of one of its experiment's probes, ``"training"`` for the training curve, or ``"history"`` for
            the errors recorded during training.

    Example:
        >>> import lstm_toys as lt
        >>> lt.Source("sine", "line").curves
        'line'
    """

    population: str
    curves: str


@dataclass(frozen=True)
class Baseline:
    """A number that is reported alongside a claim and does not affect the verdict.

    Attributes:
        what: a short description; unique within a claim.
        number: a function of the results in ``sources`` that returns one number per network ``[S]``; see `Claim`.
        sources: the results, in the order of the function's arguments.

    Example:
        >>> import lstm_toys as lt
        >>> def last(lines):
        ...     return lines.answer.values[:, 0, -1, 0]
        >>> lt.Baseline("last answer to the first line", last, (lt.Source("sine", "line"),)).what
        'last answer to the first line'
    """

    what: str
    number: Number
    sources: tuple[Source, ...]

    def __post_init__(self) -> None:
        arguments.text("baseline: what", self.what, empty=True)
        _check_number(f"baseline {self.what!r}", self.number, self.sources)


@dataclass(frozen=True)
class Claim:
    """A statement with one number per network, and the thresholds that this number has to meet.

    Attributes:
        id: a short name; see `Claims` for what it may contain.
        quote: the sentence.
        statistic: a description of the number.
        number: a function of the results in ``sources`` that returns one number per network ``[S]``, NaN where it is
            undefined. Curve sets have ``input`` ``[C, T, F]`` and ``answer`` ``[S, C, T, A]``, or ``answer``
            ``[S, C, A]`` and ``truth`` ``[C, A]``, with the curves' parameters as coordinates ``[C]``.
        sources: the results, in the order of the function's arguments.
        low: the smallest number that meets the claim.
        high: the largest number that meets the claim.
        learned: whether the claim states that something was learned. A diverged network then counts as not meeting it;
            otherwise diverged networks are excluded.
        against: a population to compare with instead of thresholds. The claim is that a network's number is
            higher than that of a network of this population.
        baselines: further numbers that are reported alongside.
        fails: whether the claim states that networks fail at something. Networks that learned nothing fail too, so the
            claim is not tested on controls.

    Raises:
        ValueError: a threshold is not a number, there is no threshold, no number lies between them, ``against`` is
            combined with thresholds, ``learned`` with ``fails``, or another argument has the wrong type.

    Example:
        >>> import lstm_toys as lt
        >>> def largest(lines):
        ...     return lines.answer.values.max(axis=(1, 2, 3))
        >>> sources = (lt.Source("sine", "line"),)
        >>> lt.Claim("within", "Lines are answered within 0.6", "largest answer", largest, sources, high=0.6).meets
        'at most 0.6'
    """

    id: str
    quote: str
    statistic: str
    number: Number
    sources: tuple[Source, ...]
    low: float | int = -np.inf
    high: float | int = np.inf
    learned: bool = False
    against: str | None = None
    baselines: tuple[Baseline, ...] = ()
    fails: bool = False

    def __post_init__(self) -> None:
        arguments.text("id", self.id, empty=True)
        claim = f"claim {self.id!r}"
        for name in ("quote", "statistic"):
            arguments.text(f"{claim}: {name}", getattr(self, name), empty=True)
        for name in ("learned", "fails"):
            arguments.switch(f"{claim}: {name}", getattr(self, name))
        if self.learned and self.fails:
            raise ValueError(f"{claim}: learned=True and fails=True contradict each other")
        arguments.instance(f"{claim}: against", self.against, str | None, "the name of a population, or None")
        for name in ("low", "high"):
            object.__setattr__(self, name, _threshold(f"{claim}: {name}", getattr(self, name)))
        bounded = (self.low, self.high) != (-np.inf, np.inf)
        if self.against is None and not bounded:
            raise ValueError(f"{claim} has no threshold: give low, high, or against")
        if self.against is not None and bounded:
            raise ValueError(f"{claim}: against={self.against!r} replaces low and high; give one or the other")
        if self.low > self.high or self.low == np.inf or self.high == -np.inf:
            raise ValueError(f"{claim}: no number is at least {self.low:g} and at most {self.high:g}")
        _check_number(claim, self.number, self.sources)
        if self.against is not None:
            self._check_against(claim)
        if not isinstance(self.baselines, tuple) or not all(isinstance(each, Baseline) for each in self.baselines):
            raise ValueError(
                f"{claim}: baselines must be a tuple of lt.Baseline, not {arguments.brief(self.baselines)}"
            )
        names = [each.what for each in self.baselines]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"{claim}: two baselines are named {twice[0]!r}")

    def _check_against(self, claim: str) -> None:
        """Raises ValueError if the claim cannot be compared with the population ``against``."""
        names = {source.population for source in self.sources}
        if len(names) > 1:
            raise ValueError(f"{claim}: against={self.against!r} takes one population, not {', '.join(sorted(names))}")
        if self.against in names:
            raise ValueError(f"{claim}: {self.against!r} cannot be compared with itself")
        if self.learned:
            raise ValueError(f"{claim}: against={self.against!r} excludes diverged networks; learned counts them")

    @property
    def meets(self) -> str:
        """The thresholds in words."""
        if self.against is not None:
            return f"above {self.against}'s"
        if np.isfinite(self.low) and np.isfinite(self.high):
            return f"from {self.low:g} to {self.high:g}"
        return f"at least {self.low:g}" if np.isfinite(self.low) else f"at most {self.high:g}"

    @property
    def populations(self) -> tuple[str, ...]:
        """The populations that the verdict depends on."""
        names = (source.population for source in self.sources)
        return tuple(dict.fromkeys([*names, *([] if self.against is None else [self.against])]))

    def made_of(self, held: Collection[str]) -> set[str]:
        """Returns the populations in ``held`` that the claim and its baselines use; none if one is missing.

        A baseline that needs a missing population is skipped.
        """
        if not {*self.populations} <= {*held}:
            return set()
        others = [{source.population for source in each.sources} for each in self.baselines]
        return {*self.populations}.union(*(names for names in others if names <= {*held}))

    def met(self, numbers: Float[np.ndarray, " S"]) -> Bool[np.ndarray, " S"]:
        """Whether each number meets the thresholds; NaN does not."""
        return (self.low <= numbers) & (numbers <= self.high)


def _threshold(name: str, value: Any) -> float:
    """Converts a threshold to a float; raises ValueError if it is not a number."""
    try:
        converted = float(value) if isinstance(value, Real) and not isinstance(value, bool) else np.nan
    except OverflowError:
        converted = np.nan
    if np.isnan(converted):
        raise ValueError(f"{name} must be a number, not {arguments.brief(value)}")
    return converted


def _check_number(owner: str, number: Any, sources: Any) -> None:
    """Raises ValueError if ``number`` is not a function or ``sources`` are invalid."""
    if not isinstance(sources, tuple) or isinstance(sources, Source) or not sources:
        raise ValueError(f"{owner}: sources must be a tuple of lt.Source, such as (lt.Source('line', 'steeper'),)")
    if wrong := [each for each in sources if not isinstance(each, Source)]:
        raise ValueError(f"{owner}: sources must be a tuple of lt.Source, but {arguments.brief(wrong[0])} is not one")
    arguments.function(f"{owner}: number", number, "a function of labeled results, one for each source", len(sources))

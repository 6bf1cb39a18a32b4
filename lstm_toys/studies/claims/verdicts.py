"""How a claim is judged: the share of networks that meet it, and what else meets it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import scipy.stats
import xarray as xr
from jaxtyping import Bool, Float

from lstm_toys.statistics import intervals
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies.claims import evidence
from lstm_toys.studies.claims.evidence import Evidence

Verdict = Literal["supported", "refuted", "undecided"]

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
    """A sentence of the post as a number, and where the number has to lie.

    Attributes:
        id: its name.
        quote: the post's sentence.
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


@dataclass(frozen=True)
class Outcome:
    """What a population says of a claim.

    Attributes:
        numbers: of its networks ``[S]``; NaN for those that diverged, and where a number has no meaning.
        diverged: the seeds that did.
        excluded: those of them that the share leaves out: all, or none where one counts as not meeting the claim.
        counted: how many networks the share is taken of.
        share: of networks that meet the claim, with a 95 % Wilson interval; against another population, the
            probability that a network's number is above that of one of the other, with a 95 % bootstrap interval.
        median: of the numbers, with a 95 % bootstrap interval.
        theirs: the numbers of the other population, without diverged networks; None without one.
        beside: medians of what is told beside the claim, with such intervals.
    """

    numbers: Float[np.ndarray, " S"]
    diverged: tuple[int, ...]
    excluded: tuple[int, ...]
    counted: int
    share: Estimate
    median: Estimate
    theirs: Float[np.ndarray, " S2"] | None
    beside: dict[str, Estimate]

    @property
    def verdict(self) -> Verdict:
        """Whether the interval of the share lies above one half, below, or across it, or there is none."""
        if self.share.low > 0.5:
            return "supported"
        return "refuted" if self.share.high < 0.5 else "undecided"


def wilson(successes: int, trials: int) -> Estimate:
    """A share with its 95 % Wilson score interval (Wilson, 1927); NaN without trials."""
    if not trials:
        return Estimate(np.nan, np.nan, np.nan)
    interval = scipy.stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return Estimate(successes / trials, float(interval.low), float(interval.high))


def probability_above(ours: Float[np.ndarray, " S"], theirs: Float[np.ndarray, " S2"]) -> Estimate:
    """The probability that one of ours is above one of theirs, a tie counting half (Mann and Whitney, 1947).

    The 95 % interval is that of the percentile bootstrap, 9,999 resamples of both samples from a fixed state; there is
    none with fewer than two numbers in either.
    """
    if not (len(ours) and len(theirs)):
        return Estimate(np.nan, np.nan, np.nan)

    def probability(
        ours: Float[np.ndarray, "*R S"], theirs: Float[np.ndarray, "*R S2"], axis: int = -1
    ) -> Float[np.ndarray, "*R"]:
        difference = np.sign(np.expand_dims(ours, axis) - np.expand_dims(theirs, axis - 1))
        return np.asarray((1 + difference.mean(axis=(axis - 1, axis))) / 2)

    value = float(probability(ours, theirs))
    if min(len(ours), len(theirs)) < 2:
        return Estimate(value, np.nan, np.nan)
    interval = scipy.stats.bootstrap(
        (ours, theirs), probability, method="percentile", vectorized=True, batch=100, rng=0
    ).confidence_interval
    return Estimate(value, float(interval.low), float(interval.high))


def judge(claim: Claim, populations: Evidence) -> Outcome | None:
    """What populations say of a claim; None if they do not hold what it is about."""
    numbers = _numbers(claim.number, claim.sources, populations)
    if numbers is None:
        return None
    diverged = _diverged(claim.sources, populations)
    lost = tuple(np.flatnonzero(diverged).tolist())
    numbers = np.where(diverged, np.nan, numbers)
    sound = numbers[~diverged]
    counted = len(numbers) if claim.learned else len(sound)
    theirs = None
    if claim.against is None:
        share = wilson(int(claim.met(sound).sum()), counted)
    else:
        sources = tuple(source._replace(population=claim.against) for source in claim.sources)
        theirs = _numbers(claim.number, sources, populations)
        if theirs is None:
            return None
        theirs = theirs[~_diverged(sources, populations)]
        share = probability_above(sound, theirs)
    beside = {each.what: _beside(each, populations) for each in claim.beside}
    return Outcome(
        numbers,
        lost,
        () if claim.learned else lost,
        counted,
        share,
        intervals.median_bootstrap(sound[np.isfinite(sound)]),
        theirs,
        {what: estimate for what, estimate in beside.items() if estimate is not None},
    )


def _beside(beside: Beside, populations: Evidence) -> Estimate | None:
    numbers = _numbers(beside.number, beside.sources, populations)
    if numbers is None:
        return None
    sound = numbers[~_diverged(beside.sources, populations)]
    return intervals.median_bootstrap(sound[np.isfinite(sound)])


def _numbers(number: Number, sources: tuple[Source, ...], populations: Evidence) -> Float[np.ndarray, " S"] | None:
    """One number a network, in double precision; None if something that it is made of is missing."""
    parts = [_part(source, populations) for source in sources]
    if any(part is None for part in parts):
        return None
    return np.asarray(number(*parts), float)


def _part(source: Source, populations: Evidence) -> xr.Dataset | None:
    labeled = populations.get(source.population)
    return None if labeled is None else evidence.select(labeled, source.curves)


def _diverged(sources: tuple[Source, ...], populations: Evidence) -> Bool[np.ndarray, " S"]:
    """Networks that diverged in any of the populations."""
    names = dict.fromkeys(source.population for source in sources)
    return np.any([populations[name].diverged.values for name in names], axis=0)

"""How a claim is judged: the share of networks that meet it, and what else meets it."""

import traceback
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from lstm_toys.statistics import intervals
from lstm_toys.statistics.intervals import Estimate, probability_above, wilson
from lstm_toys.studies.claims import evidence
from lstm_toys.studies.claims.claim import Beside, Claim, Number, Source, Verdict
from lstm_toys.studies.claims.evidence import Evidence


@dataclass(frozen=True)
class Outcome:
    """What a population says of a claim.

    Attributes:
        meets: whether each network meets it; against another population, whether its number is above most of theirs.
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

    meets: Bool[np.ndarray, " S"]
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


class Unsound(ValueError):
    """A claim whose number cannot be had; the argument says why in one line."""


def judge(claim: Claim, populations: Evidence) -> Outcome | None:
    """What populations say of a claim; None if they do not hold what it is about.

    Raises:
        Unsound: its number, or one beside it, is not one a network.
    """
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
        meets = claim.met(numbers)
        share = wilson(int(meets.sum()), counted)
    else:
        sources = tuple(source._replace(population=claim.against) for source in claim.sources)
        theirs = _numbers(claim.number, sources, populations)
        if theirs is None:
            return None
        theirs = theirs[~_diverged(sources, populations)]
        meets = np.array([probability_above(np.array([each]), theirs).value > 0.5 for each in numbers], bool)
        share = probability_above(sound, theirs)
    beside = {each.what: _beside(each, populations) for each in claim.beside}
    return Outcome(
        meets,
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
    """One number a network, in double precision.

    None if something that it is made of is missing, or if it is made of populations of different numbers of networks.
    """
    parts = [part for source in sources if (part := _part(source, populations)) is not None]
    seeds = {part.sizes["seed"] for part in parts}
    if len(parts) < len(sources) or len(seeds) > 1:
        return None
    try:
        with np.errstate(all="ignore"):  # The answers of a diverged network may be anything.
            found = np.asarray(number(*parts), float)
    except Exception as error:  # Whatever the code of a claim raises.
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}, line {where.lineno}"
        said = " ".join(str(error).split())
        raise Unsound(f"{number.__name__} raises {type(error).__name__}: {said} ({place})") from error
    if found.shape != (*seeds,):
        raise Unsound(f"{number.__name__} gives an array {list(found.shape)}, not one number a network {[*seeds]}")
    return found


def _part(source: Source, populations: Evidence) -> xr.Dataset | None:
    labeled = populations.get(source.population)
    return None if labeled is None else evidence.select(labeled, source.curves)


def _diverged(sources: tuple[Source, ...], populations: Evidence) -> Bool[np.ndarray, " S"]:
    """Networks that diverged in any of the populations."""
    names = {source.population for source in sources}
    return np.any([populations[name].diverged.values for name in names], axis=0)

"""Judges a claim by the share of networks that meet it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from lstm_toys.runs.context import Refused, described_error
from lstm_toys.statistics import intervals
from lstm_toys.statistics.intervals import Estimate, clopper_pearson, median_bootstrap, probability_above, wilson
from lstm_toys.studies.claims import evidence
from lstm_toys.studies.claims.declaration import Claim, Number, Source, Verdict, verdict

Measured: TypeAlias = tuple[Float[np.ndarray, " S"], Bool[np.ndarray, " S"], Bool[np.ndarray, " S"]]
"""A number of each network, and which networks diverged, and did not learn."""


@dataclass(frozen=True)
class Judgment:
    """A claim judged by one population.

    Attributes:
        meets: whether each network meets the claim; with ``against``, whether its number is above most of ``theirs``.
        numbers: NaN if a network diverged or is excluded, or its number is undefined.
        unlearned: seeds that the share excludes since they did not learn.
        excluded: diverged seeds that the share excludes; empty if a diverged network counts as not meeting the claim.
        share: share of the ``counted`` networks that meet the claim, see `wilson`, or `probability_above` for pairs.
        median: of the numbers, with a bootstrap interval; ``baselines`` alike.
        theirs: with ``against``, the other population's numbers that are not NaN.
    """

    meets: Bool[np.ndarray, " S"]
    numbers: Float[np.ndarray, " S"]
    diverged: tuple[int, ...]
    unlearned: tuple[int, ...]
    excluded: tuple[int, ...]
    counted: int
    share: Estimate
    median: Estimate
    theirs: Float[np.ndarray, " S2"] | None
    baselines: dict[str, Estimate]

    @property
    def meaningless(self) -> int:
        """The number of networks that did not diverge and have an undefined number, which does not meet the claim."""
        return int(np.isnan(self.numbers).sum()) - len({*self.diverged, *self.unlearned})

    @property
    def verdict(self) -> Verdict:
        return verdict(self.share)

    def share_at(self, confidence: float) -> Estimate:
        """The share with an interval for several at once: the exact one, or a bootstrap widened like a normal one."""
        if self.theirs is None:
            return clopper_pearson(int(self.meets.sum()), self.counted, confidence)
        if self.share.value in (0.0, 1.0):
            return intervals.separated(self.share.value, min(self.counted, len(self.theirs)), confidence)
        value, *ends = intervals.widened(self.share, confidence)
        return Estimate(value, *np.clip(ends, 0.0, 1.0).tolist())  # NaN stays NaN.


def judge(claim: Claim, populations: evidence.Evidence, *, only_learned: bool = False) -> Judgment | None:
    """Judges a claim by results of populations; None if they lack one of its sources.

    ``only_learned`` excludes networks whose variable ``learned`` is False, unless the claim states that something was
    learned.

    Raises:
        Refused: the function of the claim or of a baseline raises, or does not return one real number per network.
    """

    measure = partial(_measure, claim, populations, only_learned and not claim.learned)
    if (ours := measure(claim.number, claim.sources)) is None:
        return None
    numbers, diverged, unlearned = ours
    out, theirs = diverged | unlearned, None
    counted = len(numbers) if claim.learned else int((~out).sum())
    if claim.against is None:
        meets = claim.met(numbers)
        share = wilson(int(meets.sum()), counted)
    else:
        other = measure(claim.number, tuple(source._replace(population=claim.against) for source in claim.sources))
        if other is None:
            return None
        theirs = _known(other[0])
        lowest = np.where(np.isnan(numbers), -np.inf, numbers)  # An undefined number is never above another.
        meets = np.array([probability_above(np.array([each]), theirs).value > 0.5 for each in lowest], bool)
        share = probability_above(lowest[~out], theirs)
    baselines = {each.what: measure(each.number, each.sources) for each in claim.baselines}
    lost = tuple(np.flatnonzero(diverged).tolist())
    return Judgment(
        meets,
        numbers,
        lost,
        tuple(np.flatnonzero(unlearned & ~diverged).tolist()),
        () if claim.learned else lost,
        counted,
        share,
        median_bootstrap(_known(numbers)),
        theirs,
        {what: median_bootstrap(_known(each[0])) for what, each in baselines.items() if each is not None},
    )


def _known(numbers: Float[np.ndarray, " S"]) -> Float[np.ndarray, " N"]:
    return numbers[~np.isnan(numbers)]


def _measure(
    claim: Claim, populations: evidence.Evidence, only_learned: bool, number: Number, sources: Sequence[Source]
) -> Measured | None:
    """Computes numbers, NaN for excluded networks; None if a source is missing, or sources differ in size."""
    held = [(populations[each.population], each.curves) for each in sources if each.population in populations]
    known = [part for each, curves in held if (part := evidence.select(each, curves)) is not None]
    if len(known) < len(sources) or len({part.sizes["seed"] for part in known}) > 1:
        return None
    diverged = np.any([each.diverged.values for each, _ in held], axis=0)
    unlearned = np.zeros(len(diverged), bool)
    for each, _ in held:
        if only_learned and "learned" in each:
            unlearned |= ~each.learned.values
    sound, numbers = ~(diverged | unlearned), np.full(len(diverged), np.nan)
    if sound.any():
        numbers[sound] = _called(claim, number, [part if sound.all() else part.isel(seed=sound) for part in known])
    return numbers, diverged, unlearned


def _called(claim: Claim, number: Number, parts: list[xr.Dataset]) -> Float[np.ndarray, " S"]:
    """Calls a claim's function; raises Refused if it raises, or does not return one real number per network."""
    name = f"claim {claim.id}: {getattr(number, '__name__', repr(number))}"
    count = parts[0].sizes["seed"]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            array = np.ma.asarray(number(*(part.copy(deep=True) for part in parts)))  # A function may change its own.
    except (Exception, SystemExit) as error:  # A user's code may raise anything.
        raise Refused(f"{name} raises {described_error(error)}") from error
    if array.shape != (count,) or array.dtype.kind not in "biuf":
        found = f"numbers of type {array.dtype} and shape {array.shape}"
        raise Refused(f"{name} returns {found} for {count} networks; expected real ones of shape ({count},)")
    return np.ma.filled(array.astype(float), np.nan)

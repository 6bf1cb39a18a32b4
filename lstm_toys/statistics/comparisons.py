"""Comparisons of two populations of networks: how often numbers of one are higher, and by how much.

Numbers with the same index belong to the same seed number, so that two populations may share initial weights and draws
of stimuli. The bootstrap therefore resamples seed numbers for both at once; a number that is NaN is missing in its
population only.
"""

from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from lstm_toys import arguments
from lstm_toys.statistics.intervals import (
    AT_ONCE,
    FEWEST,
    NOTHING,
    RESAMPLES,
    Estimate,
    bca_interval,
    clopper_pearson,
    with_width,
)


def probability_above(ours: Float[np.ndarray, " S"] | Any, theirs: Float[np.ndarray, " S2"] | Any) -> Estimate:
    """Returns the probability that one of ours exceeds one of theirs; ties count half (Mann and Whitney, 1947).

    Args:
        ours: one number per seed ``[S]``; infinite ones are allowed, and NaN is left out.
        theirs: one number per seed of another population ``[S2]``; seeds with the same index are resampled together.

    Returns:
        The probability over all pairs, with the ends of a 95 % interval: a bootstrap of seeds, bias-corrected and
        accelerated (BCa; Efron, 1987), with a fixed random seed, and an exact one if the samples do not overlap. There
        is none if one has fewer than eight numbers, or all are equal; without numbers the probability is NaN, too.

    Raises:
        ValueError: the arguments are not one number per seed.

    Example:
        >>> import lstm_toys as lt
        >>> print(f"{lt.statistics.probability_above(np.arange(8.0), np.arange(8.0) - 3).value:.3f}")
        0.805
    """
    ours, theirs = _checked(ours=ours, theirs=theirs)
    signs, fewer = np.sign(_differences(ours, theirs)), _fewer(ours, theirs)
    if not fewer:
        return NOTHING
    above, tied, below = _counts(signs)
    value = (above + tied / 2) / (above + tied + below)
    if fewer < FEWEST:
        return Estimate(value, np.nan, np.nan)
    if value in (0.0, 1.0):
        return separated(value, fewer)
    signs, seeds = np.nan_to_num(signs).astype(np.float32), max(len(ours), len(theirs))

    def chances(our_counts: Float[np.ndarray, "R S"], their_counts: Float[np.ndarray, "R S2"]) -> Any:
        sums = np.einsum("rs,rs->r", our_counts @ signs, their_counts, dtype=float)
        return (1 + sums / (our_counts.sum(axis=1, dtype=float) * their_counts.sum(axis=1))) / 2

    resampled = np.concatenate([chances(*drawn) for drawn in _resamples(ours, theirs)])
    whole, *without = chances(*_drawn(np.vstack([np.ones(seeds), 1 - np.eye(seeds)]), ours, theirs))
    return Estimate(value, *bca_interval(whole, resampled, np.array(without)))


def shift(ours: Float[np.ndarray, " S"] | Any, theirs: Float[np.ndarray, " S2"] | Any) -> Estimate:
    """Returns by how much ours are above theirs: the median of all differences (Hodges and Lehmann, 1963).

    It is never on the other side of zero than `lt.statistics.probability_above` is of one half, which a difference of
    medians may be. Medians are those of the inverse distribution function, so that they are differences that exist.

    Args:
        ours: one number per seed ``[S]``, in any unit; infinite ones are allowed, and NaN is left out. The difference
            of two equal infinite numbers is 0.
        theirs: one number per seed of another population ``[S2]``, in the same unit; seeds with the same index are
            resampled together.

    Returns:
        The median difference, with the ends of a 95 % percentile bootstrap interval as ``low`` and ``high``, from the
        resamples of `lt.statistics.probability_above`. The ends are NaN if resampling does not change it, or one
        population has fewer than eight numbers; without numbers all are. With eight, the interval covers 92 %.

    Raises:
        ValueError: the arguments are not one number per seed.

    Example:
        >>> import lstm_toys as lt
        >>> lt.statistics.shift(np.arange(8.0), np.arange(8.0)[::-1] - 3)
        Estimate(value=3.0, low=-1.0, high=6.0)
    """
    ours, theirs = _checked(ours=ours, theirs=theirs)
    differences = _differences(ours, theirs)
    rows, columns = np.nonzero(~np.isnan(differences))
    if not len(rows):
        return NOTHING
    order = np.argsort(differences[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    ascending = differences[rows, columns]
    value = float(np.quantile(ascending, 0.5, method="inverted_cdf"))
    if _fewer(ours, theirs) < FEWEST:
        return Estimate(value, np.nan, np.nan)
    resampled = []
    for our_counts, their_counts in _resamples(ours, theirs):
        weights = np.cumsum(our_counts[:, rows] * their_counts[:, columns], axis=1)
        resampled.append(ascending[(2 * weights >= weights[:, -1:]).argmax(axis=1)])
    return Estimate(value, *with_width(np.concatenate(resampled)))


class Pairs(NamedTuple):
    """Numbers of pairs in which ours is above theirs, equal to it, and below it."""

    above: int
    tied: int
    below: int


def pairs(ours: Float[np.ndarray, " S"], theirs: Float[np.ndarray, " S2"]) -> Pairs:
    """Counts in how many pairs each number is the higher one; NaN is left out."""
    return _counts(np.sign(_differences(ours, theirs)))


def separated(value: float, fewer: int, confidence: float = 0.95) -> Estimate:
    """Returns a probability of 0 or 1 that one number exceeds another, of samples that do not overlap.

    Resampling would not change it. Its interval is exact, for equal outcomes as many as the smaller sample has numbers.
    """
    return clopper_pearson(round(value * fewer), fewer, confidence)


def power(networks: int, probability: float) -> float:
    """Returns the probability that two populations of so many networks each are found to differ.

    ``probability`` is how often a network of one is above one of the other. The estimate of this is taken to be normal,
    with its variance for two equal populations.
    """
    normal = NormalDist()
    return normal.cdf(abs(probability - 0.5) * np.sqrt(6 * networks) - normal.inv_cdf(0.975))


def _checked(**samples: Any) -> list[Float[np.ndarray, " _"]]:
    checked = (arguments.array(name, sample, "S", finite=False, empty=True) for name, sample in samples.items())
    return [np.asarray(sample, float) for sample in checked]


def _differences(ours: Float[np.ndarray, " S"], theirs: Float[np.ndarray, " S2"]) -> Float[np.ndarray, "S S2"]:
    row, column = ours[:, None], theirs[None, :]
    with np.errstate(invalid="ignore"):
        return np.where(row == column, 0.0, row - column)


def _counts(signs: Float[np.ndarray, "S S2"]) -> Pairs:
    return Pairs(*(int((signs == sign).sum()) for sign in (1, 0, -1)))


def _fewer(*samples: Float[np.ndarray, " _"]) -> int:
    """The size of the smaller sample, without NaN."""
    return min(int((~np.isnan(sample)).sum()) for sample in samples)


def _drawn(counts: Float[np.ndarray, "R S"], *samples: Float[np.ndarray, " _"]) -> list[Float[np.ndarray, "R _"]]:
    """How often each number of a sample is drawn with its seed, 0 for NaN."""
    return [counts[:, : len(sample)] * ~np.isnan(sample) for sample in samples]


def _resamples(ours: Float[np.ndarray, " S"], theirs: Float[np.ndarray, " S2"]) -> Any:
    """Yields batches of resamples as `_drawn`, without those that lack a population."""
    seeds, random = max(len(ours), len(theirs)), np.random.default_rng(0)
    rows, exact = min(RESAMPLES, max(1, AT_ONCE // (len(ours) * len(theirs)))), np.float32 if seeds < 2**12 else float
    for start in range(0, RESAMPLES, rows):
        drawn = random.multinomial(seeds, np.full(seeds, 1 / seeds), min(rows, RESAMPLES - start)).astype(exact)
        counts = _drawn(drawn, ours, theirs)
        complete = np.all([sample.any(axis=1) for sample in counts], axis=0)
        yield [sample[complete] for sample in counts]

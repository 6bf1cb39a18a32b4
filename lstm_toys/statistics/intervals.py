"""Estimates over seeds with intervals: medians, quantiles and shares; bootstrap, Wilson and Clopper-Pearson."""

from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lstm_toys import arguments as checked

RESAMPLES = 10_000

FEWEST = 8
"""Fewest numbers with which a bootstrap interval is given: with five, one of 95 % covers 90 %."""

AT_ONCE = 1_000_000
"""Approximate number of values in a batch of resamples, to bound memory."""


class Estimate(NamedTuple):
    """An estimate with an interval.

    Attributes:
        value: the estimate, such as a median or a share.
        low: the lower end of the interval; NaN if there is none.
        high: the upper end of the interval; NaN if there is none.

    Example:
        >>> lt.statistics.Estimate(0.5, 0.4, 0.6).low
        0.4
    """

    value: float
    low: float
    high: float

    def as_json(self, name: str = "median") -> dict[str, float | None]:
        """Returns the estimate and the ends of its interval by name, for JSON.

        Args:
            name: what the estimate is called.

        Returns:
            ``name``, ``low`` and ``high``; None for numbers that are not finite.

        Example:
            >>> lt.statistics.median_quartiles(np.arange(9.0)).as_json()
            {'median': 4.0, 'low': 2.0, 'high': 6.0}
        """
        numbers = (float(number) if np.isfinite(number) else None for number in self)
        return dict(zip((name, "low", "high"), numbers, strict=True))


NOTHING = Estimate(np.nan, np.nan, np.nan)


def median_bootstrap(values: Float[np.ndarray, " S"], confidence: float = 0.95) -> Estimate:
    """Returns the median over seeds with a percentile bootstrap interval (Efron, 1979).

    It resamples seeds 10,000 times with a fixed random seed, so that equal values give equal intervals.

    Args:
        values: one number per seed ``[S]``, in any unit; infinite ones are allowed, such as a time that was never
            reached.
        confidence: nominal coverage of the interval, above 0 and below 1. A larger one gives a wider interval.

    Returns:
        The median, with the ends of the interval as ``low`` and ``high``. The ends are NaN if resampling does not
        change the median, as with equal values, or there are fewer than 8 seeds. Without seeds the median is also NaN.
        If a value is infinite, the ends are not interpolated between medians.

    Raises:
        ValueError: ``values`` are not one number per seed, or ``confidence`` is out of range.

    Example:
        >>> lt.statistics.median_bootstrap(np.arange(9.0))
        Estimate(value=4.0, low=1.0, high=7.0)
    """
    values = _one_per_seed(values)
    confidence = checked.number("confidence", confidence, above=0, below=1)
    if not len(values):
        return NOTHING
    median = float(np.median(values))
    if len(values) < FEWEST:
        return Estimate(median, np.nan, np.nan)
    random, rows = np.random.default_rng(0), min(RESAMPLES, max(1, AT_ONCE // len(values)))
    batches = [
        np.median(values[resample(len(values), min(rows, RESAMPLES - start), random)], axis=-1)
        for start in range(0, RESAMPLES, rows)
    ]
    return Estimate(median, *with_width(np.concatenate(batches), (1 - confidence) / 2))


def median_quartiles(values: Float[np.ndarray, " S"]) -> Estimate:
    """Returns the median over seeds with the first and the third quartile.

    Quartiles describe how networks differ, not how certain the median is; for that use
    `lt.statistics.median_bootstrap`.

    Args:
        values: one number per seed ``[S]``, in any unit. If one is infinite, such as a censored time, the quantiles are
            not interpolated between values.

    Returns:
        The median, with the quartiles as ``low`` and ``high``; NaN without seeds.

    Raises:
        ValueError: ``values`` are not one number per seed.

    Example:
        >>> lt.statistics.median_quartiles(np.arange(9.0))
        Estimate(value=4.0, low=2.0, high=6.0)
    """
    values = _one_per_seed(values)
    if not len(values):
        return NOTHING
    low, value, high = np.quantile(values, (0.25, 0.5, 0.75), method=_method(values))
    return Estimate(float(value), float(low), float(high))


def band(values: Float[np.ndarray, "S *rest"]) -> tuple[Float[np.ndarray, "*rest"], Float[np.ndarray, "*rest"]]:
    """Returns the 5 % and 95 % quantiles over seeds, between which nine in ten networks lie.

    Args:
        values: numbers of each seed ``[S, ...]``, such as answers ``[S, C, T, A]``.

    Returns:
        The lower and the upper quantiles, two arrays of the shape of ``values`` without the axis of seeds.

    Raises:
        ValueError: ``values`` are not numbers, or there are no seeds.

    Example:
        >>> low, high = lt.statistics.band(np.arange(21.0)[:, None])
        >>> low.tolist(), high.tolist()
        ([1.0], [19.0])
    """
    sample = np.asarray(checked.array("values", values, "S ...", finite=False))
    low, high = np.quantile(sample, (0.05, 0.95), axis=0)
    return low, high


def wilson(successes: int, trials: int, confidence: float = 0.95) -> Estimate:
    """Returns a proportion with its score interval (Wilson, 1927).

    Its coverage is close to the confidence on average over proportions. Where it must not be lower at any proportion,
    as for many intervals at once, use `lt.statistics.clopper_pearson`.

    Args:
        successes: how many trials had the outcome, such as networks that learned the task.
        trials: how many there were, at least ``successes``.
        confidence: nominal coverage of the interval, above 0 and below 1. A larger one gives a wider interval.

    Returns:
        The proportion, with the ends of the interval as ``low`` and ``high``; all are NaN without trials.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> print(*(f"{number:.2f}" for number in lt.statistics.wilson(15, 16)))
        0.94 0.72 0.99
    """
    successes, trials, confidence = _counts(successes, trials, confidence)
    if not trials:
        return NOTHING
    return score(successes / trials, trials, deviations(confidence))


def score(share: float, size: float | int, width: float) -> Estimate:
    """Returns a share with its score interval, of so many trials; half its width is in standard deviations."""
    squared = width**2
    middle = share + squared / (2 * size)
    half = np.sqrt(squared * (share * (1 - share) / size + squared / (4 * size**2)))
    low, high = (float(end / (1 + squared / size)) for end in (middle - half, middle + half))
    return Estimate(share, min(low, share), max(high, share))  # Rounding must not exclude the share.


def clopper_pearson(successes: int, trials: int, confidence: float = 0.95) -> Estimate:
    """Returns a proportion with its exact interval (Clopper and Pearson, 1934).

    It contains the true proportion at least as often as the confidence says, whatever the proportion is. It is usually
    wider than the interval of `lt.statistics.wilson`.

    Args:
        successes: how many trials had the outcome, such as networks that learned the task.
        trials: how many there were, at least ``successes``.
        confidence: smallest coverage of the interval, above 0 and below 1. A larger one gives a wider interval.

    Returns:
        The proportion, with the ends of the interval as ``low`` and ``high``; all are NaN without trials.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> print(*(f"{number:.2f}" for number in lt.statistics.clopper_pearson(15, 16)))
        0.94 0.70 1.00
    """
    successes, trials, confidence = _counts(successes, trials, confidence)
    if not trials:
        return NOTHING
    from scipy.special import betaincinv

    failures, tail = trials - successes, (1 - confidence) / 2
    low = float(betaincinv(successes, failures + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - tail)) if failures else 1.0
    return Estimate(successes / trials, low, high)


def _counts(successes: int, trials: int, confidence: float) -> tuple[int, int, float]:
    trials = checked.whole("trials", trials, least=0)
    successes = checked.whole("successes", successes, least=0, most=trials)
    return successes, trials, checked.number("confidence", confidence, above=0, below=1)


def power(networks: int, share: float) -> float:
    """Returns the probability that so many networks support a claim, if this share of all networks meets it.

    They support it if the lower end of Wilson's 95 % interval exceeds one half.
    """
    from scipy.stats import binom

    deciding = next((met for met in range(networks + 1) if networks and wilson(met, networks).low > 0.5), networks + 1)
    return float(binom.sf(deciding - 1, networks, share))


def simultaneous(count: int, confidence: float = 0.95) -> float:
    """Returns the confidence for each of several intervals that hold simultaneously (Bonferroni)."""
    return 1 - (1 - confidence) / max(1, count)


def holm(p: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Corrects p-values for their number (Holm, 1979).

    Args:
        p: the p-values ``[N]``; NaN stays, and does not count.

    Returns:
        The corrected ones ``[N]``, at most 1.

    Raises:
        ValueError: ``p`` is not an array of one axis.

    Example:
        >>> lt.statistics.holm(np.array([0.01, 0.04, 0.5])).tolist()
        [0.03, 0.08, 0.5]
    """
    p = checked.array("p", p, "N", finite=False, empty=True)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known])]
    corrected = np.full(len(p), np.nan)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return corrected


def widened(estimate: Estimate, confidence: float) -> Estimate:
    """Widens the 95 % interval of an estimate to another confidence, by the ratio of normal quantiles."""
    ratio = deviations(confidence) / deviations(0.95)
    value, low, high = estimate
    return Estimate(value, value - ratio * (value - low), value + ratio * (high - value))


def deviations(confidence: float, degrees: int | None = None) -> float:
    """Half the width of a normal interval, in standard deviations; with degrees of freedom, that of Student's t."""
    if degrees is None:
        return NormalDist().inv_cdf((1 + confidence) / 2)
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + confidence) / 2))


def _one_per_seed(values: Float[np.ndarray, " S"]) -> Float[np.ndarray, " S"]:
    return np.asarray(checked.array("values", values, "S", finite=False, empty=True))


def difference(first: Estimate, second: Estimate) -> Estimate:
    """Returns the difference of two independent estimates, with an interval that combines theirs in quadrature.

    This is the method of Zou and Donner (2008); for proportions with Wilson intervals, it is method 10 of Newcombe
    (1998). There is no interval unless both have one.
    """
    value = first.value - second.value
    below = np.hypot(first.value - first.low, second.high - second.value)
    above = np.hypot(first.high - first.value, second.value - second.low)
    return Estimate(value, float(value - below), float(value + above))


def with_width(resampled: Float[np.ndarray, " times"], tail: float = 0.025) -> tuple[float, float]:
    """The ends of a percentile interval; NaN if it has no width."""
    low, high = map(float, percentile_interval(resampled, tail))
    return (low, high) if low < high else (np.nan, np.nan)


def bca_interval(
    value: float, resampled: Float[np.ndarray, " times"], without: Float[np.ndarray, " S"]
) -> tuple[float, float]:
    """The ends of a 95 % bootstrap interval, bias-corrected and accelerated (Efron, 1987); NaN if it has no width.

    ``without`` are the statistics of the sample without each of its members.
    """
    from scipy.special import ndtr, ndtri

    below, most = ((resampled < value).mean() + (resampled <= value).mean()) / 2, deviations(0.95)
    apart = without.mean() - without
    if not 0 < below < 1 or not (spread := (apart**2).sum()):
        return np.nan, np.nan
    bias, acceleration = ndtri(below), (apart**3).sum() / (6 * spread**1.5)
    beyond = bias + np.array([-most, most])
    low, high = map(float, np.quantile(resampled, ndtr(bias + beyond / (1 - acceleration * beyond))))
    return (low, high) if low < high else (np.nan, np.nan)


def resample(
    count: int, times: int = RESAMPLES, random: np.random.Generator | None = None
) -> Int[np.ndarray, "times count"]:
    """Draws the members of bootstrap resamples.

    Args:
        count: number of members of the sample.
        times: number of resamples, by default 10,000.
        random: generator of random numbers; None: one with a fixed seed, so that results can be repeated.

    Returns:
        Indices of the members of each resample ``[times, count]``.

    Example:
        >>> lt.statistics.resample(16, times=1_000).shape
        (1000, 16)
    """
    random = np.random.default_rng(0) if random is None else random
    return random.integers(count, size=(times, count))


def percentile_interval(
    resampled: Float[np.ndarray, "times *rest"], tail: float = 0.025, *, interpolate: bool = True
) -> Float[np.ndarray, "2 *rest"]:
    """Returns the ends of the percentile bootstrap interval of statistics that were computed on every resample.

    Args:
        resampled: the statistics of each resample ``[times, ...]``; those that are NaN are left out.
        tail: share of resamples beyond each end; by default the interval has 95 %.
        interpolate: whether an end may lie between two statistics, which it does not if one is infinite.

    Returns:
        The lower and the upper ends ``[2, ...]``; NaN if all statistics are.

    Example:
        >>> means = np.arange(16.0)[lt.statistics.resample(16)].mean(axis=1)
        >>> lt.statistics.percentile_interval(means).round(1).tolist()
        [5.2, 9.8]
    """
    defined = resampled[~np.isnan(resampled)]
    if not defined.size:
        return np.full((2, *resampled.shape[1:]), np.nan)
    method = _method(defined) if interpolate else "inverted_cdf"
    return np.asarray(np.nanquantile(resampled, (tail, 1 - tail), axis=0, method=method))


def _method(values: Float[np.ndarray, " S"]) -> Literal["linear", "inverted_cdf"]:
    """How quantiles are found: without interpolation if a value is infinite."""
    return "linear" if np.isfinite(values).all() else "inverted_cdf"

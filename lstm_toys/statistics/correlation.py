"""Rank correlation of two numbers per network, with a bootstrap interval."""

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata

from lstm_toys import arguments
from lstm_toys.statistics.intervals import Estimate, percentile_interval, resample

RESAMPLES = 2_000


def rank_correlation(first: Float[np.ndarray, " S"] | Any, second: Float[np.ndarray, " S"] | Any) -> Estimate:
    """Returns the rank correlation of two numbers of each seed (Spearman, 1904), with a 95 % bootstrap interval.

    It is the correlation coefficient of the ranks of both; equal numbers have their mean rank. The percentile bootstrap
    (Efron, 1979) resamples seeds 2,000 times with a fixed random seed, so that equal values give equal intervals.

    Args:
        first: one finite number per seed ``[S]``, in any unit, such as the speed of drift.
        second: another number of the same seeds ``[S]``, such as the lifetime of a memory.

    Returns:
        The correlation, from -1 to 1, with the ends of the interval as ``low`` and ``high``. It is NaN if the seeds do
        not differ in one of the numbers. The ends are NaN if resampling does not change the correlation, as for -1 and
        1. Resamples in which seeds do not differ are left out.

    Raises:
        ValueError: the arguments are not one finite number per seed, or belong to different numbers of seeds.

    Example:
        >>> import lstm_toys as lt
        >>> speeds, lifetimes = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 0.9]), np.array([900.0, 950, 400, 410, 90, 60])
        >>> print(*(f"{number:.2f}" for number in lt.statistics.rank_correlation(speeds, lifetimes)))
        -0.89 -1.00 -0.20
    """
    first = np.asarray(arguments.array("first", first, "S"), float)
    second = np.asarray(arguments.array("second", second, str(len(first))), float)
    drawn = resample(len(first), RESAMPLES)
    value, *resampled = _correlations(*(np.concatenate([sample[None], sample[drawn]]) for sample in (first, second)))
    low, high = map(float, percentile_interval(np.array(resampled)))
    return Estimate(float(value), *((low, high) if low < high else (np.nan, np.nan)))


def _correlations(first: Float[np.ndarray, "N S"], second: Float[np.ndarray, "N S"]) -> Float[np.ndarray, " N"]:
    """The rank correlation of each pair of rows; NaN if a row is constant."""
    ranks = (rankdata(rows, axis=1) for rows in (first, second))
    x, y = (rows - rows.mean(axis=1, keepdims=True) for rows in ranks)
    with np.errstate(invalid="ignore"):
        return (x * y).sum(axis=1) / np.sqrt(np.square(x).sum(axis=1) * np.square(y).sum(axis=1))

"""The agreement of two numbers of the same networks."""

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata

from lstm_toys.results.summary import as_json, finite
from lstm_toys.statistics import intervals

RESAMPLES = 2_000
"""Number of resamples of networks, and of permutations of models."""

LEAST = 6
"""Fewest networks with both numbers for a comparison."""


def agreement(networks: Float[np.ndarray, " S"], model: Float[np.ndarray, " S"]) -> dict[str, Any]:
    """Compares a claim's number between networks and models of them.

    Returns:
        ``networks``: how many have both numbers; ``correlation``: the rank correlation over networks with a 95 %
        bootstrap interval; ``permuted``: the value that its absolute value exceeds in 5 % of permutations of the models
        over networks; ``difference``: the median of model minus network with a 95 % bootstrap interval; ``spread``: the
        standard deviation of the networks' numbers. None where they cannot be computed.
    """
    both = np.isfinite(networks) & np.isfinite(model)
    ours, theirs, random = networks[both], model[both], np.random.default_rng(0)
    count = len(ours)
    constant = count < LEAST or np.ptp(ours) == 0 or np.ptp(theirs) == 0
    if count < LEAST:
        return {"networks": count, "correlation": None, "permuted": None, "difference": None, "spread": None}
    correlation, permuted = None, None
    if not constant:
        resampled = random.integers(0, count, (RESAMPLES, count))
        with np.errstate(invalid="ignore"):
            drawn = correlations(ours[resampled], theirs[resampled])
            shuffled = correlations(
                np.broadcast_to(ours, (RESAMPLES, count)), random.permuted(np.tile(theirs, (RESAMPLES, 1)), axis=1)
            )
        low, high = np.nanquantile(drawn, (0.025, 0.975))
        low, high = (low, high) if low < high else (np.nan, np.nan)  # Without any width it is no interval.
        value = correlations(ours[None], theirs[None])[0]
        correlation = {"value": finite(value), "low": finite(low), "high": finite(high)}
        permuted = finite(np.quantile(np.abs(shuffled), 0.95))
    return {
        "networks": count,
        "correlation": correlation,
        "permuted": permuted,
        "difference": as_json(intervals.median_bootstrap(theirs - ours)),
        "spread": finite(float(np.std(ours, ddof=1))),
    }


def correlations(first: Float[np.ndarray, "N S"], second: Float[np.ndarray, "N S"]) -> Float[np.ndarray, " N"]:
    """Spearman's rank correlation of each pair of rows; NaN if a row is constant."""
    ranks = [rankdata(each, axis=1) for each in (first, second)]
    one, other = (each - each.mean(axis=1, keepdims=True) for each in ranks)
    return (one * other).sum(axis=1) / np.sqrt(np.square(one).sum(axis=1) * np.square(other).sum(axis=1))

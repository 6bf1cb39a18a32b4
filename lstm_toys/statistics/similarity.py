"""Rank correlation of two numbers per network, how repeatable one is, and distances between states of networks."""

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata

from lstm_toys import arguments
from lstm_toys.statistics.intervals import Estimate, resample, with_width

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
    return Estimate(float(value), *with_width(np.array(resampled)))


def _correlations(first: Float[np.ndarray, "N S"], second: Float[np.ndarray, "N S"]) -> Float[np.ndarray, " N"]:
    """The rank correlation of each pair of rows; NaN if a row is constant."""
    ranks = (rankdata(rows, axis=1) for rows in (first, second))
    x, y = (rows - rows.mean(axis=1, keepdims=True) for rows in ranks)
    with np.errstate(invalid="ignore"):
        return (x * y).sum(axis=1) / np.sqrt(np.square(x).sum(axis=1) * np.square(y).sum(axis=1))


def intraclass(values: Float[np.ndarray, "S R"]) -> float:
    """Returns the intraclass correlation ICC(1,1) of R values of each seed (Shrout and Fleiss, 1979).

    It is the share of variance between seeds; NaN with fewer than two seeds, or if all values are equal.
    """
    seeds, repeats = values.shape
    if seeds < 2:
        return np.nan
    between = repeats * values.mean(axis=1).var(ddof=1)
    within = values.var(axis=1, ddof=1).mean()
    total = between + (repeats - 1) * within
    return float((between - within) / total) if total else np.nan


def procrustes(
    states: Float[np.ndarray, "S *N H"], others: Float[np.ndarray, "R *_ K"] | Any
) -> Float[np.ndarray, "S R"]:
    """Computes the angular Procrustes distance between the states of each network and of each other one, in radians.

    States are centered and scaled to norm 1; the distance is the angle between them, ``arccos(||X^T Y||_*)``, after the
    best rotation or reflection, 0 for states that differ only by these, a shift and a scale (Williams et al. 2021,
    https://arxiv.org/abs/2110.14739). It is symmetric and satisfies the triangle inequality.

    Args:
        states: states of S networks along the same curves ``[S, ..., H]``, such as
            ``lt.states(...)["lstm_0"]["hidden"]``.
        others: states of R other networks, along the same curves; they may have another number of units.

    Returns:
        Distances ``[S, R]``, from 0 to pi / 2.

    Raises:
        ValueError: the networks were not shown the same number of points, or states of a network do not vary.

    Example:
        >>> import lstm_toys as lt
        >>> states = np.random.default_rng(0).normal(size=(1, 5, 20, 3))  # [seed, curve, time, unit]
        >>> turned = 2 * states[..., ::-1] + 1
        >>> bool(lt.statistics.procrustes(states, turned)[0, 0] < 1e-6)
        True
    """
    points = "x".join(map(str, np.shape(states)[1:-1]))
    arguments.expect(np.shape(others)[1:-1] == np.shape(states)[1:-1], "others", f"states at {points} points", others)
    ours, theirs = (_shapes(name, array) for name, array in (("states", states), ("others", others)))
    overlap = [[np.linalg.norm(shape.T @ their_shape, "nuc") for their_shape in theirs] for shape in ours]
    return np.arccos(np.clip(overlap, -1, 1))


def _shapes(name: str, states: Float[np.ndarray, "S *N H"]) -> Float[np.ndarray, "S P H"]:
    flat = np.asarray(states, float).reshape(len(states), -1, np.shape(states)[-1])
    centered = flat - flat.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centered, axis=(1, 2), keepdims=True)
    arguments.expect(bool((norms > 0).all()), name, "states that vary, of each network", states)
    return np.asarray(centered / norms)

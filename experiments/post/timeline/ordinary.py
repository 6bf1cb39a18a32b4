"""Posterior predictive checks: could the published answers come from one more network of a population?

Every statistic compares a network with all others in a bag of networks. The published answers join the bag, and p is
the share of the bag whose statistic is at least theirs, which is exact if they come from a network of the same
population. Pseudo-random reading errors are added to networks, since the published answers contain real ones.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

Statistic = Callable[[list[Float[np.ndarray, "U N"]]], Float[np.ndarray, " U"]]
"""Maps several arrays, each with N numbers for U units, to how much each unit differs from the others."""

LEVEL = 0.05
"""A published answer with a smaller p counts as distinguished."""


def p_value(
    statistic: Statistic, published: Sequence[Float[np.ndarray, " N"]], networks: Sequence[Float[np.ndarray, "S N"]]
) -> float:
    """The share of the networks and the published answers whose statistic is at least the published one."""
    bag = [np.concatenate([one[None], each]) for one, each in zip(published, networks, strict=True)]
    unlike = statistic(bag)
    return float(np.mean(unlike >= unlike[0]))


def power(
    statistic: Statistic,
    others: Sequence[Float[np.ndarray, "S N"]],
    networks: Sequence[Float[np.ndarray, "S N"]],
) -> float:
    """The share of other networks that are distinguished at `LEVEL`, each compared with all but the same seed."""
    seeds = len(networks[0])
    apart = [
        p_value(statistic, [each[seed] for each in others], [np.delete(each, seed, axis=0) for each in networks])
        for seed in range(seeds)
    ]
    return float(np.mean(np.array(apart) <= LEVEL))


def distance(curves: list[Float[np.ndarray, "U T"]]) -> Float[np.ndarray, " U"]:
    """Mean root mean squared distance to the others, over several curves."""
    return np.mean([_distances(curve).sum(axis=1) / (len(curve) - 1) for curve in curves], axis=0)


def _distances(curve: Float[np.ndarray, "U T"]) -> Float[np.ndarray, "U U"]:
    squared = np.square(curve).sum(axis=1)
    between = squared[:, None] + squared[None] - 2 * curve @ curve.T
    np.fill_diagonal(between, 0.0)
    return np.sqrt(np.maximum(between, 0.0) / curve.shape[1])


def mahalanobis(error: Float[np.ndarray, " N"]) -> Statistic:
    """The squared Mahalanobis distance to the others; the variance of reading is added to their covariance."""

    def statistic(numbers: list[Float[np.ndarray, "U N"]]) -> Float[np.ndarray, " U"]:
        (bag,) = numbers
        squared = []
        for unit in range(len(bag)):
            others = np.delete(bag, unit, axis=0)
            difference = bag[unit] - others.mean(axis=0)
            # The others' numbers already contain reading errors; this keeps the matrix far from singular.
            covariance = np.cov(others, rowvar=False) + np.diag(np.square(error))
            squared.append(difference @ np.linalg.solve(covariance, difference))
        return np.array(squared)

    return statistic


def largest_deviation(curves: list[Float[np.ndarray, "U T"]]) -> Float[np.ndarray, " U"]:
    """The largest deviation from the mean of the others over all points of all curves, in their standard deviations."""
    return np.abs(standardized(np.concatenate(curves, axis=1))).max(axis=1)


def standardized(bag: Float[np.ndarray, "U N"]) -> Float[np.ndarray, "U N"]:
    """Each unit minus the mean of the others, in standard deviations of the others."""
    units = len(bag)
    centered = bag - bag.mean(axis=0)
    mean = -centered / (units - 1)  # Of the others, after centering.
    squares = np.square(centered).sum(axis=0) - np.square(centered)
    variance = (squares - (units - 1) * np.square(mean)) / (units - 2)
    return (centered - mean) / np.sqrt(variance)


def rank_extremity(numbers: list[Float[np.ndarray, "U Q"]]) -> Float[np.ndarray, " U"]:
    """How far a unit's ranks are from the middle: the mean square of 2 rank - 1; ties take their middle rank."""
    (bag,) = numbers
    known = np.where(np.isnan(bag), -np.inf, bag)
    below = (known[None] < known[:, None]).mean(axis=1)
    ties = (known[None] == known[:, None]).mean(axis=1)
    return np.square(2 * (below + ties / 2) - 1).mean(axis=1)

"""Estimates over recipes, with several networks each, and what a number goes with among their settings."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped
from scipy.stats import rankdata

from lstm_toys.statistics.intervals import NOTHING, Estimate, deviations, score

SHUFFLES = 10_000


def share(met: Float[np.ndarray, "R N"], confidence: float = 0.95) -> Estimate:
    """Returns the share of networks that meet something, with an interval for networks of further recipes.

    This is Wilson's interval with two changes, which Korn and Graubard (1998) made to exact intervals. The sample size
    is what the variance between recipes leaves, p (1 - p) over the variance of p, but at most the number of networks;
    if recipes do not differ, it is the number of recipes. The quantile is that of Student's t with one degree of
    freedom less than there are recipes.

    Args:
        met: by recipe and network, 1 where it meets it and 0 where it does not, or a share; NaN is left out.
        confidence: nominal coverage of the interval.

    Returns:
        The share, with the ends of the interval; NaN without networks, and no interval of a single recipe.
    """
    known = ~np.isnan(met)
    met, known = met[known.any(axis=1)], known[known.any(axis=1)]
    recipes, networks = len(met), int(known.sum())
    if not recipes:
        return NOTHING
    value = float(np.nansum(met)) / networks
    if recipes == 1:
        return Estimate(value, np.nan, np.nan)
    residuals = np.where(known, met - value, 0.0).sum(axis=1)
    variance = recipes / (recipes - 1) * float(residuals @ residuals) / networks**2
    size = min(value * (1 - value) / variance, networks) if variance > 1e-12 else recipes
    return score(value, size, deviations(confidence, recipes - 1))


class Agreement(NamedTuple):
    """The shares of recipes of whose networks all, some, and none meet something; NaN without such recipes."""

    all: float
    some: float
    none: float


def agreement(met: Float[np.ndarray, "R N"]) -> Agreement:
    """Returns how the networks of one recipe agree, over the recipes all of whose networks have a number."""
    means = met[~np.isnan(met).any(axis=1)].mean(axis=1)
    if not len(means):
        return Agreement(np.nan, np.nan, np.nan)
    every, none = float((means == 1).mean()), float((means == 0).mean())
    return Agreement(every, float(((means > 0) & (means < 1)).mean()), none)


class Association(NamedTuple):
    """An effect of a choice on a number, and the share of random assignments with an effect as large."""

    effect: float
    p: float


def rank_association(
    numbers: Float[np.ndarray, " R"], choice: Float[np.ndarray, " R"], groups: Int[np.ndarray, " R"]
) -> Association:
    """Returns the rank correlation (Spearman, 1904) of a number with a choice, among recipes of the same group.

    Args:
        numbers: one finite number per recipe.
        choice: what was chosen for it.
        groups: numbers of the groups within which ranks are compared, such as one per optimizer for learning rates.
    """
    first, second = np.zeros((2, len(numbers)))
    for group in np.unique(groups):
        own = groups == group
        first[own], second[own] = (rankdata(values[own]) - (own.sum() + 1) / 2 for values in (numbers, choice))
    norm = np.sqrt((first @ first) * (second @ second))
    if not norm:
        return Association(np.nan, np.nan)
    return _association(float(first @ second / norm), _shuffled(second, groups) @ first / norm)


def median_association(numbers: Float[np.ndarray, " R"], chosen: Shaped[np.ndarray, " R"]) -> Association:
    """Returns by how much the median of the recipes for which something was chosen is above that of the others."""
    if not 0 < chosen.sum() < len(numbers):
        return Association(np.nan, np.nan)
    effect, *shuffled = (
        np.median(values[:, chosen], axis=1) - np.median(values[:, ~chosen], axis=1)
        for values in (numbers[None], _shuffled(numbers, 0 * chosen))
    )
    return _association(float(effect[0]), *shuffled)


def _shuffled(values: Float[np.ndarray, " R"], groups: Int[np.ndarray, " R"]) -> Float[np.ndarray, "times R"]:
    """Values shuffled within groups, again and again: sorted by group, then at random."""
    random = np.random.default_rng(0).random((SHUFFLES, len(values)))
    shuffled = np.empty_like(random)
    shuffled[:, np.argsort(groups, kind="stable")] = values[np.argsort(random + groups, axis=1)]
    return shuffled


def _association(effect: float, shuffled: Float[np.ndarray, " times"]) -> Association:
    as_large = int((np.abs(shuffled) >= abs(effect) - 1e-9).sum())
    return Association(effect, (1 + as_large) / (1 + len(shuffled)))

"""The hypotheses about doses and their tests, fixed before any network that judges them was trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from ..horizons import measures
from ..horizons.hypotheses import COUNTERS, PARITY, RANGES, at_least
from ..horizons.hypotheses import slopes as slopes_of_shifts
from ..horizons.measures import Counts, Numbers, estimate, growth, median_in, numbers, uncensored
from . import measurements
from .populations import LEAKS, LEAKY, STEEP, TASKS, Population, moved

Populations = Mapping[str, Mapping[str, Any]]

PROPORTIONAL = (0.9, 1.1)
"""D1: the range of a recipe's median slope of log H on log P; D3: that of its median ratio of horizons."""

DECADES = 2
"""D1: least distance between the doses of a slope, in powers of ten."""

CLOSES, NEVER_FALLS = (0.9, 1.4), 0.9
"""D2: the range of a recipe's median slope, and the least share of networks whose horizons never fall."""

MOST = 5 / 6
"""The share of recipes in which a median has to lie in its range, and its 95 % interval, too."""


def verdicts(results: Populations, counts: Counts) -> dict[str, Any]:
    """Judges the hypotheses about each task, and adds the descriptive results; ``counts`` as for horizons."""
    judged = {task: _judge_task(results, task, counts) for task in TASKS}
    hard = {population.name: unmoved(results[population.name]) for task in TASKS for population in moved(task, True)}
    return {**judged, "trained": trained(results, counts), "unmoved": hard, "counters": counted(results, counts)}


def _judge_task(results: Populations, task: str, counts: Counts) -> dict[str, Any]:
    hard, sigmoid = moved(task, True), moved(task, False)
    slopes, closing, ratios = (
        {population.name: statistic(results[population.name]) for population in group}
        for statistic, group in ((lowered, hard), (closed, sigmoid), (controlled, hard))
    )
    falls = never_falls([results[population.name] for population in sigmoid], counts)
    judged = {
        "D1": _in_most(slopes, PROPORTIONAL, counts),
        "D2": _in_most(closing, CLOSES, counts, falls),
        "D3": _in_most(ratios, PROPORTIONAL, counts),
    }
    return measures.adjusted(judged)


def right(result: Mapping[str, Any]) -> jt.Bool[np.ndarray, " S"]:
    """The networks that did not diverge, and are right on all strings as long as those of the training."""
    return numbers(result["right"]) > 0


def carrying(result: Mapping[str, Any]) -> jt.Bool[np.ndarray, " S"]:
    """The networks that are `right` and have a carrier."""
    return right(result) & (numbers(result["carriers"]) > 0)


def lowered(result: Mapping[str, Any]) -> Numbers:
    """D1: each network's slope over doses; NaN if those with both numbers are less than `DECADES` apart."""
    horizon, predicted = (uncensored(result["lowered"][name], measurements.K) for name in ("horizon", "predicted"))
    both = np.isfinite(horizon) & np.isfinite(predicted)
    place = np.log10(measurements.LOWERED)
    apart = np.where(both, place, -np.inf).max(axis=1) - np.where(both, place, np.inf).min(axis=1)
    slopes = measures.slope(np.log(predicted), np.log(horizon), 2)
    return np.where(right(result) & (apart >= DECADES - 1e-9), slopes, np.nan)


def closed(result: Mapping[str, Any]) -> Numbers:
    """D2: each network's slope over factors; NaN if fewer than four have both numbers."""
    dosed = result["closed"]
    predicted, horizon = np.log(uncensored([dosed["predicted"], dosed["horizon"]], measurements.K))
    return np.where(carrying(result), measures.slope(predicted, horizon, 4), np.nan)


def controlled(result: Mapping[str, Any]) -> Numbers:
    """D3: each network's horizon after a dose of all other units, over that before it."""
    before, after = uncensored(result["control"]["horizon"], measurements.K).T
    return np.where(carrying(result), after / before, np.nan)


def never_falls(results: Sequence[Mapping[str, Any]], counts: Counts) -> dict[str, Any]:
    """D2: the share of networks whose horizons never fall as carriers are closed, with each resample of seeds.

    A share of 1 does not vary between resamples, so its interval, and its p-value, are the exact ones of the seeds.
    """
    eligible = np.array([carrying(result) for result in results])
    met = eligible & np.array(
        [(np.diff(numbers(result["closed"]["horizon"]), axis=1) >= 0).all(axis=1) for result in results]
    )
    share = (counts @ met.sum(axis=0)) / np.maximum(counts @ eligible.sum(axis=0), 1)
    seeds = int(np.sum(eligible.any(axis=0)))
    exact = lt.statistics.clopper_pearson(seeds, seeds).as_json("value")
    constant = share[0] == 1
    return {
        "networks": [int(met.sum()), int(eligible.sum())],
        "share": exact if constant else estimate(share),
        "resamples": share,
        "p": at_least(seeds, seeds, NEVER_FALLS) if constant else 0.0,
    }


def _in_most(
    values: Mapping[str, Numbers], limits: tuple[float, float], counts: Counts, share: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Judges whether medians over networks lie in a range, in most recipes; and a share that has to be large."""
    judged = {recipe: median_in(row, limits, counts) for recipe, row in values.items()}
    holds = np.mean([in_range for _, in_range in judged.values()], axis=0) >= MOST
    also = np.mean([summary["met"] for summary, _ in judged.values()]) >= MOST
    result: dict[str, Any] = {"recipes": {recipe: summary for recipe, (summary, _) in judged.items()}}
    exact = 0.0 if share is None else share.pop("p")
    if share is not None:
        holds &= share.pop("resamples") >= NEVER_FALLS
        also &= share["share"]["low"] >= NEVER_FALLS
        result |= {"never falls": share}
    return {**result, "p": max(measures.p_value(holds), exact), "also": bool(also)}


def unmoved(result: Mapping[str, Any]) -> dict[str, Any]:
    """Where eligible networks with unchanged hard gates end, and the median and quartiles of P, which has no limit.

    A carrier is exact if its transitions are -1 or 1 after every symbol, and drifts if a symbol adds to its state.
    """
    chosen = right(result)
    horizon, predicted = (numbers(result["unmoved"][name])[chosen, 0] for name in ("horizon", "predicted"))
    exact, drifting = (int(numbers(result[name])[chosen].sum()) for name in ("exact", "drifting"))
    return {
        "networks": int(chosen.sum()),
        "end": int((horizon < measurements.K).sum()),
        "exact": exact,
        "drifting": drifting,
        "predicted": list(lt.statistics.median_quartiles(predicted)),
    }


def trained(results: Populations, counts: Counts) -> dict[str, Any]:
    """Horizons of trained leaks and steep sigmoids: quartiles, how many reach K, the largest transition.

    ``slope``: of the logarithm of the median H on that of the leak, the mean over rates.
    """
    rows = {}
    for population in (*STEEP, *LEAKY):
        result, chosen = results[population.name], right(results[population.name])
        horizon = numbers(result["unmoved"]["horizon"])[chosen, 0]
        largest = numbers(result["largest"])[chosen]
        rows[population.name] = {
            "networks": int(chosen.sum()),
            "reach K": int((horizon >= measurements.K).sum()),
            "at 1": int((largest >= 1).sum()),
            "largest": float(largest.max()) if chosen.any() else None,
            "quartiles": list(lt.statistics.median_quartiles(horizon)),
        }
    judged = []
    for recipe in PARITY:
        by_leak = [results[Population("parity", 20, recipe, True, leak=leak).name] for leak in LEAKS]
        horizons = [uncensored(row["unmoved"]["horizon"], measurements.K)[:, 0] for row in by_leak]
        known = [np.where(right(row), horizon, np.nan) for row, horizon in zip(by_leak, horizons, strict=True)]
        if (slope := growth(known, LEAKS, counts)) is not None:
            judged.append(slope)
    return {"rows": rows, "rates": len(judged), "slope": estimate(np.mean(judged, axis=0)) if judged else None}


def counted(results: Populations, counts: Counts) -> dict[str, Any]:
    """By recipe, the median slopes of `horizons` as the counter's gate is closed, and under the same shifts elsewhere.

    The ranges are those of H4; the control that counts is another bias of the counter's own unit.
    """
    rows = {}
    for name in COUNTERS:
        slopes = slopes_of_shifts(results[name], right(results[name]))
        rows[name] = {edit: median_in(slopes[edit], limits, counts)[0] for edit, limits in RANGES.items()}
    return rows

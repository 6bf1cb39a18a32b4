"""The hypotheses about horizons and their tests, fixed before any network that judges them was trained."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import jaxtyping as jt
import numpy as np
from scipy.stats import binomtest

import lstm_toys as lt

from ..papers.populations import RATES, recipe
from . import measures
from .measures import FEWEST, Counts, Numbers, Resampled, adjusted, estimate, numbers, p_value, uncensored, within

LEAST_SKILL, LEAST_CONCORDANCE = 0.4, 0.8
"""H1 and H2: the means over judged recipes have to exceed these."""

GROWTH = (0.8, 1.25)
"""H3: the range of the slope of the logarithm of the median horizon on that of the length of the training."""

FOLLOWS, STAYS, RECIPES = (0.75, 1.4), (-0.3, 0.3), 5
"""H4: the ranges of the median slope of log H on log P, and of that under shifts of another bias, and the number of
recipes, of six, in which both medians have to lie in these ranges, and their 95 % intervals, too."""

RANGES = {"counter": FOLLOWS, "same unit": STAYS, "other": STAYS}
"""These ranges by what is shifted: the counter's forget bias, another bias of its unit, or any other one."""

CLOSED = 0.9
"""H5: least share of networks with the hard sigmoid that reach K; with the sigmoid none may."""

SPREAD = 1.25
"""A recipe is judged if at least `FEWEST` eligible networks are not censored, and the third quartile of the horizons
is at least ``SPREAD`` times the first."""

SHIFTS = tuple(np.linspace(-1, 1, 7).round(3).tolist())
"""The values that are added to a bias."""

POINTS = 4
"""Fewest shifts with both horizons, neither 0 nor censored, for a slope."""

COUNTING = tuple(recipe(name, rate) for name, rates in RATES.items() for rate in rates)
PARITY = tuple(recipe("adam", rate) for rate in RATES["adam"])

COUNTERS = tuple(f"counting, sigmoid, {setting}" for setting in COUNTING)
"""The names of the populations that count."""

LENGTHS, PREDICTED = (10, 20, 40, 80), (20, 40)
"""Lengths of the training on parity, and those that H2 and H5 are about."""

Populations = Mapping[str, Mapping[str, Any]]


def parities(gates: str, lengths: Iterable[int] = PREDICTED) -> list[str]:
    """The names of the populations that track parity."""
    return [f"parity {length}, {gates}, {setting}" for length, setting in product(lengths, PARITY)]


def eligible(result: Mapping[str, Any]) -> jt.Bool[np.ndarray, " S"]:
    """The networks that did not diverge and are right on every string inside."""
    return numbers(result["eligible"]) > 0


def prediction(result: Mapping[str, Any], counts: Counts) -> tuple[dict[str, Any], dict[str, Resampled]]:
    """Computes how well the horizons of a population are predicted.

    Returns counts of networks, and for a population that is judged the ``skill`` of each prediction, the
    ``concordance`` of P, and how much larger it is than those of other scores (``beyond``); and the skill and the
    concordance of P in each resample.
    """
    chosen = eligible(result)
    horizon, drawn = numbers(result["horizon"])[chosen], counts[:, chosen]
    predicted, scores = (
        {name: numbers(values)[chosen] for name, values in result[kind].items()} for kind in ("predicted", "scores")
    )
    censored = horizon >= result["largest"]
    median, low, high = lt.statistics.median_quartiles(horizon)
    judged = {
        "few learn": len(horizon) < FEWEST,
        "censored": (~censored).sum() < FEWEST,
        "no spread": not high >= SPREAD * low,
        "judged": True,
    }
    summary: dict[str, Any] = {
        "networks": len(result["horizon"]),
        "diverged": sum(value is None for value in result["horizon"]),
        "eligible": len(horizon),
        "censored": int(censored.sum()),
        "quartiles": [low, median, high],
        "judged": next(words for words, holds in judged.items() if holds),
    }
    if summary["judged"] != "judged":
        return summary, {}

    def order(score: Numbers) -> Resampled:
        return measures.concordance(score, horizon, censored, drawn)

    skills = {name: measures.skill(values, horizon, drawn) for name, values in predicted.items()}
    concordance, rivals = order(predicted["P"]), {"a constant": np.ones_like(horizon), **scores}
    summary["skill"] = {name: estimate(skill) for name, skill in skills.items()}
    summary["concordance"] = estimate(concordance)
    summary["beyond"] = {name: estimate(concordance - order(score)) for name, score in rivals.items()}
    return summary, {"skill": skills["P"], "concordance": concordance}


def verdicts(results: Populations, counts: Counts) -> dict[str, Any]:
    """Judges all hypotheses.

    ``counts`` say how often each resample draws each seed, and the first row is the sample itself. A p-value is the
    share of resamples that violate what a hypothesis says, one of them added; without any that can be judged it is 1.
    H5 counts seeds, so its p-value is exact.
    """
    judged = {
        "H1": predicts(results, COUNTERS, counts),
        "H2": predicts(results, parities("sigmoid"), counts),
        "H3": grows(results, counts),
        "H4": intervened(results, counts),
        "H5": closes(results),
    }
    return adjusted(judged)


def predicts(results: Populations, names: Sequence[str], counts: Counts) -> dict[str, Any]:
    """H1 and H2: means over the judged recipes of skill and C exceed `LEAST_SKILL` and `LEAST_CONCORDANCE`."""
    rows = {name: resamples for name in names if (resamples := prediction(results[name], counts)[1])}
    if not rows:
        return {"recipes": [], "p": 1.0}
    skill, order = (np.mean([row[key] for row in rows.values()], axis=0) for key in ("skill", "concordance"))
    holds = (skill > LEAST_SKILL) & (order > LEAST_CONCORDANCE)
    return {"recipes": [*rows], "skill": estimate(skill), "concordance": estimate(order), "p": p_value(holds)}


def grows(results: Populations, counts: Counts) -> dict[str, Any]:
    """H3: the slope of log median H on log L, its mean over the rates with enough eligible networks, is in `GROWTH`."""
    slopes = {}
    for rate in PARITY:
        by_length = [results[f"parity {length}, sigmoid, {rate}"] for length in LENGTHS]
        horizons = [np.where(eligible(result), numbers(result["horizon"]), np.nan) for result in by_length]
        if (slope := measures.growth(horizons, LENGTHS, counts)) is not None:
            slopes[rate] = slope
    if not slopes:
        return {"recipes": [], "p": 1.0}
    mean = np.mean([*slopes.values()], axis=0)
    estimates = {rate: estimate(slope) for rate, slope in slopes.items()}
    return {"recipes": [*slopes], "slope": estimate(mean), "slopes": estimates, "p": p_value(within(mean, GROWTH))}


def intervened(results: Populations, counts: Counts) -> dict[str, Any]:
    """H4: under shifts of the counter's forget bias H follows P, and under those of another bias it stays.

    Shifts of another bias of the counter's unit are reported, too.
    """
    recipes: dict[str, Any] = {}
    holds = []
    for name in COUNTERS:
        by_edit = slopes(results[name], eligible(results[name]))
        enough = np.isfinite([by_edit["counter"], by_edit["other"]]).all(axis=0).sum() >= FEWEST
        judged = {edit: measures.median_in(values, RANGES[edit], counts) for edit, values in by_edit.items()}
        met = {edit: summary.pop("met") for edit, (summary, _) in judged.items()}
        holds.append(judged["counter"][1] & judged["other"][1] & enough)
        summaries = {edit: summary for edit, (summary, _) in judged.items()}
        recipes[name] = {**summaries, "met": bool(met["counter"] and met["other"] and enough)}
    also = sum(row["met"] for row in recipes.values()) >= RECIPES
    return {"recipes": recipes, "p": p_value(np.sum(holds, axis=0) >= RECIPES), "also": also}


def slopes(result: Mapping[str, Any], chosen: jt.Bool[np.ndarray, " S"]) -> dict[str, Numbers]:
    """Each chosen network's slope of log H on log P over the shifts of its counter's forget bias, and of other biases.

    The latter are those of log H after shifts of another bias on the log P of equal shifts of the counter's bias.
    """
    logs = {name: np.log(uncensored(values, result["largest"])) for name, values in result["shifted"].items()}
    by_edit = {edit: measures.slope(logs["predicted"], row, POINTS) for edit, row in logs.items() if edit in RANGES}
    return {edit: np.where(chosen, values, np.nan) for edit, values in by_edit.items()}


def closes(results: Populations) -> dict[str, Any]:
    """H5: with the hard sigmoid at least `CLOSED` of all networks reach K, and with the sigmoid none does.

    Recipes share seeds, so exact intervals are of the seeds whose networks all reach K, and of those of which any does;
    and the p-value is that of so many of the former, if their share were `CLOSED`.
    """
    reach = {
        gates: np.array([numbers(results[name]["horizon"]) >= results[name]["largest"] for name in parities(gates)])
        for gates in ("sigmoid", "hard")
    }
    of_any, of_all = (int(np.sum(met)) for met in (reach["sigmoid"].any(axis=0), reach["hard"].all(axis=0)))
    reaching = {"sigmoid": of_any, "hard": of_all}
    reached = {
        gates: {
            "networks": [int(mask.sum()), mask.size],
            "seeds": lt.statistics.clopper_pearson(reaching[gates], mask.shape[1]).as_json(),
        }
        for gates, mask in reach.items()
    }
    return {"reach K": reached, "p": 1.0 if of_any else at_least(of_all, reach["hard"].shape[1], CLOSED)}


def at_least(met: int, seeds: int, share: float) -> float:
    """The exact p-value of so many seeds that meet something, if no more than a share of all of them did."""
    return float(binomtest(met, seeds, share, alternative="greater").pvalue)

"""The hypotheses about horizons and their tests, fixed before any network that judges them was trained."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np

import lstm_toys as lt

from ..papers.populations import RATES, recipe
from . import measures
from .measures import Counts, Numbers, Resampled

LEAST_SKILL, LEAST_CONCORDANCE = 0.4, 0.8
"""H1 and H2: what the means over judged recipes have to exceed."""

GROWTH = (0.8, 1.25)
"""H3: the range of the slope of the logarithm of the median horizon on that of the length of the training."""

FOLLOWS, STAYS, RECIPES = (0.75, 1.4), (-0.3, 0.3), 5
"""H4: the ranges of the median slope of log H on log P, and of that under shifts of another bias, and the number of
recipes, of six, in which both medians have to lie in these ranges, and their 95 % intervals, too."""

CLOSED = 0.9
"""H5: least share of networks with the hard sigmoid that reach K; with the sigmoid none may."""

LEVEL = 0.05
"""Of Holm's procedure over the five hypotheses."""

FEWEST, SPREAD = 12, 1.25
"""A recipe is judged if at least ``FEWEST`` eligible networks are not censored, and the third quartile of the horizons
is at least ``SPREAD`` times the first."""

SHIFTS = tuple(np.linspace(-1, 1, 7).round(3).tolist())
"""What is added to a bias."""

POINTS = 4
"""Fewest shifts with both horizons, neither 0 nor censored, for a slope."""

COUNTING = tuple(recipe(name, rate) for name, rates in RATES.items() for rate in rates)
PARITY = tuple(recipe("adam", rate) for rate in RATES["adam"])

LENGTHS, PREDICTED = (10, 20, 40, 80), (20, 40)
"""Lengths of the training on parity, and those that H2 and H5 are about."""

Populations = Mapping[str, Mapping[str, Any]]


def counters(gates: str) -> list[str]:
    """The names of the populations that count."""
    return [f"counting, {gates}, {each}" for each in COUNTING]


def parities(gates: str, lengths: Iterable[int] = PREDICTED) -> list[str]:
    """The names of the populations that tell parity."""
    return [f"parity {length}, {gates}, {each}" for length, each in product(lengths, PARITY)]


class Eligible(NamedTuple):
    """Numbers of the networks that did not diverge and are right on every string inside, and `Counts` of these."""

    horizon: Numbers
    predicted: dict[str, Numbers]
    scores: dict[str, Numbers]
    counts: Counts


def eligible(own: Mapping[str, Any], counts: Counts) -> Eligible:
    """Chooses the eligible networks of a population."""
    chosen = numbers(own["eligible"]) > 0
    predicted, scores = (
        {name: numbers(each)[chosen] for name, each in own[what].items()} for what in ("predicted", "scores")
    )
    return Eligible(numbers(own["horizon"])[chosen], predicted, scores, counts[:, chosen])


def numbers(values: Any) -> Any:
    """Numbers of JSON, with NaN in place of None."""
    return np.array(values, float)


def estimate(resamples: Resampled) -> dict[str, float | None]:
    """The value and the 95 % percentile interval of a bootstrap, whose first row is the sample itself."""
    return lt.statistics.Estimate(resamples[0], *lt.statistics.percentile_interval(resamples[1:])).as_json("value")


def prediction(own: Mapping[str, Any], counts: Counts) -> tuple[dict[str, Any], dict[str, Resampled]]:
    """How well the horizons of a population are predicted.

    Returns counts of networks, and for a population that is judged the ``skill`` of each prediction, the
    ``concordance`` of P, and how much larger it is than those of other scores (``beyond``); and the skill and the
    concordance of P in each resample.
    """
    horizon, predicted, scores, drawn = eligible(own, counts)
    censored = horizon >= own["largest"]
    median, low, high = lt.statistics.median_quartiles(horizon)
    judged = {
        "few learn": len(horizon) < FEWEST,
        "censored": (~censored).sum() < FEWEST,
        "no spread": not high >= SPREAD * low,
        "judged": True,
    }
    found: dict[str, Any] = {
        "networks": len(own["horizon"]),
        "diverged": sum(value is None for value in own["horizon"]),
        "eligible": len(horizon),
        "censored": int(censored.sum()),
        "quartiles": [low, median, high],
        "judged": next(words for words, holds in judged.items() if holds),
    }
    if found["judged"] != "judged":
        return found, {}

    def order(score: Numbers) -> Resampled:
        return measures.concordance(score, horizon, censored, drawn)

    skills = {name: measures.skill(each, horizon, drawn) for name, each in predicted.items()}
    ours, others = order(predicted["P"]), {"a constant": np.ones_like(horizon), **scores}
    found["skill"] = {name: estimate(each) for name, each in skills.items()}
    found["concordance"] = estimate(ours)
    found["beyond"] = {name: estimate(ours - order(each)) for name, each in others.items()}
    return found, {"skill": skills["P"], "concordance": ours}


def verdicts(found: Populations, counts: Counts) -> dict[str, Any]:
    """Judges all hypotheses.

    ``counts`` say how often each resample draws each seed, and the first row is the sample itself. A p-value is the
    share of resamples that violate what a hypothesis says, one of them added; without any that can be judged it is 1.
    """
    judged = {
        "H1": predicts(found, counters("sigmoid"), counts),
        "H2": predicts(found, parities("sigmoid"), counts),
        "H3": grows(found, counts),
        "H4": intervened(found, counts),
        "H5": closes(found, counts),
    }
    for each, adjusted in zip(judged.values(), measures.holm([each["p"] for each in judged.values()]), strict=True):
        each["adjusted p"] = adjusted
        each["supported"] = adjusted < LEVEL and each.get("also", True)
    return judged


def p_value(holds: Any) -> float:
    """The share of resamples in which something does not hold, with the sample itself counted as one that violates."""
    return float((1 + (~holds[1:]).sum()) / len(holds))


def predicts(found: Populations, names: list[str], counts: Counts) -> dict[str, Any]:
    """H1 and H2: means over the judged recipes of skill and C exceed `LEAST_SKILL` and `LEAST_CONCORDANCE`."""
    rows = {name: resamples for name in names if (resamples := prediction(found[name], counts)[1])}
    if not rows:
        return {"recipes": [], "p": 1.0}
    skill, order = (np.mean([row[what] for row in rows.values()], axis=0) for what in ("skill", "concordance"))
    holds = (skill > LEAST_SKILL) & (order > LEAST_CONCORDANCE)
    return {"recipes": [*rows], "skill": estimate(skill), "concordance": estimate(order), "p": p_value(holds)}


def grows(found: Populations, counts: Counts) -> dict[str, Any]:
    """H3: the slope of log median H on log L, its mean over the rates with enough eligible networks, is in `GROWTH`."""
    slopes = {}
    for rate in PARITY:
        every = [eligible(found[f"parity {length}, sigmoid, {rate}"], counts) for length in LENGTHS]
        if all(len(each.horizon) >= FEWEST for each in every):
            logs = np.log([measures.medians(each.horizon, each.counts) for each in every]).T
            slopes[rate] = measures.slope(np.broadcast_to(np.log(LENGTHS), logs.shape), logs, len(LENGTHS))
    if not slopes:
        return {"recipes": [], "p": 1.0}
    mean = np.mean([*slopes.values()], axis=0)
    each = {rate: estimate(own) for rate, own in slopes.items()}
    return {"recipes": [*slopes], "slope": estimate(mean), "slopes": each, "p": p_value(within(mean, GROWTH))}


def intervened(found: Populations, counts: Counts) -> dict[str, Any]:
    """H4: under shifts of the counter's forget bias H follows P, and under those of another bias it stays.

    Shifts of another bias of the counter's unit are reported, too.
    """
    recipes: dict[str, Any] = {}
    holds = []
    for name in counters("sigmoid"):
        by_edit = {
            edit: np.where(numbers(found[name]["eligible"]) > 0, each, np.nan)
            for edit, each in slopes(found[name]).items()
        }
        known = {edit: int(np.isfinite(each).sum()) for edit, each in by_edit.items()}
        both = (np.isfinite(by_edit["counter"]) & np.isfinite(by_edit["other"])).sum()
        own = {edit: measures.medians(each, counts) for edit, each in by_edit.items()}
        inside = within(own["counter"], FOLLOWS) & within(own["other"], STAYS)
        holds.append(inside & (both >= FEWEST))
        shown = {edit: {**estimate(each), "networks": known[edit]} for edit, each in own.items()}
        met = all(lies(shown[edit], limits) for edit, limits in (("counter", FOLLOWS), ("other", STAYS)))
        recipes[name] = {**shown, "met": bool(met and holds[-1][0])}
    also = sum(each["met"] for each in recipes.values()) >= RECIPES
    return {"recipes": recipes, "p": p_value(np.sum(holds, axis=0) >= RECIPES), "also": also}


def slopes(own: Mapping[str, Any]) -> dict[str, Numbers]:
    """Each network's slope of log H on log P over the shifts of its counter's forget bias, and of other biases.

    The latter are those of log H after shifts of another bias on the log P of equal shifts of the counter's bias.
    """
    shifted, largest = own["shifted"], own["largest"]
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = {
            name: np.log(np.where((each > 0) & (each < largest), each, np.nan))
            for name, each in ((name, numbers(each)) for name, each in shifted.items())
        }
    return {name: measures.slope(logs["predicted"], each, POINTS) for name, each in logs.items() if name != "predicted"}


def within(values: Any, limits: tuple[float, float]) -> Any:
    """Whether values lie in a range."""
    return (values >= limits[0]) & (values <= limits[1])


def lies(each: Mapping[str, float | None], limits: tuple[float, float]) -> bool:
    """Whether the interval of an estimate lies in a range."""
    return each["low"] is not None and bool(within(np.array([each["low"], each["high"]], float), limits).all())


def closes(found: Populations, counts: Counts) -> dict[str, Any]:
    """H5: with the hard sigmoid at least `CLOSED` of all networks reach K, and with the sigmoid none does.

    Recipes share seeds, so exact intervals are of the seeds whose networks all reach K, and of those of which any does.
    """
    reach = {
        gates: np.array([numbers(found[name]["horizon"]) >= found[name]["largest"] for name in parities(gates)])
        for gates in ("sigmoid", "hard")
    }
    seeds = {"sigmoid": reach["sigmoid"].any(axis=0), "hard": reach["hard"].all(axis=0)}
    reached = {
        gates: {
            "networks": [int(each.sum()), each.size],
            "seeds": lt.statistics.clopper_pearson(int(seeds[gates].sum()), each.shape[1]).as_json(),
        }
        for gates, each in reach.items()
    }
    pooled = counts @ reach["hard"].mean(axis=0) / counts.sum(axis=1)
    p = p_value((pooled >= CLOSED) & ~reach["sigmoid"].any())
    return {"reach K": reached, "p": p}

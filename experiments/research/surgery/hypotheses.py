"""The hypotheses about doses and their tests, fixed before any network that judges them was trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from ..horizons import measures
from ..horizons.hypotheses import (
    FEWEST,
    FOLLOWS,
    LEVEL,
    PARITY,
    STAYS,
    counters,
    estimate,
    lies,
    numbers,
    p_value,
    within,
)
from ..horizons.hypotheses import slopes as slopes_of_shifts
from ..horizons.measures import Counts, Numbers, Resampled
from . import measured
from .populations import LEAKS, LEAKY, STEEP, TASKS, Population, moved

Populations = Mapping[str, Mapping[str, Any]]

PROPORTIONAL = (0.9, 1.1)
"""D1: the range of a recipe's median slope of log H on log P; D3: that of its median ratio of horizons."""

DECADES = 2
"""Between which doses a slope of D1 is, in powers of ten."""

CLOSES, NEVER_FALLS = (0.9, 1.4), 0.9
"""D2: the range of a recipe's median slope, and the least share of networks whose horizons never fall."""

MOST = 5 / 6
"""The share of recipes in which a median has to lie in its range, and its 95 % interval, too."""


def verdicts(found: Populations, counts: Counts) -> dict[str, Any]:
    """Judges the hypotheses about each task, and says what is reported next to them; ``counts`` as for horizons."""
    judged = {task: _judged(found, task, counts) for task in TASKS}
    return {**judged, "trained": trained(found, counts), "counters": counted(found, counts)}


def _judged(found: Populations, task: str, counts: Counts) -> dict[str, Any]:
    hard, sigmoid = moved(task, True), moved(task, False)
    slopes, closing, ratios = (
        [of(found[each.name]) for each in every]
        for of, every in ((lowered, hard), (closed, sigmoid), (controlled, hard))
    )
    falls = never_falls([found[each.name] for each in sigmoid], counts)
    judged = {
        "D1": _in_most(slopes, hard, PROPORTIONAL, counts),
        "D2": _in_most(closing, sigmoid, CLOSES, counts, falls),
        "D3": _in_most(ratios, hard, PROPORTIONAL, counts),
    }
    for each, adjusted in zip(judged.values(), measures.holm([each["p"] for each in judged.values()]), strict=True):
        each["adjusted p"] = adjusted
        each["supported"] = adjusted < LEVEL and each["also"]
    return judged


def right(own: Mapping[str, Any]) -> jt.Bool[np.ndarray, " S"]:
    """The networks that did not diverge, and are right on all strings as long as those of the training."""
    return numbers(own["right"]) > 0


def carrying(own: Mapping[str, Any]) -> jt.Bool[np.ndarray, " S"]:
    """Those of them that have a carrier."""
    return right(own) & (numbers(own["carriers"]) > 0)


def _known(horizons: Any) -> jt.Float[np.ndarray, "S D"]:
    """Horizons, or predictions; NaN where they are 0 or censored."""
    values = numbers(horizons)
    return np.where((values > 0) & (values < measured.K), values, np.nan)


def lowered(own: Mapping[str, Any]) -> Numbers:
    """D1: each network's slope over doses; NaN if those with both numbers are less than `DECADES` apart."""
    horizon, predicted = (_known(own["lowered"][name]) for name in ("horizon", "predicted"))
    both = np.isfinite(horizon) & np.isfinite(predicted)
    place = np.log10(measured.LOWERED)
    apart = np.where(both, place, -np.inf).max(axis=1) - np.where(both, place, np.inf).min(axis=1)
    slopes = measures.slope(np.log(predicted), np.log(horizon), 2)
    return np.where(right(own) & (apart >= DECADES - 1e-9), slopes, np.nan)


def closed(own: Mapping[str, Any]) -> Numbers:
    """D2: each network's slope over factors; NaN if fewer than four have both numbers."""
    horizon, predicted = (np.log(_known(own["closed"][name])) for name in ("horizon", "predicted"))
    return np.where(carrying(own), measures.slope(predicted, horizon, 4), np.nan)


def controlled(own: Mapping[str, Any]) -> Numbers:
    """D3: each network's horizon after a dose of all other units, over that before it."""
    before, after = _known(own["control"]["horizon"]).T
    return np.where(carrying(own), after / before, np.nan)


def never_falls(every: Sequence[Mapping[str, Any]], counts: Counts) -> dict[str, Any]:
    """D2: the share of networks whose horizons never fall as carriers are closed, with each resample of seeds.

    A share of 1 does not vary between resamples, so its interval is the exact one of the seeds.
    """
    asked = np.array([carrying(own) for own in every])
    met = asked & np.array([(np.diff(numbers(own["closed"]["horizon"]), axis=1) >= 0).all(axis=1) for own in every])
    share = (counts @ met.sum(axis=0)) / np.maximum(counts @ asked.sum(axis=0), 1)
    known = asked.any(axis=0)
    exact = lt.statistics.clopper_pearson(int(known.sum()), int(known.sum())).as_json("value")
    return {
        "networks": [int(met.sum()), int(asked.sum())],
        "share": exact if share[0] == 1 else estimate(share),
        "resamples": share,
    }


def _in_most(
    values: Sequence[Numbers],
    recipes: Sequence[Population],
    limits: tuple[float, float],
    counts: Counts,
    share: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Judges whether medians over networks lie in a range, in most recipes; and a share that has to be large."""
    shown = {each.name: _median(own, limits, counts) for each, own in zip(recipes, values, strict=True)}
    holds = np.mean([each.pop("holds") for each in shown.values()], axis=0) >= MOST
    also = np.mean([each["met"] for each in shown.values()]) >= MOST
    found: dict[str, Any] = {"recipes": shown}
    if share is not None:
        holds &= share.pop("resamples") >= NEVER_FALLS
        also &= share["share"]["low"] >= NEVER_FALLS
        found |= {"never falls": share}
    return {**found, "p": p_value(holds), "also": bool(also)}


def _median(values: Numbers, limits: tuple[float, float], counts: Counts) -> dict[str, Any]:
    """The median of known values, whether it and its interval lie in a range, and whether it does in each resample."""
    known, medians = int(np.isfinite(values).sum()), measures.medians(values, counts)
    holds, shown = within(medians, limits) & (known >= FEWEST), estimate(medians)
    return {**shown, "networks": known, "met": bool(holds[0] and lies(shown, limits)), "holds": holds}


def trained(found: Populations, counts: Counts) -> dict[str, Any]:
    """What trained leaks and steep sigmoids carry: medians, how many reach K, the largest transition.

    ``slope``: of the logarithm of the median H on that of the leak, the mean over rates.
    """
    rows = {}
    for each in (*STEEP, *LEAKY):
        own, chosen = found[each.name], right(found[each.name])
        horizon = numbers(own["unmoved"]["horizon"])[chosen, 0]
        largest = numbers(own["largest"])[chosen]
        rows[each.name] = {
            "networks": int(chosen.sum()),
            "reach K": int((horizon >= measured.K).sum()),
            "at 1": int((largest >= 1).sum()),
            "largest": float(largest.max()) if chosen.any() else None,
            "quartiles": list(lt.statistics.median_quartiles(horizon)),
        }
    slopes = [_over_leaks(found, recipe, counts) for recipe in PARITY]
    known = [each for each in slopes if each is not None]
    return {"rows": rows, "rates": len(known), "slope": estimate(np.mean(known, axis=0)) if known else None}


def _over_leaks(found: Populations, recipe: str, counts: Counts) -> Resampled | None:
    """The slope for one rate in each resample; None with fewer than `FEWEST` networks under one leak."""
    own = [found[Population("parity", 20, recipe, True, leak=leak).name] for leak in LEAKS]
    horizons = [np.where(right(each), _known(each["unmoved"]["horizon"])[:, 0], np.nan) for each in own]
    if min(np.isfinite(each).sum() for each in horizons) < FEWEST:
        return None
    logs = np.log([measures.medians(each, counts) for each in horizons]).T
    return measures.slope(np.broadcast_to(np.log(LEAKS), logs.shape), logs, len(LEAKS))


def counted(found: Populations, counts: Counts) -> dict[str, Any]:
    """By recipe, the median slopes of `horizons` as the counter's gate is closed, and under the same shifts elsewhere.

    The ranges are those of H4; the control that counts is another bias of the counter's own unit.
    """
    rows = {}
    for name in counters("sigmoid"):
        slopes = slopes_of_shifts(found[name])
        rows[name] = {
            edit: _median(np.where(right(found[name]), slopes[edit], np.nan), limits, counts)
            for edit, limits in (("counter", FOLLOWS), ("same unit", STAYS), ("other", STAYS))
        }
        for each in rows[name].values():
            del each["holds"]
    return rows

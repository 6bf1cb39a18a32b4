"""The settings, thresholds and hypotheses of `experiments.research.longevity`, and their tests."""

from collections.abc import Iterator, Mapping
from typing import Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

CENSORED, LASTING = 40_000, 10_000
"""Time steps without a pulse that are shown, and after which a memory counts as lasting."""

RATES = (0.003, 0.01, 0.03, 0.1, 0.3)
THIRDS = RATES[2:]
"""Rates that are compared with a third of them for three times the steps."""

HIGH, LOW = 0.1, 0.01
"""The rates of switches."""

CELLS = {"lstm": "LSTM", "gru": "GRU"}

CHOOSES = f"the rate chooses how many networks keep for {LASTING:,} steps"
"""The first hypothesis about each cell."""

LIFETIME = "lifetime"

SATURATION, NORM = "saturation of gates", "norm of recurrent weights"
SHARPNESS, SPEED = "preconditioned sharpness", "speed of drift"
QUANTITIES = (SATURATION, NORM, SHARPNESS, SPEED)

PREDICTS = 0.5
"""A quantity predicts if the median over recipes of its rank correlation is at least this far from 0, and the 95 %
bootstrap interval excludes 0 on the same side under at least half of the recipes that can be judged."""

LEAST = 8
"""Fewest networks with both numbers, at least three of them different, for a rank correlation."""

NOTHING = lt.statistics.Estimate(np.nan, np.nan, np.nan)


def correlation(row: Mapping[str, Any], quantity: str) -> dict[str, Any]:
    """The rank correlation over networks of a quantity with the lifetime, with a 95 % bootstrap interval."""
    pairs = np.array([pair for pair in zip(row[quantity], row[LIFETIME], strict=True) if pair[0] is not None], float)
    if len(pairs) < LEAST or len(np.unique(pairs[:, 1])) < 3:
        return {"networks": len(pairs), **NOTHING.as_json("value")}
    estimate = lt.statistics.rank_correlation(pairs[:, 0], pairs[:, 1])
    estimate = lt.statistics.Estimate(*np.where(np.isnan(estimate), estimate.value, estimate))  # -1 and 1 exclude 0.
    return {"networks": len(pairs), **estimate.as_json("value")}


def share(met: jt.Bool[np.ndarray, " M"]) -> dict[str, Any]:
    """The share of networks that meet a condition, with its Wilson interval."""
    return {"networks": len(met), "count": int(met.sum()), **lt.statistics.wilson(int(met.sum()), len(met)).as_json()}


def predicts(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Judges by rank correlations of several recipes whether a quantity predicts lifetimes.

    ``count`` is the number of recipes whose interval excludes 0 on the side of the median.
    """
    estimated = [row for row in rows if row["value"] is not None]
    median = float(np.median([row["value"] for row in estimated])) if estimated else None
    sign = -1 if median is not None and median < 0 else 1
    excluded = sum(sign * row["low"] > 0 and sign * row["high"] > 0 for row in estimated)
    supported = median is not None and sign * median >= PREDICTS and 2 * excluded >= len(estimated)
    return {"recipes": len(estimated), "count": excluded, "median": median, "supported": supported}


def above(first: list[float], second: list[float]) -> dict[str, Any]:
    """The probability that a lifetime of the first networks exceeds one of the second, ties counting one half."""
    few = min(len(first), len(second)) < 5
    chance = NOTHING if few else lt.statistics.probability_above(np.array(first), np.array(second))
    return {"first": len(first), "second": len(second), **chance.as_json("value")}


def verdicts(populations: Mapping[str, Any], stayed: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields each hypothesis, whether it is supported, and the numbers that decide."""
    for cell in CELLS.values():

        def lifetimes(name: str, cell: str = cell) -> list[float]:
            return populations[f"{cell}, RMSprop, {name}"][LIFETIME]

        constant = {rate: lifetimes(f"constant, {rate:g}") for rate in RATES}
        yield f"{cell}: {CHOOSES}", apart([share(np.array(values) >= LASTING) for values in constant.values()])
        thirds = {rate: lifetimes(f"a third for three times the steps, {rate:g}") for rate in THIRDS}
        chances = [chance for rate in THIRDS if (chance := above(thirds[rate], constant[rate]))["value"] is not None]
        longer = sum((chance["low"] or 0) > 0.5 for chance in chances)
        verdict = {"recipes": len(chances), "count": longer, "supported": 2 * longer > len(chances)}
        yield f"{cell}: a third of the rate for three times the steps keeps longer", verdict
        order = above(lifetimes(f"switched, {LOW:g}, then {HIGH:g}"), lifetimes(f"switched, {HIGH:g}, then {LOW:g}"))
        supported = order["low"] is not None and order["low"] > 0.5
        words = f"{cell}: the early rate selects: first {LOW:g}, then {HIGH:g} keeps longer"
        yield words, {**order, "supported": supported}
    for quantity in QUANTITIES:
        rows = [population["correlations"][quantity] for population in populations.values()]
        yield f"{quantity} orders lifetimes under one rate", predicts(rows)
    yield "the sine: at the same error, the rate chooses whether the valley stays", apart([*stayed.values()])


def apart(shares: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether the intervals of the smallest and the largest share do not overlap."""
    judged = [row for row in shares if row["networks"] >= 5]
    if len(judged) < 2:
        return {"recipes": len(judged), "count": 0, "supported": False}
    low, *_, high = sorted(judged, key=lambda row: row["count"] / row["networks"])
    return {
        "recipes": len(judged),
        **{f"least {name}": low[name] for name in ("count", "networks")},
        **{f"most {name}": high[name] for name in ("count", "networks")},
        "supported": bool(low["high"] < high["low"]),
    }

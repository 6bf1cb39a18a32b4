"""What `experiments.research.longevity` was set to measure and to show, and how it is judged."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

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

Cell = Literal["lstm", "gru"]
CELLS: dict[Cell, str] = {"lstm": "LSTM", "gru": "GRU"}

STAYS = 0.2
"""Largest range of the valley's depth, over that of the peaks, of networks whose valley stays."""

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


def correlation(own: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The rank correlation over networks of a quantity with the lifetime, with a 95 % bootstrap interval."""
    pairs = np.array([each for each in zip(own[what], own[LIFETIME], strict=True) if each[0] is not None], float)
    if len(pairs) < LEAST or len(np.unique(pairs[:, 1])) < 3:
        return {"networks": len(pairs), **NOTHING.as_json("value")}
    found = lt.statistics.rank_correlation(pairs[:, 0], pairs[:, 1])
    found = lt.statistics.Estimate(*np.where(np.isnan(found), found.value, found))  # -1 and 1 exclude 0.
    return {"networks": len(pairs), **found.as_json("value")}


def share(met: jt.Bool[np.ndarray, " M"]) -> dict[str, Any]:
    """The share of networks that meet something, with its Wilson interval."""
    return {"networks": len(met), "count": int(met.sum()), **lt.statistics.wilson(int(met.sum()), len(met)).as_json()}


def predicts(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Judges by rank correlations of several recipes whether a quantity predicts lifetimes.

    ``count`` is the number of recipes whose interval excludes 0 on the side of the median.
    """
    known = [each for each in rows if each["value"] is not None]
    median = float(np.median([each["value"] for each in known])) if known else None
    sign = -1 if median is not None and median < 0 else 1
    excluded = sum(sign * each["low"] > 0 and sign * each["high"] > 0 for each in known)
    supported = median is not None and sign * median >= PREDICTS and 2 * excluded >= len(known)
    return {"recipes": len(known), "count": excluded, "median": median, "supported": supported}


def above(first: list[float], second: list[float]) -> dict[str, Any]:
    """The probability that a lifetime of the first networks exceeds one of the second, ties counting one half."""
    few = min(len(first), len(second)) < 5
    chance = NOTHING if few else lt.statistics.probability_above(np.array(first), np.array(second))
    return {"first": len(first), "second": len(second), **chance.as_json("value")}


def verdicts(found: Mapping[str, Any], stayed: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields each hypothesis, whether it is supported, and the numbers that decide."""
    for cell in CELLS.values():

        def lives(name: str, cell: str = cell) -> list[float]:
            return found[f"{cell}, RMSprop, {name}"][LIFETIME]

        usual = {rate: lives(f"constant, {rate:g}") for rate in RATES}
        yield f"{cell}: {CHOOSES}", apart([share(np.array(each) >= LASTING) for each in usual.values()])
        thirds = {rate: lives(f"a third for three times the steps, {rate:g}") for rate in THIRDS}
        known = [each for rate in THIRDS if (each := above(thirds[rate], usual[rate]))["value"] is not None]
        longer = sum((each["low"] or 0) > 0.5 for each in known)
        decided = {"recipes": len(known), "count": longer, "supported": 2 * longer > len(known)}
        yield f"{cell}: a third of the rate for three times the steps keeps longer", decided
        order = above(lives(f"switched, {LOW:g}, then {HIGH:g}"), lives(f"switched, {HIGH:g}, then {LOW:g}"))
        supported = order["low"] is not None and order["low"] > 0.5
        words = f"{cell}: the early rate selects: first {LOW:g}, then {HIGH:g} keeps longer"
        yield words, {**order, "supported": supported}
    for what in QUANTITIES:
        rows = [each["correlations"][what] for each in found.values()]
        yield f"{what} orders lifetimes under one rate", predicts(rows)
    yield "the sine: at the same error, the rate chooses whether the valley stays", apart([*stayed.values()])


def apart(shares: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether the intervals of the smallest and the largest share do not overlap."""
    known = [each for each in shares if each["networks"] >= 5]
    if len(known) < 2:
        return {"recipes": len(known), "count": 0, "supported": False}
    low, *_, high = sorted(known, key=lambda each: each["count"] / each["networks"])
    return {
        "recipes": len(known),
        **{f"least {name}": low[name] for name in ("count", "networks")},
        **{f"most {name}": high[name] for name in ("count", "networks")},
        "supported": bool(low["high"] < high["low"]),
    }

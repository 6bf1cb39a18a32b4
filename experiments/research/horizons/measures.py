"""Measures of predictions of horizons over resampled seeds: skill, Harrell's C, slopes; and tests of hypotheses."""

from collections.abc import Mapping, Sequence
from typing import Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

RESAMPLES = 2_000

FEWEST = 12
"""Fewest networks with a number for a median that is judged."""

LEVEL = 0.05
"""The level of Holm's procedure over the five hypotheses."""

Numbers = jt.Float[np.ndarray, " S"]
Counts = jt.Int[np.ndarray, "R S"]
Resampled = jt.Float[np.ndarray, " R"]


def resampled(seeds: int) -> Counts:
    """How often each resample draws each seed, the first row being the sample; shared by all recipes.

    Drawn as they were when the hypotheses were fixed, and not by `lt.statistics.resample`.
    """
    drawn = np.random.default_rng(0).multinomial(seeds, np.full(seeds, 1 / seeds), RESAMPLES)
    return np.concatenate([np.ones((1, seeds), int), drawn])


def skill(predicted: Numbers, horizons: Numbers, counts: Counts) -> Resampled:
    """1 - sum |log P/H| / sum |log c/H| in each resample, with c the median of the other networks' horizons."""
    others = [np.median(np.delete(horizons, place)) for place in range(len(horizons))]
    errors, baseline = (np.abs(np.log(guess / horizons)) for guess in (predicted, np.array(others)))
    return 1 - (counts @ errors) / (counts @ baseline)


def concordance(score: Numbers, horizons: Numbers, censored: jt.Bool[np.ndarray, " S"], counts: Counts) -> Resampled:
    """Harrell's C in each resample: the share of pairs that a score orders as their horizons are; ties count half.

    Pairs count if the shorter horizon is not censored (Harrell et al., "Evaluating the yield of medical tests", 1982).
    """
    shorter = (horizons[:, None] < horizons) & ~censored[:, None]
    agree = np.where(score[:, None] < score, 1.0, 0.5 * (score[:, None] == score))
    pairs = ((counts @ weights * counts).sum(axis=1) for weights in (shorter * agree, shorter.astype(float)))
    return np.divide(*pairs)


def slope(x: jt.Float[np.ndarray, "S K"], y: jt.Float[np.ndarray, "S K"], least: int) -> Numbers:
    """The least-squares slope of each row of y on x where both are finite; NaN at fewer than ``least`` places."""
    finite = np.isfinite(x) & np.isfinite(y)
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = (np.where(finite, values, 0) for values in (x, y))
        count = finite.sum(axis=1, keepdims=True)
        x, y = (np.where(finite, values - values.sum(axis=1, keepdims=True) / count, 0) for values in (x, y))
        slopes = (x * y).sum(axis=1) / np.square(x).sum(axis=1)
    return np.where(count[:, 0] >= least, slopes, np.nan)


def medians(values: Numbers, counts: Counts) -> Resampled:
    """The median of the known values in each resample."""
    finite = np.isfinite(values)
    return np.array([np.median(np.repeat(values[finite], row)) if row.any() else np.nan for row in counts[:, finite]])


def median_in(values: Numbers, limits: tuple[float, float], counts: Counts) -> tuple[dict[str, Any], Any]:
    """The median of known values, whether it is ``met``: in a range with its interval; and whether each resample's is.

    With fewer than `FEWEST` known values, none is in the range.
    """
    networks, by_resample = int(np.isfinite(values).sum()), medians(values, counts)
    holds, summary = within(by_resample, limits) & (networks >= FEWEST), estimate(by_resample)
    return {**summary, "networks": networks, "met": bool(holds[0] and interval_within(summary, limits))}, holds


def growth(horizons: Sequence[Numbers], sizes: Sequence[float], counts: Counts) -> Resampled | None:
    """The slope of the log median horizon on the log size in each resample; None if fewer than `FEWEST` are known."""
    if min(np.isfinite(horizon).sum() for horizon in horizons) < FEWEST:
        return None
    logs = np.log([medians(horizon, counts) for horizon in horizons]).T
    return slope(np.broadcast_to(np.log(sizes), logs.shape), logs, len(sizes))


def numbers(values: Any) -> Any:
    """Numbers of JSON, with NaN in place of None."""
    return np.array(values, float)


def uncensored(horizons: Any, largest: float) -> jt.Float[np.ndarray, "S K"]:
    """Horizons, or predictions; NaN where they are 0 or censored."""
    values = numbers(horizons)
    return np.where((values > 0) & (values < largest), values, np.nan)


def estimate(resamples: Resampled) -> dict[str, float | None]:
    """The value and the 95 % percentile interval of a bootstrap, whose first row is the sample itself."""
    return lt.statistics.Estimate(resamples[0], *lt.statistics.percentile_interval(resamples[1:])).as_json("value")


def within(values: Any, limits: tuple[float, float]) -> Any:
    """Whether values lie in a range."""
    return (values >= limits[0]) & (values <= limits[1])


def interval_within(ends: Mapping[str, float | None], limits: tuple[float, float]) -> bool:
    """Whether the interval of an estimate lies in a range."""
    return ends["low"] is not None and bool(within(np.array([ends["low"], ends["high"]], float), limits).all())


def p_value(holds: Any) -> float:
    """The share of resamples in which a statement does not hold, with one such resample added."""
    return float((1 + (~holds[1:]).sum()) / len(holds))


def adjusted(judged: dict[str, Any]) -> dict[str, Any]:
    """Adds to tests of hypotheses their p-values adjusted by Holm, and whether the hypotheses are supported."""
    p_values = np.array([test["p"] for test in judged.values()])
    for test, p in zip(judged.values(), lt.statistics.holm(p_values).tolist(), strict=True):
        test["adjusted p"] = p
        test["supported"] = p < LEVEL and test.get("also", True)
    return judged

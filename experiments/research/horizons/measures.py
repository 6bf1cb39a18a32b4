"""Measures of predictions of horizons: skill, Harrell's C and slopes, over resampled seeds."""

import jaxtyping as jt
import numpy as np

RESAMPLES = 2_000

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

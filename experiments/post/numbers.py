"""The numbers of claims: one per network, computed from the curve sets in a claim's sources.

Windows, as keywords, and ``share``, the share of curves that have to meet the claim, are other choices with which a
number could have been defined as well. Imports nothing heavy, so that claims can be listed without loading JAX.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from .. import post

if TYPE_CHECKING:  # Claims are listed without it.
    import xarray as xr

Numbers = jt.Float[np.ndarray, " S"]

HILL_LEARNED = 0.02
"""Largest RMSE of y with which the hill counts as learned."""

READ_OFF = 0.02
"""Largest error of an amplitude that counts as read off."""

MARGIN = 1e-6
"""Difference up to which parameters of curves count as equal; those of a grid are rounded sums."""

NEIGHBORS = 10
"""Inputs next to each other in size that count as one, of 480 in the figure of other amplitudes."""


@cache
def windowed(measure: Callable[..., Any], **window: float) -> Callable[..., Any]:
    """A measure with another window: always the same function, which JAX compiles once."""
    return partial(measure, **window) if window else measure


def reached(values: jt.Float[np.ndarray, "S C"], share: float) -> Numbers:
    """The largest number that at least a share of the curves reach; undefined values reach none."""
    best = -np.sort(np.where(np.isnan(values), np.inf, -values), axis=1)
    number = best[:, math.ceil(share * values.shape[1]) - 1]
    return np.where(np.isfinite(number), number, np.nan)


def within(values: jt.Float[np.ndarray, "S C"], share: float) -> Numbers:
    """The smallest number that at least a share of the curves do not exceed; undefined values exceed every number."""
    return -reached(-values, share)


def error(curves: xr.Dataset, **window: float) -> Numbers:
    """RMSE of y over x >= 0.1, over all curves of a set."""
    return np.sqrt(np.square(lt.claims.per_curve(curves, windowed(lt.measures.rmse, **window))).mean(axis=1))


def error_of_points(*sets: xr.Dataset, share: float | None = None, **window: float) -> Numbers:
    """RMSE of x and y over x >= 0.1, over all curves of all sets."""
    measure = windowed(lt.measures.rmse, **window)
    squared = [np.square(lt.claims.per_curve(curves, measure, feature)) for curves in sets for feature in ("x", "y")]
    if share is None:
        return np.sqrt(np.concatenate(squared, axis=1).mean(axis=1))
    of_points = [(of_x + of_y) / 2 for of_x, of_y in zip(squared[::2], squared[1::2], strict=True)]
    return np.sqrt(within(np.concatenate(of_points, axis=1), share))


def worst_error_of_points(
    line_lines: xr.Dataset, line_hills: xr.Dataset, hill_lines: xr.Dataset, hill_hills: xr.Dataset, **options: float
) -> Numbers:
    """The larger RMSE of the line's and the hill's network, each over lines and hills."""
    line, hill = (error_of_points(*sets, **options) for sets in ((line_lines, line_hills), (hill_lines, hill_hills)))
    return np.maximum(line, hill)


def ratio_of_errors(ours: xr.Dataset, theirs: xr.Dataset) -> Numbers:
    """RMSE of one population's networks over the RMSE of another population's."""
    below = error(theirs)
    return error(ours) / np.where(below > 0, below, np.nan)


def steps_until_learned(history: xr.Dataset) -> Numbers:
    """Steps until the hill is learned for good; the whole budget if it is not."""
    met = (history.train_rmse.sel(feature="y").values <= HILL_LEARNED) & ~history.diverged.values[:, None]
    stays = np.logical_and.accumulate(met[:, ::-1], axis=1)[:, ::-1]
    steps = history.step.values
    return np.where(stays.any(axis=1), steps[stays.argmax(axis=1)], float(steps[-1]))


def temporal_share(curves: xr.Dataset, since: float | None = None, share: float | None = None) -> Numbers:
    """Share of the variance of answers over x >= 0.2 that no function of the input at the same point explains.

    Answers to `NEIGHBORS` inputs next to each other in size, over all curves, count as answers to one input. With
    ``share``, what this leaves of the answer to each curve is compared with the variance of this answer.
    """
    x = curves.time.values
    since = lt.measures.SETTLED if since is None else since
    settled = lt.measures.window((x - x[0]) / (x[-1] - x[0]), since)
    shown, answers = (curves[name].sel(feature="y").values[..., settled] for name in ("input", "answer"))
    order = np.argsort(shown, axis=None, kind="stable")
    ordered = answers.reshape(len(answers), -1)[:, order].astype(float)
    groups = np.array_split(ordered, -(-shown.size // NEIGHBORS), axis=1)
    left = np.concatenate([group - group.mean(axis=1, keepdims=True) for group in groups], axis=1)
    if share is None:
        return _resolved(np.square(left).mean(axis=1) / ordered.var(axis=1), ordered)
    of_curves = left[:, np.argsort(order)].reshape(answers.shape)
    return reached(_resolved(np.square(of_curves).mean(axis=2) / answers.astype(float).var(axis=2), answers), share)


def _resolved(numbers: jt.Float[np.ndarray, "*N"], answers: jt.Float[np.ndarray, "*N P"]) -> jt.Float[np.ndarray, "*N"]:
    """Numbers of answers; NaN where an answer varies by less than `curve_measures.RESOLUTION`."""
    return np.where(np.ptp(answers, axis=-1) < post.curve_measures.RESOLUTION, np.nan, numbers)


def early_turns(lines: xr.Dataset, share: float | None = None, **window: float) -> Numbers:
    """Number of turns of an answer before x = 0.4, median over lines."""
    return _over_curves(lt.claims.per_curve(lines, windowed(post.curve_measures.early_turns, **window)), share)


def common_growth(lines: xr.Dataset, **window: float) -> Numbers:
    """Slope of log(rise of the answer) on log(rise of the input) over x in [0.4, 1], across lines.

    0: all answers grow alike; 1: in proportion to the input. NaN if an answer does not rise.
    """
    answered, shown = lt.claims.per_curve(lines, windowed(post.curve_measures.rises, **window))
    across = np.log(shown) - np.log(shown).mean(axis=1, keepdims=True)
    return (across * np.log(answered)).sum(axis=1) / np.square(across).sum(axis=1)


def bend(*sets: xr.Dataset, share: float | None = None, **window: float) -> Numbers:
    """1 - R^2 of the best straight line through the answer over x >= 0.2, median over all lines of all sets."""
    bends = [lt.claims.per_curve(lines, windowed(post.curve_measures.bend, **window)) for lines in sets]
    return _over_curves(np.concatenate(bends, axis=1), share)


def answered_alike(sines: xr.Dataset, **window: float) -> Numbers:
    """The amplitude above which the answer swings less than the input; NaN if an answer does not swing.

    The smallest amplitude if no answer swings more than its input, and the largest if its answer does.
    """
    swing = lt.claims.per_curve(sines, windowed(post.curve_measures.excess_swing, **window))
    amplitudes = sines.parameter_amplitude.values

    def crossing(excess: jt.Float[np.ndarray, " C"]) -> float:
        if np.isnan(excess).any():
            return np.nan
        more = np.flatnonzero(excess > 0)
        if not len(more) or more[-1] == len(excess) - 1:
            return float(amplitudes[more[-1] if len(more) else 0])
        last = int(more[-1])
        return float(np.interp(0.0, excess[[last + 1, last]], amplitudes[[last + 1, last]]))

    return np.array([crossing(excess) for excess in swing])


def valley_moved(sines: xr.Dataset, valley: Mapping[str, float] = {}, peaks: Mapping[str, float] = {}) -> Numbers:
    """Range of the valley's depth across sines over the range of the answer's peaks; NaN without valleys or range."""
    bottom, _ = lt.claims.per_curve(sines, windowed(post.curve_measures.valleys, **valley))
    peak = lt.claims.per_curve(sines, windowed(post.curve_measures.peak, **peaks))
    spread = np.ptp(peak, axis=1)
    return np.ptp(bottom.depth, axis=1) / np.where(spread < post.curve_measures.RESOLUTION, np.nan, spread)


def valley_places(sines: xr.Dataset) -> Numbers:
    """Range of the place of the answer's valley across sines."""
    return np.ptp(lt.claims.per_curve(sines, post.curve_measures.valleys)[0].place, axis=1)


def valley_follows(sines: xr.Dataset) -> Numbers:
    """Slope of the place of the answer's valley on its place in the input: 0 if it stays, 1 if it follows."""
    answered, shown = (valley.place for valley in lt.claims.per_curve(sines, post.curve_measures.valleys))
    across = shown - shown.mean(axis=1, keepdims=True)
    return (across * answered).sum(axis=1) / np.square(across).sum(axis=1)


def worst_frequency(sines: xr.Dataset, share: float = 1.0, **window: float) -> Numbers:
    """Largest relative error of the frequency of the best sinusoid over x >= 0.2."""
    frequency = lt.claims.per_curve(sines, windowed(post.curve_measures.frequency, **window))
    return within(np.abs(frequency / sines.parameter_frequency.values - 1), share)


def first_part(sines: xr.Dataset, share: float | None = None, **window: float) -> Numbers:
    """`curve_measures.first_part`, median over sines."""
    return _over_curves(lt.claims.per_curve(sines, windowed(post.curve_measures.first_part, **window)), share)


def explained_by_amplitude(sines: xr.Dataset, share: float | None = None, **window: float) -> Numbers:
    """Share of the squared error that a gain and an offset of the input explain, over x >= 0.2, median over sines."""
    return _over_curves(lt.claims.per_curve(sines, windowed(post.curve_measures.explained, **window)), share)


def removed_by_correction(sines: xr.Dataset) -> Numbers:
    """Share of the squared error that a gain and an offset of the answer remove, median over sines."""
    return np.median(lt.claims.per_curve(sines, lt.measures.share_removed), axis=1)


def removed_with_delay(sines: xr.Dataset) -> Numbers:
    """Share of the squared error that a gain, an offset and a delay of the answer remove, median over sines."""
    return np.median(lt.claims.per_curve(sines, post.curve_measures.removed_with_delay), axis=1)


def _over_curves(values: jt.Float[np.ndarray, "S C"], share: float | None = None) -> Numbers:
    """Median over curves, or what a share of them reach.

    Undefined values count as the lowest; NaN if one of them is the median.
    """
    if share is not None:
        return reached(values, share)
    middle = np.median(np.where(np.isnan(values), -np.inf, values), axis=1)
    return np.where(np.isfinite(middle), middle, np.nan)


def _errors(curves: xr.Dataset, chosen: np.ndarray) -> jt.Float[np.ndarray, "S C A"]:
    """Errors of the numbers that are read off some curves: answers minus the truth."""
    shown = curves.isel(curve=np.flatnonzero(chosen))
    return shown.answer.values.astype(float) - shown.truth.values


def inside_error(sines: xr.Dataset, start: float = 0.05, share: float = 1.0) -> Numbers:
    """Largest absolute error of the read-off amplitude inside the training range, A from 0.05 to 0.49."""
    amplitude = sines.parameter_amplitude.values
    errors = _errors(sines, (amplitude > start - MARGIN) & (amplitude < 0.49 + MARGIN))
    return within(np.abs(errors)[:, :, 0], share)


def divergence_start(sines: xr.Dataset, start: float = 0.05) -> Numbers:
    """The smallest amplitude, of at least 0.05, with an error above 0.02, interpolated linearly; NaN without one."""
    chosen = sines.parameter_amplitude.values > start - MARGIN
    amplitudes, errors = sines.parameter_amplitude.values[chosen], _errors(sines, chosen)

    def crossing(wrong: jt.Float[np.ndarray, " C"]) -> float:
        above = np.flatnonzero(wrong > READ_OFF)
        if not len(above):
            return np.nan
        pair = slice(max(above[0] - 1, 0), above[0] + 1)
        return float(np.interp(READ_OFF, wrong[pair], amplitudes[pair]))

    return np.array([crossing(wrong) for wrong in np.abs(errors)[:, :, 0]])


def shortfall(sines: xr.Dataset) -> Numbers:
    """Shortfall of the amplitude read off at A = 0.8."""
    return -_errors(sines, np.isclose(sines.parameter_amplitude.values, 0.8)).mean(axis=(1, 2))


def _plane_error(
    lines: xr.Dataset,
    slopes: tuple[float, float],
    share: float | None,
    over: Callable[..., Numbers] = reached,
    intercept: float = 0.0,
) -> Numbers:
    """RMSE of (m, t) over lines with m in a range and t from ``intercept`` to below 1; NaN if there are none.

    With ``share``, one RMSE per line, reduced over lines by ``over``, which is `reached` or `within`.
    """
    m, t = lines.parameter_slope.values, lines.parameter_intercept.values
    chosen = (m > slopes[0] - MARGIN) & (m < slopes[1] + MARGIN) & (t > intercept - MARGIN) & (t < 1 - MARGIN)
    if not chosen.any():
        return np.full(lines.sizes["seed"], np.nan)
    squared = np.square(_errors(lines, chosen))
    return np.sqrt(squared.mean(axis=(1, 2)) if share is None else over(squared.mean(axis=2), share))


def trained_slopes(lines: xr.Dataset, start: float = 0.0, share: float | None = None) -> Numbers:
    """RMSE of (m, t) over lines with m and t in [0, 1), as in training."""
    return _plane_error(lines, (start, 0.9), share, within, intercept=start)


def negative_slopes(lines: xr.Dataset, start: float = -1.0, share: float | None = None) -> Numbers:
    """RMSE of (m, t) over lines with m from -1 to -0.1 and t in [0, 1)."""
    return _plane_error(lines, (start, -0.1), share)


def large_slopes(lines: xr.Dataset, start: float = 1.1, share: float | None = None) -> Numbers:
    """RMSE of (m, t) over lines with m from 1.1 to 2 and t in [0, 1)."""
    return _plane_error(lines, (start, 2.0), share)

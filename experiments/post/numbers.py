"""The numbers of claims: one per network, computed from the curve sets in a claim's sources.

Imports nothing heavy, so that claims can be listed without loading JAX.
"""

from __future__ import annotations

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from .. import post

HILL_LEARNED = lt.Goal(rmse=0.02, features=("y",))

READ_OFF = 0.02
"""Largest error of an amplitude that counts as read off."""

NEIGHBORS = 10
"""Inputs next to each other in size that count as one, of 480 in the figure of other amplitudes."""


def error(curves: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """RMSE of y over x >= 0.1, over all curves of a set."""
    return np.sqrt(np.square(lt.per_curve(curves, lt.measures.rmse)).mean(axis=1))


def error_of_points(*sets: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """RMSE of x and y over x >= 0.1, over all curves of all sets."""
    squared = [np.square(lt.per_curve(curves, lt.measures.rmse, feature)) for curves in sets for feature in ("x", "y")]
    return np.sqrt(np.concatenate(squared, axis=1).mean(axis=1))


def worst_error_of_points(
    line_lines: lt.Results, line_hills: lt.Results, hill_lines: lt.Results, hill_hills: lt.Results
) -> jt.Float[np.ndarray, " S"]:
    """The larger RMSE of the line's and the hill's network, each over lines and hills."""
    return np.maximum(error_of_points(line_lines, line_hills), error_of_points(hill_lines, hill_hills))


def ratio_of_errors(ours: lt.Results, theirs: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """RMSE of one population's networks over the RMSE of another population's."""
    below = error(theirs)
    return error(ours) / np.where(below > 0, below, np.nan)


def steps_until_learned(history: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Steps until the hill is learned for good; the whole budget if it is not."""
    return np.minimum(lt.results.summary.steps_to_goal(history, HILL_LEARNED), float(history.step[-1]))


def temporal_share(curves: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Share of the variance of answers over x >= 0.2 that no function of the input at the same point explains.

    Answers to `NEIGHBORS` inputs next to each other in size, over all curves, count as answers to one input.
    """
    x = curves.time.values
    settled = x - x[0] >= lt.measures.SETTLED * (x[-1] - x[0])
    shown, answers = (curves[name].sel(feature="y").values[..., settled] for name in ("input", "answer"))
    ordered = answers.reshape(len(answers), -1)[:, np.argsort(shown, axis=None, kind="stable")].astype(float)
    groups = np.array_split(ordered, -(-shown.size // NEIGHBORS), axis=1)
    left = np.concatenate([group - group.mean(axis=1, keepdims=True) for group in groups], axis=1)
    share = np.square(left).mean(axis=1) / ordered.var(axis=1)
    return np.where(np.ptp(ordered, axis=1) < post.curve_measures.RESOLUTION, np.nan, share)


def early_turns(lines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Number of turns of an answer before x = 0.4, median over lines."""
    return _median(lt.per_curve(lines, post.curve_measures.early_turns))


def common_growth(lines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Slope of log(rise of the answer) on log(rise of the input) over x in [0.4, 1], across lines.

    0: all answers grow alike; 1: in proportion to the input. NaN if an answer does not rise.
    """
    answered, shown = lt.per_curve(lines, post.curve_measures.rises)
    across = np.log(shown) - np.log(shown).mean(axis=1, keepdims=True)
    return (across * np.log(answered)).sum(axis=1) / np.square(across).sum(axis=1)


def bend(*sets: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """1 - R^2 of the best straight line through the answer over x >= 0.2, median over all lines of all sets."""
    bends = [lt.per_curve(lines, post.curve_measures.bend) for lines in sets]
    return _median(np.concatenate(bends, axis=1))


def answered_alike(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """The amplitude above which the answer swings less than the input; NaN if an answer does not swing.

    The smallest amplitude if no answer swings more than its input, and the largest if its answer does.
    """
    swing = lt.per_curve(sines, post.curve_measures.excess_swing)
    amplitudes = sines.amplitude.values

    def crossing(excess: jt.Float[np.ndarray, " C"]) -> float:
        if np.isnan(excess).any():
            return np.nan
        more = np.flatnonzero(excess > 0)
        if not len(more) or more[-1] == len(excess) - 1:
            return float(amplitudes[more[-1] if len(more) else 0])
        last = int(more[-1])
        return float(np.interp(0.0, excess[[last + 1, last]], amplitudes[[last + 1, last]]))

    return np.array([crossing(excess) for excess in swing])


def valley_moved(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Range of the valley's depth across sines over the range of the answer's peaks; NaN without valleys or range."""
    valley, _ = lt.per_curve(sines, post.curve_measures.valleys)
    peak = lt.per_curve(sines, post.curve_measures.peak)
    spread = np.ptp(peak, axis=1)
    return np.ptp(valley.depth, axis=1) / np.where(spread < post.curve_measures.RESOLUTION, np.nan, spread)


def valley_places(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Range of the place of the answer's valley across sines."""
    return np.ptp(lt.per_curve(sines, post.curve_measures.valleys)[0].place, axis=1)


def valley_follows(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Slope of the place of the answer's valley on its place in the input: 0 if it stays, 1 if it follows."""
    answered, shown = (valley.place for valley in lt.per_curve(sines, post.curve_measures.valleys))
    across = shown - shown.mean(axis=1, keepdims=True)
    return (across * answered).sum(axis=1) / np.square(across).sum(axis=1)


def worst_frequency(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Largest relative error of the frequency of the best sinusoid over x >= 0.2."""
    frequency = lt.per_curve(sines, post.curve_measures.frequency)
    return np.abs(frequency / sines.frequency.values - 1).max(axis=1)


def first_part(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """`curve_measures.first_part`, median over sines."""
    return _median(lt.per_curve(sines, post.curve_measures.first_part))


def explained_by_amplitude(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Share of the squared error that a gain and an offset of the input explain, over x >= 0.2, median over sines."""
    return _median(lt.per_curve(sines, post.curve_measures.explained))


def removed_by_correction(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Share of the squared error that a gain and an offset of the answer remove, median over sines."""
    return np.median(lt.per_curve(sines, lt.measures.share_removed), axis=1)


def removed_with_delay(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Share of the squared error that a gain, an offset and a delay of the answer remove, median over sines."""
    return np.median(lt.per_curve(sines, post.curve_measures.removed_with_delay), axis=1)


def _median(values: jt.Float[np.ndarray, "S C"]) -> jt.Float[np.ndarray, " S"]:
    """Median over curves. Undefined values count as the lowest; NaN if one of them is the median."""
    middle = np.median(np.where(np.isnan(values), -np.inf, values), axis=1)
    return np.where(np.isfinite(middle), middle, np.nan)


def _read_off(
    curves: lt.Results, chosen: np.ndarray
) -> tuple[jt.Float[np.ndarray, "S C A"], jt.Float[np.ndarray, "C A"]]:
    return curves.answer.values[:, chosen].astype(float), curves.truth.values[chosen].astype(float)


def inside_error(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Largest absolute error of the read-off amplitude inside the training range, A from 0.05 to 0.49."""
    amplitude = sines.amplitude.values
    answers, truth = _read_off(sines, (amplitude > 0.045) & (amplitude < 0.495))
    return np.abs(answers - truth).max(axis=(1, 2))


def divergence_start(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """The smallest amplitude, of at least 0.05, with an error above 0.02, interpolated linearly; NaN without one."""
    chosen = sines.amplitude.values > 0.045
    amplitudes, (answers, truth) = sines.amplitude.values[chosen], _read_off(sines, chosen)

    def start(errors: jt.Float[np.ndarray, " C"]) -> float:
        above = np.flatnonzero(errors > READ_OFF)
        if not len(above):
            return np.nan
        pair = slice(max(above[0] - 1, 0), above[0] + 1)
        return float(np.interp(READ_OFF, errors[pair], amplitudes[pair]))

    return np.array([start(errors) for errors in np.abs(answers - truth)[:, :, 0]])


def shortfall(sines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """Shortfall of the amplitude read off at A = 0.8."""
    answers, truth = _read_off(sines, np.isclose(sines.amplitude.values, 0.8))
    return (truth - answers).mean(axis=(1, 2))


def _plane_error(lines: lt.Results, low: float, high: float) -> jt.Float[np.ndarray, " S"]:
    """RMSE of (m, t) over lines with m from low to high and t in [0, 1), as in training; NaN if there are none."""
    slope, intercept = lines.slope.values, lines.intercept.values
    margin = 1e-6  # The grid's numbers are rounded sums of tenths.
    chosen = (slope > low - margin) & (slope < high + margin) & (intercept > -margin) & (intercept < 1 - margin)
    if not chosen.any():
        return np.full(lines.sizes["seed"], np.nan)
    answers, truth = _read_off(lines, chosen)
    return np.sqrt(np.square(answers - truth).mean(axis=(1, 2)))


def trained_slopes(lines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """RMSE of (m, t) over lines with m and t in [0, 1), as in training."""
    return _plane_error(lines, 0.0, 0.9)


def negative_slopes(lines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """RMSE of (m, t) over lines with m from -1 to -0.1 and t in [0, 1)."""
    return _plane_error(lines, -1.0, -0.1)


def large_slopes(lines: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """RMSE of (m, t) over lines with m from 1.1 to 2 and t in [0, 1)."""
    return _plane_error(lines, 1.1, 2.0)

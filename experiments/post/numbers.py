"""The numbers that the claims are about: one a network, from the curve sets that
`lstm_toys.studies.claims.evidence.select` gives.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PyTree

from lstm_toys.results import summary
from lstm_toys.statistics import measures
from lstm_toys.tasks.goal import Goal

HILL_LEARNED = Goal(0.02, ("y",))
"""When a network counts as having learned the hill."""

EARLY = 0.4
"""The post's lines perform "something like a sine phase in the beginning", which is over by then."""

LEAST_RISE = 0.01
"""What a dot of the post's figures can be read off to; a line that rises less counts as rising by this."""

Curve = Float[Array, " T"]

PerCurve = Callable[[Curve, Curve, Curve], PyTree[Float[Array, ""]]]
"""A measure of one answer to one curve at time points."""


SEED_BLOCK = 8
"""Networks that one compiled program measures at a time."""


@partial(jax.jit, static_argnums=0)
def _each(
    measure: PerCurve, answers: Float[Array, "N C T"], shown: Float[Array, "C T"], x: Curve
) -> PyTree[Float[Array, "N C"]]:
    return jax.vmap(jax.vmap(measure, (0, 0, None)), (0, None, None))(answers, shown, x)


def per_curve(curves: xr.Dataset, measure: PerCurve, feature: str = "y") -> Any:
    """A measure of every answer of every network ``[S, C]``, bitwise the same whatever other networks there are.

    Args:
        curves: a curve set.
        measure: of one answer to one curve.
        feature: of input and answer.
    """
    answers, shown, x = (
        np.asarray(values, np.float32)
        for values in (*(curves[name].sel(feature=feature) for name in ("answer", "input")), curves.time)
    )
    seeds = len(answers)
    padded = np.concatenate([answers, np.zeros((-seeds % SEED_BLOCK, *answers.shape[1:]), np.float32)])
    blocks = [
        _each(measure, jnp.asarray(block), jnp.asarray(shown), jnp.asarray(x))
        for block in np.split(padded, len(padded) // SEED_BLOCK)
    ]
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:seeds], *blocks)


def _early_turns(answer: Curve, _: Curve, x: Curve) -> Float[Array, ""]:
    return measures.turns(answer, x, EARLY).astype(x.dtype)


def _rises(answer: Curve, shown: Curve, x: Curve) -> tuple[Float[Array, ""], Float[Array, ""]]:
    def rise(curve: Curve) -> Float[Array, ""]:
        return jnp.maximum(curve[-1] - jnp.interp(EARLY, x, curve), LEAST_RISE)

    return rise(answer), rise(shown)


def _bend(answer: Curve, _: Curve, x: Curve) -> Float[Array, ""]:
    return measures.nonlinearity(answer, x)


def _excess_swing(answer: Curve, shown: Curve, x: Curve) -> Float[Array, ""]:
    return measures.peak_to_peak(answer, x) - measures.peak_to_peak(shown, x)


def _peak(answer: Curve, _: Curve, x: Curve) -> Float[Array, ""]:
    return jnp.where(x >= measures.FOUND, answer, -jnp.inf).max()


def _valleys(answer: Curve, shown: Curve, x: Curve) -> tuple[measures.Valley, measures.Valley]:
    return measures.valley(answer, x), measures.valley(shown, x)


def _frequency(answer: Curve, _: Curve, x: Curve) -> Float[Array, ""]:
    return measures.frequency(answer, x)


def _explained(answer: Curve, shown: Curve, x: Curve) -> Float[Array, ""]:
    gain, offset = measures.affine(answer, shown, x)
    window = x >= measures.SETTLED
    rest, error = (
        jnp.where(window, jnp.square(difference), 0.0).sum()
        for difference in (answer - gain * shown - offset, answer - shown)
    )
    return 1 - rest / error


def _removed_with_delay(answer: Curve, shown: Curve, x: Curve) -> Float[Array, ""]:
    return measures.share_removed(answer, shown, x, measures.delay(answer, shown, x))


def error(curves: xr.Dataset) -> Float[np.ndarray, " S"]:
    """RMSE of y over x >= 0.1, over all curves of a set."""
    return np.sqrt(np.square(per_curve(curves, measures.rmse)).mean(axis=1))


def error_of_points(*sets: xr.Dataset) -> Float[np.ndarray, " S"]:
    """RMSE of x and y over x >= 0.1, over all curves of all sets."""
    squared = [np.square(per_curve(curves, measures.rmse, feature)) for curves in sets for feature in ("x", "y")]
    return np.sqrt(np.concatenate(squared, axis=1).mean(axis=1))


def worst_error_of_points(
    line_lines: xr.Dataset, line_hills: xr.Dataset, hill_lines: xr.Dataset, hill_hills: xr.Dataset
) -> Float[np.ndarray, " S"]:
    """The larger RMSE of the line's and the hill's network, each over lines and hills."""
    return np.maximum(error_of_points(line_lines, line_hills), error_of_points(hill_lines, hill_hills))


def ratio_of_errors(ours: xr.Dataset, theirs: xr.Dataset) -> Float[np.ndarray, " S"]:
    """RMSE of one population's networks over that of another's."""
    below = error(theirs)
    return error(ours) / np.where(below > 0, below, np.nan)


def steps_until_learned(history: xr.Dataset) -> Float[np.ndarray, " S"]:
    """Steps until the hill is learned for good; the whole budget where it is not."""
    return np.minimum(summary.steps_to_goal(history, HILL_LEARNED), float(history.step[-1]))


def early_turns(lines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """How often an answer turns before x = 0.4, median over lines."""
    return np.median(per_curve(lines, _early_turns), axis=1)


def common_growth(lines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """Slope of log(rise of the answer) on log(rise of the input) over x in [0.4, 1], across lines.

    0: all answers grow alike; 1: in proportion to what was shown.
    """
    answered, shown = per_curve(lines, _rises)
    across = np.log(shown) - np.log(shown).mean(axis=1, keepdims=True)
    return (across * np.log(answered)).sum(axis=1) / np.square(across).sum(axis=1)


def bend(*sets: xr.Dataset) -> Float[np.ndarray, " S"]:
    """1 - R^2 of the best straight line through the answer over x >= 0.2, median over all lines of all sets."""
    bends = [per_curve(lines, _bend) for lines in sets]
    return np.median(np.concatenate(bends, axis=1), axis=1)


def answered_alike(sines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """The amplitude from which on the answer swings less than the input, straight between two amplitudes.

    The smallest amplitude if no answer swings more than its input, the largest if that one's does.
    """
    swing = per_curve(sines, _excess_swing)
    amplitudes = sines.amplitude.values

    def crossing(excess: Float[np.ndarray, " C"]) -> float:
        more = np.flatnonzero(excess > 0)
        if not len(more) or more[-1] == len(excess) - 1:
            return float(amplitudes[more[-1] if len(more) else 0])
        last = int(more[-1])
        return float(np.interp(0.0, excess[[last + 1, last]], amplitudes[[last + 1, last]]))

    return np.array([crossing(excess) for excess in swing])


def valley_moved(sines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """Range of the depth of the answer's valley across sines, over the range of its peaks beyond x = 0.1."""
    valley, _ = per_curve(sines, _valleys)
    peak = per_curve(sines, _peak)
    spread = np.ptp(peak, axis=1)
    return np.ptp(valley.depth, axis=1) / np.where(spread > 0, spread, np.nan)


def valley_places(sines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """Range of the place of the answer's valley across sines."""
    return np.ptp(per_curve(sines, _valleys)[0].place, axis=1)


def valley_follows(sines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """Slope of the place of the answer's valley on that of the input's: 0: it stays; 1: it follows, as a copy's."""
    answered, shown = (valley.place for valley in per_curve(sines, _valleys))
    across = shown - shown.mean(axis=1, keepdims=True)
    return (across * answered).sum(axis=1) / np.square(across).sum(axis=1)


def worst_frequency(sines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """Largest relative error of the frequency of the best sinusoid over x >= 0.2."""
    frequency = per_curve(sines, _frequency)
    return np.abs(frequency / sines.frequency.values - 1).max(axis=1)


def explained_by_amplitude(sines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """Share of the squared error that a gain and an offset of the input explain, over x >= 0.2, median over sines."""
    return np.median(per_curve(sines, _explained), axis=1)


def removed_by_correction(sines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """Share of the squared error that vanishes once the answer is given a gain and an offset, median over sines."""
    return np.median(per_curve(sines, measures.share_removed), axis=1)


def removed_with_delay(sines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """Share of the squared error that vanishes once the answer is given a gain, an offset and a delay, median."""
    return np.median(per_curve(sines, _removed_with_delay), axis=1)


def _read_off(curves: xr.Dataset, chosen: np.ndarray) -> tuple[Float[np.ndarray, "S C A"], Float[np.ndarray, "C A"]]:
    """Read-off and true parameters of some of the curves, in double precision."""
    return curves.answer.values[:, chosen].astype(float), curves.truth.values[chosen].astype(float)


def inside_error(sines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """Largest absolute error of the read-off amplitude inside the training range, A from 0.05 to 0.49."""
    amplitude = sines.amplitude.values
    answers, truth = _read_off(sines, (amplitude > 0.045) & (amplitude < 0.495))
    return np.abs(answers - truth).max(axis=(1, 2))


def shortfall(sines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """By how much the amplitude read off at A = 0.8 falls short, where a clipped truth does not."""
    answers, truth = _read_off(sines, np.isclose(sines.amplitude.values, 0.8))
    return (truth - answers).mean(axis=(1, 2))


def _plane_errors(lines: xr.Dataset, low: float, high: float) -> tuple[Float[np.ndarray, " S"], float]:
    """RMSE of (m, t), and that of the clipped truth, over lines with m from low to high and t as in training."""
    slope, intercept = lines.slope.values, lines.intercept.values
    margin = 1e-6  # The grid's numbers are sums of steps of a tenth.
    chosen = (slope > low - margin) & (slope < high + margin) & (intercept > -margin) & (intercept < 1 - margin)
    if not chosen.any():
        return np.full(lines.sizes["seed"], np.nan), np.nan
    answers, truth = _read_off(lines, chosen)
    clipped = np.sqrt(np.square(np.clip(truth, -1, 1) - truth).mean())
    return np.sqrt(np.square(answers - truth).mean(axis=(1, 2))), float(clipped)


def negative_slopes(lines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """RMSE of (m, t) over lines with m from -1 to -0.1 and t in [0, 1)."""
    return _plane_errors(lines, -1.0, -0.1)[0]


def large_slopes(lines: xr.Dataset) -> Float[np.ndarray, " S"]:
    """RMSE of (m, t) over lines with m from 1.1 to 2 and t in [0, 1), less that of the clipped truth."""
    answered, clipped = _plane_errors(lines, 1.1, 2.0)
    return answered - clipped

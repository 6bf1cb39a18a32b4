"""Measures of ONE answer to ONE curve, such as its error, delay and frequency: pure functions for `jax.vmap`.

Here x is the elapsed share of the range of time points: evenly spaced, from 0 to 1. Points with negative x are padding,
allowed at the end only, and never count. Unless ``since`` is given, measures of size start at x = `FOUND`, measures of
shape at x = `SETTLED`. Undefined values are NaN; a curve that varies by less than `CONSTANT` of its largest magnitude
counts as constant. `lt.claims.per_curve` applies a measure to all answers of networks.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from lstm_toys import arguments
from lstm_toys.statistics import errors

Curve = Float[Array, " T"]
Scalar = Float[Array, ""]
Rows = Float[Array, "K T"]

FOUND = 0.1
"""Errors count from here on, since networks start from a zero state and need some time points to settle."""

SETTLED = 0.2
"""Answers have settled from here on; also the longest delay that is considered."""

MIDDLE = (0.2, 0.8)
"""Range of x in which valleys are searched: shorter than the period of the training sine, whose valley is at 0.471."""

CONSTANT = 1e-5
"""Relative variation below the resolution of single precision."""


def window(
    x: Curve | Float[np.ndarray, " T"], since: Scalar | float = -math.inf, until: Scalar | float = math.inf
) -> Any:
    """Whether each point is in a window, both ends included.

    Time points are rounded, so that a point counts as in the window if it is outside by at most 1e-6 of the range.

    Args:
        x: elapsed share of the range of time points ``[T]``, as in an `AnsweredCurve`.
        since: where the window begins.
        until: where it ends.

    Returns:
        True or False for each point ``[T]``, an array of NumPy if ``x`` is one.

    Example:
        >>> lt.measures.window(lt.time_points(11), since=0.8).tolist()[-4:]
        [False, True, True, True]
    """
    return errors.within(x, since) & (x <= until + errors.NEAR)


class Affine(NamedTuple):
    """A map from a shown curve to an answer, ``gain * shown + offset``.

    Attributes:
        gain: factor; 1 for an answer of the right amplitude, less for one that is too small.
        offset: what is added, in the unit of the curve.
    """

    gain: Scalar
    offset: Scalar


class Valley(NamedTuple):
    """The bottom of a valley.

    Attributes:
        place: its x, as an elapsed share of the range.
        depth: its y, in the unit of the curve.
    """

    place: Scalar
    depth: Scalar


class AnsweredCurve(NamedTuple):
    """One answer to one curve, and what is known about the curve, as `lt.claims.per_curve` gives it to a measure.

    Attributes:
        answer: the answer ``[T]``.
        input: the curve that was the input ``[T]``.
        truth: the correct answer ``[T]``, in the unit of the answer; NaN where it is unknown.
        counts: weight of each point of the answer ``[T]``: 0 where the correct answer is unknown, and in padding.
        x: elapsed share of the range of time points ``[T]``, from 0 to 1, negative in padding.
    """

    answer: Curve
    input: Curve
    truth: Curve
    counts: Curve
    x: Curve

    @classmethod
    def copied(cls, answer: Curve, curve: Curve, x: Curve) -> "AnsweredCurve":
        """An answer to a curve that was to be reproduced.

        Args:
            answer: the answer ``[T]``.
            curve: the input, which is also the correct answer ``[T]``.
            x: elapsed share of the range of time points ``[T]``, negative in padding.
        """
        _check(x, answer=answer, curve=curve)
        return cls(answer, curve, curve, (x >= 0).astype(curve.dtype), x)


def rmse(curve: AnsweredCurve, since: Scalar | float = FOUND) -> Scalar:
    """Root mean squared error of an answer, in its unit; NaN if nothing counts.

    Args:
        curve: one answer to one curve.
        since: where errors begin to count; by default after the first tenth, in which networks leave the zero state.

    Example:
        >>> x = lt.time_points(20)
        >>> print(f"{lt.measures.rmse(lt.measures.AnsweredCurve.copied(x + 0.1, x, x)):.3f}")
        0.100
    """
    return errors.squared(curve.answer, curve.truth, _counted(curve, since)).over().root


def _counted(curve: AnsweredCurve, since: Scalar | float) -> Curve:
    return jnp.where(errors.within(curve.x, since), curve.counts, 0.0)


def peak_to_peak(curve: Curve, x: Curve, since: Scalar | float = FOUND) -> Scalar:
    """Highest minus lowest value of a curve, in its unit.

    Args:
        curve: one curve or answer ``[T]``.
        x: elapsed share of the range of time points ``[T]``.
        since: where values begin to count; by default after the first tenth.

    Example:
        >>> x = lt.time_points(11)
        >>> print(f"{lt.measures.peak_to_peak(x, x, since=0.5):.2f}")
        0.50
    """
    _check(x, curve=curve)
    return spread(curve, window(x, since))


def affine(answer: Curve, shown: Curve, x: Curve, since: Scalar | float = SETTLED) -> Affine:
    """Gain and offset of an answer: the least-squares map from the shown curve to it.

    Args:
        answer: one answer ``[T]``.
        shown: the curve that was the input ``[T]``, in the same unit.
        x: elapsed share of the range of time points ``[T]``.
        since: where values begin to count; by default after the first fifth, when answers have settled.

    Returns:
        The map; both numbers are NaN if the shown curve is constant.

    Example:
        >>> x = lt.time_points(20)
        >>> print(*(f"{number:.2f}" for number in lt.measures.affine(0.5 * x + 0.1, x, x)))
        0.50 0.10
    """
    _check(x, answer=answer, shown=shown)
    window = errors.within(x, since)
    centered = _centered(shown, window)
    gain = jnp.where(_constant(shown, window), jnp.nan, centered @ answer / (centered @ centered))
    return Affine(gain, _mean(answer, window) - gain * _mean(shown, window))


def delay(answer: Curve, shown: Curve, x: Curve) -> Scalar:
    """Delay of an answer relative to the shown curve, in x.

    This is the d in [0, `SETTLED`] at which ``gain * shown(x - d) + offset`` with a positive gain correlates best with
    the answer over x >= `SETTLED`. The correlation is computed at whole time points, at most a fifth of all, and
    interpolated by a parabola. Among peaks within 0.01 of the best (a fast sine has one per period), the first counts;
    a lead looks like a delay of almost a period, or like no delay. A line, which a delay only shifts, has 0.

    Args:
        answer: one answer ``[T]``.
        shown: the curve that was the input ``[T]``, in the same unit.
        x: elapsed share of the range of time points ``[T]``.

    Returns:
        The delay, from 0 to `SETTLED`; NaN if either curve is constant, or if no delay gives a positive correlation.
    """
    _check(x, answer=answer, shown=shown)
    within = jnp.concatenate([x[1:] >= 0, jnp.zeros(1, bool)])  # A lag of -1, for the parabola, takes the last point.
    window, step, most = errors.within(x, SETTLED) & within, x[1] - x[0], len(x) // 5
    padded = jnp.pad(shown, (most + 1, 1), mode="edge")
    lagged = jnp.stack([padded[most + 1 - lag : most + 1 - lag + len(x)] for lag in range(-1, most + 2)])
    lagged = jax.vmap(_centered, (0, None))(lagged, window)
    centered = _centered(answer, window)
    norm = jnp.sqrt(jnp.square(lagged).sum(axis=1) * (centered @ centered))
    correlation = jnp.where(norm > 0, lagged @ centered / norm, -1.0)
    before, at, after = correlation[:-2], correlation[1:-1], correlation[2:]
    delays = jnp.arange(most + 1).astype(x.dtype) * step
    possible = delays <= SETTLED
    # Single precision resolves correlations to some 1e-7; the peak of a plateau is its beginning.
    rising, falling = at >= before - 1e-6, at >= after - 1e-6
    peak = possible & (rising | (delays == 0)) & (falling | (delays + step > SETTLED))
    shift, rise = _vertex(before, at, after)
    inner = rising & falling & (before - 2 * at + after < -1e-6) & (delays + shift * step >= 0)
    height = jnp.where(peak, at + jnp.where(inner, rise, 0.0), -1.0)
    earliest = jnp.argmax(height >= height.max() - 0.01)
    best = jnp.clip((delays + jnp.where(inner, shift, 0.0) * step)[earliest], 0.0, SETTLED)
    meaningless = _constant(answer, window) | _constant(shown, window) | ~(height.max() > 0)
    return jnp.where(meaningless, jnp.nan, best)


def share_removed(curve: AnsweredCurve, delay: Scalar | float = 0.0) -> Scalar:
    """Share of the squared error over x >= `SETTLED` that a gain and an offset of the answer would remove.

    The answer is corrected, rather than the truth fitted to it: a constant answer, which a gain of 0 would
    explain, cannot be amplified and keeps all of the variation as its error. A gain below 0 does not count as a
    correction.

    Args:
        curve: one answer to one curve, with equal weights wherever it counts.
        delay: the answer is compared with the truth at x - delay, rescaled to its variance without the delay. NaN
            counts as 0.

    Returns:
        At most 1; NaN if the truth is constant, or there is no error.
    """
    counts, step = _counted(curve, SETTLED), curve.x[1] - curve.x[0]
    window, correct = counts > 0, jnp.where(curve.counts > 0, curve.truth, 0.0)
    centered = _centered(curve.answer, window)
    truth, delayed = (
        _centered(target, window) for target in (correct, _earlier(correct, jnp.nan_to_num(jnp.asarray(delay)) / step))
    )
    power = centered @ centered
    gain = jnp.where(power > 0, jnp.maximum(centered @ delayed, 0.0) / power, 0.0)
    rest = jnp.square(delayed - gain * centered).sum() * (truth @ truth) / (delayed @ delayed)
    error = errors.squared(curve.answer, curve.truth, counts).over().total
    return jnp.where(_constant(correct, window) | (error == 0), jnp.nan, 1 - rest / error)


def frequency(curve: Curve, x: Curve, since: Scalar | float = SETTLED) -> Scalar:
    """Angular frequency w of the best least-squares sinusoid ``a + b sin(w x) + c cos(w x)``.

    Uses variable projection (Golub and Pereyra, 1973): the three coefficients are eliminated, and the power that they
    explain is maximized over w, on a grid of quarters of a period over the window, then by parabolas.

    Args:
        curve: one curve or answer ``[T]``.
        x: elapsed share of the range of time points ``[T]``.
        since: where values begin to count; by default after the first fifth, when answers have settled.

    Returns:
        Radians per unit of x, from a quarter of a period over the window, also for slower curves, to four time points
        per period. NaN if the curve is constant.
    """
    _check(x, curve=curve)
    window, step = errors.within(x, since), x[1] - x[0]
    centered = _centered(curve, window)
    unit = 2 * jnp.pi / jnp.where(window, x - since, 0.0).max()
    phase = unit * (x - _mean(x, window))

    def basis(cosine: Rows, sine: Rows) -> tuple[Rows, Rows]:
        center_rows = jax.vmap(_centered, (0, None))
        cosine, sine = _normalized(center_rows(cosine, window)), center_rows(sine, window)
        # Nearly orthogonal already, as the phases are symmetric about 0.
        return cosine, _normalized(sine - (sine * cosine).sum(axis=1, keepdims=True) * cosine)

    def refined(best: Scalar, step: tuple[Scalar, Curve, Curve]) -> tuple[Scalar, None]:
        reach, c, s = step
        cosine, sine = jnp.cos(best * phase), jnp.sin(best * phase)
        cosine, sine = basis(
            jnp.stack([cosine * c + sine * s, cosine, cosine * c - sine * s]),
            jnp.stack([sine * c - cosine * s, sine, sine * c + cosine * s]),
        )
        # Not as a difference of large numbers, which would lose the digits that distinguish slow sinusoids.
        rest = centered[None, :] - (cosine @ centered)[:, None] * cosine - (sine @ centered)[:, None] * sine
        before, at, after = jnp.square(rest).sum(axis=1)
        shift, _ = _vertex(before, at, after)
        bent = before - 2 * at + after > 0
        best = best + reach * jnp.where(bent, jnp.clip(shift, -1.0, 1.0), 0.0)
        return jnp.clip(best, grid[0], fastest), None

    grid = jnp.arange(1, len(x) + 1).astype(x.dtype) / 4
    fastest = jnp.pi / 2 / (unit * step)
    cosine, sine = basis(jnp.cos(grid[:, None] * phase[None, :]), jnp.sin(grid[:, None] * phase[None, :]))
    explained = jnp.square(cosine @ centered) + jnp.square(sine @ centered)
    best = grid[jnp.argmax(jnp.where(grid <= fastest, explained, -jnp.inf))]
    reaches = jnp.asarray((0.2, 0.1, 0.05, 0.02, 0.01), x.dtype)
    angles = reaches[:, None] * phase[None, :]
    best, _ = jax.lax.scan(refined, best, (reaches, jnp.cos(angles), jnp.sin(angles)))
    return jnp.where(_constant(curve, window), jnp.nan, unit * best)


def valley(curve: Curve, x: Curve, since: Scalar | float = MIDDLE[0]) -> Valley:
    """Lowest local minimum of a curve, with x up to 0.8.

    It is interpolated by a parabola. A minimum is below the previous point and not above the next one: a flat bottom,
    as in a clipped curve, counts where it begins and is not interpolated, and the ends of a falling or rising curve do
    not count.

    Args:
        curve: one curve or answer ``[T]``.
        x: elapsed share of the range of time points ``[T]``.
        since: where minima begin to count; by default at 0.2.

    Returns:
        Its place and its depth; NaN if there is no minimum.
    """
    _check(x, curve=curve)
    before, at, after = curve[:-2], curve[1:-1], curve[2:]
    if len(x) < 3:
        return Valley(jnp.full((), jnp.nan, x.dtype), jnp.full((), jnp.nan, x.dtype))
    inside = window(x[1:-1], since, MIDDLE[1]) & (x[2:] >= 0)
    minimum = (at < before) & (at <= after) & inside
    bottom = jnp.argmin(jnp.where(minimum, at, jnp.inf))
    shift, rise = (jnp.where(at < after, part, 0.0) for part in _vertex(before, at, after))
    exists = minimum.any()
    return Valley(
        jnp.where(exists, (x[1:-1] + shift * (x[1] - x[0]))[bottom], jnp.nan),
        jnp.where(exists, (at + rise)[bottom], jnp.nan),
    )


def nonlinearity(curve: Curve, x: Curve, since: Scalar | float = SETTLED) -> Scalar:
    """``1 - R^2`` of the best straight line through a curve: 0 for a line or a constant, 1 without a trend.

    Args:
        curve: one curve or answer ``[T]``.
        x: elapsed share of the range of time points ``[T]``.
        since: where values begin to count; by default after the first fifth, when answers have settled.

    Example:
        >>> x = lt.time_points(20)
        >>> print(f"{abs(lt.measures.nonlinearity(0.5 * x + 0.1, x)):.2f}")
        0.00
    """
    _check(x, curve=curve)
    window = errors.within(x, since)
    centered, across = _centered(curve, window), _centered(x, window)
    rest = centered - across * (centered @ across / (across @ across))
    return jnp.where(_constant(curve, window), 0.0, rest @ rest / (centered @ centered))


def turns(curve: Curve, x: Curve, before: Scalar | float, since: Scalar | float = 0.0) -> Int[Array, ""]:
    """Number of times that a curve changes from rising to falling or back.

    Steps smaller than `CONSTANT` of the curve's spread in the range count as neither.

    Args:
        curve: one curve or answer ``[T]``.
        x: elapsed share of the range of time points ``[T]``.
        before: end of the range of x, included.
        since: beginning of the range of x, included.
    """
    _check(x, curve=curve)
    inside = window(x, since, before)
    steps = jnp.where(inside[:-1] & inside[1:], jnp.diff(curve), 0.0)
    direction = jnp.where(jnp.abs(steps) > CONSTANT * spread(curve, inside), jnp.sign(steps), 0.0)
    moving = jnp.where(direction != 0, jnp.arange(len(steps)), -1)
    last = jnp.concatenate([jnp.full(1, -1), jax.lax.cummax(moving)[:-1]])
    return ((direction != 0) & (last >= 0) & (direction != direction[last])).sum()


def all_measures(curve: AnsweredCurve, start: float | int = 0.0, length: float | int = 1.0) -> dict[str, Scalar]:
    """Computes all measures, by names that differ from those of parameters, so that results can contain both.

    Args:
        curve: one answer to one curve.
        start: first time point, in the unit of the time points; the place of a valley is measured in it.
        length: length of the range of time points, in their unit, in which delay and frequency are measured, too.

    Returns:
        The value of every measure, by name.

    Example:
        >>> x = lt.time_points(100)
        >>> sorted(jax.eval_shape(all_measures, lt.measures.AnsweredCurve.copied(x, x, x)))[:3]
        ['delay', 'frequency_answered', 'gain']
    """
    answer, x = curve.answer, curve.x
    mapped, bottom, late = affine(answer, curve.input, x), valley(answer, x), delay(answer, curve.input, x)
    return {
        "rmse": rmse(curve),
        "gain": mapped.gain,
        "offset_added": mapped.offset,
        "delay": late * length,
        "frequency_answered": frequency(answer, x) / length,
        "valley_place": start + bottom.place * length,
        "valley_depth": bottom.depth,
        "nonlinearity": nonlinearity(answer, x),
        "peak_to_peak": peak_to_peak(answer, x),
        "share_removed": share_removed(curve),
        "share_removed_delayed": share_removed(curve, late),
    }


def _check(x: Curve, **curves: Curve) -> None:
    """Refuses anything but a single curve with its time points; checks only shapes."""
    arguments.array("x", x, "T", finite=False)
    for name, curve in curves.items():
        arguments.array(name, curve, str(len(x)), finite=False)


def _mean(values: Curve, window: Bool[Array, " T"]) -> Scalar:
    return jnp.where(window, values, 0.0).sum() / window.sum().astype(values.dtype)


def spread(curve: Curve, window: Bool[Array, " T"]) -> Scalar:
    """The range of a curve's values within a window, in its unit.

    Args:
        curve: one curve ``[T]``.
        window: whether each time point counts ``[T]``.

    Example:
        >>> x = lt.time_points(5)
        >>> print(f"{lt.measures.spread(x, x <= 0.5):.2f}")
        0.50
    """
    return jnp.where(window, curve, -jnp.inf).max() - jnp.where(window, curve, jnp.inf).min()


def _constant(curve: Curve, window: Bool[Array, " T"]) -> Bool[Array, ""]:
    return ~(spread(curve, window) > CONSTANT * jnp.where(window, jnp.abs(curve), 0.0).max())


def _centered(curve: Curve, window: Bool[Array, " T"]) -> Curve:
    """The curve minus its mean over the window; 0 outside it."""
    return jnp.where(window, curve - _mean(curve, window), 0.0)


def _normalized(rows: Rows) -> Rows:
    return rows / jnp.sqrt(jnp.square(rows).sum(axis=1, keepdims=True))


def _earlier(curve: Curve, points: Scalar) -> Curve:
    """The curve shifted earlier by a number of time points, interpolated linearly."""
    # Multiples of 2^-10 are exact in single precision: XLA may compute `place` twice, in fusions that round
    # differently, and `left` and `share` would then disagree at whole numbers.
    points = jnp.round(points * 1024) / 1024
    place = jnp.clip(jnp.arange(len(curve)).astype(curve.dtype) - points, 0, len(curve) - 1)
    left = jnp.minimum(place.astype(jnp.int32), len(curve) - 2)
    share = place - left.astype(curve.dtype)
    return (1 - share) * curve[left] + share * curve[left + 1]


def _vertex(
    before: Float[Array, "*N"], at: Float[Array, "*N"], after: Float[Array, "*N"]
) -> tuple[Float[Array, "*N"], Float[Array, "*N"]]:
    """The vertex of the parabola through three evenly spaced values: steps from the middle, and height above it."""
    bend = before - 2 * at + after
    shift = jnp.where(bend == 0, 0.0, (before - after) / (2 * bend))
    return shift, -(before - after) * shift / 4

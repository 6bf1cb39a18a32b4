"""The measures behind the post's claims: pure functions of one answer, the input curve, and x.

Where an answer varies by less than `RESOLUTION`, there is nothing to measure, and the measure is NaN. Windows of x are
those that the claims are stated with, unless others are given.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

import lstm_toys as lt

EARLY = 0.4
"""The post's lines perform "something like a sine phase in the beginning", which is over by this x."""

RESOLUTION = 0.01
"""Resolution of the post's figures, to which a dot can be read."""

Answered = lt.measures.AnsweredCurve
Curve = Float[Array, " T"]


def early_turns(curve: Answered, since: float = 0.0, until: float = EARLY) -> Float[Array, ""]:
    """How often an answer turns over x from ``since`` to ``until``."""
    turned = lt.measures.turns(curve.answer, curve.x, until, since)
    return _measured(curve, turned.astype(curve.x.dtype), since, until)


def rises(curve: Answered, since: float = EARLY) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The rise of the answer and of the input curve over x >= ``since``; NaN for a curve that does not rise."""
    answer, shown, x = curve.answer, curve.input, curve.x

    def rise(curve: Curve) -> Float[Array, ""]:
        risen = curve[-1] - jnp.interp(since, x, curve)
        return jnp.where(risen < RESOLUTION, jnp.nan, risen)

    return rise(answer), rise(shown)


def bend(curve: Answered, since: float = lt.measures.SETTLED) -> Float[Array, ""]:
    """1 - R^2 of the best straight line through the answer over x >= ``since``."""
    return _measured(curve, lt.measures.nonlinearity(curve.answer, curve.x, since), since)


def excess_swing(curve: Answered, since: float = lt.measures.FOUND) -> Float[Array, ""]:
    """Peak-to-peak range of the answer over x >= ``since`` minus that of the input curve."""
    answered, shown = (lt.measures.peak_to_peak(values, curve.x, since) for values in (curve.answer, curve.input))
    return _measured(curve, answered - shown, since)


def peak(curve: Answered, since: float = lt.measures.FOUND) -> Float[Array, ""]:
    """The largest answer over x >= ``since``."""
    return jnp.where(lt.measures.window(curve.x, since), curve.answer, -jnp.inf).max()


def valleys(curve: Answered, since: float = lt.measures.MIDDLE[0]) -> tuple[lt.measures.Valley, lt.measures.Valley]:
    """The valley of the answer over x >= ``since``, and the valley of the input curve."""
    answered, shown = (lt.measures.valley(values, curve.x, since) for values in (curve.answer, curve.input))
    return lt.measures.Valley(*(_measured(curve, value) for value in answered)), shown


def frequency(curve: Answered, since: float = lt.measures.SETTLED) -> Float[Array, ""]:
    """Frequency of the best sinusoid through the answer over x >= ``since``."""
    return _measured(curve, lt.measures.frequency(curve.answer, curve.x, since), since)


def first_part(curve: Answered, until: float = lt.measures.SETTLED) -> Float[Array, ""]:
    """How much less an answer repeats itself before x = ``until`` than from there on.

    Difference of the root mean square changes over one period of the input, relative to the answer's range over
    x >= ``until``. NaN if the curve ends less than a period after ``until``.
    """
    answer, shown, x = curve.answer, curve.input, curve.x
    later = x + 2 * jnp.pi / lt.measures.frequency(shown, x)
    squared = jnp.square(answer - jnp.interp(later, x, answer))
    settled = lt.measures.window(x, until)
    early, late = (jnp.sqrt(jnp.mean(squared, where=window)) for window in (~settled, settled & (later <= 1)))
    return _measured(curve, (early - late) / lt.measures.spread(answer, settled), until)


def explained(curve: Answered, since: float = lt.measures.SETTLED) -> Float[Array, ""]:
    """Share of the squared error over x >= ``since`` that a gain and an offset of the input curve explain."""
    answer, shown, x = curve.answer, curve.input, curve.x
    gain, offset = lt.measures.affine(answer, shown, x, since)
    window = lt.measures.window(x, since)
    rest = jnp.where(window, jnp.square(answer - gain * shown - offset), 0.0).sum()
    error = jnp.square(lt.measures.rmse(curve, since)) * window.sum().astype(x.dtype)
    return _measured(curve, 1 - rest / error, since)


def removed_with_delay(curve: Answered) -> Float[Array, ""]:
    """Share of the squared error that a gain, an offset and a delay of the answer remove."""
    return lt.measures.share_removed(curve, lt.measures.delay(curve.answer, curve.input, curve.x))


def _measured(
    curve: Answered, value: Float[Array, ""], since: float = lt.measures.SETTLED, until: float = jnp.inf
) -> Float[Array, ""]:
    """A measure of an answer; NaN if the answer varies by less than `RESOLUTION` over x from ``since`` to ``until``."""
    window = lt.measures.window(curve.x, since, until)
    return jnp.where(lt.measures.spread(curve.answer, window) < RESOLUTION, jnp.nan, value)

"""The measures behind the post's claims: pure functions of one answer, the input curve, and x."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from lstm_toys.statistics import measures

EARLY = 0.4
"""The post's lines perform "something like a sine phase in the beginning", which is over by this x."""

LEAST_RISE = 0.01
"""Resolution of the post's figures; a line that rises less counts as rising by this much."""

RESOLUTION = 0.01
"""Resolution of the post's figures, to which a dot can be read; an answer that varies less has nothing to measure."""

Curve = Float[Array, " T"]


def early_turns(answer: Curve, _: Curve, x: Curve) -> Float[Array, ""]:
    """How often an answer turns before x = 0.4."""
    return measures.turns(answer, x, EARLY).astype(x.dtype)


def rises(answer: Curve, shown: Curve, x: Curve) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The rise of the answer and of the input curve over x in [0.4, 1]."""

    def rise(curve: Curve) -> Float[Array, ""]:
        return jnp.maximum(curve[-1] - jnp.interp(EARLY, x, curve), LEAST_RISE)

    return rise(answer), rise(shown)


def bend(answer: Curve, _: Curve, x: Curve) -> Float[Array, ""]:
    """1 - R^2 of the best straight line through the answer over x >= 0.2."""
    return measures.nonlinearity(answer, x)


def excess_swing(answer: Curve, shown: Curve, x: Curve) -> Float[Array, ""]:
    """Peak-to-peak range of the answer minus that of the input curve."""
    return measures.peak_to_peak(answer, x) - measures.peak_to_peak(shown, x)


def peak(answer: Curve, _: Curve, x: Curve) -> Float[Array, ""]:
    """The largest answer over x >= 0.1."""
    return jnp.where(x >= measures.FOUND, answer, -jnp.inf).max()


def valleys(answer: Curve, shown: Curve, x: Curve) -> tuple[measures.Valley, measures.Valley]:
    """The valley of the answer, and the valley of the input curve."""
    return measures.valley(answer, x), measures.valley(shown, x)


def frequency(answer: Curve, _: Curve, x: Curve) -> Float[Array, ""]:
    """Frequency of the best sinusoid through the answer over x >= 0.2."""
    return measures.frequency(answer, x)


def first_part(answer: Curve, shown: Curve, x: Curve) -> Float[Array, ""]:
    """How much farther an answer is from itself one period of the input later before x = 0.2 than from there on.

    Both are root mean squares, relative to the answer's range over x >= 0.2.
    """
    later = x + 2 * jnp.pi / measures.frequency(shown, x)
    squared = jnp.square(answer - jnp.interp(later, x, answer))
    settled = x >= measures.SETTLED
    early, late = (jnp.sqrt(jnp.mean(squared, where=window)) for window in (~settled, settled & (later <= 1)))
    spread = _spread(answer, settled)
    return jnp.where(spread < RESOLUTION, jnp.nan, (early - late) / spread)


def explained(answer: Curve, shown: Curve, x: Curve) -> Float[Array, ""]:
    """Share of the squared error over x >= 0.2 that a gain and an offset of the input curve explain."""
    gain, offset = measures.affine(answer, shown, x)
    window = x >= measures.SETTLED
    rest, error = (
        jnp.where(window, jnp.square(difference), 0.0).sum()
        for difference in (answer - gain * shown - offset, answer - shown)
    )
    return 1 - rest / error


def removed_with_delay(answer: Curve, shown: Curve, x: Curve) -> Float[Array, ""]:
    """Share of the squared error that a gain, an offset and a delay of the answer remove."""
    return measures.share_removed(answer, shown, x, measures.delay(answer, shown, x))


def _spread(curve: Curve, window: Bool[Array, " T"]) -> Float[Array, ""]:
    """Highest minus lowest value within a window."""
    return jnp.where(window, curve, -jnp.inf).max() - jnp.where(window, curve, jnp.inf).min()

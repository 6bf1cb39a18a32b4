"""What squashes the sum that a gate makes."""

import jax.numpy as jnp
from jaxtyping import Array, Float

SLOPE = 0.2
"""Of the hard gate between its bounds: that of the Keras of 2018; Keras 3 has 1/6."""


def squashed(summed: Float[Array, "..."], gates: str) -> Float[Array, "..."]:
    """The value of a gate, from 0 to 1.

    Args:
        summed: what it sums up, a.
        gates: ``"sigmoid"``: 1 / (1 + exp(-a)); ``"hard"``: clip(0.2 a + 0.5, 0, 1).
    """
    if gates == "hard":
        return jnp.clip(SLOPE * summed + 0.5, 0.0, 1.0)
    return 0.5 * jnp.tanh(0.5 * summed) + 0.5  # The same number as 1 / (1 + exp(-a)), at half the cost.

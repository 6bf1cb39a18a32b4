"""Gate functions."""

import jax.numpy as jnp
from jaxtyping import Array, Float

SLOPE = 0.2
"""Slope of the hard gate between its bounds, as in Keras in 2018; Keras 3 uses 1/6."""


def squashed(summed: Float[Array, "..."], gates: str) -> Float[Array, "..."]:
    """Applies a gate function to a: ``"sigmoid"``, 1 / (1 + exp(-a)), or ``"hard"``, clip(0.2 a + 0.5, 0, 1)."""
    if gates == "hard":
        return jnp.clip(SLOPE * summed + 0.5, 0.0, 1.0)
    return 0.5 * jnp.tanh(0.5 * summed) + 0.5  # Equals 1 / (1 + exp(-a)), at half the cost.

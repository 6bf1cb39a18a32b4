"""An orthogonal initializer that calls no library, so that kernels have the same bits on every processor."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key


def orthogonal(
    key: Key[Array, ""], shape: tuple[int, int], dtype: jax.typing.DTypeLike = float
) -> Float[Array, "rows columns"]:
    """Draws a kernel with orthonormal rows, or columns where these are fewer (Saxe, McClelland and Ganguli, 2014).

    It equals that of `flax.linen.initializers.orthogonal` up to rounding, but is found by Gram-Schmidt steps (twice for
    each row, as once loses orthogonality) and not by LAPACK, whose bits depend on the processor. Pass the function
    itself to ``self.param`` of a Flax module; under `jax.vmap`, last bits depend on the number of kernels.

    Args:
        key: a JAX random key.
        shape: rows and columns of the kernel.
        dtype: type of its numbers.

    Returns:
        The kernel.

    Example:
        >>> import jax
        >>> kernel = lt.orthogonal(jax.random.key(0), (4, 16))
        >>> bool(abs(kernel @ kernel.T - np.eye(4)).max() < 1e-6)
        True
    """
    count, length = sorted(shape)
    drawn = jax.random.normal(key, (length, count), dtype).T

    def orthonormal(number: Array, rows: Float[Array, "count length"]) -> Float[Array, "count length"]:
        earlier = jnp.where(jnp.arange(count)[:, None] < number, rows, 0)
        row = rows[number]
        for _ in range(2):
            row = row - (earlier @ row) @ earlier
        return rows.at[number].set(row / jnp.sqrt(jnp.sum(row * row)))

    rows = jax.lax.fori_loop(0, count, orthonormal, drawn)
    return rows if shape[0] < shape[1] else rows.T

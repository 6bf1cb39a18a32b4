"""The LSTM of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000)."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def recurrence(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F 4H"],
    recurrent_kernel: Float[Array, "H 4H"],
    bias: Float[Array, " 4H"],
) -> Float[Array, "C T H"]:
    """Runs one LSTM layer over time, from a zero state.

    With ``a[t] = inputs[t] @ kernel + h[t-1] @ recurrent_kernel + bias`` split into the gates i, f, g, o::

        c[t] = sigmoid(a_f) * c[t-1] + sigmoid(a_i) * tanh(a_g)
        h[t] = sigmoid(a_o) * tanh(c[t])

    Args:
        inputs: ``[C, T, F]``.
        kernel: ``[F, 4H]``, gates in the order i, f, g, o.
        recurrent_kernel: ``[H, 4H]``.
        bias: ``[4H]``.

    Returns:
        The hidden state h after every time point, ``[C, T, H]``.
    """
    projected = inputs @ kernel + bias[None, None, :]

    def step(
        carry: tuple[Float[Array, "C H"], Float[Array, "C H"]], projected_t: Float[Array, "C 4H"]
    ) -> tuple[tuple[Float[Array, "C H"], Float[Array, "C H"]], Float[Array, "C H"]]:
        hidden, cell = carry
        i, f, g, o = jnp.split(projected_t + hidden @ recurrent_kernel, 4, axis=-1)
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
        return (hidden, cell), hidden

    zeros = jnp.zeros((projected.shape[0], recurrent_kernel.shape[0]), projected.dtype)
    _, hidden = jax.lax.scan(step, (zeros, zeros), jnp.swapaxes(projected, 0, 1))
    return jnp.swapaxes(hidden, 0, 1)


class LSTM(nn.Module):
    """One LSTM layer with packed gates, initialized as Keras does.

    Keras 3, ``keras.layers.LSTM``: one glorot-uniform input kernel ``(F, 4H)``, one orthogonal recurrent kernel
    ``(H, 4H)``, biases zero but for the forget gate's, which are one.

    Attributes:
        units: H.
    """

    units: int

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T F"]) -> Float[Array, "C T H"]:
        """Returns the hidden state after every time point of the inputs."""
        gates = 4 * self.units
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), (inputs.shape[-1], gates))
        recurrent_kernel = self.param("recurrent_kernel", nn.initializers.orthogonal(), (self.units, gates))
        bias = self.param("bias", forget_bias, (gates,))
        return recurrence(inputs, kernel, recurrent_kernel, bias)


def forget_bias(_: Array, shape: tuple[int]) -> Float[Array, " 4H"]:
    """Zeros, and ones for the forget gate (Jozefowicz et al., 2015; Keras' ``unit_forget_bias``)."""
    units = shape[0] // 4
    return jnp.zeros(shape).at[units : 2 * units].set(1.0)

"""The gated recurrent unit of Cho et al. (2014) as in cuDNN and Keras, with the reset gate after the matrix product."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lstm_toys.networks.cells import Gates
from lstm_toys.networks.layer import CANDIDATE, Layer, orthogonal, squashed


def recurrence(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F G"],
    recurrent_kernel: Float[Array, "H G"],
    bias: Float[Array, "2 G"],
    start: Float[Array, "C H"],
    gates: Gates = "sigmoid",
) -> Float[Array, "C T H"]:
    """Runs one GRU layer over time, from the state ``start``, and returns the hidden state after every time point.

    With ``a[t] = inputs[t] @ kernel + bias[0]`` and ``b[t] = h[t-1] @ recurrent_kernel + bias[1]``, each split into z,
    r, h, and s the gate function::

        z = s(a_z + b_z)
        r = s(a_r + b_r)
        h[t] = z * h[t-1] + (1 - z) * tanh(a_h + r * b_h)
    """
    drive = jnp.swapaxes(inputs @ kernel + bias[0][None, None, :], 0, 1)

    def step(
        hidden: Float[Array, "C H"], drive_t: Float[Array, "C G"]
    ) -> tuple[Float[Array, "C H"], Float[Array, "C H"]]:
        a_z, a_r, a_h = jnp.split(drive_t, 3, axis=-1)
        b_z, b_r, b_h = jnp.split(hidden @ recurrent_kernel + bias[1][None, :], 3, axis=-1)
        z, r = squashed(a_z + b_z, gates), squashed(a_r + b_r, gates)
        hidden = z * hidden + (1 - z) * jnp.tanh(a_h + r * b_h)
        return hidden, hidden

    return jnp.swapaxes(jax.lax.scan(step, start, drive)[1], 0, 1)


class GRU(Layer):
    """One GRU layer (Cho et al., 2014).

    With ``a = inputs[t] @ kernel + bias[0]`` and ``b = h[t-1] @ recurrent_kernel + bias[1]``, each split into z, r and
    h, and the gate function s, the hidden state is ``h[t] = z * h[t-1] + (1 - z) * tanh(a_h + r * b_h)``, where
    ``z = s(a_z + b_z)`` and ``r = s(a_r + b_r)``.

    The layer computes what ``keras.layers.GRU`` of Keras 3 computes with ``reset_after=True``, and is initialized like
    it: the input kernel ``(F, 3H)`` is Glorot-uniform, the recurrent kernel ``(H, 3H)`` is orthogonal, and the biases
    ``(2, 3H)``, one per kernel, are 0.

    Attributes:
        units: size of the hidden state, H. The number of parameters grows with its square.
        gates: gate function of the sums a: ``"sigmoid"``, 1 / (1 + exp(-a)), or ``"hard"``, clip(0.2 a + 0.5, 0, 1).
            Hard gates reach 0 and 1 exactly, and pass no gradient there.

    Raises:
        InvalidModel: units are not a whole number of at least 1, or the gate function is unknown.

    Example:
        >>> import jax
        >>> import lstm_toys as lt
        >>> lt.GRU(units=4).init_with_output(jax.random.key(0), jax.numpy.zeros((1, 20, 1)))[0].shape
        (1, 20, 4)
    """

    gates: Gates = "sigmoid"
    columns = ("z", "r", CANDIDATE)

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T F"]) -> Float[Array, "C T H"]:
        """Returns the hidden state after every time point of the inputs."""
        width = len(self.columns) * self.units
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), (inputs.shape[-1], width))
        recurrent_kernel = self.param("recurrent_kernel", orthogonal, (self.units, width))
        bias = self.param("bias", nn.initializers.zeros, (2, width))
        return recurrence(inputs, kernel, recurrent_kernel, bias, self.initial("hidden", inputs, kernel), self.gates)

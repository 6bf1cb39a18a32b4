"""The simple recurrent network of Elman (1990), with a hyperbolic tangent."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lstm_toys.networks.layer import FEW, Layer, orthogonal


def recurrence(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F H"],
    recurrent_kernel: Float[Array, "H H"],
    bias: Float[Array, " H"],
    start: Float[Array, "C H"],
) -> Float[Array, "C T H"]:
    """Runs one layer over time: ``h[t] = tanh(inputs[t] @ kernel + h[t-1] @ recurrent_kernel + bias)``."""
    few = inputs.shape[-1] <= FEW
    drive = jnp.swapaxes(inputs if few else inputs @ kernel + bias[None, None, :], 0, 1)

    def step(
        hidden: Float[Array, "C H"], drive_t: Float[Array, "C _"]
    ) -> tuple[Float[Array, "C H"], Float[Array, "C H"]]:
        driven = drive_t @ kernel + bias[None, :] if few else drive_t
        hidden = jnp.tanh(driven + hidden @ recurrent_kernel)
        return hidden, hidden

    return jnp.swapaxes(jax.lax.scan(step, start, drive)[1], 0, 1)


class RNN(Layer):
    """One recurrent layer without gates (Elman, 1990), with a hyperbolic tangent.

    The hidden state is ``h[t] = tanh(inputs[t] @ kernel + h[t-1] @ recurrent_kernel + bias)``. The layer computes what
    ``keras.layers.SimpleRNN`` of Keras 3 computes, and is initialized like it: the input kernel ``(F, H)`` is
    Glorot-uniform, the recurrent kernel ``(H, H)`` is orthogonal, and the bias is 0.

    Attributes:
        units: size of the hidden state, H. The number of parameters grows with its square.

    Raises:
        InvalidModel: units are not a whole number of at least 1.

    Example:
        >>> import jax
        >>> import lstm_toys as lt
        >>> lt.RNN(units=4).init_with_output(jax.random.key(0), jax.numpy.zeros((1, 20, 1)))[0].shape
        (1, 20, 4)
    """

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T F"]) -> Float[Array, "C T H"]:
        """Returns the hidden state after every time point of the inputs."""
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), (inputs.shape[-1], self.units))
        recurrent_kernel = self.param("recurrent_kernel", orthogonal, (self.units, self.units))
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        return recurrence(inputs, kernel, recurrent_kernel, bias, self.initial("hidden", inputs, kernel))

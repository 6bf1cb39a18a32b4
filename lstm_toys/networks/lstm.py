"""The LSTM of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000)."""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

FEW = 2
"""Features of an input, at most, that are multiplied by the kernel time point by time point, together with h: as many
more terms of that product cost less than the products of all time points, which would be four times as wide as h."""


class Trace(NamedTuple):
    """What the backward pass needs of every time point, time first.

    Attributes:
        hidden: h after the time point.
        gates: sigmoid(a_i), sigmoid(a_f), tanh(a_g), sigmoid(a_o).
        previous_cell: c before the time point.
        squashed_cell: tanh(c) after it.
    """

    hidden: Float[Array, "T C H"]
    gates: tuple[Float[Array, "T C H"], ...]
    previous_cell: Float[Array, "T C H"]
    squashed_cell: Float[Array, "T C H"]


@jax.custom_vjp
def recurrence(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F G"],
    recurrent_kernel: Float[Array, "H G"],
    bias: Float[Array, " G"],
) -> Float[Array, "C T H"]:
    """Runs one LSTM layer over time, from a zero state.

    With ``a[t] = inputs[t] @ kernel + h[t-1] @ recurrent_kernel + bias`` split into the gates i, f, g, o::

        c[t] = sigmoid(a_f) * c[t-1] + sigmoid(a_i) * tanh(a_g)
        h[t] = sigmoid(a_o) * tanh(c[t])

    The reverse-mode derivative is written by hand: the reverse scan leaves only the derivatives of ``a``, and one
    matrix product over all time points turns them into those of both kernels and the bias, where autodiff would add
    them up step by step. It is itself differentiable in reverse mode; forward mode (`jax.jvp`, `jax.jacfwd`,
    `jax.hessian`) is not available through it, and JAX says so.

    Args:
        inputs: ``[C, T, F]``.
        kernel: ``[F, 4H]``, gates in the order i, f, g, o.
        recurrent_kernel: ``[H, 4H]``.
        bias: ``[4H]``.

    Returns:
        The hidden state h after every time point, ``[C, T, H]``.
    """
    return jnp.swapaxes(_trace(inputs, kernel, recurrent_kernel, bias).hidden, 0, 1)


def _trace(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F G"],
    recurrent_kernel: Float[Array, "H G"],
    bias: Float[Array, " G"],
) -> Trace:
    # sigmoid(a) = tanh(a / 2) / 2 + 1/2, so that one tanh serves all gates; halving is exact.
    units = recurrent_kernel.shape[0]
    scale = jnp.repeat(jnp.array([0.5, 0.5, 1.0, 0.5], kernel.dtype), units)
    shift = 1 - scale
    scaled_kernel = recurrent_kernel * scale[None, :]
    shown = jnp.swapaxes(inputs, 0, 1)
    few = inputs.shape[-1] <= FEW
    if few:
        shown = jnp.concatenate([shown, jnp.ones_like(shown[:, :, :1])], axis=-1)
        scaled_kernel = jnp.concatenate([kernel * scale[None, :], (bias * scale)[None, :], scaled_kernel])
    else:
        shown = (shown @ kernel + bias[None, None, :]) * scale[None, None, :]

    def step(
        state: tuple[Float[Array, "C H"], Float[Array, "C H"]], shown_t: Float[Array, "C _"]
    ) -> tuple[tuple[Float[Array, "C H"], Float[Array, "C H"]], Trace]:
        hidden, cell = state
        if few:
            summed = jnp.concatenate([shown_t, hidden], axis=-1) @ scaled_kernel
        else:
            summed = shown_t + hidden @ scaled_kernel
        gates = scale[None, :] * jnp.tanh(summed) + shift[None, :]
        # Each gate is an array of its own: of several curves, parts of one array would lie scattered.
        i, f, g, o = jnp.split(gates, 4, axis=-1)
        next_cell = f * cell + i * g
        squashed = jnp.tanh(next_cell)
        hidden = o * squashed
        return (hidden, next_cell), Trace(hidden, (i, f, g, o), cell, squashed)

    zeros = jnp.zeros((inputs.shape[0], units), shown.dtype)
    return jax.lax.scan(step, (zeros, zeros), shown)[1]


Residuals = tuple[Float[Array, "C T F"], Float[Array, "F G"], Float[Array, "H G"], Trace]


def _forward(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F G"],
    recurrent_kernel: Float[Array, "H G"],
    bias: Float[Array, " G"],
) -> tuple[Float[Array, "C T H"], Residuals]:
    trace = _trace(inputs, kernel, recurrent_kernel, bias)
    return jnp.swapaxes(trace.hidden, 0, 1), (inputs, kernel, recurrent_kernel, trace)


def _backward(
    residuals: Residuals, d_answer: Float[Array, "C T H"]
) -> tuple[Float[Array, "C T F"], Float[Array, "F G"], Float[Array, "H G"], Float[Array, " G"]]:
    inputs, kernel, recurrent_kernel, trace = residuals
    transposed = recurrent_kernel.T

    def step(
        state: tuple[Float[Array, "C H"], Float[Array, "C H"]], at: tuple[Float[Array, "C H"], Trace]
    ) -> tuple[tuple[Float[Array, "C H"], Float[Array, "C H"]], Float[Array, "C G"]]:
        d_hidden, d_cell = state
        d_answer_t, (_, (i, f, g, o), previous_cell, squashed) = at
        d_hidden = d_hidden + d_answer_t
        d_cell = d_cell + d_hidden * o * (1 - squashed * squashed)
        d_i = d_cell * g * i * (1 - i)
        d_f = d_cell * previous_cell * f * (1 - f)
        d_g = d_cell * i * (1 - g * g)
        d_o = d_hidden * squashed * o * (1 - o)
        d_gates = jnp.concatenate([d_i, d_f, d_g, d_o], axis=-1)
        # A vector is multiplied fastest by the kernel as it is stored, a matrix by a transposed copy.
        alone = len(d_gates) == 1
        d_previous = jnp.einsum("cg,hg->ch", d_gates, recurrent_kernel) if alone else d_gates @ transposed
        return (d_previous, d_cell * f), d_gates

    zeros = jnp.zeros_like(trace.hidden[0])
    _, d_gates = jax.lax.scan(step, (zeros, zeros), (jnp.swapaxes(d_answer, 0, 1), trace), reverse=True)
    shown = jnp.swapaxes(inputs, 0, 1)
    previous_hidden = jnp.concatenate([jnp.zeros_like(trace.hidden[:1]), trace.hidden[:-1]])
    sources = jnp.concatenate([shown, previous_hidden, jnp.ones_like(shown[:, :, :1])], axis=-1)
    d_weights = jnp.einsum("tcs,tcg->sg", sources, d_gates)
    features = inputs.shape[-1]
    d_inputs = jnp.swapaxes(d_gates @ kernel.T, 0, 1)
    return d_inputs, d_weights[:features], d_weights[features:-1], d_weights[-1]


recurrence.defvjp(_forward, _backward)


class LSTM(nn.Module):
    """One LSTM layer with packed gates, initialized as Keras does.

    Keras 3, ``keras.layers.LSTM``: one glorot-uniform input kernel ``(F, 4H)``, one orthogonal recurrent kernel
    ``(H, 4H)``, biases zero but for the forget gate's, which are one.

    Attributes:
        units: H.

    Example:
        >>> import jax
        >>> import lstm_toys as lt
        >>> shapes = jax.eval_shape(lt.LSTM(units=4).init, jax.random.key(0), jax.numpy.zeros((1, 20, 1)))
        >>> shapes["params"]["kernel"].shape
        (1, 16)
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


def forget_bias(_: Array, shape: tuple[int]) -> Float[Array, " G"]:
    """Zeros, and ones for the forget gate (Jozefowicz et al., 2015; Keras' ``unit_forget_bias``)."""
    units = shape[0] // 4
    return jnp.zeros(shape).at[units : 2 * units].set(1.0)

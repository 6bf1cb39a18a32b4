"""The LSTM of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000)."""

from functools import partial
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lstm_toys.networks.cells import Gates
from lstm_toys.networks.gates import SLOPE, squashed
from lstm_toys.networks.layer import Layer

FEW = 2
"""Features of an input, at most, that are multiplied by the kernel time point by time point, together with h: as many
more terms of that product cost less than the products of all time points, which would be four times as wide as h."""


class Trace(NamedTuple):
    """What the backward pass needs of every time point, time first.

    Attributes:
        hidden: h after the time point.
        gates: s(a_i), s(a_f), tanh(a_g), s(a_o), s being the function of the gates.
        previous_cell: c before the time point.
        squashed_cell: tanh(c) after it.
    """

    hidden: Float[Array, "T C H"]
    gates: tuple[Float[Array, "T C H"], ...]
    previous_cell: Float[Array, "T C H"]
    squashed_cell: Float[Array, "T C H"]


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def recurrence(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F G"],
    recurrent_kernel: Float[Array, "H G"],
    bias: Float[Array, " G"],
    gates: Gates = "sigmoid",
) -> Float[Array, "C T H"]:
    """Runs one LSTM layer over time, from a zero state.

    With ``a[t] = inputs[t] @ kernel + h[t-1] @ recurrent_kernel + bias`` split into the gates i, f, g, o, and s the
    function of the gates::

        c[t] = s(a_f) * c[t-1] + s(a_i) * tanh(a_g)
        h[t] = s(a_o) * tanh(c[t])

    The reverse-mode derivative is written by hand: the reverse scan leaves only the derivatives of ``a``, and one
    matrix product over all time points turns them into those of both kernels and the bias, where autodiff would add
    them up step by step. It is itself differentiable in reverse mode; forward mode (`jax.jvp`, `jax.jacfwd`,
    `jax.hessian`) is not available through it, and JAX says so.

    Args:
        inputs: ``[C, T, F]``.
        kernel: ``[F, 4H]``, gates in the order i, f, g, o.
        recurrent_kernel: ``[H, 4H]``.
        bias: ``[4H]``.
        gates: a name in `lstm_toys.networks.cells.GATES`. Where a hard gate has its kinks, at 0 and 1, its derivative
            is taken to be 0.

    Returns:
        The hidden state h after every time point, ``[C, T, H]``.
    """
    return jnp.swapaxes(_trace(inputs, kernel, recurrent_kernel, bias, gates).hidden, 0, 1)


def cell_states(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F G"],
    recurrent_kernel: Float[Array, "H G"],
    bias: Float[Array, " G"],
    gates: Gates = "sigmoid",
) -> Float[Array, "C T H"]:
    """The cell state c after every time point; the arguments are those of `recurrence`."""
    _, (i, f, g, _), previous_cell, _ = _trace(inputs, kernel, recurrent_kernel, bias, gates)
    return jnp.swapaxes(f * previous_cell + i * g, 0, 1)


def _trace(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F G"],
    recurrent_kernel: Float[Array, "H G"],
    bias: Float[Array, " G"],
    gates: Gates,
) -> Trace:
    # sigmoid(a) = tanh(a / 2) / 2 + 1/2, so that one tanh serves all gates; halving is exact.
    units = recurrent_kernel.shape[0]
    half = 0.5 if gates == "sigmoid" else 1.0
    scale = jnp.repeat(jnp.array([half, half, 1.0, half], kernel.dtype), units)
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
        # Each gate is an array of its own: of several curves, parts of one array would lie scattered.
        if gates == "sigmoid":
            i, f, g, o = jnp.split(scale[None, :] * jnp.tanh(summed) + shift[None, :], 4, axis=-1)
        else:
            a_i, a_f, a_g, a_o = jnp.split(summed, 4, axis=-1)
            i, f, g, o = (squashed(a_i, gates), squashed(a_f, gates), jnp.tanh(a_g), squashed(a_o, gates))
        next_cell = f * cell + i * g
        squashed_cell = jnp.tanh(next_cell)
        hidden = o * squashed_cell
        return (hidden, next_cell), Trace(hidden, (i, f, g, o), cell, squashed_cell)

    zeros = jnp.zeros((inputs.shape[0], units), shown.dtype)
    return jax.lax.scan(step, (zeros, zeros), shown)[1]


Residuals = tuple[Float[Array, "C T F"], Float[Array, "F G"], Float[Array, "H G"], Trace]


def _forward(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F G"],
    recurrent_kernel: Float[Array, "H G"],
    bias: Float[Array, " G"],
    gates: Gates,
) -> tuple[Float[Array, "C T H"], Residuals]:
    trace = _trace(inputs, kernel, recurrent_kernel, bias, gates)
    return jnp.swapaxes(trace.hidden, 0, 1), (inputs, kernel, recurrent_kernel, trace)


def _backward(
    gates: Gates, residuals: Residuals, d_answer: Float[Array, "C T H"]
) -> tuple[Float[Array, "C T F"], Float[Array, "F G"], Float[Array, "H G"], Float[Array, " G"]]:
    inputs, kernel, recurrent_kernel, trace = residuals
    transposed = recurrent_kernel.T

    def through(d_gate: Float[Array, "C H"], gate: Float[Array, "C H"]) -> Float[Array, "C H"]:
        if gates == "sigmoid":
            return d_gate * gate * (1 - gate)
        return jnp.where((gate > 0) & (gate < 1), SLOPE * d_gate, 0)

    def step(
        state: tuple[Float[Array, "C H"], Float[Array, "C H"]], at: tuple[Float[Array, "C H"], Trace]
    ) -> tuple[tuple[Float[Array, "C H"], Float[Array, "C H"]], Float[Array, "C G"]]:
        d_hidden, d_cell = state
        d_answer_t, (_, (i, f, g, o), previous_cell, squashed_cell) = at
        d_hidden = d_hidden + d_answer_t
        d_cell = d_cell + d_hidden * o * (1 - squashed_cell * squashed_cell)
        d_i = through(d_cell * g, i)
        d_f = through(d_cell * previous_cell, f)
        d_g = d_cell * i * (1 - g * g)
        d_o = through(d_hidden * squashed_cell, o)
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


class LSTM(Layer):
    """One LSTM layer with packed gates, initialized as Keras does.

    Keras 3, ``keras.layers.LSTM``: one glorot-uniform input kernel ``(F, 4H)``, one orthogonal recurrent kernel
    ``(H, 4H)``, biases zero but for the forget gate's, which are one.

    Attributes:
        units: H.
        gates: how the gates are squashed.

    Example:
        >>> import jax
        >>> import lstm_toys as lt
        >>> shapes = jax.eval_shape(lt.LSTM(units=4).init, jax.random.key(0), jax.numpy.zeros((1, 20, 1)))
        >>> shapes["params"]["kernel"].shape
        (1, 16)
    """

    gates: Gates = "sigmoid"

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T F"]) -> Float[Array, "C T H"]:
        """Returns the hidden state after every time point of the inputs."""
        width = 4 * self.units
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), (inputs.shape[-1], width))
        recurrent_kernel = self.param("recurrent_kernel", nn.initializers.orthogonal(), (self.units, width))
        bias = self.param("bias", forget_bias, (width,))
        if self.is_mutable_collection("intermediates"):
            self.sow("intermediates", "cell", cell_states(inputs, kernel, recurrent_kernel, bias, self.gates))
        return recurrence(inputs, kernel, recurrent_kernel, bias, self.gates)


def forget_bias(_: Array, shape: tuple[int]) -> Float[Array, " G"]:
    """Zeros, and ones for the forget gate (Jozefowicz et al., 2015; Keras' ``unit_forget_bias``)."""
    units = shape[0] // 4
    return jnp.zeros(shape).at[units : 2 * units].set(1.0)

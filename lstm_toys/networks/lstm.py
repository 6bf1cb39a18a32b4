"""The LSTM of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000)."""

from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lstm_toys.networks.cells import Gates
from lstm_toys.networks.layer import CANDIDATE, FEW, INITIAL, SLOPE, Layer, orthogonal, squashed

State = tuple[Float[Array, "C H"], Float[Array, "C H"]]


class Trace(NamedTuple):
    """Values at every time point that the backward pass needs, time first: the gates i, f, g, o, and tanh(c)."""

    hidden: Float[Array, "T C H"]
    gates: tuple[Float[Array, "T C H"], ...]
    previous_cell: Float[Array, "T C H"]
    squashed_cell: Float[Array, "T C H"]

    @property
    def cell(self) -> Float[Array, "T C H"]:
        """The cell state c."""
        i, f, g, _ = self.gates
        return f * self.previous_cell + i * g


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def recurrence(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F G"],
    recurrent_kernel: Float[Array, "H G"],
    bias: Float[Array, " G"],
    gates: Gates = "sigmoid",
) -> Float[Array, "C T H"]:
    """Runs one LSTM layer over time, from a zero state, and returns h after every time point.

    With ``a[t] = inputs[t] @ kernel + h[t-1] @ recurrent_kernel + bias`` split into the gates i, f, g, o, and s the
    gate function::

        c[t] = s(a_f) * c[t-1] + s(a_i) * tanh(a_g)
        h[t] = s(a_o) * tanh(c[t])

    The reverse-mode derivative is written by hand: the reverse scan computes only the derivatives of ``a``, and one
    matrix product over all time points turns them into the derivatives of both kernels and the bias, which autodiff
    would add up step by step. It can be differentiated again in reverse mode; in forward mode (`jax.jvp`, `jax.jacfwd`,
    `jax.hessian`) JAX raises an error. At the kinks of a hard gate, where it is 0 or 1, its derivative is 0.
    """
    return jnp.swapaxes(unroll(inputs, kernel, recurrent_kernel, bias, gates).hidden, 0, 1)


def unroll(
    inputs: Float[Array, "C T F"],
    kernel: Float[Array, "F G"],
    recurrent_kernel: Float[Array, "H G"],
    bias: Float[Array, " G"],
    gates: Gates = "sigmoid",
    start: State | None = None,
) -> Trace:
    """Runs one LSTM layer over time; see `recurrence`. ``start`` replaces the zero state."""
    # sigmoid(a) = tanh(a / 2) / 2 + 1/2, so one tanh computes all gates; halving is exact.
    units = recurrent_kernel.shape[0]
    half = 0.5 if gates == "sigmoid" else 1.0
    scale = jnp.repeat(jnp.array([half, half, 1.0, half], kernel.dtype), units)
    shift = 1 - scale
    scaled_kernel = recurrent_kernel * scale[None, :]
    drive = jnp.swapaxes(inputs, 0, 1)
    few = inputs.shape[-1] <= FEW
    if few:
        drive = jnp.concatenate([drive, jnp.ones_like(drive[:, :, :1])], axis=-1)
        scaled_kernel = jnp.concatenate([kernel * scale[None, :], (bias * scale)[None, :], scaled_kernel])
    else:
        drive = (drive @ kernel + bias[None, None, :]) * scale[None, None, :]

    def step(state: State, drive_t: Float[Array, "C _"]) -> tuple[State, Trace]:
        hidden, cell = state
        if few:
            summed = jnp.concatenate([drive_t, hidden], axis=-1) @ scaled_kernel
        else:
            summed = drive_t + hidden @ scaled_kernel
        # Separate arrays per gate: with several curves, slices of one array would not be contiguous.
        if gates == "sigmoid":
            i, f, g, o = jnp.split(scale[None, :] * jnp.tanh(summed) + shift[None, :], 4, axis=-1)
        else:
            a_i, a_f, a_g, a_o = jnp.split(summed, 4, axis=-1)
            i, f, g, o = (squashed(a_i, gates), squashed(a_f, gates), jnp.tanh(a_g), squashed(a_o, gates))
        next_cell = f * cell + i * g
        squashed_cell = jnp.tanh(next_cell)
        hidden = o * squashed_cell
        return (hidden, next_cell), Trace(hidden, (i, f, g, o), cell, squashed_cell)

    zeros = jnp.zeros((inputs.shape[0], units), jnp.result_type(drive, kernel))
    return jax.lax.scan(step, (zeros, zeros) if start is None else start, drive)[1]


Residuals = tuple[Float[Array, "C T F"], Float[Array, "F G"], Float[Array, "H G"], Trace]


def _forward(*arguments: Any) -> tuple[Float[Array, "C T H"], Residuals]:
    inputs, kernel, recurrent_kernel, *_ = arguments
    trace = unroll(*arguments)
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

    def step(state: State, at: tuple[Float[Array, "C H"], Trace]) -> tuple[State, Float[Array, "C G"]]:
        d_hidden, d_cell = state
        d_answer_t, (_, (i, f, g, o), previous_cell, squashed_cell) = at
        d_hidden = d_hidden + d_answer_t
        d_cell = d_cell + d_hidden * o * (1 - squashed_cell * squashed_cell)
        d_i = through(d_cell * g, i)
        d_f = through(d_cell * previous_cell, f)
        d_g = d_cell * i * (1 - g * g)
        d_o = through(d_hidden * squashed_cell, o)
        d_gates = jnp.concatenate([d_i, d_f, d_g, d_o], axis=-1)
        # A vector multiplies faster with the kernel as stored, a matrix with a transposed copy.
        alone = len(d_gates) == 1
        d_previous = jnp.einsum("cg,hg->ch", d_gates, recurrent_kernel) if alone else d_gates @ transposed
        return (d_previous, d_cell * f), d_gates

    zeros = jnp.zeros_like(trace.hidden[0])
    _, d_gates = jax.lax.scan(step, (zeros, zeros), (jnp.swapaxes(d_answer, 0, 1), trace), reverse=True)
    time_major = jnp.swapaxes(inputs, 0, 1)
    previous_hidden = jnp.concatenate([jnp.zeros_like(trace.hidden[:1]), trace.hidden[:-1]])
    sources = jnp.concatenate([time_major, previous_hidden, jnp.ones_like(time_major[:, :, :1])], axis=-1)
    d_weights = jnp.einsum("tcs,tcg->sg", sources, d_gates)
    features = inputs.shape[-1]
    d_inputs = jnp.swapaxes(d_gates @ kernel.T, 0, 1)
    return d_inputs, d_weights[:features], d_weights[features:-1], d_weights[-1]


recurrence.defvjp(_forward, _backward)


class LSTM(Layer):
    """One LSTM layer (Hochreiter and Schmidhuber, 1997) with a forget gate (Gers et al., 2000).

    With ``a = inputs[t] @ kernel + h[t-1] @ recurrent_kernel + bias``, split into a_i, a_f, a_g and a_o, and the gate
    function s, the cell state is ``c[t] = s(a_f) * c[t-1] + s(a_i) * tanh(a_g)`` and the hidden state
    ``h[t] = s(a_o) * tanh(c[t])``.

    The layer computes what ``keras.layers.LSTM`` of Keras 3 computes, and is initialized like it: the input kernel
    ``(F, 4H)`` is Glorot-uniform, the recurrent kernel ``(H, 4H)`` is orthogonal, and the biases are 0, but 1 for the
    forget gate.

    Attributes:
        units: size of the hidden state and of the cell state, H. The number of parameters grows with its square.
        gates: gate function of the sums a: ``"sigmoid"``, 1 / (1 + exp(-a)), or ``"hard"``, clip(0.2 a + 0.5, 0, 1), as
            in the Keras of 2018. Hard gates reach 0 and 1 exactly, and pass no gradient there.

    Raises:
        InvalidModel: units are not a whole number of at least 1, or the gate function is unknown.

    Example:
        >>> import jax
        >>> import lstm_toys as lt
        >>> lt.LSTM(units=4).init_with_output(jax.random.key(0), jax.numpy.zeros((1, 20, 1)))[0].shape
        (1, 20, 4)
    """

    gates: Gates = "sigmoid"
    columns = ("input", "forget", CANDIDATE, "output")

    @property
    def unbounded(self) -> tuple[str, ...]:
        """The cell, if a forget gate can be 1; one that stays below 1 bounds it."""
        return ("cell",) if self.gates == "hard" else ()

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T F"]) -> Float[Array, "C T H"]:
        """Returns the hidden state after every time point of the inputs."""
        width = len(self.columns) * self.units
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), (inputs.shape[-1], width))
        recurrent_kernel = self.param("recurrent_kernel", orthogonal, (self.units, width))
        bias = self.param("bias", forget_bias, (width,))
        start = None
        if self.has_variable(INITIAL, "hidden"):
            start = self.initial("hidden", inputs, kernel), self.initial("cell", inputs, kernel)
        layer = inputs, kernel, recurrent_kernel, bias, self.gates
        if self.is_mutable_collection("intermediates"):
            self.sow("intermediates", "cell", jnp.swapaxes(unroll(*layer, start).cell, 0, 1))
        return recurrence(*layer) if start is None else jnp.swapaxes(unroll(*layer, start).hidden, 0, 1)


def forget_bias(_: Array, shape: tuple[int]) -> Float[Array, " G"]:
    """Zeros, with ones for the forget gate (Jozefowicz et al., 2015; Keras' ``unit_forget_bias``)."""
    units = shape[0] // 4
    return jnp.zeros(shape).at[units : 2 * units].set(1.0)

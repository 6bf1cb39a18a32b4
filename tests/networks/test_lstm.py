"""The LSTM layer against Flax's cell, a NumPy loop, and autodiff of a plain loop, in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from conftest import rarely
from lstm_toys.networks.cells import GATES
from lstm_toys.networks.lstm import LSTM, recurrence, unroll

TOLERANCE = 1e-5
HARD = (3, 20, 2, 8)
"""Curves, time points, features and hidden units, with which hard gates reach their bounds and lie between them."""

SIZES = [HARD, *rarely(*(((1, 2, 1, 1),), ((10, 100, 2, 64),), ((1, 100, 32, 1),), ((50, 20, 1, 32),)))]


def arguments(curves, time, features, hidden, seed=0):
    """Inputs, kernels and bias of one layer, in float32: of the size that training starts from and ends at."""
    random = np.random.default_rng([seed, curves, time, features, hidden])
    draws = (
        random.uniform(-1.0, 1.0, (curves, time, features)),
        random.normal(0.0, 1.0, (features, 4 * hidden)),
        random.normal(0.0, 1.0 / np.sqrt(hidden), (hidden, 4 * hidden)),
        random.normal(0.0, 1.0, 4 * hidden),
    )
    return tuple(draw.astype(np.float32) for draw in draws)


def distance(actual, expected):
    """The largest error, relative to the largest entry expected."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape
    return np.abs(actual - expected).max() / np.abs(expected).max()


SQUASHED = {
    "sigmoid": lambda a, np: 1 / (1 + np.exp(-a)),
    "hard": lambda a, np: np.minimum(np.maximum(0.2 * a + 0.5, 0.0), 1.0),
}
"""The functions of the gates, in NumPy or in JAX's."""


def numpy_loop(inputs, kernel, recurrent_kernel, bias, gates="sigmoid"):
    """Hidden states, and those of the cells: one curve, one time point and one gate at a time, in float64."""
    squash = SQUASHED[gates]
    inputs, kernel, recurrent_kernel, bias = (
        np.asarray(array, np.float64) for array in (inputs, kernel, recurrent_kernel, bias)
    )
    units = len(recurrent_kernel)
    columns = [slice(gate * units, (gate + 1) * units) for gate in range(4)]
    answer = np.empty((2, *inputs.shape[:2], units))
    for curve, values in enumerate(inputs):
        hidden, cell = np.zeros(units), np.zeros(units)
        for t, value in enumerate(values):
            i, f, g, o = (value @ kernel[:, s] + hidden @ recurrent_kernel[:, s] + bias[s] for s in columns)
            cell = cell * squash(f, np) + np.tanh(g) * squash(i, np)
            hidden = np.tanh(cell) * squash(o, np)
            answer[:, curve, t] = hidden, cell
    return answer


def plain_loop(inputs, kernel, recurrent_kernel, bias, gates="sigmoid"):
    """The recurrence with everything inside the loop, for autodiff."""
    squash = SQUASHED[gates]

    def step(carry, value):
        hidden, cell = carry
        i, f, g, o = jnp.split(value @ kernel + hidden @ recurrent_kernel + bias[None], 4, axis=1)
        cell = cell * squash(f, jnp) + jnp.tanh(g) * squash(i, jnp)
        hidden = jnp.tanh(cell) * squash(o, jnp)
        return (hidden, cell), hidden

    start = jnp.zeros((inputs.shape[0], recurrent_kernel.shape[0]), inputs.dtype)
    return jax.lax.scan(step, (start, start), inputs.swapaxes(0, 1))[1].swapaxes(0, 1)


@pytest.mark.parametrize("gates", GATES)
@pytest.mark.parametrize("size", SIZES)
def test_states_follow_a_float64_loop(size, gates):
    args = arguments(*size)
    arrays = [*map(jnp.asarray, args)]
    hidden, cells = numpy_loop(*args, gates)
    assert distance(recurrence(*arrays, gates), hidden) < TOLERANCE
    assert distance(jnp.swapaxes(unroll(*arrays, gates).cell, 0, 1), cells) < TOLERANCE
    if size == HARD:
        other = "hard" if gates == "sigmoid" else "sigmoid"
        assert distance(numpy_loop(*args, other)[0], hidden) > 100 * TOLERANCE
        params = dict(zip(("kernel", "recurrent_kernel", "bias"), arrays[1:], strict=True))
        assert distance(LSTM(8, gates=gates).apply({"params": params}, arrays[0]), hidden) < TOLERANCE


@pytest.mark.parametrize("gates", ["sigmoid", *rarely("hard")])
@pytest.mark.parametrize("size", SIZES)
def test_gradients_follow_float64_autodiff(size, gates):
    """With respect to the inputs and the weights, or the weights alone."""
    args = arguments(*size)
    curves, time, _, hidden = size
    weights = np.random.default_rng(1).normal(size=(curves, time, hidden)).astype(np.float32)

    def gradients(layer, dtype, first=0):
        arrays = [jnp.asarray(array, dtype) for array in args]
        total = jax.grad(lambda some: jnp.sum(layer(*arrays[:first], *some, gates) * jnp.asarray(weights, dtype)))
        return jax.jit(total)(arrays[first:])

    actual, alone = gradients(recurrence, jnp.float32), gradients(recurrence, jnp.float32, 1)
    with jax.enable_x64(True):
        expected = gradients(plain_loop, jnp.float64)
    names = ("inputs", "kernel", "recurrent_kernel", "bias")
    for name, ours, theirs in zip((*names, *names[1:]), (*actual, *alone), (*expected, *expected[1:]), strict=True):
        assert distance(ours, theirs) < TOLERANCE, name


def test_a_gate_at_its_bound_has_no_derivative():
    """All three gates are far beyond: nothing that leads to them matters, while the candidate does."""
    inputs, kernel, recurrent_kernel, _ = map(jnp.asarray, arguments(1, 4, 1, 2))
    bias = jnp.full(8, 50.0).at[4:6].set(0.0)
    gradient = jax.grad(lambda b: jnp.sum(recurrence(inputs, kernel, recurrent_kernel, b, "hard")))(bias)
    i, f, g, o = np.split(np.asarray(gradient), 4)
    np.testing.assert_array_equal([i, f, o], 0)
    assert (np.abs(g) > 0.01).all()

"""The LSTM layer against Flax's cell, a NumPy loop, and autodiff of a plain loop, in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_cells import WEIGHTS, along, step

from conftest import rarely
from lstm_toys.networks.cells import GATES
from lstm_toys.networks.lstm import LSTM, recurrence, unroll

TOLERANCE = 1e-5
HARD = (3, 20, 2, 8)
"""Curves, time points, features and hidden units, with which hard gates reach their bounds and lie between them."""

OTHERS = ((1, 2, 1, 1), (10, 100, 2, 64), (1, 100, 32, 1), (50, 20, 1, 32))


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


def numpy_loop(inputs, *weights, gates):
    """Hidden states, and those of the cells."""
    layer = dict(zip(WEIGHTS, (np.asarray(each, np.float64) for each in weights), strict=True))
    return along("lstm", gates, layer, inputs)


def plain_loop(inputs, *weights, gates):
    """The recurrence with everything inside the loop, for autodiff."""
    layer = dict(zip(WEIGHTS, weights, strict=True))
    start = jnp.zeros(len(layer["recurrent_kernel"]), inputs.dtype)

    def after(state, value):
        state, _ = step("lstm", gates, layer, value, state, library=jnp)
        return state, state[0]

    return jax.vmap(lambda curve: jax.lax.scan(after, (start, start), curve)[1])(inputs)


@pytest.mark.parametrize("gates", GATES)
@pytest.mark.parametrize("size", [HARD, *rarely(*((each,) for each in OTHERS))])
def test_states_follow_a_float64_loop(size, gates):
    args = arguments(*size)
    arrays = [*map(jnp.asarray, args)]
    hidden, cells = numpy_loop(*args, gates=gates)
    assert distance(recurrence(*arrays, gates), hidden) < TOLERANCE
    assert distance(jnp.swapaxes(unroll(*arrays, gates).cell, 0, 1), cells) < TOLERANCE
    if size == HARD:
        other = "hard" if gates == "sigmoid" else "sigmoid"
        assert distance(numpy_loop(*args, gates=other)[0], hidden) > 100 * TOLERANCE
        params = dict(zip(WEIGHTS, arrays[1:], strict=True))
        assert distance(LSTM(8, gates=gates).apply({"params": params}, arrays[0]), hidden) < TOLERANCE


@pytest.mark.parametrize(
    ("size", "gates"),
    [(HARD, "sigmoid"), (HARD, "hard"), *rarely(*((each, gates) for each in OTHERS for gates in GATES))],
)
def test_gradients_follow_float64_autodiff(size, gates):
    """With respect to the inputs and the weights, or the weights alone."""
    args = arguments(*size)
    curves, time, _, hidden = size
    weights = np.random.default_rng(1).normal(size=(curves, time, hidden)).astype(np.float32)

    def gradients(layer, dtype, first=0):
        arrays = [jnp.asarray(array, dtype) for array in args]
        total = jax.grad(lambda some: jnp.sum(layer(*arrays[:first], *some, gates=gates) * jnp.asarray(weights, dtype)))
        return jax.jit(total)(arrays[first:])

    actual, alone = gradients(recurrence, jnp.float32), gradients(recurrence, jnp.float32, 1)
    with jax.enable_x64(True):
        expected = gradients(plain_loop, jnp.float64)
    names = ("inputs", *WEIGHTS)
    for name, ours, theirs in zip((*names, *WEIGHTS), (*actual, *alone), (*expected, *expected[1:]), strict=True):
        assert distance(ours, theirs) < TOLERANCE, name

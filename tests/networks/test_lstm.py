"""The LSTM layer against Flax's cell, a NumPy loop, autodiff of a plain loop and finite differences, in float64."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from conftest import rarely
from lstm_toys.networks.cells import GATES
from lstm_toys.networks.lstm import LSTM, cell_states, recurrence

TOLERANCE = 1e-5
SIZES = [
    *((1, 2, 1, 1), (3, 100, 1, 1), (10, 2, 2, 8), (1, 100, 2, 8), (3, 2, 1, 32), (10, 100, 1, 32), (1, 100, 1, 32)),
    *((3, 2, 2, 64), (10, 100, 2, 64), (3, 20, 5, 8), (1, 100, 32, 1), (1, 20, 1, 128), (1, 1000, 1, 32)),
    (50, 20, 1, 32),
]
"""Curves, time points, features and hidden units."""


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


def numpy_loop(inputs, kernel, recurrent_kernel, bias, squashed="sigmoid", cells=False):
    """One curve, one time point and one gate at a time, in float64; hidden states, or those of the cells."""
    squash = SQUASHED[squashed]
    inputs, kernel, recurrent_kernel, bias = (
        np.asarray(array, np.float64) for array in (inputs, kernel, recurrent_kernel, bias)
    )
    units = len(recurrent_kernel)
    gates = [slice(gate * units, (gate + 1) * units) for gate in range(4)]
    answer = np.empty((*inputs.shape[:2], units))
    for curve, values in enumerate(inputs):
        hidden, cell = np.zeros(units), np.zeros(units)
        for t, value in enumerate(values):
            i, f, g, o = (value @ kernel[:, s] + hidden @ recurrent_kernel[:, s] + bias[s] for s in gates)
            cell = cell * squash(f, np) + np.tanh(g) * squash(i, np)
            hidden = np.tanh(cell) * squash(o, np)
            answer[curve, t] = cell if cells else hidden
    return answer


def plain_loop(inputs, kernel, recurrent_kernel, bias, squashed="sigmoid"):
    """The recurrence with everything inside the loop, for autodiff."""
    squash = SQUASHED[squashed]

    def step(carry, value):
        hidden, cell = carry
        i, f, g, o = jnp.split(value @ kernel + hidden @ recurrent_kernel + bias[None], 4, axis=1)
        cell = cell * squash(f, jnp) + jnp.tanh(g) * squash(i, jnp)
        hidden = jnp.tanh(cell) * squash(o, jnp)
        return (hidden, cell), hidden

    start = jnp.zeros((inputs.shape[0], recurrent_kernel.shape[0]), inputs.dtype)
    return jax.lax.scan(step, (start, start), inputs.swapaxes(0, 1))[1].swapaxes(0, 1)


@pytest.mark.parametrize("size", [*SIZES[::4], *rarely(*((size,) for size in SIZES if size not in SIZES[::4]))])
def test_recurrence_follows_a_float64_loop(size):
    args = arguments(*size)
    assert distance(recurrence(*map(jnp.asarray, args)), numpy_loop(*args)) < TOLERANCE


HARD_SIZES = [(3, 20, 1, 8), (1, 100, 2, 32), (3, 20, 5, 4)]
"""Sizes whose gates reach their bounds and lie between them."""


@pytest.mark.parametrize("size", HARD_SIZES)
def test_so_it_does_with_hard_gates(size):
    args = arguments(*size)
    expected = numpy_loop(*args, "hard")
    assert distance(recurrence(*map(jnp.asarray, args), "hard"), expected) < TOLERANCE
    assert distance(numpy_loop(*args), expected) > 100 * TOLERANCE


@pytest.mark.parametrize("gates", GATES)
def test_cell_states_follow_it_too(gates):
    args = arguments(3, 20, 2, 8)
    assert distance(cell_states(*map(jnp.asarray, args), gates), numpy_loop(*args, gates, cells=True)) < TOLERANCE


@pytest.mark.parametrize("size", [*SIZES[::4], *rarely(*((size,) for size in SIZES if size not in SIZES[::4]))])
def test_recurrence_is_that_of_flax(size):
    inputs, kernel, recurrent_kernel, bias = map(jnp.asarray, arguments(*size))
    params = {}
    for gate, *weights in zip(
        "ifgo", jnp.split(kernel, 4, 1), jnp.split(recurrent_kernel, 4, 1), jnp.split(bias, 4), strict=True
    ):
        params[f"i{gate}"] = {"kernel": weights[0]}
        params[f"h{gate}"] = {"kernel": weights[1], "bias": weights[2]}
    cell = nn.RNN(nn.OptimizedLSTMCell(recurrent_kernel.shape[0]))
    expected = cell.apply({"params": {"cell": params}}, inputs)
    assert distance(recurrence(inputs, kernel, recurrent_kernel, bias), expected) < TOLERANCE


@pytest.mark.parametrize(
    ("size", "gates"),
    [
        *((size, "sigmoid") for size in SIZES[::4]),
        *rarely(*((size, "sigmoid") for size in SIZES if size not in SIZES[::4])),
        (HARD_SIZES[0], "hard"),
        *rarely(*((size, "hard") for size in HARD_SIZES[1:])),
    ],
)
def test_gradients_follow_float64_autodiff(size, gates):
    args = arguments(*size)
    curves, time, _, hidden = size
    weights = np.random.default_rng(1).normal(size=(curves, time, hidden)).astype(np.float32)

    def gradients(layer, dtype):
        arrays = [jnp.asarray(array, dtype) for array in args]
        cotangent = jnp.asarray(weights, dtype)
        return jax.jit(jax.grad(lambda a: jnp.sum(layer(*a, gates) * cotangent)))(arrays)

    actual = gradients(recurrence, jnp.float32)
    with jax.enable_x64(True):
        expected = gradients(plain_loop, jnp.float64)
    for name, ours, theirs in zip(("inputs", "kernel", "recurrent_kernel", "bias"), actual, expected, strict=True):
        assert distance(ours, theirs) < TOLERANCE, name


@pytest.mark.long
@pytest.mark.parametrize("gates", GATES)
def test_gradients_are_those_of_finite_differences(gates):
    """Of a loop in NumPy, in float64, along random directions; the gates stay off their kinks on the way."""
    args = [np.asarray(each, np.float64) for each in arguments(2, 8, 2, 3)]
    random, step = np.random.default_rng(2), 1e-6
    weights = random.normal(size=(2, 8, 3))
    with jax.enable_x64(True):
        cotangent = jnp.asarray(weights)
        gradient = jax.grad(lambda a: jnp.sum(recurrence(*a, gates) * cotangent))([jnp.asarray(each) for each in args])
        gradient = [np.asarray(each) for each in gradient]
    for _ in range(5):
        along = [random.normal(size=each.shape) for each in args]
        ends = (numpy_loop(*(a + s * d for a, d in zip(args, along, strict=True)), gates) for s in (step, -step))
        ahead, behind = (np.sum(end * weights) for end in ends)
        expected = sum(np.sum(d * g) for d, g in zip(along, gradient, strict=True))
        np.testing.assert_allclose((ahead - behind) / (2 * step), expected, rtol=1e-6)


def test_a_gate_at_its_bound_has_no_derivative():
    """All three gates are far beyond: nothing that leads to them matters, while the candidate does."""
    inputs, kernel, recurrent_kernel, _ = map(jnp.asarray, arguments(1, 4, 1, 2))
    bias = jnp.concatenate([jnp.full(2, 50.0), jnp.full(2, 50.0), jnp.zeros(2), jnp.full(2, 50.0)])
    gradient = jax.grad(lambda b: jnp.sum(recurrence(inputs, kernel, recurrent_kernel, b, "hard")))(bias)
    np.testing.assert_array_equal(np.split(np.asarray(gradient), 4)[0], 0)
    np.testing.assert_array_equal(np.split(np.asarray(gradient), 4)[1], 0)
    np.testing.assert_array_equal(np.split(np.asarray(gradient), 4)[3], 0)
    assert (np.abs(np.split(np.asarray(gradient), 4)[2]) > 0.01).all()


@pytest.mark.long
def test_gradients_of_a_batch_of_networks_are_those_of_each():
    members = [arguments(3, 20, 2, 8, seed) for seed in range(3)]
    gradient = jax.jit(jax.grad(lambda a: jnp.sum(jnp.square(recurrence(*a)))))
    together = jax.vmap(gradient)(tuple(jnp.stack(leaves) for leaves in zip(*members, strict=True)))
    for member, args in enumerate(members):
        for batched, alone in zip(together, gradient(tuple(map(jnp.asarray, args))), strict=True):
            assert distance(batched[member], alone) < TOLERANCE


def test_gradients_with_respect_to_the_weights_alone():
    inputs, *weights = map(jnp.asarray, arguments(3, 20, 2, 8))
    total = jax.jit(jax.grad(lambda a: jnp.sum(jnp.square(recurrence(*a)))))((inputs, *weights))
    alone = jax.jit(jax.grad(lambda w: jnp.sum(jnp.square(recurrence(inputs, *w)))))(weights)
    for whole, part in zip(total[1:], alone, strict=True):
        assert distance(part, whole) < TOLERANCE


def test_an_answer_depends_on_the_past_alone():
    inputs, *weights = map(jnp.asarray, arguments(2, 10, 1, 8))
    other = recurrence(inputs.at[:, 6:].add(1.0), *weights)
    answer = recurrence(inputs, *weights)
    np.testing.assert_array_equal(other[:, :6], answer[:, :6])
    assert (np.abs(other[:, 6:] - answer[:, 6:]).max(axis=(0, 2)) > 1e-3).all()


def initialized(units, features, key=0):
    layer = LSTM(units)
    return jax.jit(layer.init)(jax.random.key(key), jnp.zeros((1, 2, features)))["params"]


@pytest.mark.parametrize(("units", "features"), [(1, 1), (8, 2), (32, 1), (64, 32)])
def test_initialization_is_that_of_keras(units, features):
    params = initialized(units, features)
    assert {name: leaf.shape for name, leaf in params.items()} == {
        "kernel": (features, 4 * units),
        "recurrent_kernel": (units, 4 * units),
        "bias": (4 * units,),
    }
    assert all(leaf.dtype == jnp.float32 for leaf in params.values())
    assert np.abs(params["kernel"]).max() <= np.sqrt(6 / (features + 4 * units))
    rows = np.asarray(params["recurrent_kernel"], np.float64)
    np.testing.assert_allclose(rows @ rows.T, np.eye(units), atol=1e-5)
    np.testing.assert_array_equal(np.reshape(params["bias"], (4, units)), np.repeat([[0], [1], [0], [0]], units, 1))


def test_the_input_kernel_fills_its_range_evenly():
    kernel = np.asarray(initialized(64, 32)["kernel"])
    bound = np.sqrt(6 / (32 + 4 * 64))
    shares = np.histogram(kernel, bins=4, range=(-bound, bound))[0] / kernel.size
    np.testing.assert_allclose(shares, 0.25, atol=0.02)


def test_another_key_is_another_network():
    one, other = initialized(8, 2, key=0), initialized(8, 2, key=1)
    assert np.abs(one["kernel"] - other["kernel"]).min() > 0
    assert np.abs(one["recurrent_kernel"] - other["recurrent_kernel"]).min() > 0


def test_the_layer_runs_the_recurrence_with_its_parameters():
    inputs, *weights = map(jnp.asarray, arguments(3, 10, 2, 8))
    params = dict(zip(("kernel", "recurrent_kernel", "bias"), weights, strict=True))
    answer = LSTM(8).apply({"params": params}, inputs)
    assert distance(answer, numpy_loop(inputs, *weights)) < TOLERANCE

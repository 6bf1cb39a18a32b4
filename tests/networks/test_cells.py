"""Cells: each against a loop in NumPy written from its formulas, and those of one's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_toys.networks import cells, rnn, sizes
from lstm_toys.networks.cells import CELLS, InvalidModel
from lstm_toys.networks.gru import GRU
from lstm_toys.networks.lstm import LSTM
from lstm_toys.networks.rnn import RNN
from lstm_toys.networks.stack import Stack

OWN = '''
import flax.linen as nn
import jax
import jax.numpy as jnp


class Leaky(nn.Module):
    """A unit that forgets at a rate of its own."""

    units: int

    @nn.compact
    def __call__(self, inputs):
        rate = nn.sigmoid(self.param("rate", nn.initializers.zeros, (self.units,)))[None, :]
        shown = jnp.tanh(nn.Dense(self.units)(inputs))

        def step(hidden, shown_t):
            hidden = rate * hidden + (1 - rate) * shown_t
            return hidden, hidden

        start = jnp.zeros_like(shown[:, 0])
        return jnp.swapaxes(jax.lax.scan(step, start, jnp.swapaxes(shown, 0, 1))[1], 0, 1)


class Wide(nn.Module):
    """Returns twice as many units as it has."""

    units: int

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(2 * self.units)(inputs)


class Unitless(nn.Module):
    """No cell."""
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The name of a module with cells of one's own."""
    (tmp_path / "cells_of_ones_own.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    return "cells_of_ones_own"


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def hard(a):
    return np.minimum(np.maximum(0.2 * a + 0.5, 0), 1)


SQUASHED = {"sigmoid": sigmoid, "hard": hard}


def drawn(*shapes):
    random = np.random.default_rng(0)
    return [random.normal(size=shape) for shape in shapes]


def gru_loop(inputs, kernel, recurrent_kernel, bias, squashed):
    """One curve and one time point at a time, as Keras has it with reset_after."""
    answer = np.zeros((*inputs.shape[:2], len(recurrent_kernel)))
    for curve, values in enumerate(inputs):
        hidden = np.zeros(len(recurrent_kernel))
        for t, value in enumerate(values):
            from_z, from_r, from_h = np.split(value @ kernel + bias[0], 3)
            back_z, back_r, back_h = np.split(hidden @ recurrent_kernel + bias[1], 3)
            update, reset = squashed(from_z + back_z), squashed(from_r + back_r)
            hidden = update * hidden + (1 - update) * np.tanh(from_h + reset * back_h)
            answer[curve, t] = hidden
    return answer


def rnn_loop(inputs, kernel, recurrent_kernel, bias):
    """One curve and one time point at a time."""
    answer = np.zeros((*inputs.shape[:2], len(bias)))
    for curve, values in enumerate(inputs):
        hidden = np.zeros(len(bias))
        for t, value in enumerate(values):
            hidden = np.tanh(value @ kernel + hidden @ recurrent_kernel + bias)
            answer[curve, t] = hidden
    return answer


def test_the_rnn_follows_its_formula():
    drawings = drawn((3, 15, 2), (2, 4), (4, 4), (4,))
    answer = rnn.recurrence(*(jnp.asarray(each, jnp.float32) for each in drawings), jnp.zeros((3, 4)))
    np.testing.assert_allclose(answer, rnn_loop(*drawings), atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "bias"), [(GRU(5), (2, 15)), (GRU(5, gates="hard"), (2, 15)), (RNN(5), (5,))], ids=str
)
def test_initialization_is_that_of_keras(layer, bias):
    params = jax.jit(layer.init)(jax.random.key(0), jnp.zeros((1, 2, 3)))["params"]
    columns = bias[-1]
    shapes = {"kernel": (3, columns), "recurrent_kernel": (5, columns), "bias": bias}
    assert {name: leaf.shape for name, leaf in params.items()} == shapes
    assert 0.8 * np.sqrt(6 / (3 + columns)) < np.abs(params["kernel"]).max() <= np.sqrt(6 / (3 + columns))
    rows = np.asarray(params["recurrent_kernel"], np.float64)
    np.testing.assert_allclose(rows @ rows.T, np.eye(5), atol=1e-5)
    np.testing.assert_array_equal(params["bias"], 0)


@pytest.mark.parametrize(("layer", "gates"), [(GRU(4, gates="hard"), "hard"), (GRU(4), "sigmoid")])
def test_a_gru_layer_runs_the_recurrence_with_its_parameters_and_gates(layer, gates):
    inputs, *weights = drawn((2, 6, 2), (2, 12), (4, 12), (2, 12))
    params = dict(
        zip(("kernel", "recurrent_kernel", "bias"), (jnp.asarray(w, jnp.float32) for w in weights), strict=True)
    )
    answer = layer.apply({"params": params}, jnp.asarray(inputs, jnp.float32))
    np.testing.assert_allclose(answer, gru_loop(inputs, *weights, SQUASHED[gates]), atol=1e-5)


@pytest.mark.parametrize(("cell", "kind"), [("lstm", LSTM), ("gru", GRU), ("rnn", RNN)])
def test_a_cell_has_its_name(cell, kind):
    assert cells.cell_class(cell) is kind
    gated = kind(3, gates="hard") if CELLS[cell].gated else kind(3)
    assert cells.layer(cell, 3, "hard", "a").clone(name=None, parent=None) == gated


def test_a_cell_of_ones_own_is_a_layer_of_a_stack(own):
    model = Stack(1, (3,), cell=f"{own}:Leaky")
    inputs = jnp.ones((2, 6, 1))
    params = jax.jit(model.init)(jax.random.key(0), inputs)["params"]
    assert set(params) == {"leaky_0", "readout"}
    kind = cells.cell_class(f"{own}:Leaky")
    first = kind(3).apply({"params": params["leaky_0"]}, inputs)
    second = kind(1).apply({"params": params["readout"]}, first)
    np.testing.assert_allclose(model.apply({"params": params}, inputs), second, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"cell": "elman"}, "unknown cell 'elman'; available: lstm, gru, rnn, or your own package.module:Class"),
        ({"cell": "nowhere.cells:Own"}, "the cell nowhere.cells:Own cannot be imported: No module named 'nowhere'"),
        ({"cell": "cells_of_ones_own:Absent"}, "the cell cells_of_ones_own:Absent cannot be imported"),
        ({"cell": "cells_of_ones_own:Unitless"}, "cells_of_ones_own:Unitless is not a cell"),
        ({"cell": "math:pi"}, "math:pi is not a cell"),
        ({"cell": "rnn", "gates": "hard"}, "the cell rnn has no gates, so gates cannot be hard"),
        ({"cell": "cells_of_ones_own:Leaky", "gates": "hard"}, "has no gates, so gates cannot be hard"),
    ],
)
@pytest.mark.usefixtures("own")
def test_what_is_no_cell_is_told_in_one_line(options, told):
    with pytest.raises(InvalidModel, match=told) as refused:
        Stack(1, (3,), **options)
    assert "\n" not in str(refused.value)


def test_a_cell_that_returns_something_else_is_told(own):
    with pytest.raises(InvalidModel, match=r"cells_of_ones_own:Wide must return shape \(1, 4, 3\), not \(1, 4, 6\)"):
        jax.eval_shape(Stack(1, (3,), cell=f"{own}:Wide").init, jax.random.key(0), jnp.zeros((1, 4, 1)))


@pytest.mark.parametrize("readout", ["cell", "dense"])
@pytest.mark.parametrize(("cell", "gates"), [("lstm", 4), ("gru", 3), ("rnn", 1)])
def test_the_size_of_a_stack_is_that_of_its_products(cell, gates, readout):
    model = Stack(1, (7, 5), readout, cell=cell)
    found = sizes.size(model, 2)
    assert found.widths == (7, 5, 1)
    last = 1 * 5 if readout == "dense" else gates * (5 + 1)
    products = gates * 7 * (2 + 7) + gates * 5 * (7 + 5) + last
    columns = gates * 7 + gates * 5 + (1 if readout == "dense" else gates)
    biases = 2 * columns if cell == "gru" else 0  # A gru's biases are a matrix.
    if cell == "gru" and readout == "dense":
        biases -= 2
    assert found.work == 3 * sizes.LAYER + products + sizes.ACTIVATION * columns + biases


def test_the_size_of_anything_else_is_taken_from_its_parameters(own):
    found = sizes.size(cells.cell_class(f"{own}:Leaky")(6), 2)
    assert sorted(found.widths) == [2, 6]
    assert found.work == 2 * sizes.LAYER + 2 * 6 + 2 * 6 * sizes.ACTIVATION

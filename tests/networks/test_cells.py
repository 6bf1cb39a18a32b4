"""Cells: each against a loop in NumPy written from its formulas, and those of one's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_toys.networks import cells, sizes
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


GATES = {"sigmoid": lambda a: 1 / (1 + np.exp(-a)), "hard": lambda a: np.minimum(np.maximum(0.2 * a + 0.5, 0), 1)}


def gru_step(value, hidden, kernel, recurrent_kernel, bias, gate):
    """As Keras has it with reset_after."""
    from_z, from_r, from_h = np.split(value @ kernel + bias[0], 3)
    back_z, back_r, back_h = np.split(hidden @ recurrent_kernel + bias[1], 3)
    update, reset = gate(from_z + back_z), gate(from_r + back_r)
    return update * hidden + (1 - update) * np.tanh(from_h + reset * back_h)


def rnn_step(value, hidden, kernel, recurrent_kernel, bias, _):
    return np.tanh(value @ kernel + hidden @ recurrent_kernel + bias)


@pytest.mark.parametrize(
    ("layer", "step", "gate", "bias"),
    [
        (GRU(4), gru_step, "sigmoid", (2, 12)),
        (GRU(4, gates="hard"), gru_step, "hard", (2, 12)),
        (RNN(4), rnn_step, None, (4,)),
    ],
)
def test_a_layer_follows_its_formula_and_is_initialized_as_in_keras(layer, step, gate, bias):
    shapes = {"kernel": (2, bias[-1]), "recurrent_kernel": (4, bias[-1]), "bias": bias}
    random = np.random.default_rng(0)
    inputs, weights = random.normal(size=(3, 15, 2)), [random.normal(size=shape) for shape in shapes.values()]
    expected = np.zeros((3, 15, 4))
    for curve, values in enumerate(inputs):
        hidden = np.zeros(4)
        for t, value in enumerate(values):
            hidden = expected[curve, t] = step(value, hidden, *weights, GATES.get(gate))
    params = dict(zip(shapes, (jnp.asarray(each, jnp.float32) for each in weights), strict=True))
    answer = layer.apply({"params": params}, jnp.asarray(inputs, jnp.float32))
    np.testing.assert_allclose(answer, expected, atol=1e-5)

    params = jax.jit(layer.init)(jax.random.key(0), jnp.zeros((1, 2, 2)))["params"]
    assert {name: leaf.shape for name, leaf in params.items()} == shapes
    bound = np.sqrt(6 / (2 + bias[-1]))
    assert 0.8 * bound < np.abs(params["kernel"]).max() <= bound
    rows = np.asarray(params["recurrent_kernel"], np.float64)
    np.testing.assert_allclose(rows @ rows.T, np.eye(4), atol=1e-5)
    np.testing.assert_array_equal(params["bias"], 0)


@pytest.mark.parametrize(("cell", "kind"), [("lstm", LSTM), ("gru", GRU), ("rnn", RNN)])
def test_a_cell_has_its_name(cell, kind):
    assert cells.cell_class(cell) is kind
    gated = kind(3, gates="hard") if CELLS[cell].gated else kind(3)
    assert cells.layer(cell, 3, "hard", "a").clone(name=None, parent=None) == gated


def test_a_cell_of_ones_own_is_a_layer_of_a_stack(own):
    model, kind = Stack(1, (3,), cell=f"{own}:Leaky"), cells.cell_class(f"{own}:Leaky")
    inputs = jnp.ones((2, 6, 1))
    params = jax.jit(model.init)(jax.random.key(0), inputs)["params"]
    assert set(params) == {"leaky_0", "readout"}
    first = kind(3).apply({"params": params["leaky_0"]}, inputs)
    second = kind(1).apply({"params": params["readout"]}, first)
    np.testing.assert_allclose(model.apply({"params": params}, inputs), second, atol=1e-6)
    found = sizes.size(kind(6), 2)
    assert sorted(found.widths) == [2, 6]
    assert found.work == 2 * sizes.LAYER + 2 * 6 + 2 * 6 * sizes.ACTIVATION


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
        ({"cell": "cells_of_ones_own:Wide"}, r"Wide must return shape \(1, 4, 3\), not \(1, 4, 6\)"),
    ],
)
@pytest.mark.usefixtures("own")
def test_what_is_no_cell_is_told_in_one_line(options, told):
    with pytest.raises(InvalidModel, match=rf"^[^\n]*{told}[^\n]*$"):
        jax.eval_shape(Stack(1, (3,), **options).init, jax.random.key(0), jnp.zeros((1, 4, 1)))


@pytest.mark.parametrize("readout", ["cell", "dense"])
@pytest.mark.parametrize(("cell", "gates"), [("lstm", 4), ("gru", 3), ("rnn", 1)])
def test_the_size_of_a_stack_is_that_of_its_products(cell, gates, readout):
    found = sizes.size(Stack(1, (7, 5), readout, cell=cell), 2)
    assert found.widths == (7, 5, 1)
    last = 1 * 5 if readout == "dense" else gates * (5 + 1)
    products = gates * 7 * (2 + 7) + gates * 5 * (7 + 5) + last
    columns = gates * 7 + gates * 5 + (1 if readout == "dense" else gates)
    biases = 2 * columns if cell == "gru" else 0  # A gru's biases are a matrix.
    if cell == "gru" and readout == "dense":
        biases -= 2
    assert found.work == 3 * sizes.LAYER + products + sizes.ACTIVATION * columns + biases

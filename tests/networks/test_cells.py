"""Cells: each against a loop in NumPy written from its formulas, own cells, stacks of their layers, and kernels."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_cells import along

import lstm_toys as lt
from conftest import rarely
from lstm_toys.networks.cells import InvalidModel
from lstm_toys.networks.gru import GRU
from lstm_toys.networks.lstm import LSTM
from lstm_toys.networks.rnn import RNN
from lstm_toys.networks.stack import Stack


@pytest.mark.parametrize(
    ("cell", "layer", "gates", "bias"),
    [("gru", GRU(4), "sigmoid", (2, 12)), ("gru", GRU(4, gates="hard"), "hard", (2, 12)), ("rnn", RNN(4), None, (4,))],
)
def test_a_layer_follows_its_formula(cell, layer, gates, bias):
    random = np.random.default_rng(0)
    shapes = {"kernel": (2, bias[-1]), "recurrent_kernel": (4, bias[-1]), "bias": bias}
    inputs, weights = random.normal(size=(3, 15, 2)), {name: random.normal(size=each) for name, each in shapes.items()}
    params = {name: jnp.asarray(each, jnp.float32) for name, each in weights.items()}
    answer = layer.apply({"params": params}, jnp.asarray(inputs, jnp.float32))
    np.testing.assert_allclose(answer, along(cell, gates, weights, inputs)[0], atol=1e-5)


@pytest.mark.parametrize(
    ("cell", "bias"), [(LSTM, np.repeat([0, 1, 0, 0], 64)), (GRU, np.zeros((2, 192))), (RNN, np.zeros(64))]
)
def test_a_layer_is_initialized_as_in_keras(cell, bias):
    width = bias.shape[-1]
    first, other = (jax.jit(cell(64).init)(jax.random.key(seed), jnp.zeros((1, 2, 32)))["params"] for seed in (0, 1))
    shapes = {"kernel": (32, width), "recurrent_kernel": (64, width), "bias": bias.shape}
    assert {name: leaf.shape for name, leaf in first.items()} == shapes
    assert all(leaf.dtype == jnp.float32 for leaf in first.values())
    kernel, bound = np.asarray(first["kernel"]), np.sqrt(6 / (32 + width))
    assert np.abs(kernel).max() <= bound
    np.testing.assert_allclose(np.histogram(kernel, 4, (-bound, bound))[0] / kernel.size, 0.25, atol=0.03)
    rows = np.asarray(first["recurrent_kernel"], np.float64)
    np.testing.assert_allclose(rows @ rows.T, np.eye(64), atol=1e-5)
    np.testing.assert_array_equal(first["bias"], bias)
    for name in ("kernel", "recurrent_kernel"):
        assert (first[name] != other[name]).mean() > 0.5


class Carried(nn.RNNCellBase):
    """A cell of Flax whose carry is a matrix, which it does not return: sums of outer products."""

    features: int
    rate: float = 0.5

    @nn.compact
    def __call__(self, carry, inputs):
        keys = nn.Dense(self.features, name="keys")(inputs)
        carry = self.rate * carry + keys[:, :, None] * keys[:, None, :]
        return carry, jnp.tanh(carry.sum(axis=-1))

    @nn.nowrap
    def initialize_carry(self, _, input_shape):
        return jnp.zeros((input_shape[0], self.features, self.features))

    @property
    def num_feature_axes(self):
        return 1


@pytest.mark.parametrize(
    ("cell", "flax", "states"),
    [
        ("flax.linen:GRUCell", nn.GRUCell(3), {"hidden": 3}),
        ("flax.linen:SimpleCell(residual=True)", nn.SimpleCell(3, residual=True), {"hidden": 3}),
        ("flax.linen:LSTMCell", nn.LSTMCell(3), {"hidden": 3, "carry_0": 3}),
        (f"{__name__}:Carried( rate=0.25 )", Carried(3, rate=0.25), {"hidden": 3, "carry_0": 9}),
    ],
)
def test_a_cell_of_flax_is_a_layer_and_continues_in_any_state(cell, flax, states):
    model = Stack(1, (3,), "dense", cell=cell)
    params = initialized(model)
    assert model.cell == cell.replace(" ", "")  # Its only spelling.
    (first,) = params.keys() - {"readout"}
    expected = nn.RNN(flax).apply({"params": {"cell": params[first]["cell"]}}, INPUTS)
    expected = nn.Dense(1).apply({"params": params["readout"]}, expected)
    np.testing.assert_allclose(answer(model, params), expected, atol=1e-6)
    several = jax.tree.map(lambda leaf: np.asarray(leaf)[None], params)
    inside = lt.states((model, several), INPUTS)
    assert {name: values.shape[-1] for name, values in inside[first].items()} == states
    alone = lt.rollout((model, several), INPUTS[:, :5], 5, feedback=lambda _: jnp.zeros((3, 2)))
    shown = jnp.concatenate([INPUTS[:, :5], jnp.zeros((3, 5, 2))], axis=1)
    np.testing.assert_allclose(alone.answers[0, :, -1], answer(model, params, shown)[:, -1], atol=1e-6)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"cell": "maps:Linear(2)"}, r"options of the cell maps:Linear\(2\) must be literals by name, such as"),
        ({"cell": "maps:Linear(a=f())"}, "must be literals by name"),
        ({"cell": "maps:Linear(units=3)"}, "units cannot be an option of the cell"),
        ({"cell": "maps:Linear(rank=3)"}, "the cell maps:Linear has no attribute rank"),
        ({"cell": "flax.linen:Dense"}, "flax.linen:Dense is not a cell"),
        ({"cell": "nowhere.cells:Own"}, "the cell nowhere.cells:Own cannot be imported: No module named 'nowhere'"),
        ({"cell": "rnn", "gates": "hard"}, "the cell rnn has no gates, so gates cannot be hard"),
        ({"cell": "maps:Wide"}, r"maps:Wide must return shape \(1, 4, 3\), not \(1, 4, 6\)"),
    ],
)
def test_what_is_no_cell_is_told_in_one_line(options, told):
    with pytest.raises(InvalidModel, match=rf"^[^\n]*{told}[^\n]*(\n---|$)"):  # JAX may add lines of its own.
        jax.eval_shape(Stack(1, (3,), **options).init, jax.random.key(0), jnp.zeros((1, 4, 1)))


INPUTS = jnp.asarray(np.random.default_rng(0).normal(size=(3, 10, 2)), jnp.float32)


def initialized(model):
    return jax.jit(model.init)(jax.random.key(0), INPUTS)["params"]


def answer(model, params, inputs=INPUTS):
    return np.asarray(jax.jit(model.apply)({"params": params}, inputs))


@pytest.mark.parametrize(
    ("hidden", "readout"), [((4,), "dense"), *rarely(((5, 3), "dense"), ((5, 3), "cell"), ((), "cell"))], ids=str
)
def test_layers_follow_each_other_and_one_answer_is_the_last_of_a_sequence(hidden, readout):
    model = Stack(2, hidden, readout)
    params, expected = initialized(model), INPUTS
    assert {*params} == {*(f"lstm_{place}" for place in range(len(hidden))), "readout"}
    for place, units in enumerate(hidden):
        expected = answer(LSTM(units), params[f"lstm_{place}"], expected)
    if readout == "cell":
        expected = answer(LSTM(2), params["readout"], expected)
    else:
        expected = expected @ np.asarray(params["readout"]["kernel"]) + np.asarray(params["readout"]["bias"])
    np.testing.assert_allclose(answer(model, params), expected, atol=1e-6)
    once = Stack(2, hidden, readout, sequence=False)
    np.testing.assert_allclose(answer(once, params), expected[:, -1], atol=1e-6)


@pytest.mark.parametrize("shape", [(4, 16), (16, 4), (64, 64), (1, 4), (3, 1), (96, 384)])
def test_kernels_are_those_of_flax_up_to_rounding(shape):
    key = jax.random.key(3)
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        expected = nn.initializers.orthogonal()(key, shape)
    np.testing.assert_allclose(lt.orthogonal(key, shape), expected, atol=1e-6)


def test_kernels_have_the_type_that_is_asked_for():
    with jax.enable_x64(True):
        found = lt.orthogonal(jax.random.key(0), (8, 32)), lt.orthogonal(jax.random.key(0), (8, 32), np.float32)
    assert [each.dtype for each in found] == [np.float64, np.float32]

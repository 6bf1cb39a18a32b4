"""The network: layers in their order, and the readout."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from conftest import rarely
from lstm_toys.networks.lstm import LSTM
from lstm_toys.networks.stack import Stack

INPUTS = jnp.asarray(np.random.default_rng(0).normal(size=(3, 10, 2)), jnp.float32)


def initialized(model):
    return jax.jit(model.init)(jax.random.key(0), INPUTS)["params"]


def answer(model, params, inputs=INPUTS):
    return np.asarray(jax.jit(model.apply)({"params": params}, inputs))


@pytest.mark.parametrize(
    ("hidden", "readout"), [((5, 3), "cell"), *rarely(((5, 3), "dense"), ((5,), "dense"), ((), "cell"))], ids=str
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


@pytest.mark.long
def test_only_a_dense_answer_leaves_the_unit_interval():
    def largest(readout):
        model = Stack(1, (8,), readout)
        params = jax.tree.map(lambda leaf: 100 * jnp.ones_like(leaf), initialized(model))
        return np.abs(answer(model, params)).max()

    assert largest("cell") <= 1
    assert largest("dense") > 100


def test_the_dense_readout_starts_within_the_glorot_bound_and_without_bias():
    readout = initialized(Stack(2, (30,), "dense"))["readout"]
    assert 0.8 * np.sqrt(6 / 32) < np.abs(readout["kernel"]).max() <= np.sqrt(6 / 32)
    np.testing.assert_array_equal(readout["bias"], 0)


def test_a_dense_readout_needs_a_layer_below_it():
    with pytest.raises(ValueError, match="at least one layer"):
        initialized(Stack(1, (), "dense"))

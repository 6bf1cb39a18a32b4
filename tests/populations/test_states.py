"""States of layers: those of each layer run by itself, in blocks, and without a trace in the training."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from conftest import rarely
from lstm_toys.networks.cells import cell_class
from lstm_toys.networks.gru import GRU
from lstm_toys.networks.lstm import LSTM, cell_states
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import answering
from lstm_toys.populations.states import states

CURVES = np.random.default_rng(0).uniform(size=(9, 12, 1)).astype(np.float32)


class Nested(nn.Module):
    """A network whose layers lie in it at several depths, with an attribute that is no layer's."""

    units: int = 3

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(1)(Stack(self.units, (4,), cell="gru", name="inner")(LSTM(2, name="first")(inputs)))


class Memoryless(nn.Module):
    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(1)(inputs)


def networks(model, seeds=3):
    """Parameters of some networks."""
    init = jax.jit(lambda key: model.init(key, jnp.asarray(CURVES))["params"])
    every = [init(jax.random.key(seed)) for seed in range(seeds)]
    return jax.tree.map(lambda *leaves: np.stack(leaves), *every)


def one(params, seed):
    return jax.tree.map(lambda leaf: jnp.asarray(leaf[seed]), params)


@pytest.mark.parametrize("cell", ["lstm", *rarely("gru", "rnn")])
def test_states_are_those_of_each_layer_alone(cell):
    model = Stack(1, (4, 3), cell=cell)
    params = networks(model)
    found = states(model, params, CURVES)
    names = (f"{cell}_0", f"{cell}_1", "readout")
    assert found.keys() == set(names)
    for seed in range(3):
        shown = jnp.asarray(CURVES)
        for name, units in zip(names, model.widths, strict=True):
            layer, own = found[name], one(params[name], seed)
            assert layer.keys() == ({"hidden", "cell"} if cell == "lstm" else {"hidden"})
            if cell == "lstm":
                expected = cell_states(shown, own["kernel"], own["recurrent_kernel"], own["bias"])
                np.testing.assert_allclose(layer["cell"][seed], expected, atol=1e-5)
            shown = cell_class(cell)(units).apply({"params": own}, shown)
            np.testing.assert_allclose(layer["hidden"][seed], shown, atol=1e-5)
    np.testing.assert_allclose(found["readout"]["hidden"], answering.answers(model, params, CURVES), atol=1e-6)


def test_a_hidden_state_is_what_the_output_gate_lets_through():
    """h = o tanh(c), with o from 0 to 1."""
    model = Stack(1, (4,), "dense")
    found = states(model, networks(model), CURVES)
    assert list(found) == ["lstm_0"]
    share = found["lstm_0"]["hidden"] / np.tanh(found["lstm_0"]["cell"])
    assert ((share > 0) & (share < 1)).all()


@pytest.mark.long
def test_a_state_is_the_same_whatever_else_is_asked():
    model = Stack(1, (4,))
    params = networks(model)
    every = states(model, params, CURVES)
    few = states(model, jax.tree.map(lambda leaf: leaf[1:2], params), CURVES[4:6])
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a, b[1:2, 4:6], strict=True), few, every)


@pytest.mark.long
def test_layers_in_any_module_are_found():
    model = Nested()
    found = states(model, networks(model, 1), CURVES)
    names = {"first": 2, "inner/gru_0": 4, "inner/readout": 3}
    assert {name: layer["hidden"].shape for name, layer in found.items()} == {
        name: (1, 9, 12, units) for name, units in names.items()
    }
    assert "cell" in found["first"]


def test_a_model_that_is_a_layer_has_its_states():
    found = states(GRU(3), networks(GRU(3), 1), CURVES)
    np.testing.assert_allclose(found[""]["hidden"], answering.answers(GRU(3), networks(GRU(3), 1), CURVES), atol=1e-6)


def test_a_model_without_layers_is_told():
    with pytest.raises(ValueError, match="Memoryless has no layer"):
        states(Memoryless(), networks(Memoryless(), 1), CURVES)


def test_nothing_of_it_is_in_a_training():
    """Neither parameters nor the program of an answer know of states."""
    model = Stack(1, (4,))
    assert jax.jit(model.init)(jax.random.key(0), jnp.asarray(CURVES)).keys() == {"params"}
    params = one(networks(model, 1), 0)
    plain = jax.make_jaxpr(lambda p: model.apply({"params": p}, jnp.asarray(CURVES)))(params)
    assert str(plain).count("scan") == 2

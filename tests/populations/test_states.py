"""States of layers are those of each layer by itself, and networks that go on by themselves those of a plain loop."""

from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import initialized, rarely
from lstm_toys.networks.cells import cell_class
from lstm_toys.networks.lstm import unroll
from lstm_toys.populations import states

CURVES = np.random.default_rng(0).uniform(size=(9, 20, 1)).astype(np.float32)
MODEL = lt.Stack(1, (4,))


class Nested(nn.Module):
    """A network whose layers lie in it at several depths, with an attribute that is no layer's."""

    units: int = 3

    @nn.compact
    def __call__(self, inputs):
        inner = lt.Stack(self.units, (4,), cell="gru", name="inner")
        return nn.Dense(1)(inner(lt.LSTM(2, name="first")(inputs)))


@pytest.mark.parametrize(
    ("cell", "hidden"), [("lstm", (4,)), *rarely(("lstm", (4, 3)), ("gru", (4, 3)), ("rnn", (4, 3)))], ids=str
)
def test_states_are_those_of_each_layer_alone(cell, hidden):
    model = lt.Stack(1, hidden, cell=cell)
    params = initialized(model, 3)
    found = lt.states((model, params), CURVES)
    names = (*(f"{cell}_{place}" for place in range(len(hidden))), "readout")
    assert found.keys() == {*names}
    shown = jnp.asarray(CURVES)
    for name, units in zip(names, model.widths, strict=True):
        layer, own = found[name], jax.tree.map(lambda leaf: jnp.asarray(leaf[2]), params[name])
        assert layer.keys() == ({"hidden", "cell"} if cell == "lstm" else {"hidden"})
        if cell == "lstm":
            trace = unroll(shown, own["kernel"], own["recurrent_kernel"], own["bias"])
            expected = jnp.swapaxes(trace.cell, 0, 1)
            np.testing.assert_allclose(layer["cell"][2], expected, atol=1e-5)
        shown = cell_class(cell)(units).apply({"params": own}, shown)
        np.testing.assert_allclose(layer["hidden"][2], shown, atol=1e-5)
    np.testing.assert_allclose(found["readout"]["hidden"], lt.answers((model, params), CURVES), atol=1e-6)


@pytest.mark.long
def test_layers_in_any_module_are_found():
    found = lt.states((Nested(), initialized(Nested(), 1)), CURVES)
    units = {name: layer["hidden"].shape[-1] for name, layer in found.items()}
    assert units == {"first": 2, "inner/gru_0": 4, "inner/readout": 3}


def test_a_model_without_layers_and_curves_of_other_features_are_refused():
    with pytest.raises(ValueError, match="Dense has no layer"):
        lt.states((nn.Dense(1), initialized(nn.Dense(1), 1)), CURVES)
    with pytest.raises(ValueError, match=r"^features of inputs must be 1, as of the networks' own curves, not 2$"):
        lt.states((MODEL, initialized(MODEL, 1)), np.zeros((3, 20, 2), np.float32))


START = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 5, 2)).astype(np.float32)


def grown(model, params, steps, feedback):
    """Curves that grow to a fixed length, and the answers to them: points after an answer do not matter to it."""
    shown = np.pad(np.repeat(START[None], 3, axis=0), [(0, 0), (0, 0), (0, steps), (0, 0)])

    def answers():
        return np.concatenate([lt.answers(*each) for each in zip(lt.Networks(model, params), shown, strict=True)])

    for end in range(5, 5 + steps):
        shown[:, :, end] = feedback(answers()[:, :, end - 1])
    return answers(), shown


def flipped(answer):
    return -answer[..., ::-1]


@pytest.mark.parametrize(
    ("options", "feedback"),
    [
        ({}, flipped),
        *rarely(({}, None), ({"cell": "gru"}, None), ({"cell": "rnn", "readout": "dense"}, None)),
        *rarely(({"gates": "hard"}, None)),
    ],
)
def test_a_rollout_is_a_curve_that_grows_by_its_answers(options, feedback, monkeypatch):
    model = lt.Stack(2, hidden=(4,), **options)
    params = initialized(model, 3, features=2)
    monkeypatch.setattr(states, "CHUNK", 4)
    found = lt.rollout((model, params), START, 6, feedback)
    answer, shown = grown(model, params, 6, feedback or (lambda answer: answer))
    np.testing.assert_allclose(found.answers, answer[:, :, 5:], atol=1e-5)
    inside = lt.states(lt.Networks(model, params)[0], shown[0])
    ends, own = jax.tree.map(lambda leaf: leaf[0, :, -1], inside), jax.tree.map(lambda leaf: leaf[0], found.states)
    if feedback is None:
        jax.tree.map(partial(np.testing.assert_allclose, atol=1e-5), own, ends)
    every_third = lt.rollout((model, params), START, 6, feedback, every=3)
    np.testing.assert_array_equal(every_third.answers, found.answers[:, :, [2, 5]])


class Forgetful(nn.Module):
    """A layer that always begins at zero."""

    units: int

    @nn.compact
    def __call__(self, inputs):
        kernel = self.param("kernel", nn.initializers.ones, (inputs.shape[-1], self.units))
        return jnp.cumsum(inputs @ kernel, axis=1)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        *rarely((lt.Stack(1), r"answers of shape \(2, 1\) cannot be inputs, which have shape \(2, 2\)")),
        (Forgetful(2), "layers of Forgetful do not begin in the states that they are given"),
    ],
    ids=["answers", "forgetful"],
)
def test_what_cannot_be_fed_back_is_refused(model, said):
    with pytest.raises(ValueError, match=said):
        lt.rollout((model, initialized(model, 1, features=2)), START, 1)


@pytest.mark.parametrize("cell", ["lstm", *rarely("gru", "rnn")])
def test_a_curve_in_two_pieces_is_answered_as_in_one(cell):
    model = lt.Stack(1, (4, 3), cell=cell, readout="dense")
    params = initialized(model, 3)
    whole, inside = lt.answers((model, params), CURVES), lt.states((model, params), CURVES)
    middle = jax.tree.map(lambda each: each[:, :, 7], inside)
    rest = lt.answers((model, params), CURVES[:, 8:], initial=middle)
    np.testing.assert_allclose(rest, whole[:, :, 8:], atol=1e-5)
    after = lt.states((model, params), CURVES[:, 8:], initial=middle)
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other[:, :, 8:], atol=1e-5), after, inside)
    alone = lt.rollout((model, params), CURVES[:, 8:12], 5, initial=middle).answers
    np.testing.assert_allclose(alone, lt.rollout((model, params), CURVES[:, :12], 5).answers, atol=1e-5)


def test_answers_from_given_states_are_the_same_whatever_other_networks_and_curves_there_are():
    params = initialized(MODEL, 5)
    middle = jax.tree.map(lambda each: each[:, :, 7], lt.states((MODEL, params), CURVES))
    every = lt.answers((MODEL, params), CURVES, initial=middle)
    own = jax.tree.map(lambda each: each[2:3, 4:5], middle)
    alone = jax.tree.map(lambda leaf: leaf[2:3], params)
    np.testing.assert_array_equal(lt.answers((MODEL, alone), CURVES[4:5], initial=own), every[2:3, 4:5])
    shared = jax.tree.map(lambda each: each[:, 4:5], middle)
    both = lt.answers((MODEL, params), CURVES, initial=shared)
    np.testing.assert_array_equal(both[:, 4], every[:, 4])
    at_zero = jax.tree.map(np.zeros_like, middle)
    np.testing.assert_allclose(
        lt.answers((MODEL, params), CURVES, initial=at_zero), lt.answers((MODEL, params), CURVES), atol=1e-6
    )

"""Networks that go on by themselves, against a loop over curves that grow by one answer at a time."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import rarely
from lstm_toys.populations import rollouts

RANDOM = np.random.default_rng(0)
START = RANDOM.uniform(-0.5, 0.5, (2, 5, 2)).astype(np.float32)


def networks(**options):
    model = lt.Stack(2, hidden=(4,), **options)
    params = jax.vmap(lambda key: model.init(key, jnp.asarray(START))["params"])(jax.random.split(jax.random.key(1), 3))
    return model, jax.tree.map(np.asarray, params)


def grown(model, params, steps, feedback=lambda answer: answer):
    """The whole curve is answered anew for every step."""
    answers = []
    shown = np.repeat(START[None], 3, axis=0)
    for _ in range(steps + 1):
        every = np.stack(
            [
                np.asarray(lt.answers(model, jax.tree.map(lambda leaf, seed=seed: leaf[[seed]], params), shown[seed]))[
                    0
                ]
                for seed in range(3)
            ]
        )
        answers.append(every[:, :, -1])
        shown = np.concatenate([shown, np.asarray(feedback(every[:, :, -1]), np.float32)[:, :, None]], axis=2)
    return np.stack(answers[1:], axis=2)


@pytest.mark.parametrize(
    "options", [{}, *rarely({"cell": "gru"}, {"cell": "rnn", "readout": "dense"}, {"gates": "hard"})], ids=str
)
def test_a_rollout_is_a_curve_that_grows_by_its_answers(options, monkeypatch):
    model, params = networks(**options)
    monkeypatch.setattr(rollouts, "CHUNK", 4)
    found = lt.rollout(model, params, START, steps=6)
    np.testing.assert_allclose(found.answers, grown(model, params, 6), atol=1e-5)
    every_third = lt.rollout(model, params, START, steps=8, every=3)
    np.testing.assert_array_equal(every_third.answers, lt.rollout(model, params, START, steps=8).answers[:, :, [2, 5]])


def flipped(answer):
    return -answer[..., ::-1]


def test_feedback_makes_the_next_inputs():
    model, params = networks()
    found = lt.rollout(model, params, START, steps=3, feedback=flipped)
    np.testing.assert_allclose(found.answers, grown(model, params, 3, flipped), atol=1e-5)


def test_the_final_states_are_those_after_the_last_step():
    model, params = networks()
    found = lt.rollout(model, params, START, steps=2)
    first = np.asarray(lt.answers(model, params, START))[:, :, [-1]]
    for seed in range(3):
        shown = np.concatenate([START, first[seed], found.answers[seed, :, :1]], axis=1)
        inside = lt.states(model, jax.tree.map(lambda leaf, seed=seed: leaf[[seed]], params), shown)
        for layer, names in found.states.items():
            for name, values in names.items():
                np.testing.assert_allclose(values[seed], inside[layer][name][0, :, -1], atol=1e-5)


def test_nothing_is_answered_in_no_step():
    model, params = networks()
    assert lt.rollout(model, params, START, steps=0).answers.shape == (3, 2, 0, 2)


class Forgetful(nn.Module):
    """A layer that always begins at zero."""

    units: int

    @nn.compact
    def __call__(self, inputs):
        kernel = self.param("kernel", nn.initializers.ones, (inputs.shape[-1], self.units))
        return jnp.cumsum(inputs @ kernel, axis=1)


def test_layers_that_ignore_their_initial_states_are_refused():
    model = Forgetful(2)
    params = {"kernel": np.ones((3, 2, 2), np.float32)}
    with pytest.raises(ValueError, match="layers of Forgetful do not begin in the states that they are given"):
        lt.rollout(model, params, START, steps=1)


@pytest.mark.parametrize(
    ("model", "feedback", "said"),
    [
        (lt.Stack(1, hidden=(4,)), None, r"answers of shape \(2, 1\) cannot be inputs, which have shape \(2, 2\)"),
        (
            lt.Stack(2, hidden=(4,)),
            lambda answer: answer[:, :1],
            r"what feedback returns must be finite numbers of shape \[2, 2\], not of shape \[2, 1\]",
        ),
        (lt.Stack(2, hidden=(4,), sequence=False), None, "networks that answer once per curve have no rollout"),
    ],
)
def test_what_cannot_be_fed_back_is_refused(model, feedback, said):
    params = jax.tree.map(
        lambda leaf: np.asarray(leaf)[None], model.init(jax.random.key(0), jnp.asarray(START))["params"]
    )
    with pytest.raises(ValueError, match=said):
        lt.rollout(model, params, START, steps=1, feedback=feedback)


def test_states_go_on_from_given_ones():
    """Split in two, with states of every second point; initial states of each network and curve."""
    model, params = networks()
    curves = RANDOM.uniform(-0.5, 0.5, (2, 9, 2)).astype(np.float32)
    whole = lt.states(model, params, curves)
    first = lt.states(model, params, curves[:, :5])
    begun = {layer: {name: each[:, :, -1] for name, each in names.items()} for layer, names in first.items()}
    second = lt.states(model, params, curves[:, 5:], initial=begun, every=2)
    thinned = lt.states(model, params, curves, every=3)
    for layer, names in whole.items():
        for name, each in names.items():
            np.testing.assert_allclose(second[layer][name], each[:, :, [6, 8]], atol=1e-6)
            np.testing.assert_array_equal(thinned[layer][name], each[:, :, [2, 5, 8]])
    with pytest.raises(ValueError, match="initial must be states of the shapes"):
        lt.states(model, params, curves, initial={"lstm_0": begun["lstm_0"]})

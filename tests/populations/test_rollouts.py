"""Networks that go on by themselves, against a loop over curves that grow by one answer at a time."""

from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import rarely
from lstm_toys.populations import states as rollouts

RANDOM = np.random.default_rng(0)
START = RANDOM.uniform(-0.5, 0.5, (2, 5, 2)).astype(np.float32)


def networks(**options):
    model = lt.Stack(2, hidden=(4,), **options)
    init = jax.jit(lambda key: model.init(key, jnp.asarray(START))["params"])
    every = map(init, jax.random.split(jax.random.key(1), 3))
    return model, jax.tree.map(lambda *leaves: np.stack(leaves), *every)


def grown(model, params, steps, feedback):
    """Curves that grow to a fixed length, and the answers to them: points after an answer do not matter to it."""
    shown = np.pad(np.repeat(START[None], 3, axis=0), [(0, 0), (0, 0), (0, steps), (0, 0)])

    alone = [jax.tree.map(lambda leaf, seed=seed: leaf[[seed]], params) for seed in range(3)]

    def answers():
        return np.concatenate([lt.answers(model, *each) for each in zip(alone, shown, strict=True)])

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
    model, params = networks(**options)
    monkeypatch.setattr(rollouts, "CHUNK", 4)
    found = lt.rollout(model, params, START, 6, feedback)
    answer, shown = grown(model, params, 6, feedback or (lambda answer: answer))
    np.testing.assert_allclose(found.answers, answer[:, :, 5:], atol=1e-5)
    if feedback is None:
        for seed, curves in enumerate(shown):
            states = lt.states(model, jax.tree.map(lambda leaf, seed=seed: leaf[[seed]], params), curves)
            ends = jax.tree.map(lambda leaf: leaf[0, :, -1], states)
            own = jax.tree.map(lambda leaf, seed=seed: leaf[seed], found.states)
            jax.tree.map(partial(np.testing.assert_allclose, atol=1e-5), own, ends)
    every_third = lt.rollout(model, params, START, 6, feedback, every=3)
    np.testing.assert_array_equal(every_third.answers, found.answers[:, :, [2, 5]])
    assert lt.rollout(model, params, START, 0, feedback).answers.shape == (3, 2, 0, 2)


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
        *rarely((lt.Stack(2, sequence=False), "networks that answer once per curve have no rollout")),
        (Forgetful(2), "layers of Forgetful do not begin in the states that they are given"),
    ],
    ids=["answers", "once", "forgetful"],
)
def test_what_cannot_be_fed_back_is_refused(model, said):
    params = jax.jit(model.init)(jax.random.key(0), jnp.asarray(START))["params"]
    with pytest.raises(ValueError, match=said):
        lt.rollout(model, jax.tree.map(lambda leaf: np.asarray(leaf)[None], params), START, 1)

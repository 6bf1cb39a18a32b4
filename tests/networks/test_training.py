"""The training of one network: what does not fit together is refused first; its optimizers, and its memory."""

import re
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import hyper
from lstm_toys.networks import training
from lstm_toys.networks.cells import InvalidModel
from lstm_toys.networks.optimizers import TAKES
from lstm_toys.networks.transforms import transformation

SHOWN = jnp.asarray(np.random.default_rng(0).uniform(size=(3, 6, 1)), jnp.float32)


class Counting(nn.Module):
    """Keeps more than parameters."""

    @nn.compact
    def __call__(self, inputs):
        self.variable("counts", "calls", lambda: jnp.zeros(()))
        return nn.Dense(1)(inputs)


class Identity(nn.Module):
    """Keeps nothing."""

    def __call__(self, inputs):
        return inputs


def trained(targets, model, batch=None):
    task = lt.Task(lambda *_: lt.Examples(SHOWN, targets), ("y",), ("y",), sequence=True, batch=batch)
    return lt.train(task, model, seeds=1, steps=2, learning_rate=0.1)


@pytest.mark.parametrize("batch", [None, 1])
@pytest.mark.parametrize(
    "targets",
    [SHOWN[..., 0], SHOWN[:1], SHOWN[:, :1], jnp.concatenate([SHOWN, SHOWN], axis=-1)],
    ids=lambda value: str(value.shape),
)
def test_targets_are_not_broadcast_to_answers(targets, batch):
    told = re.escape(f"numbers of shape [3, 6, 1], not of shape {list(targets.shape)}")
    with pytest.raises(ValueError, match=f"^targets of examples must be finite {told}[^\n]*$"):
        trained(targets, lt.Stack(1, (4,)), batch)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Counting(), "Counting keeps counts; a network"),
        (Identity(), "Identity keeps nothing; a network"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_model_keeps_parameters_and_no_more(model, told):
    with pytest.raises(InvalidModel, match=told):
        trained(SHOWN, model)


@pytest.mark.long
def test_curves_in_turn_need_the_memory_of_one():
    model = lt.Stack(1, (8,))
    params = model.init(jax.random.key(0), SHOWN)["params"]

    def kept(curves, curves_in_turn):
        inputs = jnp.zeros((curves, 200, 1))
        gradient = jax.jit(partial(training.gradient, "mse", model, curves_in_turn=curves_in_turn))
        compiled = gradient.lower(params, lt.Examples(inputs, inputs)).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    assert kept(20, curves_in_turn=True) < 2 * kept(1, curves_in_turn=True)
    assert kept(20, curves_in_turn=False) > 10 * kept(1, curves_in_turn=True)


GRADIENTS = np.random.default_rng(0).normal(size=(6, 3)) * [1.0, 1e-4, 1e-7]
"""Of a parameter that matters, of one that hardly does, and of one of which the epsilon decides."""
RATE = 0.01


def updates(kind, **others):
    """What an optimizer adds to parameters, step by step, given `GRADIENTS`."""
    made = transformation(kind, hyper(RATE)._replace(**others))
    state, found = made.init(jnp.zeros(3)), []
    for gradient in GRADIENTS:
        update, state = made.update(jnp.asarray(gradient, jnp.float32), state, jnp.zeros(3))
        found.append(update)
    return np.array(found)


@pytest.mark.parametrize(
    ("name", "divisor"),
    [("rmsprop", lambda mean: np.sqrt(mean + 1e-8)), ("rmsprop_keras", lambda mean: np.sqrt(mean) + 1e-7)],
)
def test_rmsprop_is_a_loop_in_numpy(name, divisor):
    mean, expected = np.zeros(3), []
    for gradient in GRADIENTS:
        mean = 0.9 * mean + 0.1 * gradient**2
        expected.append(-RATE * gradient / divisor(mean))
    np.testing.assert_allclose(updates(name, decay=np.float32(TAKES[name]["decay"])), expected, rtol=1e-4)


def test_an_unknown_optimizer_is_told_which_there_are():
    with pytest.raises(ValueError, match="unknown optimizer 'lion'; available: sgd, momentum, rmsprop, rmsprop_keras"):
        transformation("lion", hyper(RATE))

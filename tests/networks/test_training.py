"""The training of one network: what does not fit together is refused first; its optimizers, and its memory."""

import re

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import hyper
from lstm_toys.networks.cells import InvalidModel
from lstm_toys.networks.optimizers import OPTIMIZERS
from lstm_toys.networks.transforms import transformation

SHOWN = jnp.asarray(np.random.default_rng(0).uniform(size=(3, 6, 1)), jnp.float32)


def trained(targets, model):
    task = lt.Task(lambda *_: lt.Examples(SHOWN, targets), ("y",), ("y",), sequence=True)
    return lt.train(task, model, seeds=1, steps=2, learning_rate=0.1)


@pytest.mark.parametrize("targets", [SHOWN[..., 0], SHOWN[:1], SHOWN[:, :1]], ids=lambda value: str(value.shape))
def test_targets_are_not_broadcast_to_answers(targets):
    told = re.escape(f"numbers of shape [3, 6, 1], not of shape {list(targets.shape)}")
    with pytest.raises(ValueError, match=f"^targets of examples must be finite {told}[^\n]*$"):
        trained(targets, lt.Stack(1, (4,)))


def test_a_model_keeps_parameters_and_no_more():
    with pytest.raises(InvalidModel, match="BatchNorm keeps batch_stats; a network"):
        trained(SHOWN, nn.BatchNorm(use_running_average=True))


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
    np.testing.assert_allclose(updates(name, decay=np.float32(OPTIMIZERS[name].defaults["decay"])), expected, rtol=1e-4)

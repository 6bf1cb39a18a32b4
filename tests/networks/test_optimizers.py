"""Optimizers: the two forms of RMSprop against loops in NumPy, and schedules."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from conftest import hyper
from lstm_toys.networks.hyper import TAKES
from lstm_toys.networks.optimizers import Scheduled, optimizer

GRADIENTS = np.random.default_rng(0).normal(size=(6, 3)) * [1.0, 1e-4, 1e-7]
"""Of a parameter that matters, of one that hardly does, and of one of which the epsilon decides."""
RATE = 0.01


def updates(kind, **others):
    """What an optimizer adds to parameters, step by step, given `GRADIENTS`."""
    made = optimizer(kind, hyper(RATE)._replace(**others))
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


def test_a_schedule_takes_the_place_of_the_learning_rate():
    schedule = optax.piecewise_constant_schedule(1.0, {2: 0.1})
    with jax.numpy_dtype_promotion("standard"):  # Optax's schedules mix types.
        found = updates(Scheduled("sgd", schedule), learning_rate=np.float32("nan"))
    np.testing.assert_allclose(found, -GRADIENTS * np.array([1, 1, 0.1, 0.1, 0.1, 0.1])[:, None], rtol=1e-5)


def test_an_unknown_optimizer_is_told_which_there_are():
    with pytest.raises(ValueError, match="unknown optimizer 'lion'; available: sgd, momentum, rmsprop, rmsprop_keras"):
        optimizer("lion", hyper(RATE))

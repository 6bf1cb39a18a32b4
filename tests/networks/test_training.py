"""The training of one network: what does not fit together is refused before anything is computed."""

import re
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from conftest import rarely
from lstm_toys.networks import training
from lstm_toys.networks.cells import InvalidModel
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import train
from lstm_toys.tasks.supervision import Examples, Task

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


def trained(targets, model=None, batch=None):
    task = Task(lambda *_: Examples(SHOWN, targets), ("y",), ("y",), sequence=True, batch=batch)
    return train.train(task, model or Stack(1, (3,)), seeds=1, steps=2, learning_rate=0.1)


@pytest.mark.parametrize(
    ("targets", "answers"),
    [
        (SHOWN[..., 0], (3, 6, 1)),
        *rarely((SHOWN[:1], (3, 6, 1)), (SHOWN[:, :1], (3, 6, 1))),
        *rarely((jnp.concatenate([SHOWN, SHOWN], axis=-1), (3, 6, 1))),
    ],
    ids=lambda value: str(value.shape) if hasattr(value, "shape") else "",
)
def test_targets_are_not_broadcast_to_answers(targets, answers):
    told = f"numbers of shape {list(answers)}, not of shape {list(targets.shape)}"
    with pytest.raises(ValueError, match=f"^targets of examples must be finite {re.escape(told)}") as refused:
        trained(targets)
    assert "\n" not in str(refused.value)


def test_nor_are_those_of_a_batch():
    with pytest.raises(ValueError, match=re.escape("of shape [3, 6, 1], not of shape [3, 6]")):
        trained(SHOWN[..., 0], batch=1)


def test_one_answer_to_a_whole_curve_is_held_against_one():
    model = Stack(1, (3,), sequence=False)
    with pytest.raises(
        InvalidModel, match=re.escape("targets of shape (3, 6, 1) must have the shape of the network's")
    ):
        trained(SHOWN, model)


@pytest.mark.parametrize(
    ("model", "told"),
    [(Counting(), "Counting keeps counts; a network"), (Identity(), "Identity keeps nothing; a network")],
)
def test_a_model_keeps_parameters_and_no_more(model, told):
    with pytest.raises(InvalidModel, match=told):
        trained(SHOWN, model)


@pytest.mark.parametrize(
    "model",
    [Stack(1, (3,)), *rarely(Stack(1, (3,), gates="hard"), Stack(1, (3,), cell="gru", readout="dense"))],
    ids=lambda model: f"{model.cell}-{model.gates}",
)
def test_a_gradient_is_the_same_of_curves_in_turn(model):
    examples = Examples(SHOWN, jnp.cumsum(SHOWN, axis=1))
    params = model.init(jax.random.key(0), SHOWN)["params"]
    together, in_turn = (
        jax.jit(partial(training.gradient, "mse", model, curves_in_turn=one_by_one))(params, examples)
        for one_by_one in (False, True)
    )
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-6), in_turn, together)


def test_curves_in_turn_need_the_memory_of_one():
    model = Stack(1, (8,))
    params = model.init(jax.random.key(0), SHOWN)["params"]

    def kept(curves, curves_in_turn):
        inputs = jnp.zeros((curves, 200, 1))
        compiled = jax.jit(partial(training.gradient, "mse", model, curves_in_turn=curves_in_turn)).lower(
            params, Examples(inputs, inputs)
        )
        return compiled.compile().memory_analysis().temp_size_in_bytes

    assert kept(20, curves_in_turn=True) < 2 * kept(1, curves_in_turn=True)
    assert kept(20, curves_in_turn=False) > 10 * kept(1, curves_in_turn=True)

"""What is trained on, penalized, noisy or changes with the step: against plain loops."""

from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from maps import Noisy
from reference import PURPOSES

import lstm_toys as lt
from conftest import initialized, rarely, untrained

X = lt.time_points(12)
TASK = lt.reproduce("line", {"slope": np.array([0.5, -0.2]), "intercept": 0.1}, X)
MODEL = lt.Stack(1, (3,), "dense")
GRU = lt.Stack(1, (3,), cell="flax.linen:GRUCell")
RATE = 0.1


def loop(params, gradient, steps, start=0):
    """A plain loop of SGD for one network."""
    for step in range(start, steps):
        grads = gradient(params, step)
        params = jax.tree.map(lambda leaf, grad: leaf - RATE * grad, params, grads)
    return params


def first(networks, step=None):
    own = networks.params if step is None else networks.at(step).params
    return jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), own)


@partial(jax.jit, static_argnums=1)
def mse(params, model, examples):
    return jnp.mean(jnp.square(model.apply({"params": params}, examples.inputs) - examples.targets))


EXAMPLES = TASK.training_set(jax.random.key(0), {})


def same(params, others, atol=1e-6):
    jax.tree.map(lambda ours, theirs: np.testing.assert_allclose(ours, theirs, atol=atol), params, others)


@pytest.mark.parametrize(("model", "batch"), [(MODEL, 2), *rarely((MODEL, None), (GRU, 2), (GRU, None))])
def test_a_penalty_is_of_all_curves_of_a_step_and_recorded_apart(model, batch):
    """It is a sum over curves, which is not the mean of what it is for each of them."""
    task = lt.reproduce("line", {"slope": np.array([0.5, -0.2, 0.1, 0.9]), "intercept": 0.1}, X, batch=batch)
    every = task.training_set(jax.random.key(0), {})

    def penalty(params, states, numbers):
        hidden = next(layer for name, layer in states.items() if name != "readout")["hidden"]
        weights = sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(params))
        return numbers["rates"] * jnp.sum(jnp.square(hidden)) + 0.01 * weights

    rates = {"rates": np.array([0.05, 0.0])}
    networks = lt.train(task, model, seeds=2, steps=(1, 4), learning_rate=RATE, penalty=penalty, numbers=rates)
    assert networks.numbers["train_rates"].tolist() == np.float32([0.05, 0.0]).tolist()

    @jax.jit
    def cost(params, examples=every):
        _, kept = model.apply(
            {"params": params}, examples.inputs, capture_intermediates=True, mutable=["intermediates"]
        )
        name = next(each for each in kept["intermediates"] if each not in ("readout", "__call__"))
        hidden = kept["intermediates"][name]["__call__"][0]
        weights = sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(params))
        return 0.05 * jnp.sum(jnp.square(hidden)) + 0.01 * weights

    @jax.jit
    def gradient(params, examples):
        return jax.grad(lambda params: mse(params, model, examples) + cost(params, examples))(params)

    def of_step(params, step):
        if batch is None:
            return gradient(params, every)
        epoch, place = divmod(step * batch, 4)
        order = jax.random.fold_in(jax.random.fold_in(jax.random.key(0), 0), PURPOSES["order"])
        chosen = jax.random.permutation(jax.random.fold_in(order, epoch), 4)[place : place + batch]
        return gradient(params, lt.Examples(every.inputs[chosen], every.targets[chosen]))

    same(first(networks), loop(first(networks, 1), of_step, 4, start=1))
    recorded = networks.results.training.isel(seed=0).sel(step=4)
    np.testing.assert_allclose(recorded.train_penalty, cost(first(networks)), rtol=1e-5)
    np.testing.assert_allclose(recorded.train_loss, mse(first(networks), model, every), rtol=1e-5)


def test_networks_train_on_from_those_of_another_task():
    other = lt.reproduce("line", {"slope": 1.0, "intercept": 0.0}, X)
    before = lt.train(other, MODEL, seeds=3, steps=5, learning_rate=RATE)
    whole = lt.train(TASK, MODEL, seeds=3, steps=4, learning_rate=RATE, initial=before)
    gradient = jax.jit(jax.grad(lambda params: mse(params, MODEL, EXAMPLES)))
    assert "train_penalty" not in whole.results.training
    same(first(whole), loop(first(before), lambda params, _: gradient(params), 4))
    one = lt.train(TASK, MODEL, seeds=2, steps=4, learning_rate=RATE, initial=first(before))
    jax.tree.map(lambda ours, theirs: np.testing.assert_allclose(ours[1], theirs[0]), one.params, whole.params)
    halves = lt.train(TASK, MODEL, seeds=3, steps=2, learning_rate=RATE, initial=before.params)
    halves = lt.train(TASK, MODEL, seeds=3, steps=2, learning_rate=RATE, initial=halves)
    jax.tree.map(lambda ours, theirs: np.testing.assert_allclose(ours, theirs, atol=1e-7), halves.params, whole.params)


def test_initial_parameters_of_another_model_or_number_are_named():
    before = untrained(TASK, lt.Stack(1, (4,), "dense"), losses=(0.1, 0.1))
    with pytest.raises(ValueError, match=r"lstm_0/bias of initial must be .*12.* not .*16"):
        lt.train(TASK, MODEL, seeds=2, steps=1, learning_rate=RATE, initial=before)
    with pytest.raises(ValueError, match=r"lstm_0/bias of initial must .*one entry per member"):
        lt.train(TASK, lt.Stack(1, (4,), "dense"), seeds=3, steps=1, learning_rate=RATE, initial=before)
    with pytest.raises(ValueError, match="initial must be parameters of the model"):
        lt.train(TASK, MODEL, seeds=2, steps=1, learning_rate=RATE, initial={"a": np.ones(3)})


def test_a_model_gets_a_key_per_member_and_step_in_training_and_none_elsewhere():
    model = Noisy()
    networks = lt.train(TASK, model, seeds=2, steps=(1, 4), learning_rate=RATE)
    purpose = jax.random.fold_in(jax.random.fold_in(jax.random.key(0), 0), 5)

    @jax.jit
    def gradient(params, step):
        rngs = {"noise": jax.random.fold_in(jax.random.fold_in(purpose, step), 0)}

        def loss(params):
            answers = model.apply({"params": params}, EXAMPLES.inputs, rngs=rngs)
            return jnp.mean(jnp.square(answers - EXAMPLES.targets))

        return jax.grad(loss)(params)

    same(first(networks), loop(first(networks, 1), gradient, 4, start=1))
    plain = lt.answers(networks, EXAMPLES.inputs)
    np.testing.assert_allclose(plain[0], model.apply({"params": first(networks)}, EXAMPLES.inputs), atol=1e-6)
    losses = networks.results.training.train_loss
    np.testing.assert_allclose(losses[0, -1], mse(first(networks), model, EXAMPLES), rtol=1e-5)


class NoisyRNN(lt.RNN):
    """A recurrent layer with noise on its hidden states."""

    @nn.compact
    def __call__(self, inputs):
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        drive = inputs.repeat(self.units, axis=-1)[:, :, : self.units] + bias[None, None]
        if self.has_rng("noise"):
            drive = drive + jax.random.normal(self.make_rng("noise"), drive.shape)
        return jnp.cumsum(drive, axis=1) + self.initial("hidden", inputs, bias[None])[:, None]


def test_random_numbers_outside_of_training_are_given_by_keys():
    model = lt.Stack(1, (2,), "dense", cell=f"{__name__}:NoisyRNN")
    networks = lt.Networks(model, initialized(model, 3))
    inputs, rngs = np.tile(EXAMPLES.inputs, (6, 1, 1)), {"noise": jax.random.key(3)}
    quiet, loud = lt.answers(networks, inputs), lt.answers(networks, inputs, rngs=rngs)
    np.testing.assert_array_equal(loud, lt.answers(networks, inputs, rngs=rngs))
    assert len(np.unique((loud - quiet).round(5), axis=1)[0]) == 12  # Equal curves have different noise,
    assert len(np.unique((loud - quiet).round(5), axis=0)) == 3  # and so have networks.
    (layer,) = lt.states(networks, inputs, rngs=rngs)
    hidden = lt.states(networks, inputs, rngs=rngs)[layer]["hidden"]
    readout = networks.params["readout"]
    np.testing.assert_allclose(hidden @ readout["kernel"][:, None] + readout["bias"][:, None, None], loud, atol=1e-5)

    def still(answers):
        return jnp.zeros_like(answers)

    alone, quiet = (lt.rollout(networks, inputs[:2], 300, still, rngs=each) for each in (rngs, None))
    np.testing.assert_allclose(quiet.answers.std(axis=2), 0, atol=1e-5)
    assert 8 < np.std(alone.states[layer]["hidden"] - quiet.states[layer]["hidden"]) < 30  # Of 312 independent ones.


class Demanding(nn.Module):
    """A layer that cannot do without random numbers."""

    @nn.compact
    def __call__(self, inputs):
        noise = jax.random.normal(self.make_rng("noise"), inputs.shape)
        return nn.Dense(1)(inputs + noise)


def test_a_model_that_needs_random_numbers_everywhere_is_refused():
    with pytest.raises(lt.errors.InvalidModel, match=r"Demanding needs random numbers.*self.has_rng"):
        lt.train(TASK, Demanding(), seeds=2, steps=2, learning_rate=RATE)


def test_examples_that_change_with_the_step():
    def examples(key, numbers):
        levels = jnp.array([0.0, 1.0, 0.5, 2.0])  # By the step, counted from 0.
        inputs = jax.random.normal(key, (2, 6, 1)) * levels[numbers["step"]]
        return lt.Examples(inputs, inputs)

    fixed = examples(jax.random.key(1), {"step": 1})
    task = lt.Task(examples, ("y",), ("y",), sequence=True, fresh=True, validation=fixed, stepped=True)
    networks = lt.train(task, MODEL, seeds=2, steps=(1, 4), learning_rate=RATE)
    purpose = jax.random.fold_in(jax.random.fold_in(jax.random.key(0), 0), 1)

    @jax.jit
    def gradient(params, step):
        own = examples(jax.random.fold_in(purpose, step), {"step": step})
        return jax.grad(lambda params: mse(params, MODEL, own))(params)

    same(first(networks), loop(first(networks, 1), gradient, 4, start=1))
    best = lt.EarlyStopping(best=True, validation=fixed)
    assert len(lt.train(task, MODEL, seeds=2, steps=4, learning_rate=RATE, early_stopping=best)) == 2
    with pytest.raises(ValueError, match="stepped must be False without fresh examples"):
        lt.Task(examples, ("y",), ("y",), sequence=True, stepped=True)

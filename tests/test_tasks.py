"""Tasks: shapes and targets against NumPy, and minibatches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments import amplitude, hill, hill_y, line, sine, slope_intercept
from lstm_toys import families, tasks, training

X = np.linspace(0, 1, 100)


def examples(task):
    return jax.tree.map(np.asarray, task.examples(jax.random.key(3)))


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, atol=2e-6)


def test_the_sine_is_asked_for_itself():
    shown = examples(sine.task(families.time_points(100)))
    close(shown.inputs[0, :, 0], 0.3 + 0.3 * np.sin(10 * X))
    np.testing.assert_array_equal(shown.inputs, shown.targets)
    assert shown.inputs.shape == (1, 100, 1)


@pytest.mark.parametrize(
    ("module", "y"), [(line, 0.3 + 0.176 * X), (hill, 0.3 + 0.3 * np.sin(np.pi * X))], ids=["line", "hill"]
)
def test_points_are_shown_and_asked(module, y):
    shown = examples(module.task(families.time_points(100)))
    close(shown.inputs[0], np.stack([X, y], axis=-1))
    np.testing.assert_array_equal(shown.inputs, shown.targets)


def test_the_hill_is_shown_without_x():
    shown = examples(hill_y.task(families.time_points(100)))
    close(shown.inputs[0], 0.3 + 0.3 * np.sin(np.pi * X)[:, None])


def test_amplitudes_are_asked():
    task = amplitude.task(families.time_points(100))
    shown = examples(task)
    true = np.arange(50)[:, None] * 0.01
    close(shown.targets, true)
    close(shown.inputs[:, :, 0], true + true * np.sin(10 * X))
    assert not task.sequence


def test_every_seed_draws_lines_of_its_own():
    task = slope_intercept.task(families.time_points(100))
    shown, others = examples(task), jax.tree.map(np.asarray, task.examples(jax.random.key(4)))
    slope, intercept = shown.targets.T
    assert shown.inputs.shape == (1000, 100, 1)
    assert ((shown.targets >= 0) & (shown.targets < 1)).all()
    assert abs(np.corrcoef(slope, intercept)[0, 1]) < 0.1
    close(shown.inputs[:, :, 0], slope[:, None] * X + intercept[:, None])
    assert not np.isclose(shown.targets, others.targets).all(axis=1).any()


def test_an_epoch_shows_every_curve_once_in_a_new_order():
    targets = jnp.arange(12.0)[:, None]
    shown = tasks.Examples(jnp.broadcast_to(targets[:, :, None], (12, 5, 1)), targets)
    task = tasks.Task(lambda _: shown, ("y",), ("index",), sequence=False, batch=4)
    key = jax.random.key(0)
    batches = [training.batch(task, key, jnp.int32(step), shown) for step in range(6)]
    orders = np.array([part.targets[:, 0] for part in batches]).reshape(2, 12)
    for part in batches:
        np.testing.assert_array_equal(part.inputs[:, 0, 0], part.targets[:, 0])
    np.testing.assert_array_equal(np.sort(orders), [np.arange(12)] * 2)
    assert (orders[0] != orders[1]).any()
    other = training.batch(task, jax.random.key(1), jnp.int32(0), shown)
    assert (other.targets != batches[0].targets).any()


def test_a_batch_must_divide_the_curves():
    shown = tasks.Examples(jnp.zeros((10, 5, 1)), jnp.zeros((10, 1)))
    task = tasks.Task(lambda _: shown, ("y",), ("index",), sequence=False, batch=4)
    with pytest.raises(ValueError, match="a batch of 4 does not divide 10 curves"):
        training.batch(task, jax.random.key(0), jnp.int32(0), shown)


@pytest.mark.parametrize("readout", ["lstm", "dense"])
@pytest.mark.parametrize("family", families.FAMILIES)
@pytest.mark.parametrize("kind", ["reproduce", "read_off"])
def test_every_family_can_be_learned_a_little(kind, family, readout):
    from lstm_toys import population
    from lstm_toys.model import Stack

    x = families.time_points(20)
    drawn = families.FAMILIES[family].draw(jax.random.key(0), 4)
    if kind == "reproduce":
        task = tasks.reproduce(family, drawn, x, ("x", "y"))
    else:
        task = tasks.read_off(family, drawn, tuple(drawn)[:2], x, batch=2)
    model = Stack(len(task.asked), (6,), readout, task.sequence)
    trained = population.train(task, model, seeds=2, steps=60, learning_rate=0.05, optimizer="momentum")
    assert (trained.train_loss[:, -1] < trained.train_loss[:, 0]).all()
    assert trained.train_rmse.shape == (2, len(trained.steps), len(task.asked))


def test_records_hold_the_whole_training_set():
    """The recorded loss and RMSE, against NumPy on the answers."""
    from lstm_toys.model import Stack

    x = families.time_points(21)
    task = tasks.reproduce("hill", {"height": np.array([0.1, 0.3]), "base": 0.2}, x, ("x", "y"))
    model = Stack(2, (5,))
    member = training.init(task, model, "sgd", jax.random.key(1), jnp.float32(0.1))
    shown = task.examples(jax.random.key(0))
    record = training.measure(model, member.params, shown)
    error = np.asarray(training.answer(model, member.params, shown.inputs), float) - np.asarray(shown.targets, float)
    np.testing.assert_allclose(record.loss, np.mean(error**2), rtol=1e-5)
    settled = np.linspace(0, 1, 21) >= 0.1 - 1e-9
    np.testing.assert_allclose(record.rmse, np.sqrt(np.mean(error[:, settled] ** 2, axis=(0, 1))), rtol=1e-5)

"""Tasks: shapes and targets against NumPy, and minibatches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import conftest
from experiments import amplitude, hill, hill_y, line, sine, slope_intercept
from lstm_toys.networks import training
from lstm_toys.tasks import families, supervision

X = np.linspace(0, 1, 100)


def examples(task):
    return jax.tree.map(np.asarray, task.examples(jax.random.key(3), dict.fromkeys(task.numbers, jnp.float32(0.3))))


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
    shown, others = examples(task), jax.tree.map(np.asarray, task.examples(jax.random.key(4), {}))
    slope, intercept = shown.targets.T
    assert shown.inputs.shape == (1000, 100, 1)
    assert ((shown.targets >= 0) & (shown.targets < 1)).all()
    assert abs(np.corrcoef(slope, intercept)[0, 1]) < 0.1
    close(shown.inputs[:, :, 0], slope[:, None] * X + intercept[:, None])
    assert not np.isclose(shown.targets, others.targets).all(axis=1).any()


def test_numbers_that_a_task_leaves_open_take_their_place():
    x, numbers = families.time_points(100), {"steep": jnp.float32(0.7), "top": jnp.float32(0.2)}
    task = supervision.reproduce("line", {"slope": "steep", "intercept": "steep"}, x)
    close(task.examples(jax.random.key(0), numbers).inputs[0, :, 0], 0.7 * X + 0.7)
    assert task.numbers == ("steep",)
    read = supervision.read_off("line", {"slope": np.array([1.0, 2.0]), "intercept": "top"}, ("intercept",), x)
    close(read.examples(jax.random.key(0), numbers).targets, [[0.2], [0.2]])
    drawn = supervision.read_off_drawn("line", 500, {"slope": (-1.0, "top")}, ("slope",), x)
    slopes = np.asarray(drawn.examples(jax.random.key(0), numbers).targets)
    assert -1 <= slopes.min() < -0.9
    assert 0.1 < slopes.max() < 0.2


def test_parameters_that_the_family_does_not_have_are_refused():
    with pytest.raises(ValueError, match=r"takes the parameters \['intercept', 'slope'\]"):
        supervision.reproduce("line", {"slope": 1.0}, families.time_points(9))


@pytest.fixture
def in_batches():
    """Twelve curves, of which a step sees four."""
    shown = supervision.Examples(jnp.zeros((12, 5, 1)), jnp.zeros((12, 1)))
    return supervision.Task(lambda *_: shown, ("y",), ("index",), sequence=False, batch=4)


def test_an_epoch_shows_every_curve_once_in_a_new_order(in_batches):
    key = jax.random.key(0)
    orders = [training.shuffled(in_batches, key, jnp.int32(epoch), 12) for epoch in range(2)]
    for order in orders:
        assert order.shape == (3, 4)
        np.testing.assert_array_equal(np.sort(order, axis=None), np.arange(12))
    assert (orders[0] != orders[1]).any()
    assert (orders[0] != training.shuffled(in_batches, jax.random.key(1), jnp.int32(0), 12)).any()


def test_a_batch_must_divide_the_curves(in_batches):
    with pytest.raises(ValueError, match="the batch size 4 does not divide the number of curves, 10"):
        training.shuffled(in_batches, jax.random.key(0), jnp.int32(0), 10)


@pytest.mark.long
def test_minibatch_steps_are_those_of_a_plain_loop():
    """Seven steps in batches, from one chunk and from two, against steps taken one by one."""
    from lstm_toys.networks.stack import Stack

    x = families.time_points(15)
    task = supervision.read_off_drawn("line", 12, {}, ("slope",), x, batch=4)
    model = Stack(1, (5,), "cell", False)
    member = training.init(task, model, "sgd", jax.random.key(2), conftest.hyper(0.3))
    advance = jax.jit(lambda member, start, stop: training.train_steps(task, model, "sgd", member, start, stop))
    at_once = advance(member, jnp.int32(0), jnp.int32(7))
    in_two = advance(advance(member, jnp.int32(0), jnp.int32(2)), jnp.int32(2), jnp.int32(7))
    shown = task.examples(training.purpose_key(member.key, "examples"), {})
    step = jax.jit(lambda member, part: training.step("mse", model, "sgd", member, part))
    plain = member
    for index in range(7):
        chosen = training.shuffled(task, member.key, jnp.int32(index // 3), 12)[index % 3]
        part = supervision.Examples(shown.inputs[chosen], shown.targets[chosen])
        plain = step(plain, part)
    for whole, split, one in zip(*(jax.tree.leaves(m.params) for m in (at_once, in_two, plain)), strict=True):
        np.testing.assert_array_equal(whole, split)
        np.testing.assert_allclose(whole, one, rtol=1e-4, atol=1e-6)


@pytest.mark.long
def test_records_hold_the_whole_training_set():
    """The recorded loss and RMSE, against NumPy on the answers."""
    from lstm_toys.networks.stack import Stack

    x = families.time_points(21)
    task = supervision.reproduce("hill", {"height": np.array([0.1, 0.3]), "base": 0.2}, x, ("x", "y"))
    model = Stack(2, (5,))
    member = training.init(task, model, "sgd", jax.random.key(1), conftest.hyper(0.1))
    shown = task.examples(jax.random.key(0), {})
    _, record = jax.jit(lambda member: training.record(model, member, jnp.int32(0)))(member)
    answer = jax.jit(lambda member: training.answer(model, member.params, shown.inputs))
    error = np.asarray(answer(member), float) - np.asarray(shown.targets, float)
    np.testing.assert_allclose(record.loss, np.mean(error**2), rtol=1e-5)
    settled = np.linspace(0, 1, 21) >= 0.1 - 1e-9
    np.testing.assert_allclose(record.measures, np.sqrt(np.mean(error[:, settled] ** 2, axis=(0, 1))), rtol=1e-5)

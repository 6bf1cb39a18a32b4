"""Tasks: shapes and targets against NumPy, and minibatches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from experiments import amplitude, hill, hill_y, line, sine, slope_intercept
from lstm_toys.networks import training

X = np.linspace(0, 1, 100)
SINE, HILL = 0.3 + 0.3 * np.sin(10 * X), 0.3 + 0.3 * np.sin(np.pi * X)
HEIGHTS = np.arange(50)[:, None] * 0.01


def made(task, key=3):
    """The inputs and targets of a task."""
    numbers = dict.fromkeys(task.numbers, jnp.float32(0.3))
    return [np.asarray(each) for each in task.examples(jax.random.key(key), numbers)[:2]]


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, atol=2e-6)


@pytest.mark.parametrize(
    ("module", "inputs", "targets"),
    [
        (sine, SINE[None, :, None], SINE[None, :, None]),
        (line, *[np.stack([X, 0.3 + 0.176 * X], axis=-1)[None]] * 2),
        (hill, *[np.stack([X, HILL], axis=-1)[None]] * 2),
        (hill_y, HILL[None, :, None], HILL[None, :, None]),
        (amplitude, (HEIGHTS + HEIGHTS * np.sin(10 * X))[:, :, None], HEIGHTS),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_experiments_show_and_ask_what_the_post_does(module, inputs, targets):
    task = module.task(lt.time_points(100))
    shown, asked = made(task)
    close(shown, inputs)
    close(asked, targets)
    assert task.sequence == (asked.ndim == 3)


def test_every_seed_draws_lines_of_its_own():
    task = slope_intercept.task(lt.time_points(100))
    (inputs, targets), (_, others) = made(task), made(task, key=4)
    slope, intercept = targets.T
    assert inputs.shape == (1000, 100, 1)
    assert ((targets >= 0) & (targets < 1)).all()
    assert abs(np.corrcoef(slope, intercept)[0, 1]) < 0.1
    close(inputs[:, :, 0], slope[:, None] * X + intercept[:, None])
    assert not np.isclose(targets, others).all(axis=1).any()


def test_the_next_value_is_asked_of_every_point_but_the_last():
    curves = np.random.default_rng(0).normal(size=(3, 7, 2)).astype(np.float32)
    inputs, targets = made(lt.predict_next(curves, ("x", "y")))
    np.testing.assert_array_equal(inputs, curves[:, :6])
    for point in range(6):
        np.testing.assert_array_equal(targets[:, point], curves[:, point + 1])
    with pytest.raises(ValueError, match="curves of at least 2 time points"):
        lt.predict_next(curves[:, :1], ("x", "y"))


def test_scaled_values_lie_in_the_range_of_networks_and_are_brought_back():
    """Those of inputs, and of targets of whole curves, by scalings of their own."""
    random = np.random.default_rng(0)
    values, targets = 350 + 20 * random.normal(size=(3, 7, 2)), 5 * random.normal(size=(3, 1))
    scaling = lt.Scaling.fitted(values, targets, ("x", "y", "rate"))
    for each, outputs in ((values, False), (targets, True)):
        scaled = scaling.applied(each, outputs=outputs)
        np.testing.assert_allclose(np.abs(scaled).max(axis=(0, 1) if each is values else 0), 0.8)
        np.testing.assert_allclose(scaling.undone(scaled, outputs=outputs), each, rtol=1e-12)


@pytest.mark.usefixtures("as_users_have_it")
def test_a_scaling_is_its_numbers_to_the_last_digit_and_cannot_be_subclassed():
    given = [np.array([[0.123456789012, 3]]), [(np.float64(0.123456789012), 3)], ((0.123456789012, 3.0),)]
    one, *others = (lt.Scaling(pairs, pairs, ["y"]) for pairs in given)
    for other in others:
        assert (one, repr(one), hash(one)) == (other, repr(other), hash(other))
    next_to = lt.Scaling(given[0] + [[1e-12, 0]], given[0], ("y",))
    assert one != next_to
    assert repr(one) != repr(next_to)
    with pytest.raises(TypeError, match=r"^lt\.Scaling cannot be subclassed, .*; scale curves differently in"):

        class Powers(lt.Scaling):
            def undone(self, values, *, outputs=True):
                return np.exp2(super().undone(values, outputs=outputs))


def test_numbers_that_a_task_leaves_open_take_their_place():
    x, numbers = lt.time_points(100), {"steep": jnp.float32(0.7), "top": jnp.float32(0.2)}
    task = lt.reproduce("line", {"slope": "steep", "intercept": "steep"}, x)
    close(task.examples(jax.random.key(0), numbers).inputs[0, :, 0], 0.7 * X + 0.7)
    assert task.numbers == ("steep",)
    read = lt.read_off("line", {"slope": np.array([1.0, 2.0]), "intercept": "top"}, ("intercept",), x)
    close(read.examples(jax.random.key(0), numbers).targets, [[0.2], [0.2]])
    drawn = lt.read_off("line", {"slope": (-1.0, "top")}, ("slope",), x, draw=500)
    slopes = np.asarray(drawn.examples(jax.random.key(0), numbers).targets)
    assert -1 <= slopes.min() < -0.9
    assert 0.1 < slopes.max() < 0.2


def test_an_epoch_shows_every_curve_once_in_a_new_order():
    task = lt.read_off("line", {}, ("slope",), lt.time_points(15), batch=4, draw=12)
    drawn = [(0, 0), (0, 1), (1, 0)]
    orders = [training.shuffled(task, jax.random.key(seed), jnp.int32(epoch), 12) for seed, epoch in drawn]
    for order in orders:
        assert order.shape == (3, 4)
        np.testing.assert_array_equal(np.sort(order, axis=None), np.arange(12))
    assert len({tuple(np.ravel(order).tolist()) for order in orders}) == 3
    with pytest.raises(ValueError, match="the batch size 4 does not divide the number of curves, 10"):
        training.shuffled(task, jax.random.key(0), jnp.int32(0), 10)

"""Training on fresh examples: the reference's, however it is split up, with a validation set that is recorded."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

import lstm_toys as lt

MODEL = lt.Stack(1, (4,))


def drawn(key, _):
    inputs = jax.random.normal(key, (2, 3, 1))
    return lt.Examples(inputs, jnp.tanh(inputs))


def task(**options):
    return lt.Task(drawn, ("y",), ("y",), sequence=True, **{"fresh": True, **options})


def test_the_engine_trains_on_the_examples_of_the_reference():
    options = {"steps": 4, "learning_rate": 0.1, "noise": 0.2}
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        networks = lt.train(task(), MODEL, seeds=3, **options)
        losses, params = reference.train(task(), MODEL, seed=2, **options)
    np.testing.assert_allclose(networks.train_loss[2], losses[networks.steps], rtol=1e-4)
    jax.tree.map(lambda ours, its: np.testing.assert_allclose(ours[2], its, atol=2e-5), networks.params, params)


@pytest.mark.long
def test_a_validation_set_of_ones_own_is_recorded_and_a_loss_that_rises_on_it_is_no_divergence():
    """It is of another size and length, and the opposite of what networks learn; noise lies on training inputs alone.

    Weights beyond all bounds still are a divergence.
    """
    inputs = jnp.linspace(-1, 1, 27).reshape(3, 9, 1)
    own = lt.Examples(inputs, -jnp.tanh(inputs))
    options = {"learning_rate": np.float32([0.5, 0.5, 1e6]), "noise": 0.1, "after": 0.3}
    networks = lt.train(task(validation=own), MODEL, seeds=3, steps=200, **options)
    assert (networks.train_loss[:2, -1] > networks.train_loss[:2, 0]).all()
    assert networks.diverged.tolist() == [False, False, True]
    squared = np.square(lt.answers(MODEL, networks.params, inputs) - np.asarray(own.targets))[:2]
    np.testing.assert_allclose(networks.train_loss[:2, -1], squared.mean((1, 2, 3)), rtol=1e-5)
    settled = squared[:, :, 3:].mean((1, 2, 3))
    np.testing.assert_allclose(networks.train_rmse[:2, -1, 0], np.sqrt(settled), rtol=1e-5)
    drawn_set = task(validation=lambda *_: own).validated(jax.random.key(0), {})
    np.testing.assert_array_equal(drawn_set.inputs, inputs)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"batch": 1}, "batch must be None with fresh examples"),
        ({"fresh": False, "validation": drawn}, "validation must be None without fresh examples"),
    ],
)
def test_what_contradicts_fresh_examples_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        task(**options)

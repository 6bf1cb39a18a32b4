"""Losses and their gradients with lengths and weights, against NumPy in double precision, and what they refuse."""

import re
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import plain_errors
import pytest

import lstm_toys as lt
from conftest import rarely
from lstm_toys.networks import losses, training
from lstm_toys.networks.cells import InvalidModel

RANDOM = np.random.default_rng(0)
CURVES, POINTS, FEATURES = 4, 7, 3
LENGTHS = np.array([7, 3, 1, 5])


def huber(outputs, targets):
    return jnp.mean(jnp.where(jnp.abs(outputs - targets) < 1, (outputs - targets) ** 2, 1), axis=-1)


LOSSES = {name: name for name in ("mse", "cross_entropy", "binary_cross_entropy")} | {"huber": huber}


def targets_of(loss, shape):
    if loss == "cross_entropy":
        return RANDOM.integers(FEATURES, size=(*shape, 1)).astype(np.float32)
    values = RANDOM.normal(size=(*shape, FEATURES))
    return (values > 0 if loss == "binary_cross_entropy" else values).astype(np.float32)


def at_value(loss, output, target, feature):
    """The loss of one feature at one point, or of one point, in double precision."""
    if loss == "cross_entropy":
        return np.log(np.exp(output).sum()) - output[int(target)]
    if loss == "binary_cross_entropy":
        return np.logaddexp(0, output[feature]) - target * output[feature]
    squared = (output[feature] - target) ** 2
    return squared if loss == "mse" or squared < 1 else 1


WEIGHTS = {
    "all alike": None,
    "by point": RANDOM.integers(1, 3, size=(CURVES, POINTS)).astype(np.float32) * (np.arange(POINTS) % 3 < 2),
    "by sequence": np.array([1.0, 0.0, 0.5, 2.0], np.float32),
    "by feature": RANDOM.integers(0, 3, size=(CURVES, POINTS, FEATURES)).astype(np.float32),
}
CASES = [
    *((loss, "by point") for loss in LOSSES),
    *((loss, "by feature") for loss in ("mse", "binary_cross_entropy")),
    *rarely(*((loss, weighted) for loss in LOSSES for weighted in ("all alike", "by sequence"))),
]


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["one length", "lengths"])
@pytest.mark.parametrize(("loss", "weighted"), CASES)
def test_the_loss_is_that_of_a_plain_loop(loss, weighted, lengths):
    outputs, weights = RANDOM.normal(size=(CURVES, POINTS, FEATURES)).astype(np.float32), WEIGHTS[weighted]
    targets, total = targets_of(loss, (CURVES, POINTS)), 0.0
    given = (None if each is None else jnp.asarray(each) for each in (lengths, weights))
    examples = lt.Examples(jnp.zeros((CURVES, POINTS, 1)), jnp.asarray(targets), *given)
    found = losses.of_answers(LOSSES[loss], jnp.asarray(outputs), examples.targets, examples.loss_weights)
    counts = plain_errors.counts(targets, lengths, weights)
    for curve, point, feature in np.ndindex(targets.shape):
        output, target = outputs[curve, point].astype(float), float(targets[curve, point, feature])
        total += counts[curve, point, feature] * at_value(loss, output, target, feature)
    np.testing.assert_allclose(found, total / counts.sum(), rtol=1e-5)


@pytest.mark.parametrize(
    ("loss", "sequence", "lengths", "weighted"),
    [
        ("mse", True, False, False),
        ("cross_entropy", True, True, True),
        *rarely(("mse", True, True, False), ("mse", False, True, False), ("huber", True, False, True)),
        *rarely(("huber", True, True, False), ("binary_cross_entropy", True, True, True)),
    ],
)
def test_neither_padding_nor_curves_in_turn_change_gradients(loss, sequence, lengths, weighted):
    # Without lengths any model will do, and this one is compiled sooner.
    model = lt.Stack(FEATURES, (4,), "dense", sequence) if lengths else nn.Dense(FEATURES)
    inputs = RANDOM.normal(size=(CURVES, POINTS, 2)).astype(np.float32)
    other = np.where(np.arange(POINTS)[None, :, None] < LENGTHS[:, None, None], inputs, np.float32(99))
    params = model.init(jax.random.key(0), jnp.asarray(inputs))["params"]
    targets = jnp.asarray(targets_of(loss, (CURVES, POINTS) if sequence else (CURVES,)))
    ends = jnp.asarray(LENGTHS) if lengths else None
    weights = jnp.asarray(WEIGHTS["by point"]) if weighted else None

    @partial(jax.jit, static_argnums=1)
    def gradient(shown, in_turn):
        examples = lt.Examples(shown, targets, ends, weights)
        task = lt.Task(lambda *_: examples, ("x", "y"), (*"abcdefgh"[:FEATURES],), sequence, loss=LOSSES[loss])
        how = training.Procedure(task, model, "sgd", curves_in_turn=in_turn)
        return training.gradient(how, params, examples, {})

    expected = gradient(jnp.asarray(inputs), False)
    for shown, in_turn in ((inputs, True), *([(other, False), (other, True)] if lengths else [])):
        found = gradient(jnp.asarray(shown), in_turn)
        jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-6), found, expected)


def test_the_beginning_that_is_left_out_is_that_of_each_sequence():
    outputs, targets = jnp.ones((2, 21, 1)), jnp.zeros((2, 21, 1)).at[0, :2].set(9.0).at[1, :1].set(9.0)
    targets = targets.at[0, 2].set(3.0).at[1, 1].set(3.0)  # The first points that count.
    examples = lt.Examples(jnp.zeros((2, 21, 1)), targets, jnp.array([21, 11]))
    np.testing.assert_allclose(losses.measures("mse", outputs, examples, after=0.1), [np.sqrt((27 + 2 * 4) / 29)])


def test_a_loss_that_is_not_one_value_per_point_is_refused():
    with pytest.raises(
        InvalidModel, match=r"what the loss returns must be .* of shape \[2, 3\], one per point, not of shape \[\]"
    ):
        losses.per_point(lambda a, b: jnp.mean((a - b) ** 2), jnp.zeros((2, 3, 1)), jnp.zeros((2, 3, 1)))
    with pytest.raises(InvalidModel, match="must be one class for each point of"):
        losses.per_point("cross_entropy", jnp.zeros((2, 3, 4)), jnp.zeros((2, 3, 4)))


ONCE, EVERY = (f"let the network answer {how}, as lt.Stack" for how in ("once per curve", "at every time point"))
SHAPES = {
    "answers, (2, 3, 5): use lt.Stack(features=1), or 5 output_features and targets": ((2, 3, 5), (2, 3, 1)),
    "answers, (2, 5): use lt.Stack(features=1), or 5 output_features and targets": ((2, 5), (2, 1)),
    f"answers, (2, 3, 1): {ONCE}(sequence=False) does, or change the task": ((2, 3, 1), (2, 1)),
    f"answers, (2, 1): {EVERY}(sequence=True) does, or change the task": ((2, 1), (2, 3, 1)),
    "answers, (2, 4, 1): make one target for each answer": ((2, 4, 1), (2, 3, 1)),
}


@pytest.mark.parametrize("told", SHAPES)
@pytest.mark.usefixtures("as_users_have_it")
def test_targets_of_another_shape_are_refused_with_what_to_change(told):
    answers, targets = SHAPES[told]
    whole = f"targets of shape {targets} must have the shape of the network's {told}"
    with pytest.raises(InvalidModel, match=f"^{re.escape(whole)}$"):
        losses.per_point("mse", jnp.zeros(answers), jnp.zeros(targets))

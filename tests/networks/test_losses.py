"""Losses and measures with lengths and weights, against NumPy in double precision and plain loops over points."""

import re
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import majority
import numpy as np
import parity
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


def at_point(loss, output, target):
    """The loss at one point, in double precision."""
    if loss == "cross_entropy":
        return np.log(np.exp(output).sum()) - output[int(target[0])]
    if loss == "binary_cross_entropy":
        probability = 1 / (1 + np.exp(-output))
        return -np.mean(target * np.log(probability) + (1 - target) * np.log(1 - probability))
    squared = (output - target) ** 2
    return np.mean(np.where(np.abs(output - target) < 1, squared, 1) if loss == "huber" else squared)


def plain(loss, outputs, targets, lengths, weights=None):
    """The weighted mean over points and, of these, the accuracies; one sequence and one point after another."""
    outputs, targets = outputs.astype(float), targets.astype(float)
    total = summed = right = 0.0
    whole = []
    for curve in range(len(outputs)):
        correct, known = [], False
        for point in range(outputs.shape[1] if lengths is None else lengths[curve]):
            weight = 1.0 if weights is None else weights[curve] if weights.ndim == 1 else weights[curve, point]
            output, target = outputs[curve, point], targets[curve, point]
            total += weight
            summed += weight * at_point(loss, output, target)
            classes = loss == "cross_entropy"
            hit = np.argmax(output) == target[0] if classes else np.array_equal(output > 0, target > 0.5)
            right += weight * hit
            correct.append(hit or not weight)
            known = known or weight > 0
        whole += [all(correct)] * bool(known)
    return summed / total, (right / total, np.mean(whole))


WEIGHTS = {
    "all alike": None,
    "by point": RANDOM.integers(1, 3, size=(CURVES, POINTS)).astype(np.float32) * (np.arange(POINTS) % 3 < 2),
    "by sequence": np.array([1.0, 0.0, 0.5, 2.0], np.float32),
}


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["one length", "lengths"])
@pytest.mark.parametrize("weighted", ["by point", *rarely("all alike", "by sequence")])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_and_the_accuracies_are_those_of_a_plain_loop(loss, weighted, lengths):
    outputs, weights = RANDOM.normal(size=(CURVES, POINTS, FEATURES)).astype(np.float32), WEIGHTS[weighted]
    targets = targets_of(loss, (CURVES, POINTS))
    given = (None if each is None else jnp.asarray(each) for each in (lengths, weights))
    examples = lt.Examples(jnp.zeros((CURVES, POINTS, 1)), jnp.asarray(targets), *given)
    mean = losses.of_answers(LOSSES[loss], jnp.asarray(outputs), examples.targets, examples.loss_weights)
    expected, accuracies = plain(loss, outputs, targets, lengths, weights)
    np.testing.assert_allclose(mean, expected, rtol=1e-5)
    measured = losses.measures(LOSSES[loss], jnp.asarray(outputs), examples, after=0)
    if "entropy" in loss:
        np.testing.assert_allclose(measured, accuracies, rtol=1e-6)
    else:
        every = [plain("mse", outputs[..., [n]], targets[..., [n]], lengths, weights)[0] for n in range(FEATURES)]
        np.testing.assert_allclose(measured, np.sqrt(every), rtol=1e-5)


@pytest.mark.parametrize("weighted", [None, np.array([1.0, 0.0, 0.5, 2.0], np.float32)])
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
def test_one_answer_per_sequence_has_one_accuracy(loss, weighted):
    outputs = RANDOM.normal(size=(CURVES, FEATURES)).astype(np.float32)
    targets = targets_of(loss, (CURVES,))
    outputs[:2] = np.where(np.arange(FEATURES) == targets[:2], 9, -9) if loss == "cross_entropy" else targets[:2] - 0.5
    outputs[2:] = -outputs[:1] if loss == "cross_entropy" else 0.5 - targets[2:]
    right = [
        np.argmax(output) == target[0] if loss == "cross_entropy" else np.array_equal(output > 0, target > 0.5)
        for output, target in zip(outputs, targets, strict=True)
    ]
    given = None if weighted is None else jnp.asarray(weighted)
    examples = lt.Examples(jnp.zeros((CURVES, POINTS, 1)), jnp.asarray(targets), weights=given)
    (accuracy,) = losses.measures(loss, jnp.asarray(outputs), examples, after=0)
    assert accuracy == pytest.approx(np.average(right, weights=weighted))
    task = lt.Task(lambda *_: examples, ("a",), ("p", "q", "r"), sequence=False, loss=loss)
    assert task.measured == ("sequences",)


def test_the_beginning_that_is_left_out_is_that_of_each_sequence():
    outputs, targets = jnp.ones((2, 21, 1)), jnp.zeros((2, 21, 1)).at[0, :2].set(9.0).at[1, :1].set(9.0)
    targets = targets.at[0, 2].set(3.0).at[1, 1].set(3.0)  # The first points that count.
    examples = lt.Examples(jnp.zeros((2, 21, 1)), targets, jnp.array([21, 11]))
    np.testing.assert_allclose(losses.measures("mse", outputs, examples, after=0.1), [np.sqrt((27 + 2 * 4) / 29)])


def compared(loss, sequence, lengths, weighted):
    """Answers, gradients and gradients of curves in turn of a network, and the same with other padding."""
    # Without lengths any model will do, and this one is compiled sooner.
    model = lt.Stack(FEATURES, (4,), "dense", sequence) if lengths else nn.Dense(FEATURES)
    inputs = RANDOM.normal(size=(CURVES, POINTS, 2)).astype(np.float32)
    other = np.where(np.arange(POINTS)[None, :, None] < LENGTHS[:, None, None], inputs, np.float32(99))
    params = model.init(jax.random.key(0), jnp.asarray(inputs))["params"]
    targets = jnp.asarray(targets_of(loss, (CURVES, POINTS) if sequence else (CURVES,)))
    ends = jnp.asarray(LENGTHS) if lengths else None
    weights = jnp.asarray(WEIGHTS["by point"]) if weighted else None

    @jax.jit
    def found(given):
        examples = lt.Examples(given, targets, ends, weights)
        task = lt.Task(lambda *_: examples, ("x", "y"), (*"abcdefgh"[:FEATURES],), sequence, loss=LOSSES[loss])
        hows = (training.Procedure(task, model, "sgd", curves_in_turn=in_turn) for in_turn in (False, True))
        answers, _ = training.answers_to(training.Procedure(task, model, "sgd"), params, examples, {})
        return answers, *(training.gradient(how, params, examples, {}) for how in hows)

    return partial(training.answer, model, params), inputs, found(jnp.asarray(inputs)), found(jnp.asarray(other))


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
    answer, inputs, (answers, together, in_turn), (padded, *others) = compared(loss, sequence, lengths, weighted)
    close = partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-6)
    jax.tree.map(close, in_turn, together)
    if not lengths:
        return
    for gradient in others:
        jax.tree.map(close, gradient, together)
    for curve, length in enumerate(LENGTHS):
        ours, theirs = (each[curve, :length] if sequence else each[curve] for each in (answers, padded))
        np.testing.assert_array_equal(ours, theirs)
        alone = answer(jnp.asarray(inputs[curve : curve + 1, :length]))[0]
        np.testing.assert_allclose(ours, alone, atol=1e-6)


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


@pytest.mark.parametrize(("module", "recorded"), [(majority, "examples"), *rarely((parity, "validation"))])
def test_networks_that_answer_classes_or_bits_are_read_by_their_accuracy(module, recorded, world):
    """The record at the end is that of the answers."""
    made, task = world(module.EXPERIMENT.name), module.EXPERIMENT.task(lt.time_points(20))
    params, results = lt.load_parameters(made.run / "parameters.npz"), lt.load_results(made.run / "results.nc")
    model = lt.Stack(len(task.output_features), (4,), "dense")
    for seed in range(3):
        key = training.purpose_key(training.seed_key(jnp.uint32(0), jnp.uint32(seed)), recorded)
        inputs, targets, lengths, _ = task.made(key, {})
        outputs = lt.answers(lt.Networks(model, params)[seed], inputs)[0]
        ends = None if lengths is None else np.asarray(lengths)
        expected = plain(task.loss, outputs, np.asarray(targets), ends)
        np.testing.assert_allclose(results.training.train_loss[seed, -1], expected[0], rtol=1e-4)
        np.testing.assert_allclose(results.training.train_accuracy[seed, -1], expected[1], rtol=1e-6)
    assert "train_rmse" not in results.training

"""Losses and measures with lengths and weights, against NumPy in double precision and plain loops over points."""

from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.networks import losses, training
from lstm_toys.networks.cells import InvalidModel
from lstm_toys.networks.stack import Stack
from lstm_toys.tasks.supervision import Examples

RANDOM = np.random.default_rng(0)
CURVES, POINTS, FEATURES = 4, 7, 3
LENGTHS = np.array([7, 3, 1, 5])


def huber(outputs, targets):
    return jnp.mean(jnp.where(jnp.abs(outputs - targets) < 1, (outputs - targets) ** 2, 1), axis=-1)


LOSSES = {
    "mse": "mse",
    "cross_entropy": "cross_entropy",
    "binary_cross_entropy": "binary_cross_entropy",
    "huber": huber,
}


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


def plain(loss, outputs, targets, lengths, weights):
    """The weighted mean over points and, of these, the accuracies; one sequence and one point after another."""
    outputs, targets = outputs.astype(float), targets.astype(float)
    total = summed = right = 0.0
    whole = []
    for curve in range(len(outputs)):
        correct = []
        for point in range(outputs.shape[1] if lengths is None else lengths[curve]):
            weight = 1.0 if weights is None else weights[curve] if weights.ndim == 1 else weights[curve, point]
            output, target = outputs[curve, point], targets[curve, point]
            total += weight
            summed += weight * at_point(loss, output, target)
            hit = (
                np.argmax(output) == target[0] if loss == "cross_entropy" else np.array_equal(output > 0, target > 0.5)
            )
            right += weight * hit
            correct.append(hit or not weight)
        whole.append(all(correct))
    return summed / total, (right / total, np.mean(whole))


@pytest.mark.parametrize("weighted", ["all alike", "by point", "by sequence"])
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["one length", "lengths"])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_and_the_accuracies_are_those_of_a_plain_loop(loss, lengths, weighted):
    outputs = RANDOM.normal(size=(CURVES, POINTS, FEATURES)).astype(np.float32)
    targets = targets_of(loss, (CURVES, POINTS))
    weights = {
        "all alike": None,
        "by point": RANDOM.integers(3, size=(CURVES, POINTS)).astype(np.float32),
        "by sequence": np.array([1.0, 0.0, 0.5, 2.0], np.float32),
    }[weighted]
    if weights is not None and weights.ndim == 2:
        weights[:, 0] = 1.0
    examples = Examples(
        jnp.zeros((CURVES, POINTS, 1)),
        jnp.asarray(targets),
        None if lengths is None else jnp.asarray(lengths),
        None if weights is None else jnp.asarray(weights),
    )
    value = losses.mean(
        losses.per_point(LOSSES[loss], jnp.asarray(outputs), examples.targets), losses.weights(examples)
    )
    expected, accuracies = plain(loss, outputs, targets, lengths, weights)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    measured = losses.measures(LOSSES[loss], jnp.asarray(outputs), examples, after=0)
    if "entropy" in loss:
        np.testing.assert_allclose(measured, accuracies, rtol=1e-6)
    else:
        every = [plain("mse", outputs[..., [n]], targets[..., [n]], lengths, weights)[0] for n in range(FEATURES)]
        np.testing.assert_allclose(measured, np.sqrt(every), rtol=1e-5)


def test_the_beginning_that_is_left_out_is_that_of_each_sequence():
    outputs, targets = jnp.ones((2, 21, 1)), jnp.zeros((2, 21, 1)).at[0, :2].set(9.0).at[1, :1].set(9.0)
    examples = Examples(jnp.zeros((2, 21, 1)), targets, jnp.array([21, 11]))
    np.testing.assert_allclose(losses.measures("mse", outputs, examples, after=0.1), [1.0])


def padded(sequence):
    """The same sequences of several lengths without padding and with other padding, and the parameters of a network."""
    model = Stack(FEATURES, (5,), "dense", sequence)
    inputs = RANDOM.normal(size=(CURVES, POINTS, 2)).astype(np.float32)
    other = np.where(np.arange(POINTS)[None, :, None] < LENGTHS[:, None, None], inputs, 99.0)
    params = model.init(jax.random.key(0), jnp.asarray(inputs))["params"]
    return model, params, jnp.asarray(inputs), jnp.asarray(other, jnp.float32)


@pytest.mark.parametrize("sequence", [True, False])
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_padding_changes_neither_answers_nor_gradients(loss, sequence):
    model, params, inputs, other = padded(sequence)
    targets = jnp.asarray(targets_of(loss, (CURVES, POINTS) if sequence else (CURVES,)))
    first, second = (Examples(each, targets, jnp.asarray(LENGTHS)) for each in (inputs, other))
    answers = [np.asarray(training.answers_to(model, params, each)) for each in (first, second)]
    for curve, length in enumerate(LENGTHS):
        ours, theirs = (each[curve, :length] if sequence else each[curve] for each in answers)
        np.testing.assert_array_equal(ours, theirs)
        alone = np.asarray(training.answer(model, params, inputs[curve : curve + 1, :length]))[0]
        np.testing.assert_allclose(ours, alone, atol=1e-6)
    for in_turn in (False, True):
        gradients = [training.gradient(loss, model, params, each, curves_in_turn=in_turn) for each in (first, second)]
        jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-6), *gradients)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_weighted_gradients_in_turn_are_those_of_all_curves(loss, weighted):
    model, params, inputs, _ = padded(True)
    weights = jnp.asarray(RANDOM.uniform(0.1, 2, (CURVES, POINTS)).astype(np.float32)) if weighted else None
    examples = Examples(inputs, jnp.asarray(targets_of(loss, (CURVES, POINTS))), jnp.asarray(LENGTHS), weights)
    together, in_turn = (
        training.gradient(LOSSES[loss], model, params, examples, curves_in_turn=each) for each in (False, True)
    )
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-6), in_turn, together)


def test_a_loss_that_is_not_one_value_per_point_is_refused():
    with pytest.raises(
        InvalidModel, match=r"what the loss returns must be .* of shape \[2, 3\], one per point, not of shape \[\]"
    ):
        losses.per_point(lambda a, b: jnp.mean((a - b) ** 2), jnp.zeros((2, 3, 1)), jnp.zeros((2, 3, 1)))
    with pytest.raises(InvalidModel, match="must be one class for each point of"):
        losses.per_point("cross_entropy", jnp.zeros((2, 3, 4)), jnp.zeros((2, 3, 4)))


class Echo(nn.Module):
    """Answers the value at the end of each sequence."""

    @nn.compact
    def __call__(self, inputs, seq_lengths=None):
        factor = self.param("factor", nn.initializers.ones, ())
        last = inputs.shape[1] if seq_lengths is None else seq_lengths
        return factor * inputs[jnp.arange(len(inputs)), last - 1]


def test_a_module_of_the_users_gets_the_lengths_under_flax_name():
    inputs = jnp.arange(CURVES * POINTS, dtype=jnp.float32).reshape(CURVES, POINTS, 1)
    params = Echo().init(jax.random.key(0), inputs)["params"]
    examples = Examples(inputs, jnp.zeros((CURVES, 1)), jnp.asarray(LENGTHS))
    ends = np.asarray(inputs)[np.arange(CURVES), LENGTHS - 1]
    np.testing.assert_array_equal(training.answers_to(Echo(), params, examples), ends)


def task_of(examples, **options):
    features = tuple("abc"[: examples.targets.shape[-1]])
    options = {"sequence": examples.targets.ndim == 3, "output_features": features} | options
    return lt.Task(lambda *_: examples, ("y",), **options)


CLASSES = Examples(np.zeros((2, 3, 1)), np.ones((2, 3, 1)))


@pytest.mark.parametrize(
    ("examples", "options", "said"),
    [
        (CLASSES, {"loss": "cross"}, "loss must be .mse. or .cross_entropy. or .binary_cross_entropy., not .cross."),
        (CLASSES, {"loss": "cross_entropy"}, "output_features must be the names of at least two classes"),
        (
            CLASSES._replace(targets=np.full((2, 3, 1), 2.0)),
            {"loss": "cross_entropy", "output_features": ("a", "b")},
            "targets of examples must be at most 1",
        ),
        (
            CLASSES._replace(targets=np.full((2, 3, 1), 0.5)),
            {"loss": "cross_entropy", "output_features": ("a", "b")},
            "targets of examples must be whole numbers",
        ),
        (CLASSES._replace(targets=np.full((2, 3, 1), 2.0)), {"loss": "binary_cross_entropy"}, "at most 1"),
        (CLASSES._replace(lengths=np.array([1, 4])), {}, "lengths of examples must be at most 3"),
        (CLASSES._replace(lengths=np.array([1, 0])), {}, "lengths of examples must be at least 1"),
        (CLASSES._replace(lengths=np.array([1, 1.5])), {}, "lengths of examples must be whole numbers"),
        (CLASSES._replace(weights=np.array([1, -1])), {}, "weights of examples must be at least 0"),
        (CLASSES._replace(weights=np.zeros(2)), {}, "weights of examples must be above 0 somewhere"),
        (CLASSES._replace(weights=np.ones(3)), {}, "weights of examples must be"),
    ],
)
def test_examples_that_do_not_fit_the_loss_are_refused(examples, options, said):
    with pytest.raises(ValueError, match=said):
        task_of(examples, **options).made(jax.random.key(0), {})


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
def test_networks_that_answer_classes_or_bits_are_read_by_their_accuracy(loss):
    """Which of two values is the larger one so far; the record at the end is that of the answers."""
    inputs = RANDOM.normal(size=(8, 6, 1)).astype(np.float32)
    lengths = np.array([6, 5, 4, 6, 3, 6, 2, 6])
    positive = (np.cumsum(inputs, axis=1) > 0).astype(np.float32)
    names = ("no", "yes") if loss == "cross_entropy" else ("positive",)
    task = lt.Task(lambda *_: Examples(inputs, positive, lengths), ("y",), names, sequence=True, loss=loss)
    model = lt.Stack(len(names), hidden=(8,), readout="dense")
    trained = lt.train(task, model, seeds=3, steps=300, learning_rate=0.01, optimizer="rmsprop", after=0)
    outputs = lt.answers(model, trained.params, inputs)
    guess = outputs.argmax(-1) if loss == "cross_entropy" else outputs[..., 0] > 0
    within = np.arange(6) < lengths[:, None]
    right = (guess == positive[..., 0]) | ~within
    points = (right & within).sum((1, 2)) / within.sum()
    np.testing.assert_allclose(trained.train_accuracy[:, -1], np.stack([points, right.all(2).mean(1)], 1), rtol=1e-6)
    assert (trained.train_accuracy[:, -1, 0] > 0.9).all()
    with pytest.raises(AttributeError, match="train_accuracy instead of train_rmse"):
        _ = trained.train_rmse
    chances = np.asarray(lt.probabilities(task, outputs))
    np.testing.assert_allclose(chances.sum(-1) if loss == "cross_entropy" else chances <= 1, 1, rtol=1e-5)

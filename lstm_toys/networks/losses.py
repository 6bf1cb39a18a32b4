"""Losses at each point of a sequence, the errors and accuracies recorded with them, and the weights of points."""

import math
from typing import Any

import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float

from lstm_toys import arguments
from lstm_toys.networks.cells import InvalidModel, invalid
from lstm_toys.tasks.supervision import CROSS_ENTROPY, MSE, Examples, Loss, measured

Outputs = Float[Array, "C T A"] | Float[Array, "C A"]

Targets = Float[Array, "C T B"] | Float[Array, "C B"]
"""Outputs are logits, unless the loss is ``"mse"`` or a function. Targets are one integer class per point for
``"cross_entropy"``, else as many values as outputs."""

PerPoint = Float[Array, "C T"] | Float[Array, " C"]

Weights = PerPoint | Float[Array, "C T A"] | Float[Array, "C A"]


def check(loss: Loss, outputs: Outputs, targets: Targets) -> None:
    """Raises InvalidModel if targets do not have the shape that the loss compares with these outputs."""
    expected = (*outputs.shape[:-1], 1) if loss == CROSS_ENTROPY else outputs.shape
    if not jnp.issubdtype(outputs.dtype, jnp.floating):
        raise InvalidModel(f"answers of the network must be floating-point numbers, not {arguments.brief(outputs)}")
    if targets.shape != expected:
        kind = "must be one class for each point of" if loss == CROSS_ENTROPY else "must have the shape of"
        told = f"targets of shape {targets.shape} {kind} the network's answers, {outputs.shape}"
        if targets.ndim != outputs.ndim:
            how = "once per curve" if targets.ndim == 2 else "at every time point"
            change = f"let the network answer {how}, as lt.Stack(sequence={targets.ndim == 3}) does, or change the task"
        elif targets.shape[:-1] == outputs.shape[:-1] and loss != CROSS_ENTROPY:
            change = f"use lt.Stack(features={targets.shape[-1]}), or {outputs.shape[-1]} output_features and targets"
        else:
            change = "make one target for each answer"
        raise InvalidModel(f"{told}: {change}")


def per_point(loss: Loss, outputs: Outputs, targets: Targets) -> PerPoint:
    """The loss at each point, for MSE and bits a mean over features; raises InvalidModel if shapes do not fit."""
    check(loss, outputs, targets)
    if loss == CROSS_ENTROPY:
        return optax.softmax_cross_entropy_with_integer_labels(outputs, targets[..., 0].astype(jnp.int32))
    if isinstance(loss, str):
        return jnp.mean(_per_feature(loss, outputs, targets), axis=-1)
    values, axes = loss(outputs, targets), " ".join(map(str, outputs.shape[:-1]))
    with invalid():
        return jnp.asarray(arguments.array("what the loss returns", values, axes, hint=", one per point"))


def _per_feature(loss: Loss, outputs: Outputs, targets: Targets) -> Outputs:
    return jnp.square(outputs - targets) if loss == MSE else optax.sigmoid_binary_cross_entropy(outputs, targets)


def weights(examples: Examples) -> Weights | None:
    """The weight of each point in the loss: 0 beyond the end of a sequence; None if all points weigh the same."""
    lengths, given = examples.lengths, examples.weights
    if examples.targets.ndim == 2:
        return given
    if lengths is None and given is None:
        return None
    curves, points = examples.targets.shape[:2]
    every = jnp.ones((curves, points), examples.inputs.dtype)
    if given is not None and given.ndim == 3:
        every = given
    elif given is not None:
        every = every * (given if given.ndim == 2 else given[:, None])
    return every if lengths is None else jnp.where(_like(every, examples.within), every, 0)


def _like(weight: Weights, counted: Any) -> Any:
    """What is given for each point, for each of its features if weights are."""
    return counted if counted.ndim == weight.ndim else counted[..., None]


def of_answers(
    loss: Loss, outputs: Outputs, targets: Targets, weight: Weights | None, total: Float[Array, ""] | None = None
) -> Float[Array, ""]:
    """The weighted mean of the loss over all points; ``total`` is the sum of the weights, of more than these points."""
    if weight is None and loss == MSE:
        check(loss, outputs, targets)
        return jnp.mean(jnp.square(outputs - targets))
    by_feature = weight is not None and weight.ndim == outputs.ndim
    if by_feature:
        check(loss, outputs, targets)
    values = (_per_feature if by_feature else per_point)(loss, outputs, targets)
    if weight is None:
        return jnp.mean(values)
    return jnp.sum(values * weight) / (jnp.sum(weight) if total is None else total)


def first_settled(timesteps: int, after: float | int) -> int:
    """The index of the first time point after the given share of evenly spaced ones."""
    return math.ceil(round(after * (timesteps - 1), 6))  # A tenth of 30 is more than 3 in floating point.


def measures(loss: Loss, outputs: Outputs, examples: Examples, after: float | int) -> Float[Array, " E"]:
    """The RMSE of each output feature, or the accuracies, without the share ``after`` at the beginning of sequences.

    `supervision.measured` names them.
    """
    weight = weights(examples)
    if measured(loss) is not None:
        right, settled = _right(loss, outputs, examples.targets), _settled(examples, weight, after)
        if settled.ndim == outputs.ndim:  # Bits of weight 0 do not count.
            right, settled = jnp.all(right | (settled == 0), axis=-1), jnp.mean(settled, axis=-1)
        else:
            right = right if loss == CROSS_ENTROPY else jnp.all(right, axis=-1)
        return _accuracies(right, settled)
    squared = jnp.square(outputs - examples.targets)
    if weight is None:  # A slice, whose bits do not depend on what is left out.
        settled = squared[:, first_settled(examples.inputs.shape[1], after) :] if squared.ndim == 3 else squared
        return jnp.sqrt(jnp.mean(settled, axis=tuple(range(settled.ndim - 1))))
    counted = _settled(examples, weight, after)
    counted = counted if counted.ndim == squared.ndim else counted[..., None]
    axes = tuple(range(squared.ndim - 1))
    return jnp.sqrt(jnp.sum(squared * counted, axis=axes) / jnp.sum(counted, axis=axes))


def _settled(examples: Examples, weight: Weights | None, after: float | int) -> Weights:
    """The weights of points after the beginning of each sequence."""
    targets = examples.targets
    every = jnp.ones(targets.shape[:-1], examples.inputs.dtype) if weight is None else weight
    if targets.ndim == 2:
        return every
    points = targets.shape[1]
    if examples.lengths is None:
        return jnp.where(_like(every, jnp.arange(points)[None, :] >= first_settled(points, after)), every, 0)
    first = jnp.ceil(jnp.round(after * (examples.lengths - 1).astype(every.dtype), 6))
    return jnp.where(_like(every, jnp.arange(points)[None, :] >= first[:, None].astype(int)), every, 0)


def _right(loss: Loss, outputs: Outputs, targets: Targets) -> Bool[Array, "C *_"]:
    """Whether each answer is right: each class, or each bit."""
    if loss == CROSS_ENTROPY:
        return jnp.argmax(outputs, axis=-1) == targets[..., 0].astype(jnp.int32)
    return (outputs > 0) == (targets > 0.5)


def _accuracies(right: Bool[Array, "C T"] | Bool[Array, " C"], weight: PerPoint) -> Float[Array, " E"]:
    """The weighted share of correct answers and, if these are sequences, the share of those that are wholly correct.

    Points of weight 0 do not count, and neither do sequences of such points alone.
    """
    answers = jnp.sum(jnp.where(right, weight, 0)) / jnp.sum(weight)
    if right.ndim == 1:
        return answers[None]
    some, whole = jnp.any(weight > 0, axis=1), jnp.all(right | (weight == 0), axis=1)
    return jnp.stack([answers, jnp.sum(some & whole) / jnp.sum(some)])

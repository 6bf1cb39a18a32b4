"""Losses at each point of a sequence, and the errors and accuracies that are recorded with them."""

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from lstm_toys import arguments
from lstm_toys.networks.cells import InvalidModel, invalid
from lstm_toys.statistics import errors
from lstm_toys.statistics.errors import CROSS_ENTROPY
from lstm_toys.tasks.supervision import MSE, Examples, Loss, Weights, accuracies_of

Outputs = Float[Array, "C T A"] | Float[Array, "C A"]

Targets = Float[Array, "C T B"] | Float[Array, "C B"]
"""Outputs are logits, unless the loss is ``"mse"`` or a function. Targets are one integer class per point for
``"cross_entropy"``, else as many values as outputs."""

PerPoint = Float[Array, "C T"] | Float[Array, " C"]


def check(loss: Loss, outputs: Outputs, targets: Targets) -> None:
    """Raises InvalidModel if targets do not have the shape that the loss compares with these outputs."""
    expected = (*outputs.shape[:-1], 1) if loss == CROSS_ENTROPY else outputs.shape
    if not jnp.issubdtype(outputs.dtype, jnp.floating):
        raise InvalidModel(f"answers of the network must be floating-point numbers, not {arguments.brief(outputs)}")
    if targets.shape != expected:
        kind = "must be one class for each point of" if loss == CROSS_ENTROPY else "must have the shape of"
        problem = f"targets of shape {targets.shape} {kind} the network's answers, {outputs.shape}"
        if targets.ndim != outputs.ndim:
            how = "once per curve" if targets.ndim == 2 else "at every time point"
            change = f"let the network answer {how}, as lt.Stack(sequence={targets.ndim == 3}) does, or change the task"
        elif targets.shape[:-1] == outputs.shape[:-1] and loss != CROSS_ENTROPY:
            change = f"use lt.Stack(features={targets.shape[-1]}), or {outputs.shape[-1]} output_features and targets"
        else:
            change = "make one target for each answer"
        raise InvalidModel(f"{problem}: {change}")


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


def measures(loss: Loss, outputs: Outputs, examples: Examples, after: float | int) -> Float[Array, " E"]:
    """The RMSE of each output feature, or the accuracies, without the share ``after`` at the beginning of sequences.

    `supervision.accuracies_of` names them.
    """
    targets, sequence, values = examples.targets, examples.targets.ndim == 3, accuracies_of(loss) is None
    if values and examples.loss_weights is None:  # A slice, whose bits do not depend on what is left out.
        wrong = jnp.square(outputs - targets)
        late = wrong[:, errors.first_settled(wrong.shape[1], after) :] if sequence else wrong
        return jnp.sqrt(jnp.mean(late, axis=tuple(range(late.ndim - 1))))
    counts = errors.settled(examples.counts, after, examples.lengths) if sequence else examples.counts
    if values:
        return errors.squared(outputs, targets, counts).over(*range(targets.ndim - 1)).root
    truth, counts = (array[..., 0] if loss == CROSS_ENTROPY else array for array in (targets, counts))
    right = errors.hits(str(loss), outputs, truth, counts)
    whole = [errors.whole(right).over().mean] if sequence else []
    return jnp.stack([right.over().mean, *whole])

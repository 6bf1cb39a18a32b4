"""Evaluation sets: curves, the correct answers to them, and the weight of each answer.

Every error is measured on one, whether of a training set, a validation set, a probe or a file of curves.

>>> task = lt.predict_next(np.array([[[0.1], [0.4], [0.2], [0.3]]]), ("y",))
>>> probe = lt.Probe("other", np.array([[[1.0], [2.0], [3.0]]]), {})
>>> evaluation_set(task, probe, np.arange(3.0)).truth.ravel().tolist()  # The value after the last one is unknown.
[2.0, 3.0, nan]
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lstm_toys.statistics.errors import CROSS_ENTROPY
from lstm_toys.tasks.probes import Probe
from lstm_toys.tasks.supervision import Examples, Task, accuracies_of

Truth = (
    Float[np.ndarray, "C T A"] | Float[np.ndarray, "C A"] | Float[np.ndarray, "C T"] | Float[np.ndarray, " C"] | None
)


class EvaluationSet(NamedTuple):
    """Curves to evaluate networks on.

    Attributes:
        inputs: curves ``[C, T, F]``.
        truth: the correct answers, ``[C, T, A]``, or ``[C, A]`` once per curve; classes are ``[C, T]`` or ``[C]``. NaN
            where an answer does not count. None: all correct answers are unknown.
        counts: the weight of each answer, in the shape of ``truth``: 0 beyond the end of a sequence and where the
            correct answer is unknown.
        x: time points of the answers ``[T]``.
        lengths: number of points of each curve ``[C]``; None: all T points.
        labels: parameters of the curves by name, one number per curve ``[C]``.
        names: a name for each curve; empty if there are none.
    """

    inputs: Float[np.ndarray, "C T F"]
    truth: Truth
    counts: Truth
    x: Float[np.ndarray, " T"]
    lengths: Int[np.ndarray, " C"] | None = None
    labels: Mapping[str, Float[np.ndarray, " C"]] = {}
    names: tuple[str, ...] = ()


def evaluation_set(task: Task, curves: Examples | Probe, x: Float[np.ndarray, " _"]) -> EvaluationSet:
    """Makes the evaluation set of examples, or of a probe; ``x`` are the time points of the training."""
    inputs, lengths = np.asarray(curves.inputs), None if curves.lengths is None else np.asarray(curves.lengths)
    metadata: dict[str, Any] = {"x": x, "lengths": lengths}
    if isinstance(curves, Probe):
        metadata |= {"x": curves.points(x), "labels": curves.parameters, "names": curves.names}
    targets = _default_targets(task, curves) if curves.targets is None else np.asarray(curves.targets)
    if targets is None:
        return EvaluationSet(inputs, None, None, **metadata)
    examples: Any = inputs, targets, lengths, None if curves.weights is None else np.asarray(curves.weights)
    counts = np.asarray(Examples(*examples).counts, np.float32)
    truth = np.where(counts > 0, targets, np.nan)
    if task.loss == CROSS_ENTROPY:
        truth, counts = truth[..., 0], counts[..., 0]
    return EvaluationSet(inputs, truth, counts, **metadata)


def _default_targets(task: Task, probe: Probe) -> Float[np.ndarray, "C T A"] | Float[np.ndarray, "C A"] | None:
    """The correct answers to a probe without targets, which follow from the task; None if they are unknown."""
    inputs, names = probe.inputs, task.output_features
    if accuracies_of(task.loss) is not None:
        return None
    if not task.sequence:
        columns = [np.broadcast_to(probe.parameters.get(name, np.nan), len(inputs)) for name in names]
        return np.stack(columns, axis=-1) if {*names} & {*probe.parameters} else None
    if task.ahead and task.input_features == names:
        later = np.full_like(inputs, np.nan)
        later[:, : -task.ahead] = inputs[:, task.ahead :]
        if probe.lengths is not None:  # What follows the end is padding.
            ends = (probe.lengths - task.ahead)[:, None, None]
            later[np.broadcast_to(np.arange(inputs.shape[1])[None, :, None] >= ends, later.shape)] = np.nan
        return later
    return inputs if task.reproduces else None

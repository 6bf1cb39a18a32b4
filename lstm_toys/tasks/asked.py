"""What networks are asked: curves, what is right about them, and how much each answer counts.

This is decided here and nowhere else, for a training set, a validation set, a probe and a file of curves alike.

>>> task = lt.predict_next(np.array([[[0.1], [0.4], [0.2], [0.3]]]), ("y",))
>>> probe = lt.Probe("other", np.array([[[1.0], [2.0], [3.0]]]), {})
>>> of(task, probe, np.arange(3.0)).truth.ravel().tolist()  # Nobody knows the last.
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


class Asked(NamedTuple):
    """Curves that networks are asked about.

    Attributes:
        inputs: curves ``[C, T, F]``.
        truth: what is right, ``[C, T, A]``, or ``[C, A]`` once per curve; classes are ``[C, T]`` or ``[C]``. NaN where
            it does not count. None: nobody knows what is right.
        counts: how much each answer counts, in the shape of ``truth``: its weight, and 0 beyond the end of a sequence
            and where nothing is known.
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


def of(task: Task, shown: Examples | Probe, x: Float[np.ndarray, " _"]) -> Asked:
    """What networks of a task are asked by examples, or by a probe; ``x`` are the time points of the training."""
    inputs, lengths = np.asarray(shown.inputs), None if shown.lengths is None else np.asarray(shown.lengths)
    about: dict[str, Any] = {"x": x, "lengths": lengths}
    if isinstance(shown, Probe):
        about |= {"x": shown.points(x), "labels": shown.parameters, "names": shown.names}
    targets = _usual(task, shown) if shown.targets is None else np.asarray(shown.targets)
    if targets is None:
        return Asked(inputs, None, None, **about)
    given: Any = inputs, targets, lengths, None if shown.weights is None else np.asarray(shown.weights)
    counts = np.asarray(Examples(*given).counts, np.float32)
    truth = np.where(counts > 0, targets, np.nan)
    if task.loss == CROSS_ENTROPY:
        truth, counts = truth[..., 0], counts[..., 0]
    return Asked(inputs, truth, counts, **about)


def _usual(task: Task, probe: Probe) -> Float[np.ndarray, "C T A"] | Float[np.ndarray, "C A"] | None:
    """What is right about curves without targets, by what the task says of its own; None if nothing is."""
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

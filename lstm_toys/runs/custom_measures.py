"""Measurements of answers to probes, for sweeps and evaluations."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.execution import lowering
from lstm_toys.results import arrays, summary
from lstm_toys.runs.measure import Measure
from lstm_toys.tasks.supervision import Task, measured


def of_probes(task: Task, measures: Sequence[Measure], labeled: xr.Dataset) -> dict[str, np.ndarray]:
    """Returns errors or accuracies of answers to probes, ``[S, probe, ...]``, and means of user-defined measures."""
    if measured(task.loss) is None:
        values = {"rmse": [*summary.family_rmse(labeled).values()]}
    else:
        values = {"accuracy": [np.stack([*each.values()], -1) for each in summary.family_accuracy(labeled).values()]}
    probes = [*dict.fromkeys(labeled.family.values.tolist()), *arrays.own_points(labeled)]
    for measure in measures:
        values[measure.name] = [of_curves(measure, arrays.probed(labeled, name)).mean(axis=1) for name in probes]
    nothing = np.empty((labeled.sizes["seed"], 0))
    return {name: np.stack(each, 1) if each else nothing for name, each in values.items()}


def of_curves(measure: Measure, curves: xr.Dataset) -> Float[np.ndarray, "S C"]:
    """A user-defined measure of every answer to a curve set; bitwise independent of the other networks."""
    truth = (curves.truth if "truth" in curves else curves.input).values
    truth = truth if truth.ndim == curves.answer.ndim - 1 else truth[..., None]
    every = jax.jit(lambda answers: jax.lax.map(lambda one: jax.vmap(measure.function)(one, truth), answers))
    return np.asarray(every(curves.answer.values), np.float32)


def shapes(task: Task) -> tuple[Any, Any]:
    """The shapes of one answer and its truth in a task, as measures take them; sequences have two time points."""
    axes = (2,) if task.sequence else ()
    values = len(task.output_features), 1 if task.loss == "cross_entropy" else len(task.output_features)
    answer, truth = (jax.ShapeDtypeStruct((*axes, each), np.float32) for each in values)
    return answer, truth


def measure_digests(measure: Measure, task: Task) -> lowering.Digests:
    """Digests of a measure, and of its names."""
    words = lowering.digest([measure.name, measure.label, measure.unit])
    return {**lowering.lowered(measure.name, jax.jit(measure.function), *shapes(task)), "words": words}

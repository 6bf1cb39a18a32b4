"""Measurements of answers to probes, for sweeps and evaluations."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

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
        values[measure.name] = [measure.of(arrays.probed(labeled, name)).mean(axis=1) for name in probes]
    nothing = np.empty((labeled.sizes["seed"], 0))
    return {name: np.stack(each, 1) if each else nothing for name, each in values.items()}

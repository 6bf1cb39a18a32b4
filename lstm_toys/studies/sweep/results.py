"""Writes the labeled results of a sweep as networks finish, and summarizes them by setting."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np
import xarray as xr

from lstm_toys.files import replacing
from lstm_toys.populations.specification import RECORDS
from lstm_toys.results import arrays, summary
from lstm_toys.runs import identity
from lstm_toys.runs.experiment import Experiment
from lstm_toys.statistics import intervals
from lstm_toys.tasks.parameters import NUMBER
from lstm_toys.tasks.probes import by_points, curves_of
from lstm_toys.tasks.supervision import Task, measured

UNREAD = {"answer"}
"""Variables that tables and figures do not need; they make up most of a file."""


def errors_of(task: Task) -> str:
    """The name of the errors or accuracies, which depends on the loss of a task."""
    return "train_accuracy" if measured(task.loss) else "train_rmse"


def probes_of(experiment: Experiment, settings: Sequence[identity.Settings]) -> list[str]:
    """The names of probes, in the order of a file's axis ``probe``."""
    x, _ = experiment.at(max(each.timesteps for each in settings))
    sets = by_points(experiment.probes(x), x)
    return list(dict.fromkeys(probe.name for own in sets.values() for probe in own))


Write = Callable[[int, slice, dict[str, np.ndarray]], None]
"""Writes results of some seeds of the setting with this number; arrays have a leading axis of seeds."""


@contextmanager
def writing(
    path: Path,
    experiment: Experiment,
    settings: Sequence[identity.Settings],
    flags: dict[str, Any],
    *,
    probes: Sequence[str],
    weighted: bool,
) -> Iterator[Write]:
    """Creates the file of a sweep, to be filled as networks finish.

    The dimensions are ``setting, seed`` and, after them, ``record`` (recorded steps, NaN after a setting's last step),
    ``probe``, ``feature`` or ``output_feature``, and the dimensions of answers, which are kept only if all settings
    have the same time points. The file appears at ``path`` when the block ends without an error. ``probes``: see
    `probes_of`. ``weighted``: whether the loss weights points or sequences.

    Yields a function that writes results.
    """
    points = {each.timesteps for each in settings}
    x, task = experiment.at(max(points))
    shown = experiment.probes(x)
    axes = task.axes
    sets = by_points(shown, x)
    nothing = {
        name: np.empty((0, len(each), *(each.shape[1:2] if task.sequence else ()), len(task.output_features)))
        for name, each in curves_of(task, sets, len(x)).items()
    }
    labels = arrays.answered(task, np.asarray(x), experiment.span, shown, nothing).drop_dims("seed")
    labels = arrays.in_units(labels, experiment.scaling)
    swept = settings[0].swept
    labels = labels.assign_coords(
        {
            "seed": np.arange(settings[0].seeds),
            "probe": list(probes),
            **{name: ("setting", np.array([each.labels[name] for each in settings])) for name in swept},
        }
    )
    if accuracies := measured(task.loss, sequence=task.sequence):
        labels = labels.assign_coords(counted=list(accuracies))
    errors = errors_of(task)
    numbers: dict[str, tuple[str, ...]] = {
        "train_loss": (),
        errors: ("counted",) if accuracies else (axes[-1],),
        **({"accuracy": ("probe", "counted")} if accuracies else {"rmse": ("probe",)}),
        "record_step": ("record",),
        "record_loss": ("record",),
        **({"answer": ("curve", *axes)} if len(points) == 1 else {}),
    }
    with replacing(path) as temporary:
        labels.assign_attrs(flags=json.dumps(flags)).to_netcdf(temporary, engine="h5netcdf")
        with h5netcdf.File(temporary, "a") as file:
            file.dimensions["record"] = RECORDS + 1 + len({each.steps for each in settings})
            for name, dims in numbers.items():
                kind = "f8" if name == "record_step" else "f4"  # Single precision holds steps up to 16,777,216.
                file.create_variable(name, ("setting", "seed", *dims), kind, fillvalue=np.nan)
            file.variables["train_loss"].attrs.update(task.described_loss)
            if task.sequence:
                file.variables[errors].attrs["after"] = experiment.after
            if accuracies:
                file.variables[errors].attrs["weighted"] = int(weighted)
            for name in ("diverged", *(() if experiment.goal is None else ("learned", "lost"))):
                file.create_variable(name, ("setting", "seed"), "i1").attrs["dtype"] = "bool"  # xarray's mark for bool.

            def write(setting: int, seeds: slice, values: dict[str, np.ndarray]) -> None:
                for name, value in values.items():
                    if name.startswith("record"):
                        file.variables[name][setting, seeds, : value.shape[1]] = value
                    elif name in file.variables:
                        file.variables[name][setting, seeds] = value

            yield write


def settings_of(found: xr.Dataset) -> list[dict[str, Any]]:
    """The value of everything that can vary in a sweep, setting by setting."""
    names = [*identity.SWEPT, *(str(name) for name in found.coords if str(name).startswith(NUMBER))]
    columns = (found[name].values.tolist() for name in names)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def varied(found: xr.Dataset) -> list[str]:
    """The settings that vary in a sweep; see `identity.varied`."""
    return identity.varied([{name: str(value) for name, value in each.items()} for each in settings_of(found)])


def of_probes(found: xr.Dataset) -> dict[str, xr.DataArray]:
    """Returns errors, without a name, or accuracies of answers to probes, ``[setting, seed, probe]``."""
    if "accuracy" not in found:
        return {"": found.rmse}
    return {f"accuracy over {each}": found.accuracy.sel(counted=each, drop=True) for each in found.counted.values}


def rows(found: xr.Dataset) -> list[dict[str, Any]]:
    """Summarizes each setting: its values, diverged seeds, medians with 95 % intervals, and, with a goal, who learned.

    The medians are of the training loss, and of the error of each probe, by its name, or of its accuracies.
    """
    errors = {"train_loss": found.train_loss.values}
    for name, each in of_probes(found).items():
        for probe in each.probe.values:
            errors[f"{probe}, {name}" if name else str(probe)] = each.sel(probe=probe).values
    every = []
    for number, (setting, diverged) in enumerate(zip(settings_of(found), found.diverged.values, strict=True)):
        row = {name: value for name, value in setting.items() if value == value}  # NaN: does not exist.
        if "learned" in found:
            row["learned"] = int(found.learned.values[number].sum())
            row["lost_seeds"] = found.seed.values[found.lost.values[number]].tolist()
        row["diverged_seeds"] = found.seed.values[diverged].tolist()
        for name, values in errors.items():
            row[name] = summary.as_json(intervals.median_bootstrap(values[number, ~diverged]))
        every.append(row)
    return every

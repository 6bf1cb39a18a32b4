"""Summarizes the labeled results of a sweep by setting."""

from typing import Any

import xarray as xr

from lstm_toys.results import arrays, summary
from lstm_toys.runs import identity
from lstm_toys.statistics import intervals
from lstm_toys.tasks.parameters import NUMBER, TRAINING

UNREAD = frozenset({"answer"})
"""Variables that tables and figures do not need; they make up most of a file."""


def together(found: xr.DataTree) -> xr.DataTree:
    """All settings along one axis; where their numbers of time points differ, without curves."""
    every = [arrays.nodes_of(each) for each in arrays.parts_of(found)]
    if len(every) == 1:
        return found
    whole = {}
    for name in every[0]:
        own = [nodes[name].drop_dims(["time", "curve"], errors="ignore") for nodes in every]
        labeled = [each.assign_coords(setting=nodes["/"].setting) for each, nodes in zip(own, every, strict=True)]
        whole[name] = xr.concat(labeled, "setting", data_vars="minimal", coords="minimal").sortby("setting")
    return xr.DataTree.from_dict(whole)


def settings_of(found: xr.DataTree | xr.Dataset) -> list[dict[str, Any]]:
    """The value of everything that can vary in a sweep, setting by setting."""
    names = [*identity.SWEPT, *(str(name) for name in found.coords if str(name).startswith(NUMBER))]
    columns = (found.coords[name].values.tolist() for name in names)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def varied(found: xr.DataTree | xr.Dataset) -> list[str]:
    """The settings that vary in a sweep; see `identity.varied`."""
    return identity.varied([{name: str(value) for name, value in each.items()} for each in settings_of(found)])


def last(found: xr.DataTree, name: str) -> xr.DataArray:
    """What was recorded of each network after the last step of its setting, ``[setting, seed, ...]``."""
    training = arrays.probed(found, TRAINING)
    return training[name].sel(step=training.steps.astype(int)).drop_vars("step")


def of_probes(found: xr.DataTree) -> dict[str, xr.DataArray]:
    """Returns errors or accuracies of answers to probes by name, ``[setting, seed, probe]``; NaN where unknown."""
    rows: dict[str, dict[str, xr.DataArray]] = {}
    for probe in arrays.names_of(found):
        for name, each in summary.named(arrays.probed(found, probe)).items():
            rows.setdefault(name, {})[probe] = each.reset_coords(drop=True)
    return {
        name: xr.concat([*each.values()], xr.Variable("probe", [*each])).transpose("setting", "seed", "probe")
        for name, each in rows.items()
    }


def rows(found: xr.DataTree) -> list[dict[str, Any]]:
    """Summarizes each setting: its values, diverged seeds, medians with 95 % intervals, and, with a goal, who learned.

    The medians are of the training loss, and of the errors or accuracies of each probe, by its name.
    """
    measures = {"train_loss": last(found, "train_loss").values}
    for name, each in of_probes(found).items():
        for probe in each.probe.values:
            measures[str(probe) if name == "RMSE" else f"{probe}, {name}"] = each.sel(probe=probe).values
    every = []
    for number, (setting, diverged) in enumerate(zip(settings_of(found), found.diverged.values, strict=True)):
        row = {name: value for name, value in setting.items() if value == value}  # NaN: does not exist.
        if "learned" in found:
            row["learned"] = int(found.learned.values[number].sum())
            row["lost_seeds"] = found.seed.values[found.lost.values[number]].tolist()
        row["diverged_seeds"] = found.seed.values[diverged].tolist()
        for name, values in measures.items():
            row[name] = intervals.median_bootstrap(values[number, ~diverged]).as_json()
        every.append(row)
    return every

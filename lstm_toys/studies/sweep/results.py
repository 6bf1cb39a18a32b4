"""Summarizes the labeled results of a sweep by setting."""

from typing import Any

import xarray as xr

from lstm_toys.results import arrays, summary
from lstm_toys.runs import identity
from lstm_toys.statistics import intervals
from lstm_toys.tasks.parameters import NUMBER, TRAINING

UNREAD = frozenset({"answer"})
"""Variables that tables and figures do not need; they make up most of a file."""


def together(results: xr.DataTree) -> xr.DataTree:
    """Joins all settings along one axis; where their numbers of time points differ, without curves."""
    parts = [arrays.nodes_of(part) for part in arrays.parts_of(results)]
    if len(parts) == 1:
        return results
    whole = {}
    for name in parts[0]:
        settings = [nodes["/"].setting for nodes in parts]
        kept = [nodes[name].drop_dims(["time", "curve"], errors="ignore") for nodes in parts]
        labeled = [node.assign_coords(setting=setting) for node, setting in zip(kept, settings, strict=True)]
        whole[name] = xr.concat(labeled, "setting", data_vars="minimal", coords="minimal").sortby("setting")
    return xr.DataTree.from_dict(whole)


def settings_of(results: xr.DataTree | xr.Dataset) -> list[dict[str, Any]]:
    """The value of everything that can vary in a sweep, setting by setting."""
    names = [*identity.SWEPT, *(str(name) for name in results.coords if str(name).startswith(NUMBER))]
    columns = (results.coords[name].values.tolist() for name in names)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def varied(results: xr.DataTree | xr.Dataset) -> list[str]:
    """The settings that vary in a sweep; see `identity.varied`."""
    return identity.varied([{name: str(value) for name, value in setting.items()} for setting in settings_of(results)])


def last(results: xr.DataTree, name: str) -> xr.DataArray:
    """What was recorded of each network after the last step of its setting, ``[setting, seed, ...]``."""
    training = arrays.probed(results, TRAINING)
    return training[name].sel(step=training.steps.astype(int)).drop_vars("step")


def of_probes(results: xr.DataTree) -> dict[str, xr.DataArray]:
    """Returns errors or accuracies of answers to probes by name, ``[setting, seed, probe]``; NaN where unknown."""
    rows: dict[str, dict[str, xr.DataArray]] = {}
    for probe in arrays.names_of(results):
        for name, values in summary.named(arrays.probed(results, probe)).items():
            rows.setdefault(name, {})[probe] = values.reset_coords(drop=True)
    return {
        name: xr.concat([*probes.values()], xr.Variable("probe", [*probes])).transpose("setting", "seed", "probe")
        for name, probes in rows.items()
    }


def rows(results: xr.DataTree) -> list[dict[str, Any]]:
    """Summarizes each setting: its values, diverged seeds, medians with 95 % intervals, and, with a goal, who learned.

    The medians are of the training loss, and of the errors or accuracies of each probe, by its name.
    """
    measures = {"train_loss": last(results, "train_loss").values}
    for name, values in of_probes(results).items():
        for probe in values.probe.values:
            measures[str(probe) if name == "RMSE" else f"{probe}, {name}"] = values.sel(probe=probe).values
    summaries = []
    for number, (setting, diverged) in enumerate(zip(settings_of(results), results.diverged.values, strict=True)):
        row = {name: value for name, value in setting.items() if value == value}  # NaN: does not exist.
        if "learned" in results:
            row["learned"] = int(results.learned.values[number].sum())
            row["lost_seeds"] = results.seed.values[results.lost.values[number]].tolist()
        row["diverged_seeds"] = results.seed.values[diverged].tolist()
        for name, measured in measures.items():
            row[name] = intervals.median_bootstrap(measured[number, ~diverged]).as_json()
        summaries.append(row)
    return summaries

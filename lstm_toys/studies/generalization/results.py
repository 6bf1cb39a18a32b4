"""Reads and summarizes the results of an evaluation; the measures over grids piece by piece."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from lstm_toys import files
from lstm_toys.results.arrays import axis_label
from lstm_toys.results.storage import check_whole
from lstm_toys.statistics import intervals, measures
from lstm_toys.studies.generalization.ask import TRAINING
from lstm_toys.tasks.planes import LENGTH

AT_ONCE = 2**24
"""Most values read from the file at a time."""


@dataclass(frozen=True)
class Maps:
    """The labeled results of an evaluation; arrays of grids are loaded lazily.

    Attributes:
        seeds: seeds that did not diverge.
        root: variables outside any grid.
        training: measures on the training curves, ``[seed, row, column]``; empty without grids.
    """

    seeds: Int[np.ndarray, " S"]
    root: xr.Dataset
    training: xr.Dataset
    grids: dict[str, xr.Dataset]


@contextmanager
def opened(path: Path) -> Iterator[Maps]:
    """Opens the file of an evaluation; raises OSError if it does not exist, and Damaged if it is another file."""
    with files.opened(path) as file, files.telling_damage(path):
        check_whole(file)
        tree = xr.open_datatree(path, engine="h5netcdf")
        json.loads(tree.attrs["flags"])
        root = tree.to_dataset()
        seeds = np.flatnonzero(root.diverged.values == 0)
        every = {name: child.to_dataset() for name, child in tree.children.items()}
    with tree:
        yield Maps(seeds, root, every.pop(TRAINING, xr.Dataset()), every)


def errors(grid: xr.Dataset) -> list[str]:
    """The measures of a grid that are errors."""
    return [str(name) for name in grid.data_vars if name == "rmse" or str(name).startswith("error_")]


def axes(grid: xr.Dataset) -> tuple[str, str]:
    """The names of a grid's axes: rows, columns."""
    rows, columns = (str(name) for name in grid[errors(grid)[0]].dims[1:])
    return rows, columns


def medians(variable: xr.DataArray, seeds: Int[np.ndarray, " S"]) -> Float[np.ndarray, "rows columns"]:
    """The `median` over seeds of every cell of ``[seed, row, column]``, reading a few rows at a time."""
    _, rows, columns = variable.shape
    high = max(1, AT_ONCE // (max(1, len(seeds)) * columns))
    parts = []
    for row in range(0, rows, high):
        values = variable[:, row : row + high].values[seeds]
        parts.append(median(values.reshape(len(seeds), -1)).reshape(values.shape[1:]))
    return np.concatenate(parts)


def median(values: Float[np.ndarray, "S C"]) -> Float[np.ndarray, " C"]:
    """The median over seeds, ignoring values that are not finite; NaN if fewer than half of the seeds are finite."""
    some = np.isfinite(values).mean(axis=0) >= 0.5
    return np.where(some, np.nanmedian(np.where(some, values, 0.0), axis=0), np.nan)


def training_error(maps: Maps, name: str) -> Float[np.ndarray, " S"]:
    """Each seed's median error over the training curves."""
    return np.median(maps.training[name].values[maps.seeds], axis=(1, 2))


def doubled(maps: Maps, name: str) -> float:
    """Twice the median seed's error on the training curves."""
    return 2 * float(np.median(training_error(maps, name)))


def summary(maps: Maps) -> dict[str, intervals.Estimate]:
    """Returns medians over seeds with a 95 % bootstrap interval, by grid and error.

    The statistics of a seed are its error on the training curves, its median error over a grid, and the share of the
    grid where its error is less than `doubled`; and its median of every user-defined measure over a grid.
    """
    rows: dict[str, intervals.Estimate] = {}
    for name in errors(maps.training):
        label = name.replace("error_", "error of ").replace("rmse", "RMSE")
        rows[f"training, {label}"] = intervals.median_bootstrap(training_error(maps, name))
        level = doubled(maps, name) if len(maps.seeds) else np.nan
        for title, grid in maps.grids.items():
            cells = (grid[name][seed].values for seed in maps.seeds)  # Of one network at a time in memory.
            own = np.reshape([(np.median(each), np.mean(each < level)) for each in cells], (-1, 2))
            where = f"{title.replace('_', ' x ')}, {label}"
            rows[where], rows[f"{where}, share below twice"] = map(intervals.median_bootstrap, own.T)
    return rows


def measures_at(labeled: xr.Dataset) -> dict[str, xr.DataArray]:
    """Returns the measures by label, ``[seed, length]`` each, without seeds that diverged."""
    fit = labeled.isel(seed=labeled.diverged.values == 0)
    found: dict[str, xr.DataArray] = {}
    for name, each in fit.data_vars.items():
        if name == "accuracy":
            found |= {f"accuracy over {counted}": each.sel(counted=counted) for counted in each.counted.values}
        elif LENGTH in each.dims:
            found["RMSE" if name == "rmse" else axis_label(each)] = each
    return found


def length_summary(labeled: xr.Dataset) -> dict[str, intervals.Estimate]:
    """Returns medians over seeds of each measure at each length."""
    return {
        f"{length:,} time points, {label}": intervals.median_bootstrap(values.sel({LENGTH: length}).values)
        for label, values in measures_at(labeled).items()
        for length in labeled[LENGTH].values.tolist()
    }


def curve_summary(labeled: xr.Dataset) -> dict[str, intervals.Estimate]:
    """Returns medians over seeds of the measures of each of the user's curves, or of what networks read off it."""
    fit, unit = labeled.isel(seed=labeled.diverged.values == 0), labeled.time.attrs["units"]
    units = {"delay": unit, "frequency_answered": f"rad/{unit}", "valley_place": unit} if unit else {}
    if "output_feature" in fit.coords:
        values = {f"read-off {name}": fit.answer.sel(output_feature=name) for name in fit.output_feature.values}
    else:
        values = {
            f"{label} ({units[name]})" if name in units else label: fit[name]
            for name, label in measures.MEASURES.items()
            if name in fit
        }
    return {
        f"{curve}: {label}": intervals.median_bootstrap((own := each.sel(curve=curve).values)[np.isfinite(own)])
        for curve in fit.curve.values
        for label, each in values.items()
    }

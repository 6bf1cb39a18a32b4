"""Reads and summarizes the results of an evaluation."""

from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys import files
from lstm_toys.results.arrays import axis_label
from lstm_toys.results.storage import check_whole
from lstm_toys.statistics import intervals
from lstm_toys.studies.generalization.ask import TRAINING
from lstm_toys.tasks.planes import LENGTH

Grids = dict[str, xr.Dataset]
"""Labeled results of the seeds that did not diverge, by grid: measures ``[seed, row, column]``."""


def load(path: Path) -> Grids:
    """Reads the file of an evaluation; results at several lengths are under ``""``.

    Raises OSError if the file does not exist, and Damaged if it is another file.
    """
    with path.open("rb") as file, files.telling_damage(path):
        check_whole(file)
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            seeds = np.flatnonzero(tree.diverged.values == 0)
            nodes = {node.path.strip("/"): node for node in tree.subtree}
            return {name: node.to_dataset().isel(seed=seeds).load() for name, node in nodes.items()}


def errors(grid: xr.Dataset) -> list[str]:
    """The measures of a grid that are errors."""
    return [str(name) for name in grid.data_vars if name == "rmse" or str(name).startswith("error_")]


def axes(grid: xr.Dataset) -> tuple[str, str]:
    """The names of a grid's axes: rows, columns."""
    rows, columns = (str(name) for name in grid[errors(grid)[0]].dims[1:])
    return rows, columns


def medians(measure: xr.DataArray) -> Float[np.ndarray, "rows columns"]:
    """The medians over seeds, ignoring values that are not finite; NaN if fewer than half of the seeds are finite."""
    values = measure.values
    some = np.isfinite(values).mean(axis=0) >= 0.5
    return np.where(some, np.nanmedian(np.where(some, values, 0.0), axis=0), np.nan)


def training_error(grids: Grids, name: str) -> Float[np.ndarray, " S"]:
    """Each seed's median error over the training curves."""
    return np.median(grids[TRAINING][name].values, axis=(1, 2))


def doubled(grids: Grids, name: str) -> float:
    """Twice the median seed's error on the training curves."""
    return 2 * float(np.median(training_error(grids, name)))


def summary(grids: Grids) -> dict[str, intervals.Estimate]:
    """Returns medians over seeds with a 95 % bootstrap interval, by grid and error.

    The statistics of a seed are its error on the training curves, its median error over a grid, and the share of the
    grid where its error is less than `doubled`.
    """
    rows: dict[str, intervals.Estimate] = {}
    planes = {name.replace("_", " x "): grid for name, grid in grids.items() if name not in ("", TRAINING)}
    for name in errors(grids[TRAINING]):
        label = name.replace("error_", "error of ").replace("rmse", "RMSE")
        rows[f"training, {label}"] = intervals.median_bootstrap(training_error(grids, name))
        level = doubled(grids, name) if grids[TRAINING].sizes["seed"] else np.nan
        for title, grid in planes.items():
            values = grid[name].values
            own = np.median(values, axis=(1, 2)), np.mean(values < level, axis=(1, 2))
            where = f"{title}, {label}"
            rows[where], rows[f"{where}, share below twice"] = map(intervals.median_bootstrap, own)
    return rows


def measures_at(labeled: xr.Dataset) -> dict[str, xr.DataArray]:
    """Returns the measures by label, ``[seed, length]`` each."""
    found: dict[str, xr.DataArray] = {}
    for name, each in labeled.data_vars.items():
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

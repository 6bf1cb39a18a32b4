"""Summarizes the results of an evaluation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from lstm_toys.output import listed
from lstm_toys.results.summary import GOAL_ERROR, median_of
from lstm_toys.statistics import intervals
from lstm_toys.statistics.measures import SETTLED
from lstm_toys.tasks.goal import AFTER, Goal, after_which
from lstm_toys.tasks.parameters import LENGTH, PARAMETER, TRAINING, Span

FREQUENCY = f"{PARAMETER}frequency"
"""The axis of the frequencies of sines."""

OFF = 0.05
"""Relative difference beyond which an answered frequency is another one than the shown one."""

Grids = Mapping[str, xr.Dataset]
"""Labeled results of the seeds that did not diverge, by grid: measures ``[seed, row, column]``."""


def errors(grid: xr.Dataset) -> dict[str, xr.DataArray]:
    """The errors on a grid, of each number that networks read off; under an empty name if they answer sequences."""
    if "rmse" in grid:
        return {"": grid.rmse}
    return {str(name): grid.error.sel(output_feature=name, drop=True) for name in grid.output_feature.values}


def axes(grid: xr.Dataset) -> tuple[str, str]:
    """The names of a grid's axes: rows, columns."""
    rows, columns, *_ = map(str, (grid.rmse if "rmse" in grid else grid.error).dims[1:])
    return rows, columns


def medians(measure: xr.DataArray) -> Float[np.ndarray, "rows columns"]:
    """The medians over seeds, ignoring values that are not finite; NaN if fewer than half of the seeds are finite."""
    values = measure.values
    some = np.isfinite(values).mean(axis=0) >= 0.5
    return np.where(some, np.nanmedian(np.where(some, values, 0.0), axis=0), np.nan)


def judged(grid: xr.Dataset) -> dict[str, xr.DataArray]:
    """What is compared with a limit: the error of each number that networks read off, or the error of the goal."""
    return {"": grid[GOAL_ERROR]} if "rmse" in grid else errors(grid)


def which(goal: Goal) -> str:
    """Which errors of sequences a goal limits, in words; empty for all features after the first tenth."""
    after = "" if goal.after == AFTER else f" {after_which(goal.after) or 'over whole curves'}"
    return f"{f' of {listed(goal.features)}' if goal.features else ''}{after}"


def summary(grids: Grids, goal: Goal) -> dict[str, dict[str, float | None]]:
    """Returns medians over seeds with a 95 % bootstrap interval, by grid and error, for JSON.

    The statistics of a seed are its error on the training curves, its median error over a grid, and the share of the
    grid where the error that the goal limits meets it.
    """
    rows: dict[str, dict[str, float | None]] = {}
    planes = {name.replace("_", " x "): grid for name, grid in grids.items() if name not in ("/", TRAINING)}
    for name in errors(grids[TRAINING]):
        label, error = f"error of {name}" if name else "RMSE", errors(grids[TRAINING])[name].values
        rows[f"training, {label}"] = _median(np.median(error, axis=(1, 2)))
        for title, grid in planes.items():
            values = errors(grid)[name].values
            met = goal.met(judged(grid)[name].values)
            networks = np.median(values, axis=(1, 2)), np.mean(met, axis=(1, 2))
            where, share = f"{title}, {label}", f"{'' if name else which(goal)}, share below {goal.limit:g}"
            rows[where], rows[f"{where}{share}"] = map(_median, networks)
    return rows


def of_sines(grid: xr.Dataset) -> bool:
    """Whether a grid has an axis of frequencies in rad per x."""
    return FREQUENCY in grid.dims and str(grid[FREQUENCY].attrs.get("units", "")).startswith("rad")


def sines(grid: xr.Dataset, span: Span) -> dict[str, Any]:
    """Describes the answers to the sines of a grid that has an axis of frequencies.

    Returns:
        ``largest_gain``: the largest median gain over networks, with a 95 % bootstrap interval and the sine's
        parameters; ``periodic_gain``: the largest one of ``periodic`` sines, those with a period in the measured part;
        ``off``: how many of these have a median answered frequency that differs by more than `OFF`, and their smallest
        (``lowest_off``) and largest frequency (``highest_off``). None where there is none.
    """
    gain, answered = medians(grid["gain"]), medians(grid["frequency_answered"])
    places = dict(zip(axes(grid), np.meshgrid(*(grid[axis].values for axis in axes(grid)), indexing="ij"), strict=True))
    shown = places[FREQUENCY]
    whole = np.abs(shown) * (1 - SETTLED) * span.length >= 2 * np.pi

    def largest(among: Bool[np.ndarray, "rows columns"]) -> dict[str, float | None] | None:
        if not among.any():
            return None
        row, column = np.unravel_index(np.where(among, gain, -np.inf).argmax(), gain.shape)
        at = {grid[axis].attrs["long_name"]: float(values[row, column]) for axis, values in places.items()}
        return {**median_of(grid["gain"].values[:, row, column]), **at}

    off = shown[whole & (np.abs(answered / np.abs(shown) - 1) > OFF)]
    return {
        "largest_gain": largest(np.isfinite(gain)),
        "periodic_gain": largest(np.isfinite(gain) & whole),
        "periodic": int(whole.sum()),
        "off": len(off),
        "lowest_off": float(off.min()) if len(off) else None,
        "highest_off": float(off.max()) if len(off) else None,
    }


def measures_at(labeled: xr.Dataset) -> dict[str, xr.DataArray]:
    """Returns the measures by label, ``[seed, length]`` each."""
    return {str(name): values for name, values in labeled.data_vars.items() if LENGTH in values.dims}


def length_summary(labeled: xr.Dataset) -> dict[str, dict[str, float | None]]:
    """Returns medians over seeds of each measure at each length, for JSON."""
    return {
        f"{length:,} time points, {label}": _median(values.sel({LENGTH: length}).values)
        for label, values in measures_at(labeled).items()
        for length in labeled[LENGTH].values.tolist()
    }


def _median(values: Float[np.ndarray, " S"]) -> dict[str, float | None]:
    return intervals.median_bootstrap(values).as_json()

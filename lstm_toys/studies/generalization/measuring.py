"""Measures a population's answers to curves on grids, or to sequences of several lengths, and summarizes them.

Grids stay on the devices: one compiled program makes their curves, answers and measures them, in fixed blocks of
members and curves, so that a result is bitwise independent of other networks and curves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float, PyTree

from lstm_toys.execution.devices import Executor
from lstm_toys.execution.digests import Digests, compiled, digest, program
from lstm_toys.networks import training
from lstm_toys.output import listed
from lstm_toys.populations import answering, blocks
from lstm_toys.populations.answering import CURVE_BLOCK
from lstm_toys.populations.trained import Networks
from lstm_toys.results import arrays
from lstm_toys.results.summary import GOAL_ERROR, median_of, named, with_measures
from lstm_toys.statistics import errors, intervals, measures
from lstm_toys.statistics.measures import SETTLED
from lstm_toys.studies.generalization.settings import Grid
from lstm_toys.tasks.curve_tasks import show
from lstm_toys.tasks.families import Family
from lstm_toys.tasks.goal import AFTER, Goal, after_which
from lstm_toys.tasks.parameters import LENGTH, PARAMETER, SPACING, TRAINING, Span
from lstm_toys.tasks.probes import Probe, evaluation_set, lengths_of
from lstm_toys.tasks.scaling import Scaling
from lstm_toys.tasks.supervision import Task

TILE_POINTS = 12_800
"""Total time points of the curves of a tile, which one call computes in less than a second on two CPU cores."""

LENGTHS = {"long_name": "sequence length", "units": "time points"}

Values = dict[str, Float[np.ndarray, "S ..."]]
Cell = dict[str, Float[Array, ""]]
Measures = dict[str, Float[Array, "..."]]


class Part(NamedTuple):
    """Some networks of the population, with their places there, on one grid of curves."""

    curves: str
    members: slice
    networks: Networks

    def __str__(self) -> str:
        return f"members {self.members.start:,} to {self.members.stop - 1:,} on {self.curves}"


@dataclass(frozen=True, kw_only=True)
class GridMeasures:
    """Measures answers to curves on grids of these families.

    Attributes:
        goal: its error is measured, whatever its limit.
        programs: compiled programs of this process.
    """

    task: Task
    timesteps: int
    span: Span
    grids: tuple[Grid, ...]
    families: Mapping[str, Family]
    goal: Goal
    programs: dict[Any, Callable[..., Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def curves(self) -> dict[str, int]:
        """The number of curves on each grid, by name."""
        return {grid.name: grid.shape[0] * grid.shape[1] for grid in self.grids}

    def digests(self, networks: Networks) -> Digests:
        """Digests of everything that is measured of networks, for the identity of a run."""
        digests = compiled()
        params = blocks.shapes(blocks.member(networks.params), len(networks), networks.block)
        for grid in self.grids:
            cells = grid.cells(0, self.curves[grid.name], self.timesteps, self.span)
            chunk = dict.fromkeys(cells, jax.ShapeDtypeStruct((1, CURVE_BLOCK), jnp.float32))
            measuring = blocks.spread(self.measuring(networks.model, grid))
            digests |= program(measuring, params, chunk).named(f"measures on {grid.name}")
            declared = self.families[grid.family].parameters
            digests[f"grid {grid.name}"] = digest(cells, repr(declared), [axis.name for axis in grid.axes])
        return digests

    def measure(self, group: int, part: Part) -> Values:
        """Measures answers of some networks, at most ``group``, to the curves on one grid."""
        grid, cells = next(grid for grid in self.grids if grid.name == part.curves), self.curves[part.curves]
        points = grid.points(self.timesteps, self.span)
        key = (grid.family, points, grid.axis(SPACING) is None)  # Grids with other values share a program.
        if key not in self.programs:
            self.programs[key] = blocks.spread(self.measuring(part.networks.model, grid))
        ((count, placed),) = blocks.placed(part.networks.params, group, part.networks.block)

        def whole(values: Float[np.ndarray, "S chunks N ..."]) -> Float[np.ndarray, "S rows columns ..."]:
            more = values.shape[3:]
            return values.reshape(count, -1, *more)[:, :cells].reshape(count, *grid.shape, *more)

        size, tiles = max(1, TILE_POINTS // points // CURVE_BLOCK) * CURVE_BLOCK, []
        for start in range(0, cells, size):
            stop = min(start + size, cells)
            # Padded by repeating the last cell, so that the program has one shape.
            padded = partial(np.pad, pad_width=(0, start + size - stop), mode="edge")
            chunks = {
                name: jnp.asarray(padded(values), jnp.float32).reshape(-1, CURVE_BLOCK)
                for name, values in grid.cells(start, stop, self.timesteps, self.span).items()
            }
            tiles.append(blocks.flat(self.programs[key](placed, chunks), count))
        return {name: whole(np.concatenate([tile[name] for tile in tiles], axis=1)) for name in tiles[0]}

    def measuring(
        self, model: nn.Module, grid: Grid
    ) -> Callable[[PyTree, dict[str, Float[Array, "chunks N"]]], dict[str, Float[Array, "chunks N ..."]]]:
        """Makes the function that computes measures from the parameters of ONE network and chunks of cells."""
        task, span, goal = self.task, self.span, self.goal
        family, points = self.families[grid.family], grid.points(self.timesteps, span)
        window = points if grid.axis(SPACING) else self.timesteps
        always = model.clone(sequence=True) if hasattr(model, "sequence") else model
        shared = jnp.arange(points).astype(jnp.float32) / (self.timesteps - 1)

        def passed(cell: Cell) -> Float[Array, " T"]:
            # Not a function of the cell, so that vmap does not repeat what only depends on the grid.
            if not grid.axis(SPACING):
                return shared
            return jnp.arange(points).astype(jnp.float32) * (cell[SPACING] / span.length)

        def shown(cell: Cell) -> Float[Array, "T F"]:
            x = span.start + passed(cell) * span.length
            curve = family.function(x, **{name: cell[name] for name in family.names})
            return show(curve[None], x, task.input_features)[0]

        def measure(cell: Cell, inputs: Float[Array, "T F"], answer: Float[Array, "T A"]) -> Measures:
            count = cell[LENGTH].astype(jnp.int32)
            if not task.sequence:
                read, true = answer[count - 1], jnp.stack([cell[name] for name in task.output_features])
                error = errors.squared(read, true, jnp.ones_like(true)).root
                return {"answer": read, "error": error, GOAL_ERROR: goal.error(error, task.measured)}
            first = jnp.maximum(count - window, 0)
            curves, answers = (jax.lax.dynamic_slice_in_dim(rows, first, window) for rows in (inputs, answer))
            share = passed(cell)[:window]
            if grid.axis(SPACING):
                share = jnp.where(jnp.arange(window) < count, share, -1.0)
            late = errors.within(share, goal.after) & (share >= 0)
            counts = jnp.broadcast_to(late[:, None], curves.shape).astype(curves.dtype)
            wrong = errors.squared(answers, curves, counts).over(0).root
            y = task.output_features.index("y")
            one = measures.AnsweredCurve.copied(answers[:, y], curves[:, y], share)
            measured = measures.all_measures(one, span.start, span.length)
            return {**measured, GOAL_ERROR: goal.error(wrong, task.measured)}

        def chunk(params: PyTree, cells: dict[str, Float[Array, " N"]]) -> dict[str, Float[Array, "N ..."]]:
            inputs = jax.vmap(shown)(cells)
            # Curves run one after another: a step takes half as long per curve as with several at once.
            answers = jax.lax.map(lambda one: training.answer(always, params, one[None])[0], inputs)
            return jax.vmap(measure)(cells, inputs, answers)

        return lambda params, chunks: jax.lax.map(partial(chunk, params), chunks)

    def dataset(self, grid: Grid, values: Values) -> xr.Dataset:
        """Labels the values of all networks on a grid."""
        declared = {parameter.name: parameter for parameter in self.families[grid.family].parameters}
        spacing = {"long_name": f"{self.span.name} between two time points", "units": self.span.unit}
        words = {LENGTH: LENGTHS, SPACING: spacing}
        axes = [f"{PARAMETER}{axis.name}" if axis.name in declared else axis.name for axis in grid.axes]
        coordinates: dict[str, Any] = {
            name: (name, axis.values, words.get(axis.name) or arrays.described(axis.name, declared.get(axis.name)))
            for name, axis in zip(axes, grid.axes, strict=True)
        }
        if not self.task.sequence:
            coordinates["output_feature"] = list(self.task.output_features)
        dims = ("seed", *coordinates)
        return xr.Dataset({name: (dims[: array.ndim], array) for name, array in values.items()}, coordinates)

    def measured(self, networks: Networks, executor: Executor, progress: Callable[[int], None]) -> xr.DataTree:
        """Measures a population; returns a node for each grid. ``progress`` gets the number of answers so far."""
        done, seeds = 0, len(networks)
        group = blocks.group_size(seeds, networks.block, executor.devices, executor.workers)
        places = [slice(first, min(first + group, seeds)) for first in range(0, seeds, group)]
        parts = (Part(name, place, networks[place]) for name in self.curves for place in places)
        grids: dict[str, Values] = {name: {} for name in self.curves}
        for part, values in executor.map(partial(self.measure, group), parts):
            for name, measured in values.items():
                whole = grids[part.curves].setdefault(name, np.empty((seeds, *measured.shape[1:]), np.float32))
                whole[part.members] = measured
            done += len(part.networks) * self.curves[part.curves]
            progress(done)
        return xr.DataTree.from_dict({grid.name: self.dataset(grid, grids[grid.name]) for grid in self.grids})


class LengthMeasures(NamedTuple):
    """Measures answers to sequences of several lengths, each a probe."""

    task: Task
    span: Span
    scaling: Scaling | None
    probes: tuple[Probe, ...]

    @property
    def curves(self) -> dict[str, int]:
        """The number of sequences of each length, by the name of the probe."""
        return {probe.name: len(probe.inputs) for probe in self.probes}

    def digests(self, networks: Networks) -> Digests:
        """Digests of everything that is measured of networks, for the identity of a run."""
        digests, member, block = compiled(), blocks.member(networks.params), networks.block
        for probe in self.probes:
            answered = probe.inputs, block, block, probe.name, self._lengths.get(probe.name)
            digests |= answering.digests_of(networks.model, member, *answered)
            digests[f"targets {probe.name}"] = digest(vars(probe))
        return digests

    @property
    def _lengths(self) -> Mapping[str, Any]:
        """The lengths of sequences that networks get as an input, by the name of the probe."""
        return lengths_of(self.task, {probe.name: [probe] for probe in self.probes})

    def measured(self, networks: Networks, _: Executor, progress: Callable[[int], None]) -> xr.DataTree:
        """Measures a population in this process; see `GridMeasures.measured`. Answers are dropped length by length."""
        done, measures_by_length = 0, list[dict[str, xr.DataArray]]()
        for probe in self.probes:
            answers = answering.answers(networks, probe.inputs, lengths=self._lengths.get(probe.name))
            evaluated = evaluation_set(self.task, probe, np.arange(probe.inputs.shape[1], dtype=float))
            curves = {probe.name: arrays.curve_set(self.task, evaluated, answers, self.span)}
            labeled = with_measures(arrays.in_units(xr.DataTree.from_dict(curves), self.scaling))
            measures_by_length.append(named(arrays.probed(labeled, probe.name)))
            progress(done := done + len(networks) * len(probe.inputs))
        values = {
            name: (("seed", LENGTH), np.stack([row[name].values for row in measures_by_length], 1, dtype=np.float32))
            for name in measures_by_length[0]
        }
        lengths = LENGTH, [probe.inputs.shape[1] for probe in self.probes], LENGTHS
        return xr.DataTree(xr.Dataset(values, {LENGTH: lengths}))


FREQUENCY = f"{PARAMETER}frequency"
"""The axis of the frequencies of sines."""

OFF = 0.05
"""Relative difference beyond which an answered frequency is another one than the shown one."""

Grids = Mapping[str, xr.Dataset]
"""Labeled results of the seeds that did not diverge, by grid: measures ``[seed, row, column]``."""


def errors_of(grid: xr.Dataset) -> dict[str, xr.DataArray]:
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
    return {"": grid[GOAL_ERROR]} if "rmse" in grid else errors_of(grid)


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
    for name in errors_of(grids[TRAINING]):
        label, error = f"error of {name}" if name else "RMSE", errors_of(grids[TRAINING])[name].values
        rows[f"training, {label}"] = _median(np.median(error, axis=(1, 2)))
        for title, grid in planes.items():
            values = errors_of(grid)[name].values
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

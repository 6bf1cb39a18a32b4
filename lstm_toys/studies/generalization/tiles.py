"""Measures of the answers of every network to every curve of a grid, made and written piece by piece.

Answers never leave the devices: one compiled program answers and measures, in fixed blocks of members and of curves, so
that a number is bitwise the same however many other networks and curves there are.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import flax.linen as nn
import h5netcdf
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PyTree

from lstm_toys.files import replacing
from lstm_toys.networks import training
from lstm_toys.populations import blocks, devices, value
from lstm_toys.populations.answering import CURVE_BLOCK
from lstm_toys.populations.elsewhere import Elsewhere, Executed, Job
from lstm_toys.populations.footprint import Footprint
from lstm_toys.populations.interruption import Stopped
from lstm_toys.results import arrays
from lstm_toys.statistics import measures
from lstm_toys.studies.generalization.settings import Grid
from lstm_toys.tasks.families import Family
from lstm_toys.tasks.planes import LENGTH, SPACING
from lstm_toys.tasks.span import Span
from lstm_toys.tasks.supervision import Task, show

TILE_POINTS = 12_800
"""Time points of all curves of a tile, which one call answers: what a machine of two cores does in under a second."""

Cell = dict[str, Float[Array, ""]]
"""The parameters of one curve, its length and its spacing."""


def measure_names(task: Task) -> tuple[str, ...]:
    """All measures of an answer, by name."""
    if task.sequence:
        return tuple(measures.MEASURES)
    return tuple(f"{what}_{name}" for what in ("answer", "error") for name in task.asked)


def estimate(grids: tuple[Grid, ...], seeds: int, names: int) -> Footprint:
    """What an evaluation holds of memory, of one network at a time, and writes to the disk."""
    cells = [grid.shape[0] * grid.shape[1] for grid in grids]
    return Footprint(memory=16 * max(cells), disk=4 * seeds * names * sum(cells))


class Setting(NamedTuple):
    """What all grids of an evaluation share.

    Attributes:
        task: that the networks were trained on.
        timesteps: time points of a curve, where a grid does not say otherwise.
        span: the range of x that they cover.
        families: those of the grids, by name.
    """

    task: Task
    timesteps: int
    span: Span
    families: Mapping[str, Family]


def measured(
    model: nn.Module, setting: Setting, grid: Grid
) -> Callable[[PyTree, dict[str, Float[Array, "chunks N"]]], dict[str, Float[Array, "chunks N"]]]:
    """A function from the parameters of ONE network and chunks of cells to measures of its answers.

    Args:
        model: the network, which answers a sequence or, after the last time point, parameters.
        setting: what it was trained on.
        grid: that the cells are of.
    """
    task, timesteps, span, families = setting
    family = families[grid.family]
    points = grid.points(timesteps, span)
    window = points if grid.axis(SPACING) else timesteps
    always = model.clone(sequence=True) if hasattr(model, "sequence") else model
    shared = jnp.arange(points).astype(jnp.float32) / (timesteps - 1)
    y = task.asked.index("y") if task.sequence else 0

    def passed(cell: Cell) -> Float[Array, " T"]:
        # What all cells share is no function of a cell, and nor is what is computed of it alone.
        if not grid.axis(SPACING):
            return shared
        return jnp.arange(points).astype(jnp.float32) * (cell[SPACING] / span.length)

    def shown(cell: Cell) -> Float[Array, "T F"]:
        x = span.start + passed(cell) * span.length
        curve = family.function(x, **{name: cell[name] for name in family.names})
        return show(curve[None], x, task.shown)[0]

    def measure(cell: Cell, inputs: Float[Array, "T F"], answer: Float[Array, "T A"]) -> dict[str, Float[Array, ""]]:
        count = cell[LENGTH].astype(jnp.int32)
        if not task.sequence:
            read = dict(zip(task.asked, answer[count - 1], strict=True))
            errors = {f"error_{name}": jnp.abs(value - cell[name]) for name, value in read.items()}
            return {f"answer_{name}": value for name, value in read.items()} | errors
        first, rows = jnp.maximum(count - window, 0), (inputs[:, task.shown.index("y")], answer[:, y])
        curve, answered = (jax.lax.dynamic_slice_in_dim(row, first, window) for row in rows)
        share = passed(cell)[:window]
        if grid.axis(SPACING):
            share = jnp.where(jnp.arange(window) < count, share, -1.0)
        return measures.every(answered, curve, share, span.start, span.length)

    def chunk(params: PyTree, cells: dict[str, Float[Array, " N"]]) -> dict[str, Float[Array, " N"]]:
        inputs = jax.vmap(shown)(cells)
        # One after another: a step of one curve is half as long as a share of a step of several.
        answers = jax.lax.map(lambda one: training.answer(always, params, one[None])[0], inputs)
        return jax.vmap(measure)(cells, inputs, answers)

    return lambda params, chunks: jax.lax.map(partial(chunk, params), chunks)


def value_of(model: nn.Module, setting: Setting, grids: tuple[Grid, ...], params: PyTree, block: int) -> value.Value:
    """Digests of the programs and the curves of an evaluation.

    Args:
        model: the network.
        setting: what it was trained on.
        grids: what is evaluated.
        params: the shapes of those of ONE network.
        block: members that one compiled program works on.
    """
    found: value.Value = {}
    for grid in grids:
        cells = grid.cells(0, grid.shape[0] * grid.shape[1], setting.timesteps, setting.span)
        program = blocks.spread(measured(model, setting, grid), value.mesh())
        chunk = dict.fromkeys(cells, jax.ShapeDtypeStruct((1, CURVE_BLOCK), jnp.float32))
        found |= value.lowered(f"measures on {grid.name}", program, value.spread(params, block), chunk)
        declared = setting.families[grid.family].parameters
        found[f"grid {grid.name}"] = value.digest(cells, repr(declared), [axis.name for axis in grid.axes])
    return found


class Part(NamedTuple):
    """A grid and some networks, for a worker.

    Attributes:
        grid: what to evaluate on.
        members: the networks.
        params: of them, every leaf ``[S, ...]``.
    """

    grid: Grid
    members: slice
    params: PyTree

    def __str__(self) -> str:
        return f"members {self.members.start:,} to {self.members.stop - 1:,} on {self.grid.name}"


@dataclass(frozen=True)
class GridEvaluation(Job):
    """What all grids and networks of an evaluation share, for a worker.

    Attributes:
        model: the network.
        setting: what it was trained on.
        grids: what is evaluated.
        member: the shapes of the parameters of ONE network.
        block: members that one compiled program works on.
        group_size: networks that are evaluated at once.
    """

    model: nn.Module
    setting: Setting
    grids: tuple[Grid, ...]
    member: PyTree[jax.ShapeDtypeStruct]
    block: int
    group_size: int

    def value(self) -> value.Value:
        """Digests of what networks are measured by."""
        found = value_of(self.model, self.setting, self.grids, self.member, self.block)
        return {**found, **value.compiled()}

    def __call__(self) -> Callable[[Part], list[tuple[int, dict[str, Float[np.ndarray, "S C"]]]]]:
        """What evaluates a part: the first of some cells, and their measures, of all of them."""
        evaluation = Evaluation(self.model, self.setting, self.block)
        return lambda part: [*evaluation.measures(part.grid, part.params, self.group_size)]


class Evaluation:
    """Evaluates some networks at a time on grids.

    Args:
        model: the network.
        setting: what it was trained on.
        block: members that one compiled program works on.
    """

    def __init__(self, model: nn.Module, setting: Setting, block: int) -> None:
        self._model, self._setting, self._block = model, setting, block
        self._mesh = blocks.mesh()
        self._programs: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def measures(
        self, grid: Grid, params: PyTree[Float[np.ndarray, "S ..."]], size: int
    ) -> Iterator[tuple[int, dict[str, Float[np.ndarray, "S C"]]]]:
        """Yields the first of some cells of a grid, and the measures of all networks there.

        Args:
            grid: what to evaluate on.
            params: of the networks, at most as many as `size`, to which they are padded.
            size: networks that are evaluated at once.
        """
        timesteps, span = self._setting.timesteps, self._setting.span
        tile = max(1, TILE_POINTS // grid.points(timesteps, span) // CURVE_BLOCK) * CURVE_BLOCK
        program, cells = self._program(grid), grid.shape[0] * grid.shape[1]
        count = len(jax.tree.leaves(params)[0])
        group = next(blocks.groups(size, size, self._block, self._mesh.size))
        placed = blocks.place(jax.tree.map(partial(np.take, indices=group, axis=0, mode="clip"), params), self._mesh)
        for start in range(0, cells, tile):
            stop = min(start + tile, cells)
            # Padded by the last cell: any other one would do, as long as the program has one shape.
            padding = (0, start + tile - stop)
            chunks = {
                name: jnp.asarray(np.pad(values, padding, "edge"), jnp.float32).reshape(-1, CURVE_BLOCK)
                for name, values in grid.cells(start, stop, timesteps, span).items()
            }
            found = blocks.flat(program(placed, chunks))
            yield (
                start,
                {name: values.reshape(len(values), -1)[:count, : stop - start] for name, values in found.items()},
            )

    def _program(self, grid: Grid) -> Callable[..., Any]:
        """The compiled program of a grid; grids that differ in their axes' values only share one."""
        key = (grid.family, grid.points(self._setting.timesteps, self._setting.span), grid.axis(SPACING) is None)
        if key not in self._programs:
            function = measured(self._model, self._setting, grid)
            self._programs[key] = blocks.spread(function, self._mesh)
        return self._programs[key]


class Sweep:
    """Evaluates networks on grids, and writes what it measures into a file, a group a grid.

    Args:
        model: the network.
        setting: what it was trained on.
        params: of the networks, every leaf with a leading axis S.
        diverged: which of them have.
        block: members that one compiled program works on.
        advanced: told how many answers were measured, from time to time.
        cluster: whose workers evaluate; None: this process.
        stop: asked about once a second, where workers do.
    """

    def __init__(
        self,
        model: nn.Module,
        setting: Setting,
        params: PyTree[Float[np.ndarray, "S ..."]],
        diverged: Bool[np.ndarray, " S"],
        block: int,
        advanced: Callable[[int], None],
        cluster: Elsewhere | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._model, self._setting, self._params, self._diverged = model, setting, params, diverged
        self._block, self._advanced, self._cluster, self._stop = block, advanced, cluster, stop
        self._executed = Executed(devices.fingerprint(block))

    @property
    def elsewhere(self) -> list[dict[str, Any]]:
        """See `Executed.told`."""
        return self._executed.told

    def write(self, grids: tuple[Grid, ...], path: Path, attributes: dict[str, Any]) -> None:
        """Evaluates, and writes the file as a whole or not at all.

        Args:
            grids: what to evaluate.
            path: of the file.
            attributes: written as JSON, one attribute each.

        Raises:
            Stopped: it was asked to.
        """
        with replacing(path) as temporary, h5netcdf.File(temporary, "w") as file:
            file.attrs.update({name: json.dumps(value) for name, value in attributes.items()})
            file.dimensions = {"seed": len(self._diverged)}
            file.create_variable("seed", ("seed",), data=np.arange(len(self._diverged)))
            file.create_variable("diverged", ("seed",), data=self._diverged.astype(np.int8))
            variables = {grid.name: self._variables(grid, file.create_group(grid.name)) for grid in grids}
            for part, start, found in self._measured(grids):
                for name, values in found.items():
                    _put(variables[part.grid.name][name], part.members, start, values)
                self._advanced(next(iter(found.values())).size)
            if self.elsewhere:
                file.attrs["executed_elsewhere"] = json.dumps(self.elsewhere)

    def _measured(self, grids: tuple[Grid, ...]) -> Iterator[tuple[Part, int, dict[str, Float[np.ndarray, "S C"]]]]:
        """Yields a part, the first of some cells, and their measures; workers yield parts in any order."""
        count = len(self._diverged)
        if self._cluster is None:
            size = blocks.group_size(count, self._block, blocks.mesh().size)
            evaluation = Evaluation(self._model, self._setting, self._block)
            for part in self._parts(grids, size):
                for start, found in evaluation.measures(part.grid, part.params, size):
                    yield part, start, found
            return
        size = blocks.share(count, self._block, self._cluster.workers)
        job = GridEvaluation(self._model, self._setting, grids, blocks.member(self._params), self._block, size)
        for part, outcome in self._cluster.outcomes(job, self._parts(grids, size), self._stop):
            self._executed.note(str(part), outcome.fingerprint)
            for start, found in outcome.value:
                yield part, start, found
        if self._stop():
            raise Stopped(0)

    def _parts(self, grids: tuple[Grid, ...], size: int) -> Iterator[Part]:
        count = len(self._diverged)
        for grid in grids:
            for first in range(0, count, size):
                members = slice(first, min(first + size, count))
                yield Part(grid, members, jax.tree.map(lambda leaf, own=members: leaf[own], self._params))

    def _variables(self, grid: Grid, group: h5netcdf.Group) -> dict[str, h5netcdf.Variable]:
        """The variables of a grid in its group, by measure, to be filled."""
        axes = [axis.name for axis in grid.axes]
        group.dimensions = dict(zip(axes, grid.shape, strict=True))
        declared = {each.name: each for each in self._setting.families[grid.family].parameters}
        own = {"units": self._setting.span.unit}
        told = {LENGTH: {"long_name": "sequence length", "units": "time points"}}
        told[SPACING] = {"long_name": f"{self._setting.span.name} between two time points", **own}
        for axis in grid.axes:
            variable = group.create_variable(axis.name, (axis.name,), data=axis.values)
            variable.attrs.update(told.get(axis.name) or arrays.described(declared.get(axis.name)))
        names = measure_names(self._setting.task)
        return {name: group.create_variable(name, ("seed", *axes), np.float32) for name in names}


def _put(variable: h5netcdf.Variable, members: slice, start: int, values: Float[np.ndarray, "S C"]) -> None:
    """Writes consecutive cells, counted row by row, into a variable ``[seed, row, column]``."""
    columns = variable.shape[2]
    stop = start + values.shape[1]
    for row in range(start // columns, -(-stop // columns)):
        first, last = max(start, row * columns), min(stop, (row + 1) * columns)
        place = slice(first - row * columns, last - row * columns)
        variable[members, row, place] = values[:, first - start : last - start]

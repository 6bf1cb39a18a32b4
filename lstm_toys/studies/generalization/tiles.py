"""Measures of the answers of every network to every curve of a grid, made and written piece by piece.

Answers never leave the devices: one compiled program answers and measures, in fixed blocks of members and of curves, so
that a number is bitwise the same however many other networks and curves there are.
"""

import json
from collections.abc import Callable, Iterator, Mapping
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
from lstm_toys.populations import blocks
from lstm_toys.populations.answering import CURVE_BLOCK
from lstm_toys.populations.footprint import Footprint
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


class Sweep:
    """Evaluates networks on grids, and writes what it measures into a file, a group a grid.

    Args:
        model: the network.
        setting: what it was trained on.
        params: of the networks, every leaf with a leading axis S.
        diverged: which of them have.
        block: members that one compiled program works on.
        advanced: told how many answers were measured, after each call.
    """

    def __init__(
        self,
        model: nn.Module,
        setting: Setting,
        params: PyTree[Float[np.ndarray, "S ..."]],
        diverged: Bool[np.ndarray, " S"],
        block: int,
        advanced: Callable[[int], None],
    ) -> None:
        self._model, self._setting, self._params, self._diverged = model, setting, params, diverged
        self._block, self._advanced = block, advanced
        self._mesh = blocks.mesh()
        self._programs: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def write(self, grids: tuple[Grid, ...], path: Path, attributes: dict[str, Any]) -> None:
        """Evaluates, and writes the file as a whole or not at all.

        Args:
            grids: what to evaluate.
            path: of the file.
            attributes: written as JSON, one attribute each.
        """
        with replacing(path) as temporary, h5netcdf.File(temporary, "w") as file:
            file.attrs.update({name: json.dumps(value) for name, value in attributes.items()})
            file.dimensions = {"seed": len(self._diverged)}
            file.create_variable("seed", ("seed",), data=np.arange(len(self._diverged)))
            file.create_variable("diverged", ("seed",), data=self._diverged.astype(np.int8))
            for grid in grids:
                self._write_grid(grid, file.create_group(grid.name))

    def _write_grid(self, grid: Grid, group: h5netcdf.Group) -> None:
        axes = [axis.name for axis in grid.axes]
        group.dimensions = dict(zip(axes, grid.shape, strict=True))
        declared = {each.name: each for each in self._setting.families[grid.family].parameters}
        own = {"units": self._setting.span.unit}
        told = {LENGTH: {"long_name": "sequence length", "units": "time points"}}
        told[SPACING] = {"long_name": f"{self._setting.span.name} between two time points", **own}
        for axis in grid.axes:
            variable = group.create_variable(axis.name, (axis.name,), data=axis.values)
            variable.attrs.update(told.get(axis.name) or arrays.described(declared.get(axis.name)))
        variables = {
            name: group.create_variable(name, ("seed", *axes), np.float32) for name in measure_names(self._setting.task)
        }
        for members, start, found in self._pieces(grid):
            for name, values in found.items():
                _put(variables[name], members, start, values)

    def _pieces(self, grid: Grid) -> Iterator[tuple[slice, int, dict[str, Float[np.ndarray, "S C"]]]]:
        """Yields members, the first of some cells of a grid, and their measures."""
        size = (
            max(1, TILE_POINTS // grid.points(self._setting.timesteps, self._setting.span) // CURVE_BLOCK) * CURVE_BLOCK
        )
        program, cells = self._program(grid), grid.shape[0] * grid.shape[1]
        seeds = len(self._diverged)
        together = blocks.group_size(seeds, self._block, self._mesh.size)
        for group in blocks.groups(seeds, together, self._block, self._mesh.size):
            members = slice(int(group[0, 0]), min(int(group[0, 0]) + together, seeds))
            params = jax.tree.map(partial(np.take, indices=group, axis=0, mode="clip"), self._params)
            placed, count = blocks.place(params, self._mesh), members.stop - members.start
            for start in range(0, cells, size):
                stop = min(start + size, cells)
                # Padded by the last cell: any other one would do, as long as the program has one shape.
                padding = (0, start + size - stop)
                chunks = {
                    name: jnp.asarray(np.pad(values, padding, "edge"), jnp.float32).reshape(-1, CURVE_BLOCK)
                    for name, values in grid.cells(start, stop, self._setting.timesteps, self._setting.span).items()
                }
                found = {
                    name: values.reshape(len(values), -1)[:count, : stop - start]
                    for name, values in blocks.flat(program(placed, chunks)).items()
                }
                yield members, start, found
                self._advanced(count * (stop - start))

    def _program(self, grid: Grid) -> Callable[..., Any]:
        """The compiled program of a grid; grids that differ in their axes' values only share one."""
        key = (grid.family, grid.points(self._setting.timesteps, self._setting.span), grid.axis(SPACING) is None)
        if key not in self._programs:
            function = measured(self._model, self._setting, grid)
            self._programs[key] = blocks.spread(function, self._mesh)
        return self._programs[key]


def _put(variable: h5netcdf.Variable, members: slice, start: int, values: Float[np.ndarray, "S C"]) -> None:
    """Writes consecutive cells, counted row by row, into a variable ``[seed, row, column]``."""
    columns = variable.shape[2]
    stop = start + values.shape[1]
    for row in range(start // columns, -(-stop // columns)):
        first, last = max(start, row * columns), min(stop, (row + 1) * columns)
        place = slice(first - row * columns, last - row * columns)
        variable[members, row, place] = values[:, first - start : last - start]

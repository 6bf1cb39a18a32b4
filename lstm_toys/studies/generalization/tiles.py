"""Measures of the answers of every network to every curve of a grid, made and written piece by piece.

Answers never leave the devices: one compiled program answers and measures, in fixed blocks of members and of curves, so
that a number is bitwise the same however many other networks and curves there are.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

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
from lstm_toys.statistics import measures
from lstm_toys.studies.generalization.settings import LENGTH, SPACING, Grid
from lstm_toys.tasks.families import FAMILIES

TILE_POINTS = 12_800
"""Time points of all curves of a tile, which one call answers: what a machine of two cores does in under a second."""

Cell = dict[str, Float[Array, ""]]
"""The parameters of one curve, its length and its spacing."""


def measure_names(asked: tuple[str, ...], sequence: bool) -> tuple[str, ...]:
    """All measures of an answer, by name."""
    return (
        tuple(measures.MEASURES)
        if sequence
        else tuple(f"{what}_{name}" for what in ("answer", "error") for name in asked)
    )


def estimate(grids: tuple[Grid, ...], seeds: int, names: int) -> Footprint:
    """What an evaluation holds of memory, of one network at a time, and writes to the disk."""
    cells = [grid.shape[0] * grid.shape[1] for grid in grids]
    return Footprint(memory=16 * max(cells), disk=4 * seeds * names * sum(cells))


def measured(
    model: nn.Module, asked: tuple[str, ...], grid: Grid, timesteps: int
) -> Callable[[PyTree, dict[str, Float[Array, "chunks N"]]], dict[str, Float[Array, "chunks N"]]]:
    """A function from the parameters of ONE network and chunks of cells to measures of its answers.

    Args:
        model: the network, which answers a sequence or, after the last time point, the parameters ``asked``.
        asked: names of the features of an answer.
        grid: that the cells are of.
        timesteps: time points of a curve, where the grid does not say otherwise.
    """
    points = grid.points(timesteps)
    window = points if grid.axis(SPACING) else timesteps
    sequence = getattr(model, "sequence", True)
    always = model.clone(sequence=True) if hasattr(model, "sequence") else model
    shared = jnp.arange(points).astype(jnp.float32) / (timesteps - 1)

    def times(cell: Cell) -> Float[Array, " T"]:
        # The time points that all cells share are no function of a cell, and nor is what is computed of them alone.
        return jnp.arange(points).astype(jnp.float32) * cell[SPACING] if grid.axis(SPACING) else shared

    def curve(cell: Cell) -> Float[Array, " T"]:
        parameters = {name: cell[name] for name in FAMILIES[grid.family].ranges}
        return FAMILIES[grid.family].function(times(cell), **parameters)

    def measure(cell: Cell, shown: Float[Array, " T"], answer: Float[Array, "T A"]) -> dict[str, Float[Array, ""]]:
        count = cell[LENGTH].astype(jnp.int32)
        if not sequence:
            read = dict(zip(asked, answer[count - 1], strict=True))
            errors = {f"error_{name}": jnp.abs(value - cell[name]) for name, value in read.items()}
            return {f"answer_{name}": value for name, value in read.items()} | errors
        first = jnp.maximum(count - window, 0)
        shown, answered = (jax.lax.dynamic_slice_in_dim(row, first, window) for row in (shown, answer[:, 0]))
        x = times(cell)[:window]
        if grid.axis(SPACING):
            x = jnp.where(jnp.arange(window) < count, x, -1.0)
        return measures.every(answered, shown, x)

    def chunk(params: PyTree, cells: dict[str, Float[Array, " N"]]) -> dict[str, Float[Array, " N"]]:
        shown = jax.vmap(curve)(cells)
        # One after another: a step of one curve is half as long as a share of a step of several.
        answers = jax.lax.map(lambda one: training.answer(always, params, one[None, :, None])[0], shown)
        return jax.vmap(measure)(cells, shown, answers)

    return lambda params, chunks: jax.lax.map(partial(chunk, params), chunks)


class Sweep:
    """Evaluates networks on grids, and writes what it measures into a file, a group a grid.

    Args:
        model: the network.
        asked: names of the features of an answer.
        params: of the networks, every leaf with a leading axis S.
        diverged: which of them have.
        timesteps: time points of a curve that they were trained on.
        block: members that one compiled program works on.
        advanced: told how many answers were measured, after each call; may raise to end the evaluation.
    """

    def __init__(
        self,
        model: nn.Module,
        asked: tuple[str, ...],
        params: PyTree[Float[np.ndarray, "S ..."]],
        diverged: Bool[np.ndarray, " S"],
        timesteps: int,
        block: int,
        advanced: Callable[[int], None],
    ) -> None:
        self._model, self._asked, self._params, self._diverged = model, asked, params, diverged
        self._timesteps, self._block, self._advanced = timesteps, block, advanced
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
        for axis in grid.axes:
            group.create_variable(axis.name, (axis.name,), data=axis.values)
        variables = {
            name: group.create_variable(name, ("seed", *axes), np.float32)
            for name in measure_names(self._asked, getattr(self._model, "sequence", True))
        }
        for members, start, found in self._pieces(grid):
            for name, values in found.items():
                _put(variables[name], members, start, values)

    def _pieces(self, grid: Grid) -> Iterator[tuple[slice, int, dict[str, Float[np.ndarray, "S C"]]]]:
        """Yields members, the first of some cells of a grid, and their measures."""
        size = max(1, TILE_POINTS // grid.points(self._timesteps) // CURVE_BLOCK) * CURVE_BLOCK
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
                    for name, values in grid.cells(start, stop, self._timesteps).items()
                }
                found = {
                    name: values.reshape(len(values), -1)[:count, : stop - start]
                    for name, values in blocks.flat(program(placed, chunks)).items()
                }
                yield members, start, found
                self._advanced(count * (stop - start))

    def _program(self, grid: Grid) -> Callable[..., Any]:
        """The compiled program of a grid; grids that differ in their axes' values only share one."""
        key = (grid.family, grid.points(self._timesteps), grid.axis(SPACING) is None)
        if key not in self._programs:
            function = measured(self._model, self._asked, grid, self._timesteps)
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

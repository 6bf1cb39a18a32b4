"""Evaluates a population on grids of curves.

Answers never leave the devices: one compiled program computes and measures them, in fixed blocks of members and curves,
so that a result is bitwise independent of other networks and curves.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import flax.linen as nn
import h5netcdf
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from lstm_toys.execution import devices, lowering
from lstm_toys.execution.base import ExecutionLog, Executor, Job
from lstm_toys.execution.progress import EvaluationProgress
from lstm_toys.figures import Drawing
from lstm_toys.files import replacing
from lstm_toys.networks import training
from lstm_toys.populations import blocks
from lstm_toys.populations.answering import CURVE_BLOCK
from lstm_toys.populations.footprint import Footprint
from lstm_toys.results import arrays
from lstm_toys.runs.checks import trial
from lstm_toys.runs.context import Refused, RunContext
from lstm_toys.runs.measure import Measure
from lstm_toys.runs.preparation import network
from lstm_toys.runs.trained import Evaluated
from lstm_toys.statistics import measures
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies.generalization import figures, results
from lstm_toys.studies.generalization.ask import TRAINING, Grid
from lstm_toys.studies.generalization.results import Maps
from lstm_toys.studies.generalization.study import Generalization
from lstm_toys.tasks import families
from lstm_toys.tasks.families import Family
from lstm_toys.tasks.planes import LENGTH, SPACING
from lstm_toys.tasks.span import Span
from lstm_toys.tasks.supervision import Task, show

TILE_POINTS = 12_800
"""Total time points of the curves of a tile, which one call computes in less than a second on two CPU cores."""

Cell = dict[str, Float[Array, ""]]
"""The parameters, length and spacing of one curve."""

Tiles = list[tuple[int, dict[str, Float[np.ndarray, "S C"]]]]
"""The index of each tile's first cell, and the measures of its cells by name."""


def measure_names(task: Task, more: Sequence[Measure] = ()) -> tuple[str, ...]:
    """The names of all measures of an answer; ``more`` are user-defined ones."""
    own = tuple(each.name for each in more)
    if task.sequence:
        return (*measures.MEASURES, *own)
    return (*(f"{what}_{name}" for what in ("answer", "error") for name in task.output_features), *own)


class CurveSpace(NamedTuple):
    """The properties of curves that all grids of an evaluation share.

    ``timesteps`` and ``span`` are those of the training; grids with an axis `LENGTH` or `SPACING` differ.
    """

    task: Task
    timesteps: int
    span: Span
    families: Mapping[str, Family]
    measures: tuple[Measure, ...] = ()


def measured(
    model: nn.Module, space: CurveSpace, grid: Grid
) -> Callable[[PyTree, dict[str, Float[Array, "chunks N"]]], dict[str, Float[Array, "chunks N"]]]:
    """Makes the function that computes measures from the parameters of ONE network and chunks of cells."""
    task, timesteps, span, families, more = space
    family = families[grid.family]
    points = grid.points(timesteps, span)
    window = points if grid.axis(SPACING) else timesteps
    always = model.clone(sequence=True) if hasattr(model, "sequence") else model
    shared = jnp.arange(points).astype(jnp.float32) / (timesteps - 1)
    y = task.output_features.index("y") if task.sequence else 0

    def passed(cell: Cell) -> Float[Array, " T"]:
        # Not a function of the cell, so that vmap does not repeat what only depends on the grid.
        if not grid.axis(SPACING):
            return shared
        return jnp.arange(points).astype(jnp.float32) * (cell[SPACING] / span.length)

    def shown(cell: Cell) -> Float[Array, "T F"]:
        x = span.start + passed(cell) * span.length
        curve = family.function(x, **{name: cell[name] for name in family.names})
        return show(curve[None], x, task.input_features)[0]

    def measure(cell: Cell, inputs: Float[Array, "T F"], answer: Float[Array, "T A"]) -> dict[str, Float[Array, ""]]:
        count = cell[LENGTH].astype(jnp.int32)
        if not task.sequence:
            read = dict(zip(task.output_features, answer[count - 1], strict=True))
            errors = {f"error_{name}": jnp.abs(value - cell[name]) for name, value in read.items()}
            truth = jnp.stack([cell[name] for name in task.output_features])
            own = {each.name: each.function(answer[count - 1], truth) for each in more}
            return {f"answer_{name}": value for name, value in read.items()} | errors | own
        first, rows = jnp.maximum(count - window, 0), (inputs[:, task.input_features.index("y")], answer[:, y])
        curve, answered = (jax.lax.dynamic_slice_in_dim(row, first, window) for row in rows)
        share = passed(cell)[:window]
        if grid.axis(SPACING):
            share = jnp.where(jnp.arange(window) < count, share, -1.0)
        return measures.every(answered, curve, share, span.start, span.length) | others(inputs, answer, first, share)

    def others(
        inputs: Float[Array, "T F"], answer: Float[Array, "T A"], first: Int[Array, ""], share: Float[Array, " K"]
    ) -> dict[str, Float[Array, ""]]:
        """User-defined measures of the last ``window`` time points; the truth of padding is unknown."""
        shown, answered = (jax.lax.dynamic_slice_in_dim(each, first, window) for each in (inputs, answer))
        truth = jnp.where(share[:, None] >= 0, shown, jnp.nan)
        return {each.name: each.function(answered, truth) for each in more}

    def chunk(params: PyTree, cells: dict[str, Float[Array, " N"]]) -> dict[str, Float[Array, " N"]]:
        inputs = jax.vmap(shown)(cells)
        # Curves run one after another: a step takes half as long per curve as with several at once.
        answers = jax.lax.map(lambda one: training.answer(always, params, one[None])[0], inputs)
        return jax.vmap(measure)(cells, inputs, answers)

    return lambda params, chunks: jax.lax.map(partial(chunk, params), chunks)


class GridPart(NamedTuple):
    """Some members of the population on one grid; every leaf of ``params`` is ``[S, ...]``."""

    grid: Grid
    members: slice
    params: PyTree

    def __str__(self) -> str:
        return f"members {self.members.start:,} to {self.members.stop - 1:,} on {self.grid.name}"


@dataclass(frozen=True)
class GridJob(Job[GridPart, Tiles]):
    """Evaluates networks on grids.

    ``member`` holds the shapes of the parameters of ONE network, a program computes ``block`` members, and a part has
    ``group_size`` members. ``advanced`` gets the number of measured answers of a part, only in this process.
    """

    model: nn.Module
    space: CurveSpace
    grids: tuple[Grid, ...]
    member: PyTree[jax.ShapeDtypeStruct]
    block: int
    group_size: int
    advanced: Callable[[int], None] = lambda _: None

    def __reduce__(self) -> tuple[type["GridJob"], tuple[Any, ...]]:
        return GridJob, (self.model, self.space, self.grids, self.member, self.block, self.group_size)

    def digests(self) -> lowering.Digests:
        """Digests of the programs and the curves."""
        timesteps, span = self.space.timesteps, self.space.span
        digests: lowering.Digests = {}
        mesh = blocks.mesh()
        group = next(blocks.groups(self.group_size, self.group_size, self.block, mesh.size))
        for grid in self.grids:
            cells = grid.cells(0, grid.shape[0] * grid.shape[1], timesteps, span)
            program = blocks.spread(measured(self.model, self.space, grid), mesh)
            chunk = dict.fromkeys(cells, jax.ShapeDtypeStruct((1, CURVE_BLOCK), jnp.float32))
            params = blocks.shapes(self.member, group, mesh)
            digests |= lowering.lowered(f"measures on {grid.name}", program, params, chunk)
            declared = self.space.families[grid.family].parameters
            digests[f"grid {grid.name}"] = lowering.digest(cells, repr(declared), [axis.name for axis in grid.axes])
        return {**digests, **lowering.compiled()}

    def function(self) -> Callable[[GridPart], Tiles]:
        """Makes the function that measures a part, tile by tile."""
        programs: dict[tuple[Any, ...], Callable[..., Any]] = {}
        mesh, timesteps, span = blocks.mesh(), self.space.timesteps, self.space.span

        def program(grid: Grid) -> Callable[..., Any]:
            # Grids that differ only in the values of their axes share a program.
            key = (grid.family, grid.points(timesteps, span), grid.axis(SPACING) is None)
            if key not in programs:
                programs[key] = blocks.spread(measured(self.model, self.space, grid), mesh)
            return programs[key]

        def compute(part: GridPart) -> Tiles:
            grid, tiles, done = part.grid, list[Any](), 0
            for start, measured_tile in self._measures(program(grid), part, mesh):
                tiles.append((start, measured_tile))
                done += next(iter(measured_tile.values())).size
                self.advanced(done)
            return tiles

        return compute

    def _measures(
        self, program: Callable[..., Any], part: GridPart, mesh: jax.sharding.Mesh
    ) -> Iterator[tuple[int, dict[str, Float[np.ndarray, "S C"]]]]:
        grid, timesteps, span = part.grid, self.space.timesteps, self.space.span
        tile = max(1, TILE_POINTS // grid.points(timesteps, span) // CURVE_BLOCK) * CURVE_BLOCK
        cells, count = grid.shape[0] * grid.shape[1], part.members.stop - part.members.start
        group = next(blocks.groups(self.group_size, self.group_size, self.block, mesh.size))
        members = jax.tree.map(partial(np.take, indices=group, axis=0, mode="clip"), part.params)
        placed = blocks.place(members, mesh)
        for start in range(0, cells, tile):
            stop = min(start + tile, cells)
            # Padded by repeating the last cell, so that the program has one shape.
            padding = (0, start + tile - stop)
            chunks = {
                name: jnp.asarray(np.pad(values, padding, "edge"), jnp.float32).reshape(-1, CURVE_BLOCK)
                for name, values in grid.cells(start, stop, timesteps, span).items()
            }
            padded = blocks.flat(program(placed, chunks))
            yield (
                start,
                {name: values.reshape(len(values), -1)[:count, : stop - start] for name, values in padded.items()},
            )


class Grids(Generalization):
    """Evaluates a trained population on grids of curves."""

    @property
    def answers(self) -> int:
        return self.settings.trained.seeds * sum(each.shape[0] * each.shape[1] for each in self.settings.grids)

    @property
    def space(self) -> CurveSpace:
        """The curve space of a study's grids."""
        known = {name: families.family_of(family) for name, family in self.subject.families.items()}
        timesteps = self.settings.trained.timesteps
        return CurveSpace(self.task(timesteps), timesteps, self.experiment.span, known, (*self.experiment.measures,))

    def check(self) -> None:
        self.check_features({"x", "y"})
        task, experiment, subject = self.experiment.small[1], self.experiment, self.subject
        refused = f"generalization of {experiment.name}: "
        declared = subject.declared
        if task.trained is not None and declared is not None and not task.trained.same(declared):
            raise Refused(
                f"{refused}it declares other training curves than its task has; let trained and task say the same"
            )
        for name, family in subject.families.items():
            with trial(f"{refused}the family {name} cannot be computed"):
                known = families.family_of(family)
                jax.eval_shape(partial(known.curves, families.time_points(2)), dict.fromkeys(known.names, 0.5))
        model = network(experiment, task, self.settings.trained)
        if not task.sequence and not hasattr(model, "sequence"):
            needed = f"{type(model).__name__} needs an attribute sequence, as a Stack has"
            raise Refused(f"{refused}grids are of several lengths, so that {needed}")
        for grid in self.settings.grids if not task.sequence else ():
            names = [each.name for each in families.family_of(subject.families[grid.family]).parameters]
            if missing := [name for name in task.output_features if name not in names]:
                raise Refused(
                    f"{refused}its networks read off {missing[0]}, which the family {grid.family} does not have"
                )

    def footprint(self) -> Footprint:
        """Estimates memory, for one network at a time, and disk."""
        grids, names = self.settings.grids, len(measure_names(self.experiment.small[1], self.experiment.measures))
        cells = [grid.shape[0] * grid.shape[1] for grid in grids]
        return Footprint(memory=16 * max(cells), disk=4 * self.settings.trained.seeds * names * sum(cells))

    def job(self, trained: Evaluated) -> GridJob:
        """Makes the job that evaluates a population on the grids of a self."""
        return GridJob(
            self.model, self.space, self.settings.grids, trained.member, trained.block, len(trained.diverged)
        )

    def evaluate(
        self, trained: Evaluated, context: RunContext, progress: EvaluationProgress, attributes: dict[str, Any]
    ) -> list[dict[str, Any]]:
        grids, path = self.settings.grids, self.run.results
        return write(self.model, self.space, grids, trained, path, attributes, context.executor, progress, context.stop)

    def rows(self, maps: Maps) -> dict[str, Estimate]:
        return results.summary(maps)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        with results.opened(self.run.checked("results.nc")) as maps:
            if len(maps.seeds):
                planes = [grid for grid in self.settings.grids if grid.name != TRAINING and min(grid.shape) > 1]
                for grid in planes:
                    yield f"{grid.name}.png", figures.heat_maps(maps, grid, self.subject)
                for grid in planes[:1]:
                    yield "seeds.png", figures.seeds_apart(maps, grid, self.subject)
                yield "axes.png", figures.along_axes(maps, self.settings.grids, self.subject)


def write(
    model: nn.Module,
    space: CurveSpace,
    grids: tuple[Grid, ...],
    trained: Evaluated,
    path: Path,
    attributes: dict[str, Any],
    executor: Executor,
    progress: Callable[[int], None],
    stop: Callable[[], bool],
) -> list[dict[str, Any]]:
    """Evaluates a population, and writes the complete results or no file; returns `ExecutionLog.others`.

    ``attributes`` are written as JSON; ``progress`` gets the number of answers measured so far. ``stop`` is called
    about once a second; if it returns True, Stopped is raised.
    """
    count, log, done = len(trained.diverged), ExecutionLog(devices.fingerprint(trained.block)), 0
    size = blocks.group_size(count, trained.block, executor.devices, executor.workers)
    job = GridJob(model, space, grids, trained.member, trained.block, size, lambda measured: progress(done + measured))
    with replacing(path) as temporary, h5netcdf.File(temporary, "w") as file:
        file.attrs.update({name: json.dumps(value) for name, value in attributes.items()})
        file.dimensions = {"seed": count}
        file.create_variable("seed", ("seed",), data=np.arange(count))
        file.create_variable("diverged", ("seed",), data=trained.diverged.astype(np.int8))
        variables = {grid.name: _variables(space, grid, file.create_group(grid.name)) for grid in grids}
        for part, (tiles, fingerprint) in executor.map(job, _parts(grids, trained, size), stop):
            log.add(str(part), fingerprint)
            for start, tile in tiles:
                for name, values in tile.items():
                    _put(variables[part.grid.name][name], part.members, start, values)
            done += (part.members.stop - part.members.start) * part.grid.shape[0] * part.grid.shape[1]
            progress(done)
        if log.others:
            file.attrs["executed_elsewhere"] = json.dumps(log.others)
    return log.others


def _parts(grids: tuple[Grid, ...], trained: Evaluated, size: int) -> Iterator[GridPart]:
    for grid in grids:
        for members, params in trained.split(size):
            yield GridPart(grid, members, params)


def _variables(space: CurveSpace, grid: Grid, group: h5netcdf.Group) -> dict[str, h5netcdf.Variable]:
    """Creates the variables of a grid, by measure."""
    axes = [axis.name for axis in grid.axes]
    group.dimensions = dict(zip(axes, grid.shape, strict=True))
    declared = {each.name: each for each in space.families[grid.family].parameters}
    own = {"units": space.span.unit}
    words = {LENGTH: {"long_name": "sequence length", "units": "time points"}}
    words[SPACING] = {"long_name": f"{space.span.name} between two time points", **own}
    for axis in grid.axes:
        variable = group.create_variable(axis.name, (axis.name,), data=axis.values)
        variable.attrs.update(words.get(axis.name) or arrays.described(declared.get(axis.name)))
    names = measure_names(space.task, space.measures)
    variables = {name: group.create_variable(name, ("seed", *axes), np.float32) for name in names}
    for each in space.measures:
        variables[each.name].attrs.update(long_name=each.label, units=each.unit)
    return variables


def _put(variable: h5netcdf.Variable, members: slice, start: int, values: Float[np.ndarray, "S C"]) -> None:
    """Writes consecutive cells, numbered row by row, into a variable ``[seed, row, column]``."""
    columns = variable.shape[2]
    stop = start + values.shape[1]
    for row in range(start // columns, -(-stop // columns)):
        first, last = max(start, row * columns), min(stop, (row + 1) * columns)
        place = slice(first - row * columns, last - row * columns)
        variable[members, row, place] = values[:, first - start : last - start]

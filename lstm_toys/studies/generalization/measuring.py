"""Measures a population's answers to curves on grids, to sequences of several lengths, and to the user's curves.

Grids stay on the devices: one compiled program makes their curves, answers and measures them, in fixed blocks of
members and curves, so that a result is bitwise independent of other networks and curves.
"""

import json
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import flax.linen as nn
import h5netcdf
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float, Int, PyTree

from lstm_toys.execution import devices, lowering
from lstm_toys.execution.base import ExecutionLog, Executor, Job
from lstm_toys.files import replacing
from lstm_toys.networks import training
from lstm_toys.populations import answering, blocks
from lstm_toys.populations.answering import CURVE_BLOCK
from lstm_toys.results import arrays, storage, summary
from lstm_toys.runs.trained import Evaluated
from lstm_toys.statistics import measures
from lstm_toys.studies.generalization.ask import MEASURED_WHOLE, Grid
from lstm_toys.tasks.curves import Curves
from lstm_toys.tasks.families import Family
from lstm_toys.tasks.parameters import Span
from lstm_toys.tasks.planes import LENGTH, SPACING
from lstm_toys.tasks.probes import Probe
from lstm_toys.tasks.sets import Scaling
from lstm_toys.tasks.supervision import Task, measured, show

TILE_POINTS = 12_800
"""Total time points of the curves of a tile, which one call computes in less than a second on two CPU cores."""

LEAST_MEASURED = 3
"""Fewest time points of a user's curve that is measured."""

LENGTHS = {"long_name": "sequence length", "units": "time points"}

Values = dict[str, Float[np.ndarray, "S ..."]]
Cell = dict[str, Float[Array, ""]]


class Part(NamedTuple):
    """Some members of the population on one set of curves; every leaf of ``params`` is ``[S, ...]``."""

    curves: str
    members: slice
    params: PyTree

    def __str__(self) -> str:
        members = f"members {self.members.start:,} to {self.members.stop - 1:,}"
        return f"{members} on {self.curves}" if self.curves else members


Put = Callable[[Part, Values], None]


def _ignored(_: int) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Measuring(Job[Part, Values]):
    """Measures answers to sets of curves.

    Attributes:
        block: the members that a program computes.
        group: the most members of a part.
        advanced: gets the number of answers to a part that are measured so far, only in this process.
    """

    model: nn.Module
    task: Task
    timesteps: int
    span: Span
    member: PyTree[jax.ShapeDtypeStruct]
    block: int
    group: int
    advanced: Callable[[int], None] = _ignored

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"advanced": _ignored}

    @property
    @abstractmethod
    def curves(self) -> dict[str, int]:
        """The number of curves in each set, by name."""

    @abstractmethod
    def writing(
        self, path: Path, diverged: Bool[np.ndarray, " S"], attributes: Mapping[str, Any]
    ) -> AbstractContextManager[Put]:
        """Makes the results, which appear at ``path`` when the block ends, with the attributes of that time as JSON."""


def evaluate(
    job: Measuring,
    trained: Evaluated,
    path: Path,
    attributes: dict[str, Any],
    executor: Executor,
    progress: Callable[[int], None],
    stop: Callable[[], bool],
) -> list[dict[str, Any]]:
    """Evaluates a population, and writes the complete results or no file; returns `ExecutionLog.others`.

    ``progress`` gets the number of answers so far. ``stop`` is called about once a second; True raises Stopped.
    """
    log, done = ExecutionLog(devices.fingerprint(trained.block)), 0
    group = blocks.group_size(len(trained.diverged), trained.block, executor.devices, executor.workers)
    job = replace(job, group=group, advanced=lambda answers: progress(done + answers))
    parts = (Part(name, members, params) for name in job.curves for members, params in trained.split(group))
    with job.writing(path, trained.diverged, attributes) as put:
        for part, (values, fingerprint) in executor.map(job, parts, stop):
            log.add(str(part), fingerprint)
            put(part, values)
            done += (part.members.stop - part.members.start) * job.curves[part.curves]
            progress(done)
        if log.others:
            attributes["executed_elsewhere"] = log.others
    return log.others


def _as_json(attributes: Mapping[str, Any]) -> dict[str, str]:
    return {name: json.dumps(value) for name, value in attributes.items()}


def measure_names(task: Task) -> tuple[str, ...]:
    """The names of all measures of an answer to a curve of a grid."""
    if task.sequence:
        return (*measures.MEASURES,)
    return tuple(f"{what}_{name}" for what in ("answer", "error") for name in task.output_features)


@dataclass(frozen=True, kw_only=True)
class GridJob(Measuring):
    """Measures answers to curves on grids of these families."""

    grids: tuple[Grid, ...]
    families: Mapping[str, Family]

    @property
    def curves(self) -> dict[str, int]:
        return {grid.name: grid.shape[0] * grid.shape[1] for grid in self.grids}

    def digests(self) -> lowering.Digests:
        digests: lowering.Digests = {}
        mesh = blocks.mesh()
        params = blocks.shapes(self.member, self._numbers(mesh), mesh)
        for grid in self.grids:
            cells = grid.cells(0, self.curves[grid.name], self.timesteps, self.span)
            chunk = dict.fromkeys(cells, jax.ShapeDtypeStruct((1, CURVE_BLOCK), jnp.float32))
            program = blocks.spread(self.measured(grid), mesh)
            digests |= lowering.lowered(f"measures on {grid.name}", program, params, chunk)
            declared = self.families[grid.family].parameters
            digests[f"grid {grid.name}"] = lowering.digest(cells, repr(declared), [axis.name for axis in grid.axes])
        return {**digests, **lowering.compiled()}

    def _numbers(self, mesh: jax.sharding.Mesh) -> Int[np.ndarray, "blocks N"]:
        return next(blocks.groups(self.group, self.group, self.block, mesh.size))

    def function(self) -> Callable[[Part], Values]:
        grids, mesh = {grid.name: grid for grid in self.grids}, blocks.mesh()
        programs: dict[tuple[Any, ...], Callable[..., Any]] = {}

        def compute(part: Part) -> Values:
            grid, cells, count = grids[part.curves], self.curves[part.curves], part.members.stop - part.members.start
            points = grid.points(self.timesteps, self.span)
            key = (grid.family, points, grid.axis(SPACING) is None)  # Grids with other values share a program.
            if key not in programs:
                programs[key] = blocks.spread(self.measured(grid), mesh)
            members = partial(np.take, indices=self._numbers(mesh), axis=0, mode="clip")
            placed = blocks.place(jax.tree.map(members, part.params), mesh)
            found = {name: np.empty((count, cells), np.float32) for name in measure_names(self.task)}
            tile = max(1, TILE_POINTS // points // CURVE_BLOCK) * CURVE_BLOCK
            for start in range(0, cells, tile):
                stop = min(start + tile, cells)
                # Padded by repeating the last cell, so that the program has one shape.
                padded = partial(np.pad, pad_width=(0, start + tile - stop), mode="edge")
                chunks = {
                    name: jnp.asarray(padded(each), jnp.float32).reshape(-1, CURVE_BLOCK)
                    for name, each in grid.cells(start, stop, self.timesteps, self.span).items()
                }
                for name, each in blocks.flat(programs[key](placed, chunks)).items():
                    found[name][:, start:stop] = each.reshape(len(each), -1)[:count, : stop - start]
                self.advanced(count * stop)
            return found

        return compute

    def measured(
        self, grid: Grid
    ) -> Callable[[PyTree, dict[str, Float[Array, "chunks N"]]], dict[str, Float[Array, "chunks N"]]]:
        """Makes the function that computes measures from the parameters of ONE network and chunks of cells."""
        model, task, span = self.model, self.task, self.span
        family, points = self.families[grid.family], grid.points(self.timesteps, span)
        window = points if grid.axis(SPACING) else self.timesteps
        always = model.clone(sequence=True) if hasattr(model, "sequence") else model
        shared = jnp.arange(points).astype(jnp.float32) / (self.timesteps - 1)
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

        def measure(cell: Cell, inputs: Float[Array, "T F"], answer: Float[Array, "T A"]) -> Cell:
            count = cell[LENGTH].astype(jnp.int32)
            if not task.sequence:
                read = dict(zip(task.output_features, answer[count - 1], strict=True))
                errors = {f"error_{name}": jnp.abs(value - cell[name]) for name, value in read.items()}
                return {f"answer_{name}": value for name, value in read.items()} | errors
            first, rows = jnp.maximum(count - window, 0), (inputs[:, task.input_features.index("y")], answer[:, y])
            curve, answered = (jax.lax.dynamic_slice_in_dim(row, first, window) for row in rows)
            share = passed(cell)[:window]
            if grid.axis(SPACING):
                share = jnp.where(jnp.arange(window) < count, share, -1.0)
            return measures.every(answered, curve, share, span.start, span.length)

        def chunk(params: PyTree, cells: dict[str, Float[Array, " N"]]) -> dict[str, Float[Array, " N"]]:
            inputs = jax.vmap(shown)(cells)
            # Curves run one after another: a step takes half as long per curve as with several at once.
            answers = jax.lax.map(lambda one: training.answer(always, params, one[None])[0], inputs)
            return jax.vmap(measure)(cells, inputs, answers)

        return lambda params, chunks: jax.lax.map(partial(chunk, params), chunks)

    @contextmanager
    def writing(self, path: Path, diverged: Bool[np.ndarray, " S"], attributes: Mapping[str, Any]) -> Iterator[Put]:
        """Writes one group per grid, part by part, since the measures of all networks may not fit into memory."""
        with replacing(path) as temporary, h5netcdf.File(temporary, "w") as file:
            file.dimensions = {"seed": len(diverged)}
            file.create_variable("seed", ("seed",), data=np.arange(len(diverged)))
            file.create_variable("diverged", ("seed",), data=diverged.astype(np.int8))
            variables = {grid.name: self._variables(grid, file.create_group(grid.name)) for grid in self.grids}

            def put(part: Part, values: Values) -> None:
                for name, each in values.items():
                    variable = variables[part.curves][name]
                    variable[part.members] = each.reshape(-1, *variable.shape[1:])

            yield put
            file.attrs.update(_as_json(attributes))

    def _variables(self, grid: Grid, group: h5netcdf.Group) -> dict[str, h5netcdf.Variable]:
        axes = [axis.name for axis in grid.axes]
        group.dimensions = dict(zip(axes, grid.shape, strict=True))
        declared = {each.name: each for each in self.families[grid.family].parameters}
        spacing = {"long_name": f"{self.span.name} between two time points", "units": self.span.unit}
        words = {LENGTH: LENGTHS, SPACING: spacing}
        for axis in grid.axes:
            variable = group.create_variable(axis.name, (axis.name,), data=axis.values)
            variable.attrs.update(words.get(axis.name) or arrays.described(declared.get(axis.name)))
        names = measure_names(self.task)
        return {name: group.create_variable(name, ("seed", *axes), np.float32) for name in names}


class Gathering(Measuring):
    """Measures answers to sets of curves whose values fit into memory."""

    @abstractmethod
    def labeled(self, values: dict[str, Float[np.ndarray, "S sets ..."]]) -> xr.Dataset:
        """Labels the values of all networks and sets of curves."""

    @contextmanager
    def writing(self, path: Path, diverged: Bool[np.ndarray, " S"], attributes: Mapping[str, Any]) -> Iterator[Put]:
        places, whole = {name: place for place, name in enumerate(self.curves)}, dict[str, np.ndarray]()

        def put(part: Part, values: Values) -> None:
            for name, each in values.items():
                if name not in whole:
                    whole[name] = np.empty((len(diverged), len(places), *each.shape[1:]), each.dtype)
                whole[name][part.members, places[part.curves]] = each

        yield put
        labeled = self.labeled(whole).assign_coords(seed=np.arange(len(diverged)))
        labeled = labeled.assign(diverged=("seed", diverged.astype(np.int8)))
        storage.save_results(labeled.assign_attrs(_as_json(attributes)), path)


@dataclass(frozen=True, kw_only=True)
class LengthJob(Gathering):
    """Measures answers to sequences of several lengths, one probe each."""

    probes: tuple[Probe, ...]

    @property
    def curves(self) -> dict[str, int]:
        return {f"length {each.name}": len(each.inputs) for each in self.probes}

    def digests(self) -> lowering.Digests:
        digests = lowering.compiled()
        for each in self.probes:
            shown = self.model, self.member, each.inputs, self.block, self.block, each.name, each.lengths
            digests |= answering.digests_of(*shown)
            digests[f"targets {each.name}"] = lowering.digest(each.targets)
        return digests

    def function(self) -> Callable[[Part], Values]:
        probes = dict(zip(self.curves, self.probes, strict=True))

        def compute(part: Part) -> Values:
            probe = probes[part.curves]
            answers = answering.answers(self.model, part.params, probe.inputs, lengths=probe.lengths, block=self.block)
            time = np.arange(probe.inputs.shape[1], dtype=float)
            labeled = arrays.answered(self.task, time, self.span, [probe], {"": answers})
            values = summary.of_probes(self.task, labeled)
            return {name: each[:, 0].astype(np.float32) for name, each in values.items()}

        return compute

    def labeled(self, values: dict[str, Float[np.ndarray, "S sets ..."]]) -> xr.Dataset:
        axes = {"accuracy": ("seed", LENGTH, "counted")}
        return xr.Dataset(
            {name: (axes.get(name, ("seed", LENGTH)), each) for name, each in values.items()},
            {
                LENGTH: (LENGTH, [each.inputs.shape[1] for each in self.probes], LENGTHS),
                **({"counted": list(measured(self.task.loss) or ())} if "accuracy" in values else {}),
            },
        )


@dataclass(frozen=True, kw_only=True)
class CurveJob(Gathering):
    """Computes answers to the user's curves and, if answers are sequences, their measures, which take longest.

    Scaled curves are measured in scaled form, since single precision can neither hold nor square every value. If the
    task predicts ahead, ``input`` in the results is the true continuation, with which answers are compared, not the
    curve that networks were shown.
    """

    own: Curves
    scaling: Scaling | None

    @property
    def curves(self) -> dict[str, int]:
        return {"": len(self.own.names)}

    @property
    def points(self) -> int:
        return int(self.own.values.shape[1]) - self.task.ahead

    @property
    def start(self) -> float:
        """The x of the first answer; without time points in the file, answers start where the training does."""
        if self.own.span is None:
            return self.span.start
        return self.own.span.start + self.task.ahead * self.span.length / (self.timesteps - 1)

    @property
    def share(self) -> Float[np.ndarray, " T"]:
        return np.arange(self.points, dtype=np.float32) / np.float32(self.timesteps - 1)

    def _program(self, mesh: jax.sharding.Mesh) -> jax.stages.Wrapped:
        """Makes the program that measures one answer at a time per device, since some measures need points² memory."""
        square = self.points <= MEASURED_WHOLE
        measure = partial(measures.every, start=self.start, length=self.span.length, square=square)
        return blocks.spread(measure, mesh)

    def digests(self) -> lowering.Digests:
        shown = self.own.values[:, : self.points, None].astype(np.float32)
        row, mesh = jax.ShapeDtypeStruct((self.points,), jnp.float32), blocks.mesh()
        members = blocks.shapes(row, np.zeros((mesh.size, 1), int), mesh)
        setting = repr((self.span, self.scaling, self.task.output_features))
        return {
            **answering.digests_of(self.model, self.member, shown, self.block, self.block),
            **lowering.lowered("measures", self._program(mesh), members, row, row),
            "setting": lowering.digest(self.timesteps, setting),
            **lowering.compiled(),
        }

    def function(self) -> Callable[[Part], Values]:
        task, scaling, mesh, scaled = self.task, self.scaling, blocks.mesh(), self.own.values
        if scaling:
            scaled = scaling.applied(scaled[..., None], outputs=False)[..., 0]
        shown, right = (part.astype(np.float32) for part in (scaled[:, : self.points], scaled[:, task.ahead :]))
        program, share = self._program(mesh), jnp.asarray(self.share)

        def compute(part: Part) -> Values:
            given = answering.answers(self.model, part.params, shown[:, :, None], block=self.block)
            answers = scaling.undone(given.astype(float)) if scaling else given
            if not task.sequence:
                return {"answer": answers}
            y, seeds, found = task.output_features.index("y"), len(answers), list[Values]()
            (members,) = blocks.groups(seeds, seeds, 1, mesh.size)
            for curve, row in enumerate(right):
                if self.points >= LEAST_MEASURED:
                    each = blocks.place(given[..., y][np.minimum(members, seeds - 1), curve], mesh)
                    seen = blocks.flat(program(each, jnp.asarray(row), share))
                    found.append(_in_units(seen, *scaling.outputs[y]) if scaling else seen)
                self.advanced(seeds * (curve + 1))
            names = found[0] if found else ()
            every = {name: np.stack([each[name][:seeds] for each in found], axis=1) for name in names}
            return {"answer": answers[..., y], **every}

        return compute

    def labeled(self, values: dict[str, Float[np.ndarray, "S sets ..."]]) -> xr.Dataset:
        task, span = self.task, self.own.span or self.span
        x = self.start + self.share * self.span.length
        right = (self.own.values if self.scaling else self.own.values.astype(np.float32))[:, task.ahead :]
        axes = {"answer": ("seed", "curve", "time" if task.sequence else "output_feature")}
        return xr.Dataset(
            {
                "input": (("curve", "time"), right),
                **{name: (axes.get(name, ("seed", "curve")), each[:, 0]) for name, each in values.items()},
            },
            {
                "curve": list(self.own.names),
                "time": ("time", x, {"long_name": span.name, "units": span.unit or self.span.unit}),
                **({} if task.sequence else {"output_feature": list(task.output_features)}),
            },
        )


def _in_units(measured: Values, center: float, unit: float) -> Values:
    """Converts measures of scaled curves to the file's units; 0 stands for ``center``, 1 for ``center + unit``."""
    every = {name: np.asarray(values, float) for name, values in measured.items()}
    return every | {
        "rmse": unit * every["rmse"],
        "peak_to_peak": unit * every["peak_to_peak"],
        "valley_depth": unit * every["valley_depth"] + center,
        "offset_added": unit * every["offset_added"] + center * (1 - every["gain"]),
    }
